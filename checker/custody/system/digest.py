"""The fingerprint of what a system means, and of nothing else.

Two systems have the same digest when they have the same variables, first states, actions and properties in the same
order.  Where something is written, its documentation and how it is shown make no difference, so that a comment or a
moved line changes no digest.
"""

from __future__ import annotations

import hashlib
import json

from custody.system.expression import Expr, nodes
from custody.system.model import System


def digest(system: System) -> str:
    """`sha256:` and the fingerprint in hexadecimal."""
    table: dict[Expr, int] = {}
    rows: list[object] = []

    def number(root: Expr) -> int:
        for node in nodes(root, known=table):
            rows.append([node.op, node.sort, [table[arg] for arg in node.args], node.value])
            table[node] = len(table)
        return table[root]

    meaning = {
        "variables": [
            [v.name, v.domain.low, v.domain.high, v.domain.boolean, v.domain.labels, sorted(set(v.initial))]
            for v in system.variables
        ],
        "where": number(system.where),
        "terminal": number(system.terminal),
        "actions": [
            [
                [a.name, a.actor, a.arguments, a.outcome, a.spontaneous, a.begins],
                number(a.guard),
                [[effect.variable, number(effect.value)] for effect in a.effects],
                [[number(check.condition), check.property] for check in a.checks],
            ]
            for a in system.actions
        ],
        "properties": [
            [
                [p.name, p.form, number(p.expression), number(p.goal)],
                [[actor, number(rests)] for actor, rests in p.resting],
            ]
            for p in system.properties
        ],
        "fairness": [[f.name, f.strong, f.actions] for f in system.fairness],
        "expressions": rows,
    }
    return "sha256:" + hashlib.sha256(json.dumps(meaning).encode()).hexdigest()
