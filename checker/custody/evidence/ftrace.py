"""Reads ftrace's text, as `/sys/kernel/tracing/trace` and `trace-cmd report` write it.

A kprobe's line names the probed function in parentheses, `(f+0x4/0x50)` on entry and `(caller+0x1/0x2 <- f)` on
return; what the probe itself is called matters only where the line has nothing but an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from custody.evidence.recording import Line, Loss, Recording, Sighting, Value

_LINE = re.compile(
    r"^\s*(?P<comm>.*\S)(?:-|\s+)(?:(?P<group>\d+)/)?(?P<task>\d+)\s+(?:\(\s*(?P<process>\d+|-+)\)\s+)?"
    # The processor in brackets, as usual, or in front of its flags, as the option latency-format has it.
    r"(?:\[(?P<cpu>\d+)\]\s+(?:(?P<flags>[^\s:]{4,8})\s+)?|\d+[^\s\d:][^\s:]{3,7}\s+)"
    # Seconds, or whatever a clock such as x86-tsc or counter counts.
    r"(?P<time>\d+(?:\.\d+)?)(?:us\s*[+!#*@$]?\s*)?:\s+(?P<name>[\w.:-]+?):(?:\s+(?P<rest>.*))?$"
)
_LOCATION = re.compile(r"^\((?P<inside>[^()]*)\)\s*")
_SYMBOL = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)(?:\+0x[0-9a-f]+(?:/0x[0-9a-f]+)?)?(?:\s+\[\w+\])?$")
_ADDRESS = re.compile(r"[0-9a-f]{8,16}")
_FIELD = re.compile(r'(\w+)=("[^"]*"|\S+)')
_MARKS = frozenset({"tracing_mark_write", "print", "bprint"})
_USER = re.compile(r"(?:^|\s)user\s+(?:pid=(?P<process>\d+)\s+)?(?P<call>.*?)(?:\s+=\s+(?P<ret>-?\d+)(?:\s.*)?)?$")
_LOST = re.compile(r"LOST\s+(\d+)\s+EVENTS|(\d+)\s+events?\s+(?:lost|dropped)", re.IGNORECASE)
_WRITTEN = re.compile(r"entries-in-buffer/entries-written:\s*(\d+)/(\d+)")

_READS, _WRITES = {"READ", "DMA_BUF_SYNC_READ"}, {"WRITE", "DMA_BUF_SYNC_WRITE"}


def looks_like_ftrace(text: str) -> bool:
    """Whether the text has at least one line of this format, or its header."""
    return text.lstrip().startswith("# tracer:") or any(_LINE.match(line) for line in text.splitlines()[:200])


def read_ftrace(file: str, text: str) -> Recording:
    """The recording; lines that are none of ours, such as other tracers' and comments, are passed over."""
    lines: list[Line] = []
    losses: list[Loss] = []
    promised: tuple[int, int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if (lost := _LOST.search(line)) is not None and _LINE.match(line) is None:
            losses.append(
                Loss(number, f"the recording says that {lost[1] or lost[2]} events were lost here", here=True)
            )
        elif (written := _WRITTEN.search(line)) is not None and line.lstrip().startswith("#"):
            promised = (number, int(written[1]), int(written[2]))
        elif not line.lstrip().startswith("#"):
            found = _line(number, line)
            if found is not None:
                lines.append(found)
    if lines and not text.endswith(("\n", "\r")) and _is_cut_off(lines):
        losses.append(Loss(lines.pop().number, "this line is cut off, and left out"))
    if promised is not None:
        losses += _missing(promised, len(lines))
    return Recording(file, tuple(lines), tuple(losses), tuple(_disorder(lines)))


def _missing(promised: tuple[int, int, int], present: int) -> Iterable[Loss]:
    number, kept, written = promised
    if written > kept:
        yield Loss(number, f"{written - kept} events were overwritten before this recording begins", here=True)
    if present < kept:
        yield Loss(number, f"the header counts {kept} events, and {present} are here")


def _is_cut_off(lines: list[Line]) -> bool:
    """Whether the last line has less than earlier ones: a field than the same event, or digits than a pointer."""
    last = lines[-1]
    ending = re.search(r"\b\w+=0(?:x[0-9a-f]*)?$", last.text.rstrip())
    for line in lines[:-1]:
        same = (line.name, line.function, line.sighting) == (last.name, last.function, last.sighting)
        if same and not last.fields.keys() >= line.fields.keys():
            return True
        if ending is not None and re.search(rf"\b{ending[0]}[0-9a-fx]", line.text):
            return True
    return False


def _disorder(lines: list[Line]) -> Iterable[Loss]:
    latest: Line | None = None
    for line in lines:
        if latest is not None and line.time is not None and latest.time is not None and line.time < latest.time:
            yield Loss(line.number, f"its time is before that of line {latest.number}")
        else:
            latest = line


def _line(number: int, text: str) -> Line | None:
    match = _LINE.match(text)
    if match is None:
        return None
    task = int(match["task"])
    group = match["process"] or match["group"] or ""
    process = int(group) if group.isdigit() else None
    common = (number, text, float(match["time"]), task, match["comm"].strip())
    name, rest = match["name"], match["rest"] or ""
    if name in _MARKS:
        return mark(common, process, name, rest)
    sighting, function, caller = Sighting.UNKNOWN, None, None
    location = _LOCATION.match(rest)
    if location is not None:
        rest = rest[location.end() :]
        left, arrow, right = location["inside"].partition("<-")
        sighting = Sighting.RETURN if arrow else Sighting.ENTER
        function, caller = (_symbol(right), _symbol(left)) if arrow else (_symbol(left), None)
        if function is None:
            sighting = Sighting.UNKNOWN
    fields = {key: value_of(raw) for key, raw in _FIELD.findall(rest)}
    return Line(*common, process, sighting, name.rpartition(":")[2], function, caller, fields)


def mark(common: tuple[int, str, float | None, int, str], process: int | None, name: str, rest: str) -> Line:
    """A program's remark: `user pid=P CALL = RESULT`, or any other text."""
    match = _USER.search(rest)
    call = match["call"] if match is not None else rest
    fields: dict[str, Value] = {key: value_of(raw) for key, raw in _FIELD.findall(call)}
    words = tuple(word for token in call.split() for word in re.split(r"[|=]", token))
    if match is not None:
        process = int(match["process"]) if match["process"] else process
        if match["ret"] is not None:
            fields["ret"] = int(match["ret"])
    flags = set(words)
    directions = {(True, True): "bidirectional", (True, False): "from_device", (False, True): "to_device"}
    announced = (not flags.isdisjoint(_READS), not flags.isdisjoint(_WRITES))
    if announced in directions:
        fields["dir"] = directions[announced]
    return Line(*common, process, Sighting.MARK, name, None, None, fields, words)


def _symbol(text: str) -> str | None:
    match = _SYMBOL.match(text.strip())
    return None if match is None or _ADDRESS.fullmatch(match["name"]) else match["name"]


def value_of(raw: str) -> Value:
    """A number where it is one (`0x…` or decimal), else the text without its quotes."""
    if raw.startswith('"'):
        return raw.strip('"')
    try:
        return int(raw, 0)
    except ValueError:
        return raw
