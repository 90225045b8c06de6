"""The last events of a recorded buffer as a sequence chart: a lane for each task, a row for each line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from custody.evidence.examine import Buffer, Examined
from custody.evidence.meaning import Event
from custody.evidence.run import Run
from custody.present.draw.style import FAINT, HEAD_FILL, WRONG, WRONG_FILL, side_fill
from custody.present.draw.table import Cell, Table
from custody.present.recording import lanes_of, name_of, shown_events, summary, what, words_of
from custody.system.display import differences

MOST_ROWS = 16

_LANE, _WORDS, _REST = 320.0, 330.0, 90.0


def recording_chart(examined: Examined, buffer: Buffer) -> Table:
    """The chart of what led to the first thing that is wrong with the buffer."""
    run = buffer.run
    events = _events(buffer)
    lanes = list(lanes_of(events))
    names = lanes_of(events)
    wrong = {finding.misuse.event.line.number for finding in buffer.findings}
    if run.stop is not None:
        wrong.add(run.stop.event.line.number)
    heads = ["line", *(names[lane] for lane in lanes), "what changes", "time"]
    cells = [Cell(0, at, (text,), fill=HEAD_FILL, bold=True) for at, text in enumerate(heads)]
    for row, event in enumerate(events, 1):
        cells += _row(run, row, event, lanes, event.line.number in wrong)
    cells.append(_foot(buffer, len(events) + 1, len(heads)))
    title = f"{PurePath(examined.recording.file).name}: buffer {buffer.number} {buffer.answer}"
    most = (_REST, *(_LANE for _ in lanes), _WORDS, _REST + 30)
    return Table(title, f"{name_of(run)}; {summary(examined)}", tuple(cells), most, 420.0)


def _events(buffer: Buffer) -> list[Event]:
    """The last events up to the first misuse, or to where the run stops."""
    run = buffer.run
    if run.stop is None and buffer.findings:
        last = buffer.findings[-1].misuse.event.line.number
        events = [entry.event for entry in run.history if entry.event.line.number <= last]
        return events[-MOST_ROWS:]
    return shown_events(run, MOST_ROWS)


def _row(run: Run, row: int, event: Event, lanes: list[int], wrong: bool) -> Iterator[Cell]:
    if wrong:
        yield Cell(row, 0, (str(event.line.number), "wrong"), fill=WRONG_FILL, ink=WRONG, bold=True)
    else:
        yield Cell(row, 0, (str(event.line.number),))
    entry = next((entry for entry in run.history if entry.event is event), None)
    side = entry.way.parts[-1].step.action.side or "" if entry is not None else ""
    for column, lane in enumerate(lanes, 1):
        if lane != event.task:
            yield Cell(row, column, ())
        elif wrong:
            yield Cell(
                row, column, (what(event),), fill=WRONG_FILL, ink=WRONG, bold=True, thick=True, tip=event.line.text
            )
        else:
            yield Cell(row, column, (what(event),), fill=side_fill(side), tip=event.line.text.strip())
    texts: tuple[str, ...] = ()
    if entry is not None and len(entry.way.state) == len(run.sized.system.variables):
        moved = differences(run.sized.system.views, entry.way.start, entry.way.state)
        texts = tuple(f"{found.name}: {found.old} → {found.new}" for found in moved)
    yield Cell(row, len(lanes) + 1, texts)
    yield Cell(row, len(lanes) + 2, (f"{event.line.time:.6f}" if event.line.time is not None else "",), ink=FAINT)


def _foot(buffer: Buffer, row: int, columns: int) -> Cell:
    if buffer.diagnosis is not None:
        rules = f" [{', '.join(buffer.diagnosis.rules)}]" if buffer.diagnosis.rules else ""
        text = f"line {buffer.diagnosis.event.line.number}: {buffer.diagnosis.message}{rules}"
    elif buffer.findings:
        misuse = buffer.findings[-1].misuse
        broken = misuse.broken[0]
        text = f"line {misuse.event.line.number}: {words_of(broken.clause)} [{', '.join(broken.clause.rules)}]"
    else:
        return Cell(row, 0, (str(buffer.answer),), columns=columns, fill=HEAD_FILL)
    return Cell(row, 0, (text,), columns=columns, fill=WRONG_FILL, ink=WRONG, thick=True)
