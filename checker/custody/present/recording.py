"""What is said of recordings, for people: one block a recording, findings first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from custody.evidence.diagnose import Diagnosis
from custody.evidence.equivalence import Equivalence
from custody.evidence.examine import Buffer, Coverage, Examined, Finding
from custody.evidence.follow import Answer
from custody.evidence.history import Gap
from custody.evidence.meaning import Event
from custody.evidence.run import Run
from custody.system.model import Clause

MOST_GAPS = 10
MOST_IGNORED = 8
LAST = 10
"""How many lines a sequence chart in text has."""


def render(examined: Sequence[Examined], width: int) -> str:
    """The report on all recordings."""
    return "\n".join("".join(_recording(one, width)) for one in examined)


def render_coverage(coverage: Coverage, width: int) -> str:
    """How much of the contract the recordings show."""
    total = len(coverage.seen) + len(coverage.inferred) + len(coverage.never)
    lines = [f"coverage: {len(coverage.seen)} of {total} actions and outcomes are shown\n"]
    for words, names in (("inferred", coverage.inferred), ("never seen", coverage.never)):
        if names:
            lines.append(_wrapped(f"  {words}: " + ", ".join(names), width, "    "))
    return "".join(lines)


def render_comparison(original: str, changed: Examined, found: Equivalence, width: int) -> str:
    """Whether two recordings say the same, and where their lines differ."""
    word = "equivalent" if found.equal else "not equivalent"
    lines = [_wrapped(f"{changed.recording.file} against {original}: {word}: {found.reason}", width, "  ")]
    for difference in found.differences[:MOST_GAPS]:
        lines += [f"  - {line.number}: {line.text.strip()}\n" for line in difference.removed[:LAST]]
        lines += [f"  + {line.number}: {line.text.strip()}\n" for line in difference.added[:LAST]]
    if len(found.differences) > MOST_GAPS:
        lines.append(f"  and {len(found.differences) - MOST_GAPS} more differences\n")
    return "".join(lines)


def _wrapped(text: str, width: int, indent: str) -> str:
    lines = textwrap.wrap(text, max(width, 40), subsequent_indent=indent, break_long_words=False)
    return "\n".join(lines) + "\n"


def name_of(run: Run) -> str:
    """What a buffer is called in a report."""
    if run.key is None:
        return "no known buffer"
    key = hex(run.key) if isinstance(run.key, int) else run.key
    again = f", life {run.generation + 1} of this pointer" if run.generation else ""
    by = f", exported by {run.exporter}" if run.exporter else ""
    return f"{key}{by}{again}"


def _recording(one: Examined, width: int) -> Iterator[str]:
    yield f"{one.recording.file}: {summary(one)}\n"
    for buffer in one.buffers:
        yield from _buffer(buffer, width)
    for limit in one.followed.limits_reached:
        yield _wrapped(f"  stopped at a limit: {limit}", width, "    ")
    for loss in one.recording.losses:
        yield _wrapped(f"  missing, line {loss.number}: {loss.text}", width, "    ")
    for oddity in one.recording.disorder[:MOST_GAPS]:
        yield _wrapped(f"  out of order, line {oddity.number}: {oddity.text}", width, "    ")
    silent = dict.fromkeys(name for buffer in one.buffers for name in buffer.run.silent_functions)
    if silent:
        yield _wrapped(f"  not visible in this recording, and inferred: {', '.join(silent)}", width, "    ")
    if one.followed.unplaced:
        count = len(one.followed.unplaced)
        yield f"  {count} lines name no buffer and fit several; they make no difference to which\n"
    ignored = one.followed.reading.ignored
    if ignored:
        names = [f"{name} {count}" for name, count in sorted(ignored.items())]
        more = f", and {len(names) - MOST_IGNORED} more" if len(names) > MOST_IGNORED else ""
        yield _wrapped(f"  ignored events: {', '.join(names[:MOST_IGNORED])}{more}", width, "    ")


def summary(one: Examined) -> str:
    """The answer and the figures behind it, on one line."""
    events = len(one.followed.reading.events)
    buffers = f"{len(one.buffers)} buffer{'' if len(one.buffers) == 1 else 's'}"
    misuses = sum(len(buffer.findings) for buffer in one.buffers)
    stops = sum(buffer.stopped for buffer in one.buffers)
    gaps = sum(len(buffer.gaps) for buffer in one.buffers)
    details = [f"{events} events, {buffers}"]
    if one.answer is Answer.AMBIGUOUS:
        most = max(len(buffer.run.states) for buffer in one.buffers)
        details.append(f"{most} states are possible at the end")
    for count, word in ((misuses, "misuse"), (stops, "unexplained line"), (gaps, "gap")):
        if count:
            details.append(f"{count} {word}{'' if count == 1 else 's'}")
    return f"{one.answer} ({', '.join(details)})"


def _buffer(buffer: Buffer, width: int) -> Iterator[str]:
    run = buffer.run
    lines = [entry.event.line.number for entry in run.history]
    if run.stop is not None:
        lines.append(run.stop.event.line.number)
    span = f"lines {lines[0]} to {lines[-1]}" if lines else "no line"
    yield f"  buffer {buffer.number} ({name_of(run)}): {buffer.answer}, {span}\n"
    for finding in buffer.findings:
        yield from _finding(finding, width)
    for remark in run.remarks.values():
        again = f"; {remark.times} times in all" if remark.times > 1 else ""
        text = f"    remark, line {remark.event.line.number}: {remark.words}{_cited(remark.rules)}{again}"
        yield _wrapped(text, width, "      ")
    for gap in buffer.gaps[:MOST_GAPS]:
        yield _gap(gap, width)
    if len(buffer.gaps) > MOST_GAPS:
        yield f"    and {len(buffer.gaps) - MOST_GAPS} more gaps\n"
    if run.past:
        yield "    its beginning is not in the recording\n"
    if buffer.diagnosis is not None:
        yield from _diagnosis(buffer.diagnosis, run, width)


def _finding(finding: Finding, width: int) -> Iterator[str]:
    event = finding.misuse.event
    sides = " or ".join(dict.fromkeys(broken.side for broken in finding.misuse.broken))
    for number, broken in enumerate(finding.misuse.broken):
        start = f"misuse by {sides}, line {event.line.number}" if not number else "or"
        since = f" (line {broken.since.line.number})" if broken.since is not None else ""
        yield _wrapped(f"    {start}: {words_of(broken.clause)}{since}{_cited(broken.clause.rules)}", width, "      ")
    yield f"      | {event.line.text.strip()}\n"
    if finding.told is not None:
        yield f"      | {finding.told.line.text.strip()}  (line {finding.told.line.number})\n"


def words_of(condition: Clause) -> str:
    """What it means that the condition does not hold."""
    return condition.message or f"{condition.text} does not hold"


def _cited(rules: Sequence[str]) -> str:
    return f" [{', '.join(rules)}]" if rules else ""


def _gap(gap: Gap, width: int) -> str:
    steps = ", ".join(step.action.label for step in gap.steps)
    if gap.assumed:
        where = f"before line {gap.event.line.number}"
        return _wrapped(f"    assumed {where}, from before the recording: {steps}", width, "      ")
    after = f"line {gap.after.line.number}" if gap.after is not None else "the beginning"
    instead = f"; if it was not, a misuse: {gap.instead}" if gap.instead else ""
    return _wrapped(f"    lost between {after} and line {gap.event.line.number}: {steps}{instead}", width, "      ")


def _diagnosis(diagnosis: Diagnosis, run: Run, width: int) -> Iterator[str]:
    event = diagnosis.event
    since = f" (since line {diagnosis.since.line.number})" if diagnosis.since is not None else ""
    yield _wrapped(
        f"    line {event.line.number} cannot be explained: {diagnosis.message}{since}{_cited(diagnosis.rules)}",
        width,
        "      ",
    )
    yield f"      | {event.line.text.strip()}\n"
    for number, candidate in enumerate(diagnosis.candidates, 1):
        of = f"state {number} of {diagnosis.count}" if diagnosis.count > 1 else "state"
        values = ", ".join(f"{name} = {value}" for name, value in candidate.values) or "as at first"
        yield _wrapped(f"      {of}: {values}", width, "        ")
        for condition in candidate.failed:
            place = f"{condition.place.file}:{condition.place.line}"
            yield _wrapped(f"        {candidate.action}: {condition.text} fails ({place})", width, "          ")
    yield _wrapped(
        f"      possible there: {', '.join(diagnosis.enabled) or 'nothing that is recorded'}", width, "        "
    )
    for repair in diagnosis.repairs:
        after = f"; then {repair.further} of the next {repair.of} lines of this buffer fit" if repair.of else ""
        yield _wrapped(f"      {repair.words}{after}", width, "        ")
    yield from _legend(run)
    yield from chart(run, LAST)


def _legend(run: Run) -> Iterator[str]:
    known: list[str] = []
    for role, slots in run.slots.items():
        for value, slot in slots.bound.items():
            shown = hex(value) if isinstance(value, int) and value > 1 << 20 else str(value)
            known.append(f"{run.sized.names[role][slot]} is {shown}")
    if known:
        yield f"      {'; '.join(sorted(known))}\n"


def chart(run: Run, last: int) -> Iterator[str]:
    """The last lines of a buffer as a sequence chart: a lane for each task, time runs down."""
    events = shown_events(run, last)
    lanes = lanes_of(events)
    wide = max((len(what(event)) for event in events), default=0) + 2
    wide = max(wide, *(len(lane) + 2 for lane in lanes.values())) if lanes else wide
    yield "      " + f"{'line':>6}  " + "".join(lane.ljust(wide) for lane in lanes.values()).rstrip() + "\n"
    for event in events:
        wrong = run.stop is not None and event is run.stop.event
        cells = ["·".ljust(wide) for _ in lanes]
        cells[list(lanes).index(event.task)] = (what(event) + (" ✗" if wrong else "")).ljust(wide)
        yield "      " + f"{event.line.number:>6}  " + "".join(cells).rstrip() + "\n"


def shown_events(run: Run, last: int) -> list[Event]:
    """The last events of the run, with the one that stopped it."""
    events = [entry.event for entry in run.history]
    if run.stop is not None:
        events.append(run.stop.event)
    return events[-last:]


def lanes_of(events: Sequence[Event]) -> dict[int, str]:
    """A lane for each task, in the order in which they come."""
    return {event.task: f"{event.line.comm}-{event.task}" for event in events}


def what(event: Event) -> str:
    """An event in a word or two: the function, and its direction or error."""
    sighting = event.rules[0].sighting
    if sighting == "mark":
        return "says " + " ".join(event.line.words[:4])
    name = event.line.function or event.line.name
    arrow = "return of " if sighting == "return" else ""
    direction = event.fields.get("dir")
    detail = f" dir={direction}" if direction is not None and sighting != "return" else ""
    return f"{arrow}{name}{detail}{f' {event.errno}' if event.errno else ''}"
