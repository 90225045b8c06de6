"""Cubes as terms of SMT-LIB for certificates, and as sentences in the words of the specification for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from custody.symbolic.relation import Cube, Relation
from custody.system.model import Domain, System

Meanings = dict[int, tuple[int, int]]


def parts(relation: Relation, cube: Cube) -> list[tuple[int, list[int]]]:
    """The cube as variables with the values that they may have in it."""
    allowed: dict[int, list[int]] = {}
    for literal in cube:
        index, value = relation.meaning[abs(literal)]
        domain = relation.system.variables[index].domain
        values = allowed.get(index, list(range(domain.low, domain.high + 1)))
        if domain.boolean:
            holds = [v for v in values if (v == 1) == (literal > 0)]
        elif relation.in_bits(index):
            holds = [v for v in values if ((v - domain.low) >> (-1 - value) & 1) == (literal > 0)]
        else:
            holds = [v for v in values if (v == value) == (literal > 0)]
        allowed[index] = holds
    return sorted(allowed.items())


def term(relation: Relation, cube: Cube) -> str:
    """That the state is not in the cube, in SMT-LIB."""
    literals: list[str] = []
    for index, values in parts(relation, cube):
        domain, name = relation.system.variables[index].domain, f"|{relation.system.variables[index].name}|"
        if domain.boolean:
            literals.append(f"(not {name})" if values == [1] else name)
            continue
        others = [v for v in range(domain.low, domain.high + 1) if v not in set(values)]
        inside, outside = _intervals(values), _intervals(others)
        if len(outside) <= len(inside):
            literals += [_within(name, *interval, domain) for interval in outside]
        else:
            literals.append(f"(not {_any([_within(name, *interval, domain) for interval in inside])})")
    return _any(literals) if literals else "false"


def _any(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"(or {' '.join(parts)})"


def _intervals(values: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return found


def _within(name: str, low: int, high: int, domain: Domain) -> str:
    if low == high:
        return f"(= {name} {_number(low)})"
    ends = [f"(<= {_number(low)} {name})"] * (low > domain.low) + [f"(<= {name} {_number(high)})"] * (
        high < domain.high
    )
    return ends[0] if len(ends) == 1 else f"(and {' '.join(ends)})" if ends else "true"


def sentences(relation: Relation, cubes: Iterable[Cube]) -> list[str]:
    """One sentence a cube, the shortest first."""
    return [sentence(relation.system, parts(relation, cube)) for cube in sorted(cubes, key=lambda c: (len(c), c))]


def sentence(system: System, allowed: Sequence[tuple[int, list[int]]]) -> str:
    """`never A and B`, in the words of the specification."""
    told: list[str] = []
    for index, values in allowed:
        variable = system.variables[index]
        others = [v for v in range(variable.domain.low, variable.domain.high + 1) if v not in values]
        show = variable.domain.show
        if variable.domain.boolean:
            told.append(variable.name if values == [1] else f"not {variable.name}")
        elif len(values) == 1:
            told.append(f"{variable.name} == {show(values[0])}")
        elif len(others) == 1:
            told.append(f"{variable.name} != {show(others[0])}")
        else:
            told.append(f"{variable.name} in {{{', '.join(map(show, values))}}}")
    return f"never {' and '.join(told)}"


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"(- {-value})"
