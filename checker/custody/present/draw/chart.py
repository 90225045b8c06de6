"""A counterexample as a sequence chart: time runs down, a lane for each actor, a row for each step.

Beside the actors stand the values that matter: who holds each lock, where the data is fresh, and what the property
looks at, each as blocks from the step that gives it a value to the step that takes it away.  Everything else that a
step changes is in a column of words.  The step that breaks the property is framed and marked, and the explanation
stands below it.  A long chart says again after some steps what its columns are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePath

from custody.present.draw.lanes import READING, About, Lane, is_fresh, lanes, of_views
from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.marks import place_of
from custody.present.draw.metrics import room
from custody.present.draw.style import BACKGROUND, FAINT, HEAD_FILL, INK, WRONG, WRONG_FILL, Owner, fill, side_fill
from custody.present.draw.table import PAD_X, SIZE, Cell, Table
from custody.present.report import Step, free_start, step_words, trace_steps
from custody.properties.result import PropertyResult
from custody.system.display import View, variables
from custody.system.expression import Expr, reads
from custody.system.finding import Trace, Verdict
from custody.system.model import Form, Property, System

_LANE, _VALUE, _WORDS, _REST = 230.0, 190.0, 330.0, 130.0
"""The widest that a column of an actor, of a value, of changes and of anything else becomes, in pixels."""

_LEAST = 420.0
"""The narrowest that a chart gets, so that there is room to explain."""

_STRETCH = 16
"""After so many steps the heads stand again, unless less than half as many are left."""

_KINDS = {About.LOCK: ("lock",), About.DATA: ("data",), About.VALUE: ()}
"""What a head says of a value that is not only one: `line` may be a line of a cache."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What all parts of the chart need to know. `wrong` is whether its last step is to blame."""

    system: System
    trace: Trace
    steps: tuple[Step, ...]
    actors: tuple[str, ...]
    watched: tuple[Lane, ...]
    chosen: dict[str, str]
    wrong: bool
    links: Links
    begin: str

    @property
    def has_start(self) -> bool:
        """Whether there is anything to tell of the first state."""
        return bool(self.watched or self.chosen or not self.steps)

    @property
    def stretches(self) -> tuple[range, ...]:
        """The steps below each row of heads, in order; 0 is the start."""
        first, end = 0 if self.has_start else 1, len(self.steps) + 1
        breaks = [at for at in range(_STRETCH + 1, end, _STRETCH) if end - at > _STRETCH // 2]
        return tuple(range(begin, stop) for begin, stop in pairwise([first, *breaks, end]))

    def row(self, step: int) -> int:
        """The row of a step; 0 is the start."""
        heads = sum(step >= stretch.start for stretch in self.stretches)
        return step + heads - (0 if self.has_start else 1)

    @property
    def has_words(self) -> bool:
        """Whether something changes, or is chosen, that has no lane."""
        return any(self.started()) or any(any(self.changed(number)) for number in range(1, len(self.steps) + 1))

    def started(self) -> Iterator[str]:
        """What was chosen at first and has no lane, in words."""
        parts = {view.name: variables(view.shape) for view in self.system.views}
        return (f"{name}: {value}" for name, value in self.chosen.items() if not self._has_lanes(parts[name]))

    def changed(self, number: int) -> Iterator[str]:
        """What the step changes that has no lane, in words."""
        for change in self.steps[number - 1].told:
            before, after = self.trace.states[number - 1], self.trace.states[number]
            if not self._has_lanes(part for part in change.parts if before[part] != after[part]):
                yield f"{change.name}: {change.old} → {change.new}"

    def _has_lanes(self, parts: Iterable[int]) -> bool:
        """Whether the lanes show all of these variables."""
        return frozenset[int]().union(*(lane.parts for lane in self.watched)).issuperset(parts)


def chart(
    system: System,
    result: PropertyResult,
    watched: Sequence[View] | None = None,
    links: Links = NO_LINKS,
    *,
    title: str | None = None,
    begin: str = "start",
) -> Table:
    """The chart of the result's trace, which must have one. `watched` are the values to give lanes to; steps and
    their lines link to what the specification says.  `title` stands for the usual one, and `begin` is what the first
    row is called."""
    trace, subject = result.finding.trace, result.subject
    if trace is None:
        raise ValueError(f"{subject.name} has no trace")
    violated = result.finding.verdict is Verdict.VIOLATED
    steps = trace_steps(system, trace)
    asked = read_by(system, subject, trace)
    run = _Run(
        system,
        trace,
        steps,
        _actors(system, steps),
        lanes(system, trace, asked) if watched is None else of_views(watched, trace),
        free_start(system, trace),
        wrong=violated and trace.loop_at is None and not trace.stutters,
        links=links,
        begin=begin,
    )
    blame = asked if run.wrong else frozenset[int]()
    most = [_REST, *(_LANE for _ in run.actors), *(_VALUE for _ in run.watched)]
    if run.has_words:
        most.append(_WORDS)
    most.append(_REST)
    cells = [*_heads(run), *_numbers(run)]
    for lane, actor in enumerate(run.actors):
        cells += _lane(run, 1 + lane, actor)
    for at, lane in enumerate(run.watched):
        cells += _values(run, 1 + len(run.actors) + at, lane, blame)
    if run.has_words:
        cells += _words(run, len(most) - 2)
    cells += _places(run, len(most) - 1)
    cells.append(_foot(run, result.message, len(most), violated=violated))
    rules = f" [{', '.join(subject.rules)}]" if subject.rules else ""
    title = title or f"{system.name}: {subject.name} {'is violated' if violated else 'is reached'}{rules}"
    return Table(title, subject.doc, tuple(cells), tuple(most), _LEAST)


def read_by(system: System, subject: Property, trace: Trace) -> frozenset[int]:
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


def _heads(run: _Run) -> Iterator[Cell]:
    """Who and what the columns are, above each stretch of steps: an actor in the colour of its side, named below."""
    for stretch in run.stretches:
        row = run.row(stretch.start) - 1
        texts: list[tuple[str, ...]] = [("step",)]
        fills = [HEAD_FILL]
        for actor in run.actors:
            sides = {step.action.side or "" for step in run.steps if step.action.actor == actor}
            side = sides.pop() if len(sides) == 1 else ""
            texts.append((actor, side) if side and side != actor.lower() else (actor,))
            fills.append(side_fill(side) if side else HEAD_FILL)
        texts += [_named(lane) for lane in run.watched]
        if run.has_words:
            texts.append(("also changes" if run.watched else "what changes",))
        texts.append(("source",))
        fills += [HEAD_FILL] * (len(texts) - len(fills))
        for at, (text, fill_) in enumerate(zip(texts, fills, strict=True)):
            yield Cell(row, at, text, fill=fill_, bold=True)


def _named(lane: Lane) -> tuple[str, ...]:
    """The lines of its head: an element of elements whose name is wide gets a line for each index."""
    name = lane.name
    if room(name, SIZE, bold=True) > _VALUE - 2 * PAD_X:
        name = name.replace("][", "] [")
    return (name, *(kind for kind in _KINDS[lane.about] if kind != name))


def _numbers(run: _Run) -> Iterable[Cell]:
    last = len(run.steps)
    for number in range(0 if run.has_start else 1, last + 1):
        texts = (str(number) if number else run.begin,)
        loop_at = run.trace.loop_at
        if loop_at is not None and not run.trace.stutters and number > loop_at:
            yield Cell(run.row(number), 0, (*texts, "again"), fill=WRONG_FILL, ink=WRONG, bold=True)
        elif run.wrong and number == last:
            yield Cell(run.row(number), 0, (*texts, "wrong"), fill=WRONG_FILL, ink=WRONG, bold=True)
        else:
            yield Cell(run.row(number), 0, texts, ink=INK if number else FAINT)


def _lane(run: _Run, column: int, actor: str) -> Iterable[Cell]:
    """A cell for each step of the actor, and one for each time that it does nothing."""
    for stretch in run.stretches:
        acts = [number for number in stretch if number and run.steps[number - 1].action.actor == actor]
        for before, after in pairwise([stretch.start - 1, *acts, stretch.stop]):
            if after - before > 1:
                yield Cell(run.row(before + 1), column, (), rows=after - before - 1)
            if after < stretch.stop:
                yield _step(run, run.row(after), column, after, run.steps[after - 1])


def _step(run: _Run, row: int, column: int, number: int, step: Step) -> Cell:
    action = step.action
    cell = Cell(row, column, (step_words(action),), fill=side_fill(action.side or ""), tip=place_of(action))
    cell = replace(cell, link=run.links.to(action.place))
    if run.wrong and number == len(run.steps):
        return replace(cell, fill=WRONG_FILL, ink=WRONG, bold=True, thick=True)
    return cell


def _values(run: _Run, column: int, lane: Lane, blame: frozenset[int]) -> Iterable[Cell]:
    """A block for each value, as high as it stays, and again below each row of heads. The last one is marked where
    the property fails by it."""
    shown = list(lane.shown)
    shown += shown[-1:] * (len(run.steps) + 1 - len(shown))
    for stretch in run.stretches:
        starts = [at for at in stretch if at == stretch.start or shown[at] != shown[at - 1]]
        for begin, end in pairwise([*starts, stretch.stop]):
            cell = Cell(
                run.row(begin),
                column,
                (shown[begin],),
                rows=end - begin,
                fill=_lane_fill(run, lane, shown[begin]),
                tip=lane.name,
            )
            if run.wrong and end == len(shown) and not blame.isdisjoint(lane.parts):
                cell = replace(cell, ink=WRONG, bold=True)
            yield cell


def _lane_fill(run: _Run, lane: Lane, value: str) -> str:
    if lane.about is About.DATA:
        return {True: Owner.KEPT.fill, False: Owner.NOBODY.fill, None: BACKGROUND}[is_fresh(value)]
    # A value that is somebody's name, such as a lock's, says who keeps it.
    names = {name for _, instances in run.system.roles for name in instances}.union(run.actors)
    kept = value in names or value.endswith(READING)
    return Owner.KEPT.fill if kept else fill((value,))


def _words(run: _Run, column: int) -> Iterable[Cell]:
    if run.has_start:
        yield Cell(run.row(0), column, tuple(run.started()), ink=FAINT)
    for number in range(1, len(run.steps) + 1):
        yield Cell(run.row(number), column, tuple(run.changed(number)))


def _places(run: _Run, column: int) -> Iterable[Cell]:
    if run.has_start:
        yield Cell(run.row(0), column, ())
    for number, step in enumerate(run.steps, 1):
        place = step.action.place
        here = place.file == run.system.file
        text = str(place.line) if here else f"{PurePath(place.file).stem}:{place.line}"
        cell = Cell(run.row(number), column, (text,), ink=FAINT, tip=place_of(step.action))
        yield replace(cell, link=run.links.to(place))


def _foot(run: _Run, message: str, columns: int, *, violated: bool) -> Cell:
    """The sentence that explains, which also says how a run goes on that has no end."""
    row = run.row(len(run.steps)) + 1
    if violated:
        return Cell(row, 0, (message,), columns=columns, fill=WRONG_FILL, ink=WRONG, thick=True)
    return Cell(row, 0, (message,), columns=columns, fill=HEAD_FILL)
