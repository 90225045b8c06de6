"""What a comparison says, as plain data: nothing in it needs the systems any more, so it can be kept and printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, cast

from custody.change.category import LEVELS, Category, Level, category
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Shift:
    """How one declared thing goes on in one version: name, value before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """One visible step on both sides. `unseen` are steps that came before it without being seen.

    `old` and `new` are what the step, with those before it, changes in each version.
    """

    actor: str
    words: str
    file: str
    line: int
    unseen: tuple[str, ...] = ()
    old: tuple[Shift, ...] = ()
    new: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, with who is harmed and how to see it.

    `only` is the version ("old" or "new") that allows the last row; `states` are the things that differ before it, or
    that the refusal speaks of: name, in OLD, in NEW.  `old_run` and `new_run` are the actions by index.
    """

    id: str
    subject: str
    message: str
    file: str
    line: int
    column: int = 1
    detail: tuple[str, ...] = ()
    harmed: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    only: str = ""
    rows: tuple[Row, ...] = ()
    states: tuple[tuple[str, str, str], ...] = ()
    old_run: tuple[int, ...] = ()
    new_run: tuple[int, ...] = ()
    user: str = ""
    """The other specification that the change is found in, where it is not the one that changed."""

    @property
    def category(self) -> Category:
        return category(self.id)

    @property
    def level(self) -> Level:
        return self.category.level

    @property
    def place(self) -> Place:
        return Place(self.file, self.line, self.column)

    @property
    def fingerprint(self) -> str:
        """The same for the same change, wherever its lines went."""
        return "/".join([self.id, self.subject, self.only, *self.harmed])


@dataclass(frozen=True, slots=True)
class Cost:
    """What checking one instance takes in each version."""

    instance: str
    old_states: int
    new_states: int
    old_transitions: int
    new_transitions: int


@dataclass(frozen=True, slots=True)
class Result:
    """The whole comparison of one specification.

    `limits` name what kept it from being complete: then nothing is identical or compatible that is not shown to be.
    `how` says in a few words per instance what the verdict rests on, `left` which instances were left to a wide run.
    """

    spec: str
    model: str
    changes: tuple[Change, ...] = ()
    costs: tuple[Cost, ...] = ()
    limits: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_left(self) -> bool:
        """Whether all of it was left to a wide run, so that nothing was compared."""
        return bool(self.left) and not (self.changes or self.costs or self.limits or self.how)

    @property
    def level(self) -> Level | None:
        """The heaviest of the changes; None where a limit was reached before one that counts was found."""
        found = max((LEVELS.index(change.level) for change in self.changes), default=0)
        if self.limits and LEVELS[found] is not Level.BREAKING:
            return None
        return LEVELS[found]


def to_json(result: Result) -> dict[str, Any]:
    """The result as JSON knows it."""
    return asdict(result)


def from_json(data: dict[str, Any]) -> Result:
    """The reverse; KeyError or TypeError where it is something else."""
    return _made(
        Result,
        data,
        changes=tuple(change_from_json(entry) for entry in data["changes"]),
        costs=tuple(Cost(**entry) for entry in data["costs"]),
    )


def change_from_json(data: dict[str, Any]) -> Change:
    """One change as a report has it; KeyError or TypeError where it is something else."""
    return _made(Change, data, rows=tuple(_row(entry) for entry in data["rows"]))


def _row(data: dict[str, Any]) -> Row:
    sides = {side: tuple(Shift(**entry) for entry in data[side]) for side in ("old", "new")}
    return _made(Row, data, **sides)


def _made(kind: Any, data: dict[str, Any], **known: Any) -> Any:
    values = {entry.name: known.get(entry.name, _frozen(data[entry.name])) for entry in fields(kind)}
    return kind(**values)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in cast(list[Any], value)) if isinstance(value, list) else value
