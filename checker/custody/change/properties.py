"""What became of the properties: verdicts lost and gained, rules no longer cited, promises of fairness gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custody.change.category import category
from custody.change.result import Change, Row, Shift
from custody.change.sides import harmed
from custody.observe.label import SAME, Names, renamed
from custody.properties.replay import steps
from custody.properties.result import PropertyResult, RunResult
from custody.system.display import changes as shown_changes
from custody.system.finding import Verdict
from custody.system.model import LIVENESS, Form, Property, System
from custody.system.place import Place

_NAMES = {
    **dict.fromkeys([*sorted(LIVENESS), Form.DEADLOCK, Form.PROGRESS], "PROGRESS"),
    Form.IMPLEMENTS: "CONFORMANCE",
}
"""What the categories of lost and gained verdicts are called that are not just that."""


def compare_verdicts(old: RunResult, new: RunResult, instance: str) -> tuple[list[Change], list[str]]:
    """The changes, and the limits that kept a verdict from being known."""
    before = {result.subject.name: result for result in old.properties}
    said = renamed(new.system, old.system).property
    found: list[Change] = []
    limits: list[str] = []
    for result in new.properties:
        earlier = before.get(said(result.subject.name))
        verdict = result.finding.verdict
        if Verdict.INCONCLUSIVE in (verdict, earlier.finding.verdict if earlier is not None else verdict):
            limits.append(f"{result.subject.name}: {result.message}")
            continue
        if earlier is None and result.subject.implicit and verdict is Verdict.VIOLATED:
            found.append(_lost(new, result, instance))
        elif earlier is not None and earlier.finding.verdict is not verdict:
            lost = verdict is Verdict.VIOLATED
            found.append(_lost(new, result, instance) if lost else _gained(old, earlier, result, instance))
    return found, limits


def _lost(new: RunResult, result: PropertyResult, instance: str) -> Change:
    subject = result.subject
    name = _NAMES.get(subject.form, "VERDICT") + "-LOST"
    kind = category(name)
    trace = result.finding.trace
    rows = trace_rows(new.system, result, only="new")
    sides = _who(new.system, result)
    return Change(
        id=name,
        subject=subject.name,
        message=f"{subject.name} held and is violated: {result.message}",
        file=subject.place.file,
        line=subject.place.line,
        column=subject.place.column,
        detail=(kind.says, *((subject.doc,) if subject.doc else ())),
        harmed=sides,
        rules=subject.rules,
        instances=(instance,) if instance else (),
        only="new" if rows else "",
        rows=rows,
        new_run=() if trace is None else trace.actions,
    )


def _gained(old: RunResult, earlier: PropertyResult, result: PropertyResult, instance: str) -> Change:
    subject = result.subject
    name = _NAMES.get(subject.form, "VERDICT") + "-GAINED"
    trace = earlier.finding.trace
    return Change(
        id=name,
        subject=subject.name,
        message=f"{subject.name} was violated and holds now",
        file=subject.place.file,
        line=subject.place.line,
        column=subject.place.column,
        detail=(f"in OLD: {earlier.message}",),
        harmed=(),
        rules=subject.rules,
        instances=(instance,) if instance else (),
        only="old" if trace is not None else "",
        rows=trace_rows(old.system, earlier, only="old"),
        old_run=() if trace is None else trace.actions,
    )


def _who(system: System, result: PropertyResult) -> tuple[str, ...]:
    """The sides on the other end of the step that the trace ends with, or everyone."""
    trace = result.finding.trace
    if result.subject.form is Form.IMPLEMENTS:
        side = system.implementation.side if system.implementation is not None else None
        return (f"{system.name} ({side or 'an implementation'})",)
    if trace is None or not trace.actions:
        return ("everyone",)
    last = system.actions[trace.actions[-1]]
    return harmed(category("CALLER-WIDENED"), last)


def trace_rows(system: System, result: PropertyResult, only: str) -> tuple[Row, ...]:
    """The trace of one version as rows; every step is one."""
    trace = result.finding.trace
    if trace is None:
        return ()
    rows: list[Row] = []
    for before, index, after in steps(trace):
        action = system.actions[index]
        shifts = () if after is None else shown_changes(system.views, before, after).items()
        mine = tuple(Shift(name, one, other) for name, (one, other) in shifts)
        row = Row(action.actor, _words(system, index), action.place.file, action.place.line)
        rows.append(replace(row, old=mine) if only == "old" else replace(row, new=mine))
    return tuple(rows)


def _words(system: System, index: int) -> str:
    action = system.actions[index]
    return (
        f"{action.label}: {action.outcome}" if action.outcome and action.outcome not in action.label else action.label
    )


def compare_statements(old: System, new: System, names: Names) -> list[Change]:
    """What is stated in one version only: rules, properties, promises of fairness. Instances do not matter here."""
    said = names.property
    before = {p.name: p for p in old.properties if not p.implicit}
    after = {said(p.name): p for p in new.properties if not p.implicit}
    found = _rules(old, new)
    unexplained = {rule for change in found if change.id == "RULE-REMOVED" for rule in change.rules}
    for name, p in before.items():
        if name not in after and not unexplained.intersection(p.rules):
            message = f"the property {name} is not there any more"
            found.append(_stated("PROPERTY-REMOVED", name, message, Place(new.file, 1), p.rules, (p.doc,)))
    for name, p in after.items():
        if name not in before:
            found.append(
                _stated("PROPERTY-ADDED", p.name, f"the property {p.name} is new", p.place, p.rules, (p.doc,))
            )
    return found + _fairness(old, new, names)


def _stated(
    name: str, subject: str, message: str, place: Place, rules: Sequence[str], detail: Sequence[str] = ()
) -> Change:
    return Change(
        id=name,
        subject=subject,
        message=message,
        file=place.file,
        line=place.line,
        column=place.column,
        detail=tuple(text for text in detail if text),
        harmed=("everyone",),
        rules=tuple(rules),
    )


def cited(system: System) -> dict[str, list[tuple[str, Place]]]:
    """Every rule that the specification cites, with who cites it."""
    found: dict[str, dict[tuple[str, Place], None]] = {}
    for p in system.properties:
        for rule in p.rules:
            found.setdefault(rule, {})[p.name, p.place] = None
    for action in system.actions:
        for clause in action.clauses:
            for rule in clause.rules:
                found.setdefault(rule, {})[f"{action.name} requires {clause.text}", clause.place] = None
    return {rule: list(citing) for rule, citing in found.items()}


def _rules(old: System, new: System) -> list[Change]:
    before, after = cited(old), cited(new)
    found: list[Change] = []
    for rule, citing in before.items():
        if rule not in after:
            who, _ = citing[0]
            message = f"{rule} is cited by nothing any more (in OLD by `{who}`)"
            found.append(_stated("RULE-REMOVED", rule, message, Place(new.file, 1), (rule,)))
    for rule, citing in after.items():
        if rule not in before:
            who, place = citing[0]
            found.append(_stated("RULE-ADDED", rule, f"{rule} is cited by `{who}`", place, (rule,)))
    return found


def _fairness(old: System, new: System, names: Names) -> list[Change]:
    def promises(system: System, said: Names) -> dict[str, tuple[bool, Place]]:
        return {_promise(entry.name, said): (entry.strong, entry.place) for entry in system.fairness}

    before, after = promises(old, SAME), promises(new, names)
    found: list[Change] = []
    lost: dict[Place, list[str]] = {}
    for name, (strong, place) in before.items():
        if name not in after:
            lost.setdefault(place, []).append(name)
        elif strong and not after[name][0]:
            message = f"only weak fairness is promised of {name}, and it was strong"
            found.append(_stated("PROGRESS-LOST", f"fair {name}", message, after[name][1], ()))
        elif not strong and after[name][0]:
            message = f"strong fairness is promised of {name}, and it was weak"
            found.append(_stated("PROGRESS-GAINED", f"fair {name}", message, after[name][1], ()))
    for who in lost.values():
        message = f"no fairness is promised any more of {', '.join(who)}"
        found.append(_stated("PROGRESS-LOST", f"fair {who[0]}", message, Place(new.file, 1), ()))
    gained: dict[Place, list[str]] = {}
    for name, (_, place) in after.items():
        if name not in before:
            gained.setdefault(place, []).append(name)
    for place, who in gained.items():
        message = f"fairness is promised of {', '.join(who)}, which it was not"
        found.append(_stated("PROGRESS-GAINED", f"fair {who[0]}", message, place, ()))
    return found


def _promise(name: str, said: Names) -> str:
    call, by, actor = name.rpartition(" by ")
    if not by:
        return said.actor(said.text(name))
    routine, bracket, rest = call.partition("(")
    if bracket:
        values = rest.removesuffix(")").split(", ")
        rest = ", ".join(said.argument(routine, at, value) for at, value in enumerate(values)) + ")"
    return f"{said.routine(routine)}{bracket}{rest} by {said.actor(actor)}"


def same_meaning(old: Property, new: Property) -> bool:
    """Whether both are stated by the same formulas over the same variables."""
    return (old.form, old.expression, old.goal, old.resting) == (new.form, new.expression, new.goal, new.resting)
