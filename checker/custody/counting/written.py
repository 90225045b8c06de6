"""A system over counters as plain data, for a certificate: terms of SMT-LIB, variables by name."""

from __future__ import annotations

from typing import Any

from custody.counting.counted import Counted
from custody.counting.flat import LEFT
from custody.system.expression import Expr, Op, Sort, and_, boolean, eq, number, or_, read
from custody.system.model import Form

_NAMES = {
    Op.NOT: "not", Op.AND: "and", Op.OR: "or", Op.EQ: "=", Op.LT: "<", Op.LE: "<=", Op.ADD: "+", Op.SUB: "-",
    Op.MUL: "*", Op.ITE: "ite",
}  # fmt: skip


def name(counted: Counted, variable: int) -> str:
    """What a variable is called; counters by their number, for their local states make long names."""
    if variable not in counted.counters:
        return counted.system.variables[variable].name
    start = len(counted.system.variables) - len(counted.counters)
    return f"#{counted.counters[variable][0]}({variable - start})"


def first(counted: Counted) -> Expr:
    """The first states."""
    system = counted.system
    parts = [system.where]
    for index, variable in enumerate(system.variables):
        if index < len(counted.roles) or index in counted.counters:
            continue
        term_ = read(index, variable.domain.sort)
        values = (boolean(bool(v)) if variable.domain.boolean else number(v) for v in variable.initial)
        parts.append(or_(*(eq(term_, value) for value in values)))
    return and_(*parts)


def term(counted: Counted, root: Expr) -> str:
    """The expression over the names of the variables."""
    if root.op is Op.READ:
        return f"|{name(counted, root.value)}|"
    if root.op is Op.CONST and root.sort is Sort.BOOL:
        return "true" if root.value else "false"
    if root.op is Op.CONST:
        return str(root.value) if root.value >= 0 else f"(- {-root.value})"
    return f"({_NAMES[root.op]} {' '.join(term(counted, arg) for arg in root.args)})"


def data(counted: Counted) -> dict[str, Any]:
    """All of it."""
    system = counted.system
    shared = range(len(counted.roles), len(system.variables) - len(counted.counters))
    return {
        "columns": {role: list(columns) for role, columns in counted.columns.items()},
        "shared": [
            {
                "name": variable.name,
                "labels": list(variable.domain.labels or ()),
                "boolean": variable.domain.boolean,
                "few": index not in counted.bounds,
            }
            for index, variable in ((index, system.variables[index]) for index in shared)
        ],
        "fixed": [list(pair) for pair in counted.fixed],
        "same": {role: [list(pair) for pair in pairs] for role, pairs in counted.same.items()},
        "counters": [[role, list(counted.values(index))] for index, (role, _) in counted.counters.items()],
        "first": term(counted, first(counted)),
        "actions": [
            {
                "name": action.name,
                "guard": term(counted, action.guard),
                "checks": [
                    ["" if check.property == LEFT else check.property, term(counted, check.condition)]
                    for check in action.checks
                ],
                "effects": [[name(counted, e.variable), term(counted, e.value)] for e in action.effects],
            }
            for action in system.actions
        ],
        "forbidden": {
            p.name: term(counted, Expr(Op.NOT, Sort.BOOL, (p.expression,)))
            for p in system.properties
            if p.form is Form.INVARIANT
        },
    }
