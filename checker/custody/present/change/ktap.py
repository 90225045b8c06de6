"""The comparison as KTAP version 1: a subtest for each specification, a test for each change."""

from __future__ import annotations

from custody.change.judge import Finding, Judgement
from custody.change.result import Result
from custody.present.change.words import result_words, spot


def render(judgement: Judgement) -> str:
    """The whole document with a final newline."""
    loose = [f for f in judgement.told if f.spec not in {r.spec for r in judgement.results}]
    total = len(judgement.results) + len(loose) + len(judgement.errors)
    if total == 0:
        return "KTAP version 1\n1..0 # SKIP nothing changed\n"
    lines = ["KTAP version 1", f"1..{total}"]
    number = 0
    for number, result in enumerate(judgement.results, 1):
        findings = judgement.of(result)
        lines += [f"  {line}" for line in _subtest(result, findings)]
        passed = not any(f.closes for f in findings) and not result.limits
        skipped = f" # SKIP {result_words(result)}" if result.is_left else ""
        lines.append(f"{_ok(passed)} {number} {_name(result.spec)}{skipped}")
    for finding in loose:
        number += 1
        lines += _test(number, finding)
    for error in judgement.errors:
        number += 1
        lines.append(f"# {_name(str(error))}")
        lines.append(f"not ok {number} {_name(spot(error) or 'git')} # ERROR {_name(error.code)}")
    return "\n".join(lines) + "\n"


def _subtest(result: Result, findings: tuple[Finding, ...]) -> list[str]:
    lines = ["KTAP version 1", f"1..{max(1, len(findings)) + len(result.limits)}"]
    if not findings:
        skipped = f" # SKIP {_name(result.left[0])}" if result.is_left else ""
        lines.append(f"ok 1 {_name(result_words(result))}{skipped}")
    number = max(1, len(findings))
    for position, finding in enumerate(findings, 1):
        lines += _test(position, finding)
    for limit in result.limits:
        number += 1
        lines.append(f"not ok {number} comparison # TIMEOUT {_name(limit)}")
    return lines


def _test(number: int, finding: Finding) -> list[str]:
    change = finding.change
    lines: list[str] = []
    if finding.closes:
        lines.append(f"# {change.file}:{change.line}: {_name(change.message)}")
        if change.harmed:
            lines.append(f"# concerns {', '.join(change.harmed)}")
        lines += [f"# {n}. {row.actor}: {_name(row.words)}" for n, row in enumerate(change.rows, 1)]
    directive = " # XFAIL accepted" if finding.accepted is not None else ""
    lines.append(f"{_ok(not finding.closes)} {number} {_name(f'{change.id} {change.subject}')}{directive}")
    return lines


def _ok(passed: bool) -> str:
    return "ok" if passed else "not ok"


def _name(text: str) -> str:
    """One line without `#`, which would begin a directive."""
    return " ".join(text.replace("#", " ").split())
