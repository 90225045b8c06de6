"""The report as GitHub workflow commands: an annotation at the line of each failure and each warning.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from custody.present.report import Report, verdict_words
from custody.properties.result import Outcome
from custody.system.place import Place


def render(report: Report) -> str:
    """One command a line; empty when there is nothing to say."""
    lines = [command("error", error.place, error.code, error.message) for error in report.errors]
    for run in report.runs:
        for result in run.properties:
            if result.outcome is not Outcome.PASSED:
                message = f"{verdict_words(result)}: {result.message}"
                lines.append(command("error", result.subject.place, result.subject.name, message))
    lines += [command("warning", notice.place, notice.code, notice.message) for _, notice in report.warnings()]
    return "".join(f"{line}\n" for line in lines)


def command(level: str, place: Place, title: str, message: str) -> str:
    """One annotation, at a place in a file where there is one."""
    fields = {"file": place.file, "line": str(place.line), "col": str(place.column), "title": title}
    known = {name: value for name, value in fields.items() if value not in ("", "0")}
    properties = ",".join(f"{name}={_property(value)}" for name, value in known.items())
    return f"::{level} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
