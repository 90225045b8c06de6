"""What the lines of a recording mean: which actions of the contract, of which buffer, with what arguments and result.

Three things are put together from several lines: an entry and the return of the same function by the same task (each
then knows the fields of both), exporters' operations and the call that they run in (which names the buffer), and a
program's remark and the calls since its last one.
"""

from __future__ import annotations

import errno as numbers
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from custody.evidence.recording import Line, Recording, Sighting, Value
from custody.language.events import EventRule, Recordable

MOST_ERRNO = 4095
"""The kernel's error pointers are the last so many addresses."""

_RESULTS = ("ret", "fd", "retval")
_KERNEL_ERRNO = {512: "ERESTARTSYS", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK"}


@dataclass(frozen=True, slots=True)
class Event:
    """One line with its meaning: the rules that may have been meant, each a sequence of actions.

    `fields` are the line's and those of the other end of the same call; `errno` names the error that it reports, None
    for success, and `result_known` is False where the line does not tell.  `key` is the buffer where it is known.
    """

    line: Line
    rules: tuple[EventRule, ...]
    fields: Mapping[str, Value]
    key: Value | None
    errno: str | None
    result_known: bool
    task: int
    process: int

    @property
    def function(self) -> str:
        return self.rules[0].names[0]


@dataclass(slots=True)
class Reading:
    """The events of a recording in order, and the names of those that mean nothing here, counted."""

    recording: Recording
    events: list[Event] = field(default_factory=list[Event])
    ignored: Counter[str] = field(default_factory=Counter[str])


def understand(recording: Recording, contract: Recordable) -> Reading:
    """Gives each line its meaning."""
    reading = Reading(recording)
    processes = {line.task: line.process for line in recording.lines if line.process is not None}
    drafts: list[Event] = []
    for line in recording.lines:
        found = list(_expand(line, contract))
        if not found:
            reading.ignored[_shown(line)] += 1
            if line.sighting is Sighting.MARK:
                # It means nothing by itself, but says that a system call is over.
                drafts.append(Event(line, (), {}, None, None, False, line.task, line.task))
        for rules, sighting in found:
            process = line.process if line.process is not None else processes.get(line.task, line.task)
            fields, error = _without_errors(line.fields)
            known = sighting == "return" or (sighting == "mark" and "ret" in line.fields)
            known = known and (error is not None or any(name in line.fields for name in _results(line)))
            drafts.append(Event(line, rules, fields, None, error, known, line.task, process))
    _pair(drafts)
    _assign(drafts, contract)
    reading.events = [event for event in drafts if event.rules]
    return reading


def _results(line: Line) -> tuple[str, ...]:
    return ("ret",) if line.sighting is Sighting.MARK else (*_RESULTS, *line.fields)


def _shown(line: Line) -> str:
    """What an ignored line is called in a summary."""
    if line.sighting is Sighting.MARK:
        return " ".join(["remark:", *(line.words[:1] or ("",))]).strip()
    return line.function or line.name


def _expand(line: Line, contract: Recordable) -> Iterator[tuple[tuple[EventRule, ...], str]]:
    """The rules that apply; a line that reports a whole call is an entry and a return."""
    match line.sighting:
        case Sighting.MARK:
            sightings = ("mark",)
        case Sighting.ENTER:
            sightings = ("enter",)
        case Sighting.RETURN:
            sightings = ("return",)
        case Sighting.CALL:
            sightings = ("enter", "return")
        case Sighting.UNKNOWN:
            sightings = ("enter", "return")
    _, error = _without_errors(line.fields)
    entered = _named(line, "enter", contract, error) if "enter" in sightings else ()
    for sighting in sightings:
        rules = _named(line, sighting, contract, error)
        if line.sighting is Sighting.CALL and sighting == "return" and entered and not rules:
            functions = {name for rule in entered for name in rule.names}
            rules = _best([r for r in contract.rules if r.sighting == "return" and r.names[0] in functions], error)
        if rules:
            yield rules, sighting
            if line.sighting is Sighting.UNKNOWN:
                return


def _named(line: Line, sighting: str, contract: Recordable, error: str | None) -> tuple[EventRule, ...]:
    rules = [rule for rule in contract.rules if rule.sighting == sighting]
    if sighting == "mark":
        scored = [(rule, max((_score(name, line.words) for name in rule.names), default=0)) for rule in rules]
        fitting = [(rule, score) for rule, score in scored if score and rule.errno in (None, error)]
        most = max(((rule.errno is not None, score) for rule, score in fitting), default=(False, 0))
        return tuple(rule for rule, score in fitting if (rule.errno is not None, score) == most)
    # The probed function decides; the probe's own name only where the function is not told.
    names = {line.function} if line.function is not None else {line.name}
    return _best([rule for rule in rules if not names.isdisjoint(rule.names)], error)


def _best(rules: list[EventRule], error: str | None) -> tuple[EventRule, ...]:
    """Those for just this error, else those for any result."""
    special = tuple(rule for rule in rules if rule.errno is not None and rule.errno == error)
    return special or tuple(rule for rule in rules if rule.errno is None)


def _score(name: str, words: tuple[str, ...]) -> int:
    """How much of a remark the name of a rule explains: it begins with the first word, and has the others."""
    first, *others = name.split()
    if not words or words[0] != first or any(word not in words[1:] for word in others):
        return 0
    return 1 + len(others)


def _without_errors(fields: Mapping[str, Value]) -> tuple[dict[str, Value], str | None]:
    """The fields that hold no error, and the error's name."""
    kept: dict[str, Value] = {}
    error: str | None = None
    for name, value in fields.items():
        code = _error_code(name, value)
        if code is None:
            kept[name] = value
        else:
            error = numbers.errorcode.get(code) or _KERNEL_ERRNO.get(code) or f"error {code}"
    return kept, error


def _error_code(name: str, value: Value) -> int | None:
    if not isinstance(value, int):
        return None
    if name in _RESULTS and -MOST_ERRNO <= value < 0:
        return -value
    return (1 << 64) - value if (1 << 64) - MOST_ERRNO <= value < 1 << 64 else None


def _pair(events: list[Event]) -> None:
    """Lets entries and returns of the same call share their fields."""
    stacks: dict[int, list[int]] = {}
    for index, event in enumerate(events):
        sighting = event.rules[0].sighting if event.rules else ""
        stack = stacks.setdefault(event.task, [])
        if sighting == "enter":
            stack.append(index)
        elif sighting == "return":
            at = next((i for i in reversed(stack) if events[i].function == event.function), None)
            if at is None:
                continue
            del stack[stack.index(at) :]
            entered = events[at]
            told = {name: value for name, value in event.fields.items() if name not in _RESULTS}
            events[at] = replace(entered, fields={**told, **entered.fields})
            events[index] = replace(event, fields={**entered.fields, **event.fields})


def _assign(events: list[Event], contract: Recordable) -> None:
    """Finds the buffer that each event is about, as far as the recording tells."""
    owners: dict[tuple[str, Value], Value] = {}
    descriptors: dict[tuple[int, Value], Value] = {}
    since_remark: dict[int, dict[Value, None]] = {}
    for index, event in enumerate(events):
        pointers = [
            (slot.role, event.fields[slot.field])
            for rule in event.rules
            for meaning in rule.meanings
            for slot in meaning.slots
            if slot.role is not None and slot.field in event.fields and slot.field not in ("task", "process")
        ]
        key = next((event.fields[name] for name in contract.key if event.fields.get(name)), None)
        is_mark = event.line.sighting is Sighting.MARK
        if key is None:
            key = next((owners[pointer] for pointer in pointers if pointer in owners), None)
        group = since_remark.setdefault(event.task, {})
        descriptor = event.fields.get("fd")
        if key is None and is_mark:
            if len(group) == 1:
                key = next(iter(group))
            elif descriptor is not None:
                key = descriptors.get((event.process, descriptor))
        if key is not None:
            for pointer in pointers:
                owners[pointer] = key
            if descriptor is not None:
                descriptors[(event.process, descriptor)] = key
            group[key] = None
        if is_mark:
            group.clear()
        events[index] = replace(event, key=key)
