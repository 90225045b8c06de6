"""What whoever sees only the labels of a version knows for certain: variables whose value the labels tell.

After a sequence of labels a version may be in many states, but those agree on every variable that no unseen step
writes, and that visible steps write with what is known.  What depends on such variables alone is the same in all of
these states, so one of them speaks for all.
"""

from __future__ import annotations

from custody.change.side import Call, Key, Part, Side
from custody.system.expression import FALSE, Expr, and_, read, reads


class Known:
    """What is known of one version, whatever its labels."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._hazy = {i for i, variable in enumerate(side.variables) if len(set(variable.initial)) > 1}
        for part in side.parts:
            if not part.is_seen:
                self._hazy |= part.effects.keys()
        while found := self._hazy_too():
            self._hazy |= found

    def can_tell(self, key: Key) -> bool:
        """Whether all states agree on whether, and with which answer, such a call is possible."""
        parts = [self._side.parts[i] for i in self._side.groups.get(key, ())]
        return all(self._is_known(part.possible, *(when for when, _ in part.words)) for part in parts)

    def can_tell_hazard(self, call: Call, name: str) -> bool:
        """Whether all states agree on whether a call of that name breaks a check of the property."""
        parts = [part for part in self._side.parts if part.key[1][:2] == call[:2]]
        return all(self._is_known(part.breaks(name)) for part in parts)

    def _is_known(self, *roots: Expr) -> bool:
        return self._hazy.isdisjoint(reads(*roots))

    def _hazy_too(self) -> set[int]:
        """Variables that a visible step writes with what is not known, or not in one way."""
        found: set[int] = set()
        for key, members in self._side.groups.items():
            if key[0] is None:
                continue
            parts = [self._side.parts[i] for i in members]
            for variable in {v for part in parts for v in part.effects} - self._hazy:
                if not self._is_written_known(variable, parts):
                    found.add(variable)
        return found

    def _is_written_known(self, variable: int, parts: list[Part]) -> bool:
        present = read(variable, self._side.variables[variable].domain.sort)
        values = [part.effects.get(variable, present) for part in parts]
        if not all(self._is_known(value) for value in values):
            return False
        return all(
            values[i] == values[k] or not self._may_look_alike(parts[i], parts[k])
            for i in range(len(parts))
            for k in range(i)
        )

    def _may_look_alike(self, one: Part, other: Part) -> bool:
        """Whether two steps may be taken with one and the same label, and nobody knows which it was."""
        if not {word for _, word in one.words} & {word for _, word in other.words}:
            return False
        return and_(one.possible, other.possible) != FALSE or not self._is_known(one.possible, other.possible)
