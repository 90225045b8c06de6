"""The variables of a system of one size as cells: those that differ by the names of members alone are one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.quantified.atoms import Cell
from custody.quantified.problem import NotUniformError
from custody.system.expression import Sort
from custody.system.model import System, Variable


@dataclass(frozen=True, slots=True)
class Where:
    """Where a variable is: its cell, or of one that holds a member the cell of what is held else, and whose it is."""

    cell: int
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The cells of a system, and for each of its variables where it is.

    A variable that may hold a member has a cell for each role that it may hold one of, `held`, and if it may hold
    something else a number that says which: a word's number, or -1 less the place of the role.  `words` numbers them.
    """

    roles: dict[str, tuple[str, ...]]
    role_of: dict[str, str]
    cells: tuple[Cell, ...]
    places: tuple[Where, ...]
    held: dict[int, dict[str, int]]
    words: dict[str, int]

    def kind(self, role: str) -> int:
        """What says of a variable that it holds a member of the role."""
        return -1 - list(self.roles).index(role)


def naming(names: Sequence[str]) -> re.Pattern[str]:
    """Finds these instances within names."""
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)")


def layout(system: System, roles: Sequence[str]) -> Layout:
    """NotUniformError where members of a role have different variables."""
    names = {role: instances for role, instances in system.roles if role in roles}
    role_of = {name: role for role, instances in names.items() for name in instances}
    pattern = naming(list(role_of))
    words: dict[str, int] = {}
    for variable in system.variables:
        for label in variable.domain.labels or ():
            if _member(variable, role_of) and label not in role_of:
                words.setdefault(label, len(words))
    cells: list[Cell] = []
    known: dict[str, int] = {}
    held: dict[int, dict[str, int]] = {}
    places: list[Where] = []
    kinds = {role: -1 - i for i, role in enumerate(names)}
    for variable in system.variables:
        owners = tuple(found.group() for found in pattern.finditer(variable.name))
        name = pattern.sub(lambda found: f"{{{role_of[found.group()]}}}", variable.name)
        if not owners and variable.actor in role_of:
            owners, name = (variable.actor,), f"{name} of {{{role_of[variable.actor]}}}"
        made = _cells(variable, name, tuple(role_of[owner] for owner in owners), role_of, words, kinds)
        if name not in known:
            known[name] = len(cells)
            if len(made) > 1 or made[0].holds is not None:
                held[known[name]] = {c.holds: len(cells) + i for i, c in enumerate(made) if c.holds is not None}
            cells += made
        elif [_same(c) for c in made] != [_same(c) for c in cells[known[name] : known[name] + len(made)]]:
            raise NotUniformError(f"{variable.name} is not as the same variable of others is", variable.place)
        places.append(Where(known[name], owners))
    return Layout(names, role_of, tuple(cells), tuple(places), held, words)


def _same(cell: Cell) -> tuple[object, ...]:
    return (cell.name, cell.roles, cell.sort, cell.holds, cell.low, cell.high, cell.initial)


def _member(variable: Variable, role_of: Mapping[str, str]) -> bool:
    return any(label in role_of for label in variable.domain.labels or ())


def _cells(
    variable: Variable,
    name: str,
    roles: tuple[str, ...],
    role_of: Mapping[str, str],
    words: Mapping[str, int],
    kinds: Mapping[str, int],
) -> list[Cell]:
    domain = variable.domain
    labels = domain.labels or ()
    place = variable.place
    if not _member(variable, role_of):
        odd = next((label for label in labels if naming(list(role_of)).search(label)), None)
        if odd is not None:
            raise NotUniformError(f"{variable.name} holds {odd}, an object of one member", place)
        shown = tuple(enumerate(labels))
        return [
            Cell(name, roles, domain.sort, None, domain.low, domain.high, variable.initial, None, shown, place),
        ]
    plain = [label for label in labels if label not in role_of]
    holds = list(dict.fromkeys(role_of[label] for label in labels if label in role_of))
    first = tuple(sorted({kinds[role_of[label]] if label in role_of else words[label] for label in _first(variable)}))
    whole = [Cell(f"{name} member {role}", roles, Sort.INT, role, place=place) for role in holds]
    if not plain and len(holds) == 1:
        return whole
    numbers = sorted([words[label] for label in plain] + [kinds[role] for role in holds])
    shown = tuple((words[label], label) for label in plain)
    low, high = numbers[0], numbers[-1]
    return [Cell(name, roles, Sort.INT, None, low, high, first, tuple(numbers), shown, place), *whole]


def _first(variable: Variable) -> list[str]:
    labels = variable.domain.labels or ()
    return [labels[value] for value in variable.initial]
