"""Whether two recordings say the same of the contract, although their lines differ.

After the last line in which they differ, everything else is the same.  If the same states are then possible in both
(by the names of the things in them, not by which instance stands for which), whatever can follow the one can follow
the other: no continuation tells them apart, which is equivalence in the sense of Myhill and Nerode.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.evidence.examine import Examined
from custody.evidence.history import Entry
from custody.evidence.recording import Line
from custody.evidence.run import Run

_TIME = re.compile(r"\s\d+\.\d+:\s")


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines that only one of the two recordings has at this place."""

    removed: tuple[Line, ...]
    added: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The answer: `equal`, and from which line of the other recording on; None where the rest is empty."""

    equal: bool
    reason: str
    differences: tuple[Difference, ...]


def compare(original: Examined, changed: Examined) -> Equivalence:
    """Whether the changed recording says the same as the original."""
    before, after = original.recording.lines, changed.recording.lines
    keys = [_content(line) for line in before], [_content(line) for line in after]
    matcher = difflib.SequenceMatcher(None, *keys, autojunk=False)
    differing = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    if not differing:
        return Equivalence(True, "the lines are the same", ())
    differences = tuple(Difference(before[a:b], after[c:d]) for _, a, b, c, d in differing)
    if any(buffer.stopped for buffer in changed.buffers):
        return Equivalence(False, "a line of it cannot be explained", differences)
    first_before, first_after = differing[-1][2], differing[-1][4]
    rest = len(before) - first_before
    for offset in range(rest + 1):
        reached = _states(original, before, first_before + offset), _states(changed, after, first_after + offset)
        if reached[0] == reached[1]:
            if _findings(original) != _findings(changed):
                return Equivalence(False, "the misuses found are not the same", differences)
            at = first_after + offset
            where = f"from line {after[at].number} on" if at < len(after) else "at the end"
            return Equivalence(True, f"{where} just the same states are possible", differences)
    unseen = _reached_unseen(original, changed)
    if unseen:
        steps = ", ".join(unseen)
        return Equivalence(
            True, f"at the end the same states are reached by what no line shows: {steps}", differences
        )
    return Equivalence(False, "other states are possible, up to the end", differences)


def _reached_unseen(original: Examined, changed: Examined) -> tuple[str, ...]:
    """The steps that no line of the changed recording shows and that lead each of its states to one of the other's,
    and to all of them together; none where they do not."""
    if _findings(original) != _findings(changed):
        return ()
    steps: dict[str, None] = {}
    ends = {(str(b.run.key), b.run.generation): b for b in original.buffers}
    for buffer in changed.buffers:
        other = ends.get((str(buffer.run.key), buffer.run.generation))
        if other is None or len(ends) != len(changed.buffers) or not (other.run.history and buffer.run.history):
            return ()
        last, wanted = buffer.run.history[-1], other.run.history[-1]
        goals = {_named(wanted, state) for state in wanted.states}
        met: set[_State] = set()
        for state in last.states:
            reached = _silently(buffer.run, last, state, goals)
            if reached is None:
                return ()
            met.add(reached[0])
            steps.update(dict.fromkeys(reached[1]))
        if met != goals:
            return ()
    return tuple(steps)


def _silently(
    run: Run, entry: Entry, state: Sequence[int], goals: set[_State]
) -> tuple[_State, tuple[str, ...]] | None:
    """The goal that silent steps lead to from the state, with them, shortest first."""
    silent = run.unseen(entry.event).silent
    frontier: list[tuple[tuple[int, ...], tuple[str, ...]]] = [(tuple(state), ())]
    seen = {tuple(state)}
    for _ in range(4):
        following: list[tuple[tuple[int, ...], tuple[str, ...]]] = []
        for reached, names in frontier:
            named = _named(entry, reached)
            if named in goals:
                return named, names
            for step in silent:
                fired = step.fire(reached)
                if fired is not None and not fired.broken and fired.state not in seen:
                    seen.add(fired.state)
                    following.append((fired.state, (*names, step.action.name)))
        frontier = following
    return None


def _content(line: Line) -> str:
    """A line without its time."""
    return _TIME.sub(" ", line.text, count=1).strip()


_State = frozenset[tuple[str, str]]


def _states(examined: Examined, lines: Sequence[Line], until: int) -> dict[tuple[str, int], frozenset[_State]]:
    """For each buffer that has begun, the states that are possible before line `until` (as an index)."""
    limit = lines[until].number if until < len(lines) else float("inf")
    found: dict[tuple[str, int], frozenset[_State]] = {}
    for buffer in examined.buffers:
        entries = [entry for entry in buffer.run.history if entry.event.line.number < limit]
        if entries:
            entry = entries[-1]
            key = (str(buffer.run.key), buffer.run.generation)
            found[key] = frozenset(_named(entry, state) for state in entry.states)
    return found


def _named(entry: Entry, state: Sequence[int]) -> _State:
    """What is not as at first, with the recording's own names for the contract's instances."""
    sized = entry.sized
    owners = {
        sized.names[role][slot]: f"{role} {value}"
        for role, bound in entry.bound.items()
        for value, slot in bound.items()
    }
    return frozenset(_parts(entry, state, owners))


def _parts(entry: Entry, state: Sequence[int], owners: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable, value, first in zip(entry.sized.system.variables, state, entry.sized.start, strict=True):
        if value != first:
            indices = ", ".join(owners.get(name, name) for name in variable.indices)
            shown = variable.domain.show(value)
            yield f"{variable.base}[{indices}] {variable.name.rpartition('.')[2]}", owners.get(shown, shown)


def _findings(examined: Examined) -> list[tuple[str, ...]]:
    """What was broken, however often in how many lines it is told."""
    misuses = [finding.misuse for buffer in examined.buffers for finding in buffer.findings]
    return sorted(tuple(broken.clause.text for broken in misuse.broken) for misuse in misuses)
