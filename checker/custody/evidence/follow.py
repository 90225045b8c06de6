"""A whole recording against the contract: which line belongs to which buffer, and what came of each buffer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from custody.evidence.instance import Sizes, TooManyError
from custody.evidence.losses import excused
from custody.evidence.meaning import Event, Reading
from custody.evidence.recording import Sighting, Value
from custody.evidence.run import NOTHING, Run, begin
from custody.evidence.search import Limits

LOSSY = Limits(lost=6, invent=True)
"""What is allowed where the recording itself says that events were lost."""


class Answer(StrEnum):
    """What is said of a recording, best first."""

    CONFORMS = "conforms"
    AMBIGUOUS = "conforms, ambiguous"
    INCOMPLETE = "incomplete"
    VIOLATES = "violates"


@dataclass(slots=True)
class Followed:
    """What came of a recording. `unplaced` are lines that could belong to any of several buffers."""

    reading: Reading
    runs: list[Run] = field(default_factory=list[Run])
    unplaced: list[Event] = field(default_factory=list[Event])
    limits_reached: list[str] = field(default_factory=list[str])
    nameless: Run | None = None
    """A buffer that no line has named so far, such as one whose export fails."""

    @property
    def answer(self) -> Answer:
        answers = [answer_of(run) for run in self.runs]
        if Answer.VIOLATES in answers:
            return Answer.VIOLATES
        if Answer.INCOMPLETE in answers or self.limits_reached or not self.runs:
            return Answer.INCOMPLETE
        return Answer.AMBIGUOUS if Answer.AMBIGUOUS in answers else Answer.CONFORMS


def answer_of(run: Run) -> Answer:
    """What is said of one buffer."""
    if run.misuses:
        return Answer.VIOLATES
    if run.stop is not None:
        return Answer.INCOMPLETE if run.stop.cut else Answer.VIOLATES
    if run.past or any(gap.instead for gap in run.gaps):
        return Answer.INCOMPLETE
    return Answer.AMBIGUOUS if len(run.states) > 1 else Answer.CONFORMS


def follow(reading: Reading, sizes: Sizes, lost: int = 1) -> Followed:
    """Follows every event; at most `lost` events may be missing before any one, where the recording denies losses."""
    followed = Followed(reading)
    plain = Limits(lost=lost)
    losses = [loss.number for loss in reading.recording.losses if loss.here]
    exporters, visible = _visible(reading.events)
    open_runs: dict[Value, Run] = {}
    for event in reading.events:
        # What the header counts as missing may be missing anywhere, but then one by one.
        before = [number for number in losses if number <= event.line.number]
        lossy = bool(before)
        limits = LOSSY if lossy else plain
        try:
            if event.key is None:
                _unplaced(followed, event, limits, open_runs, sizes, visible)
            else:
                _placed(followed, event, limits, open_runs, sizes, exporters, visible)
                _excuse(followed, event, before, open_runs)
        except TooManyError as error:
            followed.limits_reached.append(f"line {event.line.number}: {error}")
            if event.key is not None:
                open_runs.pop(event.key, None)
    return followed


def _placed(
    followed: Followed,
    event: Event,
    limits: Limits,
    open_runs: dict[Value, Run],
    sizes: Sizes,
    exporters: dict[Value, str],
    visible: dict[str, frozenset[str]],
) -> None:
    key = event.key
    assert key is not None
    run = open_runs.get(key)
    if run is not None and run.stop is None:
        found = run.explanation(event, replace(limits, lost=0))
        if found.ways:
            run.accept(event, found)
            return
        run.unnamed.clear()
    if run is not None:
        # After its release, or a stop, a buffer is given up once its pointer begins another life.
        fresh = _fresh(key, run.generation + 1, sizes, exporters, visible)
        again = fresh.can(event, NOTHING)
        begins = bool(again.ways) and not again.ways[0].misuses
        if run.stop is not None:
            begins = begins and bool(run.history) and _same_meaning(run.history[0].event, event)
        if begins and (run.stop is not None or run.finished or _may_be_gone(run)):
            run = None
        elif run.stop is not None:
            return
    else:
        fresh = _fresh(key, 0, sizes, exporters, visible)
    if run is None:
        run = open_runs[key] = fresh
        followed.runs.append(run)
    run.follow(event, limits)


def _excuse(followed: Followed, event: Event, losses: list[int], open_runs: dict[Value, Run]) -> None:
    """Where events were lost, what looks like a misuse may be nothing but that: then nobody knows."""
    run = open_runs.get(event.key) if event.key is not None else None
    if run is None or not losses or not run.misuses or run.misuses[-1].event is not event:
        return
    before = run.history[-2] if len(run.history) > 1 else None
    if before is None:
        return
    earlier = replace(
        run.copy(), states=before.states, history=run.history[:-1], misuses=run.misuses[:-1], sized=before.sized
    )
    excuse = excused(earlier, event, losses)
    if excuse is not None:
        followed.runs[followed.runs.index(run)] = open_runs[event.key or ""] = excuse


def _same_meaning(one: Event, other: Event) -> bool:
    return [rule.meanings[0].action for rule in one.rules] == [rule.meanings[0].action for rule in other.rules]


def _fresh(
    key: Value, generation: int, sizes: Sizes, exporters: dict[Value, str], visible: dict[str, frozenset[str]]
) -> Run:
    exporter = exporters.get(key, "")
    return begin(key, generation, sizes, exporter, visible.get(exporter, frozenset()))


def _may_be_gone(run: Run) -> bool:
    """Whether the buffer can have gone by steps that the recording does not show."""
    frontier, seen = list(run.states), set(run.states)
    for _ in range(6):
        following: list[tuple[int, ...]] = []
        for state in frontier:
            for step in run.sized.steps:
                if step.action.name in run.visible and step.action.name in run.mapped:
                    continue
                fired = step.fire(state)
                if fired is None or fired.broken or fired.state in seen:
                    continue
                if run.sized.terminal(fired.state):
                    return True
                seen.add(fired.state)
                following.append(fired.state)
        frontier = following[:2000]
    return False


def _unplaced(
    followed: Followed,
    event: Event,
    limits: Limits,
    open_runs: dict[Value, Run],
    sizes: Sizes,
    visible: dict[str, frozenset[str]],
) -> None:
    """A line that names no buffer: it belongs to one that it fits, best without complaint, else to the latest."""
    nameless = followed.nameless
    if nameless is not None and (nameless.stop is not None or set(nameless.states) <= set(nameless.sized.first)):
        nameless = followed.nameless = None
    known = [*open_runs.values(), *(() if nameless is None else (nameless,))]
    alive = [run for run in known if run.stop is None and not run.finished]
    gone = [run for run in open_runs.values() if run.stop is None and run.finished]
    ranked: list[tuple[int, int, Run]] = []
    for rank, run in enumerate(alive or gone[-1:]):
        found = run.can(event, limits)
        if found.ways:
            ranked.append((found.ways[0].cost // 1000, rank, run))
    if not ranked:
        if alive:
            alive[-1].follow(event, limits)
            return
        if event.line.sighting is Sighting.MARK and not open_runs:
            followed.reading.ignored["remark about no buffer"] += 1
            return
        run = gone[-1] if gone else begin(None, 0, sizes, "", visible.get("", frozenset()))
        if run not in followed.runs:
            followed.runs.append(run)
            followed.nameless = run
        run.follow(event, limits)
        return
    ranked.sort(key=lambda entry: entry[:2])
    best = [run for cost, _, run in ranked if cost == ranked[0][0]]
    if len(best) > 1:
        followed.unplaced.append(event)
    best[0].follow(event, limits)


def _visible(events: Iterable[Event]) -> tuple[dict[Value, str], dict[str, frozenset[str]]]:
    """Which function exported each buffer, and which actions the recording shows of each exporter's buffers."""
    exporters: dict[Value, str] = {}
    shown: dict[str, Counter[str]] = {}
    everywhere: set[str] = set()
    first: dict[Value, str] = {}
    listed = list(events)
    for event in listed:
        if event.key is not None:
            function = first.setdefault(event.key, event.function)
            if event.function == function and event.line.caller is not None:
                exporters.setdefault(event.key, event.line.caller)
    for event in listed:
        actions = [meaning.action for rule in event.rules for meaning in rule.meanings]
        exporter = exporters.get(event.key, "") if event.key is not None else ""
        shown.setdefault(exporter, Counter()).update(actions)
        if event.key is None:
            everywhere.update(actions)
    return exporters, {exporter: frozenset({*counted, *everywhere}) for exporter, counted in shown.items()}
