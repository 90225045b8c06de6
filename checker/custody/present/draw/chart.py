"""A counterexample as a sequence chart: time runs down, a lane for each actor, a row for each step.

Beside the actors stand the values that matter: locks that the actors take, and what the property looks at, each as
blocks from the step that gives it a value to the step that takes it away.  Everything else that a step changes is in
a column of words.  The step that breaks the property is framed and marked, and the explanation stands below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import PurePath

from custody.present.draw.style import FAINT, HEAD_FILL, INK, WRONG, WRONG_FILL, Owner, fill, side_fill
from custody.present.draw.table import Cell, Table
from custody.present.report import Step, free_start, step_words, trace_steps
from custody.properties.result import PropertyResult
from custody.system.display import View, show, variables
from custody.system.expression import Expr, reads
from custody.system.finding import Trace, Verdict
from custody.system.model import Form, Property, System
from custody.system.place import Place

MOST_WATCHED = 5
"""How many values get a lane of their own unless they are asked for by name."""

_LANE, _VALUE, _WORDS, _REST = 210.0, 170.0, 330.0, 130.0
"""The widest that a column of an actor, of a value, of changes and of anything else becomes, in pixels."""

_LEAST = 420.0
"""The narrowest that a chart gets, so that there is room to explain."""


@dataclass(frozen=True, slots=True)
class _Chart:
    """What all parts of the chart need to know. Row `first` is the first below the head, step n is in `row(n)`."""

    system: System
    trace: Trace
    steps: tuple[Step, ...]
    actors: tuple[str, ...]
    watched: tuple[View, ...]
    chosen: dict[str, str]
    wrong: bool

    @property
    def has_start(self) -> bool:
        """Whether there is anything to tell of the first state."""
        return bool(self.watched or self.chosen or not self.steps)

    def row(self, step: int) -> int:
        """The row of a step; 0 is the start."""
        return step + (1 if self.has_start else 0)

    @property
    def has_words(self) -> bool:
        """Whether something changes, or is chosen, that has no lane."""
        lanes = {view.name for view in self.watched}
        return bool(self.chosen.keys() - lanes) or any(step.changes.keys() - lanes for step in self.steps)


def chart(system: System, result: PropertyResult, watched: Sequence[View] | None = None) -> Table:
    """The chart of the result's trace, which must have one. `watched` are the values to give lanes to."""
    trace, subject = result.finding.trace, result.subject
    if trace is None:
        raise ValueError(f"{subject.name} has no trace")
    violated = result.finding.verdict is Verdict.VIOLATED
    steps = trace_steps(system, trace)
    chart_ = _Chart(
        system,
        trace,
        steps,
        _actors(system, steps),
        watched_views(system, trace, subject) if watched is None else tuple(watched),
        free_start(system, trace),
        wrong=violated and trace.loop_at is None and not trace.stutters,
    )
    blame = _read_by(system, subject, trace) if chart_.wrong else frozenset[int]()
    heads = [*chart_.actors, *(view.name for view in chart_.watched)]
    most = [_REST, *(_LANE for _ in chart_.actors), *(_VALUE for _ in chart_.watched)]
    if chart_.has_words:
        heads.append("also changes" if chart_.watched else "what changes")
        most.append(_WORDS)
    heads.append("line")
    most.append(_REST)
    cells = [Cell(0, at, (text,), fill=HEAD_FILL, bold=True) for at, text in enumerate(["step", *heads])]
    cells += _numbers(chart_)
    for lane, actor in enumerate(chart_.actors):
        cells += _lane(chart_, 1 + lane, actor)
    for lane, view in enumerate(chart_.watched):
        cells += _values(chart_, 1 + len(chart_.actors) + lane, view, blame)
    if chart_.has_words:
        cells += _words(chart_, len(heads) - 1)
    cells += _lines(chart_, len(heads))
    cells += _foot(chart_, result.message, len(most), violated=violated)
    title = f"{system.name}: {subject.name} {'is violated' if violated else 'is reached'}"
    return Table(title, tuple(cells), tuple(most), least=_LEAST)


def watched_views(system: System, trace: Trace, subject: Property) -> tuple[View, ...]:
    """What changes in the trace and matters: locks first, then what the property reads; at most MOST_WATCHED."""
    locks = reads(*(holds for action in system.actions for wait in action.waits for _, holds in wait.holders))
    asked = _read_by(system, subject, trace)
    moving = [
        view
        for view in system.views
        if not view.hidden and len({show(view.shape, state) for state in trace.states}) > 1
    ]
    held = [view for view in moving if not locks.isdisjoint(variables(view.shape))]
    read = [view for view in moving if view not in held and not asked.isdisjoint(variables(view.shape))]
    return tuple((held + read)[:MOST_WATCHED])


def _read_by(system: System, subject: Property, trace: Trace) -> frozenset[int]:
    """The variables that decide whether the property fails at the end of the trace."""
    expressions: list[Expr] = [subject.expression]
    if subject.form in (Form.EVENTUALLY, Form.LEADS_TO):
        expressions.append(subject.goal)
    if trace.broken is not None:
        expressions.append(system.actions[trace.actions[-1]].checks[trace.broken].condition)
    return reads(*expressions)


def _actors(system: System, steps: Sequence[Step]) -> tuple[str, ...]:
    """Who acts: instances of roles in the order of declaration, then the others as they come."""
    acting = dict.fromkeys(step.action.actor for step in steps)
    declared = [instance for _, instances in system.roles for instance in instances if instance in acting]
    return tuple(dict.fromkeys([*declared, *acting]))


def _numbers(chart_: _Chart) -> Iterable[Cell]:
    last = len(chart_.steps)
    for number in range(0 if chart_.has_start else 1, last + 1):
        texts = (str(number) if number else "start",)
        loop_at = chart_.trace.loop_at
        if loop_at is not None and not chart_.trace.stutters and number > loop_at:
            yield Cell(chart_.row(number), 0, (*texts, "again"), fill=WRONG_FILL, ink=WRONG, bold=True)
        elif chart_.wrong and number == last:
            yield Cell(chart_.row(number), 0, (*texts, "wrong"), fill=WRONG_FILL, ink=WRONG, bold=True)
        else:
            yield Cell(chart_.row(number), 0, texts, ink=INK if number else FAINT)


def _lane(chart_: _Chart, column: int, actor: str) -> Iterable[Cell]:
    """A cell for each step of the actor, and one for each time that it does nothing."""
    first = chart_.row(0) if chart_.has_start else chart_.row(1)
    rows = [None] * (chart_.row(1) - first) + [
        (number, step) if step.action.actor == actor else None for number, step in enumerate(chart_.steps, 1)
    ]
    row = first
    for idle, group in groupby(rows, key=lambda entry: entry is None):
        entries = list(group)
        if idle:
            yield Cell(row, column, (), rows=len(entries))
        for offset, entry in enumerate(entries):
            if entry is not None:
                yield _step(chart_, row + offset, column, *entry)
        row += len(entries)


def _step(chart_: _Chart, row: int, column: int, number: int, step: Step) -> Cell:
    action = step.action
    cell = Cell(row, column, (step_words(action),), fill=side_fill(action.side or ""), tip=_place(action.place))
    if chart_.wrong and number == len(chart_.steps):
        return replace(cell, fill=WRONG_FILL, ink=WRONG, bold=True, thick=True)
    return cell


def _values(chart_: _Chart, column: int, view: View, blame: frozenset[int]) -> Iterable[Cell]:
    """A block for each value, as high as it stays. The last one is marked where the property fails by it."""
    shown = [show(view.shape, state) for state in chart_.trace.states]
    shown += shown[-1:] * (len(chart_.steps) + 1 - len(shown))
    # A value that is somebody's name, such as a lock's, says who keeps it.
    names = {name for _, instances in chart_.system.roles for name in instances}.union(chart_.actors)
    starts = [0, *(at for at, (old, new) in enumerate(pairwise(shown), 1) if old != new), len(shown)]
    for begin, end in pairwise(starts):
        value = shown[begin]
        cell = Cell(
            chart_.row(begin),
            column,
            (value,),
            rows=end - begin,
            fill=Owner.KEPT.fill if value in names else fill((value,)),
            tip=view.name,
        )
        if chart_.wrong and end == len(shown) and not blame.isdisjoint(variables(view.shape)):
            cell = replace(cell, ink=WRONG, bold=True)
        yield cell


def _words(chart_: _Chart, column: int) -> Iterable[Cell]:
    lanes = {view.name for view in chart_.watched}
    if chart_.has_start:
        texts = tuple(f"{name}: {value}" for name, value in chart_.chosen.items() if name not in lanes)
        yield Cell(chart_.row(0), column, texts, ink=FAINT)
    for number, step in enumerate(chart_.steps, 1):
        texts = tuple(f"{name}: {old} → {new}" for name, (old, new) in step.changes.items() if name not in lanes)
        yield Cell(chart_.row(number), column, texts)


def _lines(chart_: _Chart, column: int) -> Iterable[Cell]:
    if chart_.has_start:
        yield Cell(chart_.row(0), column, ())
    for number, step in enumerate(chart_.steps, 1):
        place = step.action.place
        here = place.file == chart_.system.file
        text = str(place.line) if here else f"{PurePath(place.file).stem}:{place.line}"
        yield Cell(chart_.row(number), column, (text,), ink=FAINT, tip=_place(place))


def _foot(chart_: _Chart, message: str, columns: int, *, violated: bool) -> Iterable[Cell]:
    """How the run goes on for ever, where it does, and the sentence that explains."""
    row = chart_.row(len(chart_.steps)) + 1
    trace = chart_.trace
    if trace.loop_at is not None or trace.stutters:
        steps = f"step {trace.length}" if trace.loop_at == trace.length - 1 else "the steps marked “again”"
        text = "from here on nothing more has to happen" if trace.stutters else f"{steps}, again and again for ever"
        yield Cell(row, 0, (text,), columns=columns, fill=WRONG_FILL, ink=WRONG, bold=True)
        row += 1
    if violated:
        yield Cell(row, 0, (message,), columns=columns, fill=WRONG_FILL, ink=WRONG, thick=True)
    else:
        yield Cell(row, 0, (message,), columns=columns, fill=HEAD_FILL)


def _place(place: Place) -> str:
    return f"{place.file}:{place.line}"
