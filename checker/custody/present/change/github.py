"""The comparison as GitHub workflow commands: an annotation at the line of each change that is told."""

from __future__ import annotations

from custody.change.category import Level, Severity
from custody.change.judge import Finding, Judgement
from custody.present.github import command


def render(judgement: Judgement) -> str:
    """One command a line; empty when there is nothing to say."""
    lines = [command("error", error.place, error.code, error.message) for error in judgement.errors]
    lines += [_command(finding) for finding in judgement.told]
    lines += [f"::error title=custody::{limit}" for limit in judgement.limits]
    return "".join(f"{line}\n" for line in lines)


def _command(finding: Finding) -> str:
    change = finding.change
    harmed = f" (concerns {', '.join(change.harmed)})" if change.harmed else ""
    message = f"{change.message}{harmed}"
    if finding.accepted is not None:
        return command("notice", change.place, f"{change.id}, accepted", finding.accepted)
    if finding.severity is Severity.ERROR:
        return command("error", change.place, change.id, message)
    level = "notice" if change.level in (Level.IDENTICAL, Level.COMPATIBLE) else "warning"
    return command(level, change.place, change.id, message)
