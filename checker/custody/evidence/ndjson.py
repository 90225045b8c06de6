"""Reads recordings with one JSON object a line, as bpftrace scripts and loggers write them.

An object names its event (`ev`, `event`, `name` or `function`); `phase` may be "enter", "return" or "mark", and one
that has no phase but a result (`ret`) reports a whole call at once.  `ts`, `pid` or `tid`, `tgid` and `comm` are
understood; every other member is a field.  Whatever is missing may have been anything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from custody.evidence.ftrace import mark, value_of
from custody.evidence.recording import Line, Loss, Recording, RecordingError, Sighting, Value

_NAMES = ("ev", "event", "name", "function", "probe")
_TIMES = ("ts", "time", "timestamp")
_TASKS = ("tid", "pid", "task")
_PHASES = {
    "enter": Sighting.ENTER, "entry": Sighting.ENTER, "return": Sighting.RETURN, "exit": Sighting.RETURN,
    "call": Sighting.CALL, "mark": Sighting.MARK,
}  # fmt: skip


def looks_like_ndjson(text: str) -> bool:
    """Whether the first line that is not blank begins an object."""
    return text.lstrip().startswith("{")


def read_ndjson(file: str, text: str) -> Recording:
    """The recording; RecordingError where a line is no object or names no event, but for a last one cut off."""
    lines: list[Line] = []
    losses: list[Loss] = []
    last = len(text.splitlines())
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip():
            continue
        try:
            found: Any = json.loads(raw)
        except (ValueError, RecursionError) as error:
            if lines and number == last and not text.endswith(("\n", "\r")):
                losses.append(Loss(number, "this line is cut off, and left out"))
                break
            raise RecordingError(f"{file}:{number}: this line is not JSON: {error}") from None
        if not isinstance(found, dict):
            raise RecordingError(f"{file}:{number}: this line is not an object")
        entry: dict[str, Any] = {str(key): value for key, value in found.items()}  # pyright: ignore
        if entry.get("type") == "lost_events" or "lost" in entry:
            losses.append(Loss(number, "the recording says that events were lost here", here=True))
            continue
        lines.append(_line(file, number, raw, entry))
    return Recording(file, tuple(lines), tuple(losses))


def _line(file: str, number: int, raw: str, entry: Mapping[str, Any]) -> Line:
    name = next((entry[key] for key in _NAMES if isinstance(entry.get(key), str)), None)
    if name is None:
        raise RecordingError(f"{file}:{number}: this object names no event (as one of {', '.join(_NAMES)})")
    used = {*_NAMES, *_TIMES, *_TASKS, "tgid", "comm", "phase"}
    time = next((float(entry[key]) for key in _TIMES if isinstance(entry.get(key), (int, float))), None)
    task = next((int(entry[key]) for key in _TASKS if isinstance(entry.get(key), int)), 0)
    process = entry["tgid"] if isinstance(entry.get("tgid"), int) else None
    common = (number, raw, time, task, str(entry.get("comm", "task")))
    if name == "mark" or entry.get("phase") == "mark":
        return mark(common, process, name, str(entry.get("text", entry.get("call", ""))))
    fields: dict[str, Value] = {key: _value(value) for key, value in entry.items() if key not in used}
    phase = _PHASES.get(str(entry.get("phase")))
    if phase is None:
        phase = Sighting.CALL if "ret" in fields else Sighting.UNKNOWN
    return Line(*common, process, phase, name, name, None, fields)


def _value(value: Any) -> Value:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    return value_of(value) if isinstance(value, str) else json.dumps(value, sort_keys=True)
