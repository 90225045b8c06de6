"""What several engines must agree on, and what one engine alone may claim.

Agreement is on the verdict of every property that two engines settle, on the number of steps of its shortest
trace, and, between two engines that enumerated all states, on their counts.  An inconclusive answer agrees with
every other.  A disagreement means that one engine is wrong: there is no verdict then, only a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from custody.properties.fault import DisagreementError, UnsoundFindingError
from custody.system.finding import Exploration, Finding, Verdict
from custody.system.model import LIVENESS, Form, Property, System


def require_sound(system: System, subjects: Sequence[Property], found: Exploration) -> None:
    """UnsoundFindingError when the exploration answers too little, or claims what its search cannot know."""
    for subject in subjects:
        finding = found.findings.get(subject.name)
        if finding is None:
            raise UnsoundFindingError(f"the {found.engine} engine says nothing about {subject.name}", system.file)
        claims_everywhere = Verdict.VIOLATED if subject.form is Form.REACHABLE else Verdict.HOLDS
        enumerated = found.states is not None or found.explored is not None
        if enumerated and not found.complete and finding.verdict is claims_everywhere:
            raise UnsoundFindingError(
                f"the {found.engine} engine stopped at its limit and still says that {subject.name} is"
                f" {finding.verdict} everywhere",
                f"{system.file}\n{finding!r}\nlimit: {found.limit}\n",
            )


def require_agreement(system: System, subjects: Sequence[Property], found: Sequence[Exploration]) -> None:
    """DisagreementError, with what reproduces it, when two of the explorations contradict each other."""
    complaints = [
        complaint for one, other in combinations(found, 2) for complaint in _contradictions(subjects, one, other)
    ]
    if complaints:
        raise DisagreementError(complaints[0], _reproducer(system, complaints, found))


def _contradictions(subjects: Sequence[Property], one: Exploration, other: Exploration) -> list[str]:
    pair = f"{one.engine} and {other.engine}"
    complaints: list[str] = []
    for subject in subjects:
        first, second = one.findings.get(subject.name), other.findings.get(subject.name)
        if first is None or second is None:
            continue
        if Verdict.INCONCLUSIVE in (first.verdict, second.verdict):
            continue
        if first.verdict is not second.verdict:
            complaints.append(f"{pair} disagree on {subject.name}: {first.verdict} against {second.verdict}")
        elif not (first.shortest and second.shortest):
            continue
        elif subject.form not in LIVENESS and _length(first) != _length(second):
            complaints.append(
                f"{pair} disagree on the shortest trace for {subject.name}:"
                f" {_length(first)} against {_length(second)} steps"
            )
    if one.complete and other.complete and one.states is not None and other.states is not None:
        for name, first, second in (
            ("states", one.states, other.states),
            ("transitions", one.transitions, other.transitions),
            ("depth", one.depth, other.depth),
        ):
            if first != second:
                complaints.append(f"{pair} count differently: {name} {first} against {second}")
    return complaints


def _length(finding: Finding) -> int | None:
    return None if finding.trace is None else finding.trace.length


def _reproducer(system: System, complaints: Sequence[str], found: Sequence[Exploration]) -> str:
    lines = [f"specification: {system.file}"]
    lines += [f"--set {name}={value}" for name, value in system.parameters]
    lines += ["", *complaints]
    for exploration in found:
        lines += ["", f"engine {exploration.engine}: complete {exploration.complete}, limit {exploration.limit},"]
        lines.append(
            f"  states {exploration.states}, transitions {exploration.transitions}, depth {exploration.depth}"
        )
        for name, finding in sorted(exploration.findings.items()):
            lines.append(f"  {name}: {finding.verdict}, {finding.reason or 'no reason given'}")
            if finding.trace is not None:
                lines += [f"    {_step(system, index)}" for index in finding.trace.actions]
    return "\n".join(lines) + "\n"


def _step(system: System, index: int) -> str:
    action = system.actions[index]
    arguments = ", ".join(f"{name} = {value}" for name, value in action.arguments)
    return f"{action.actor} {action.name}({arguments}): {action.label}"
