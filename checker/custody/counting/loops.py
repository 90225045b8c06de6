"""Truth values that a loop over instances adds to, as one disjunction or conjunction over all of them.

`if it is so of this one, it is true, else as before`, one instance after the other, is that it is so of some one or
was true before, in whatever order.
"""

from __future__ import annotations

from custody.system.expression import Expr, Op, Sort, and_, ite, nodes, not_, or_, rebuild


def flattened(root: Expr) -> Expr:
    """The same with such choices as disjunctions and conjunctions."""
    known: dict[Expr, Expr] = {}
    for node in nodes(root, known=known):
        args = tuple(known[arg] for arg in node.args)
        if node.op is Op.ITE and node.sort is Sort.BOOL:
            known[node] = _chosen(*args)
        else:
            known[node] = rebuild(node, args) if args else node
    return known[root]


def _chosen(when: Expr, yes: Expr, no: Expr) -> Expr:
    for op, some in ((Op.OR, or_), (Op.AND, and_)):
        one, other = _parts(op, yes), _parts(op, no)
        shared = [part for part in other if part in one]
        for less, more, condition in ((other, one, when), (one, other, not_(when))):
            if len(shared) == len(less):
                rest = some(*(part for part in more if part not in shared))
                return some(*shared, and_(condition, rest) if op is Op.OR else or_(not_(condition), rest))
    return ite(when, yes, no)


def _parts(op: Op, root: Expr) -> tuple[Expr, ...]:
    return root.args if root.op is op else (root,)
