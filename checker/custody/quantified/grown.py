"""Numbers that grow with the number of members, read back out of a system of one size.

No number larger than two is written in a specification that something is said of for any size, so that a number near
the size itself, where it is no word's, stands for the size and a little more or less.  That is a guess, which does
not hold at other sizes where it is wrong (see `custody.quantified.sized`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from custody.system.expression import Expr, Op, Sort, add, nodes, number, read, rebuild
from custody.system.model import Action, System

_LESS, _MORE = 2, 8
"""The size and so much less or more is the size: there are actors of other roles, too."""


def is_near(value: int, size: int) -> bool:
    """Whether a number stands for the size and a little more or less."""
    return -_LESS <= value - size <= _MORE


def grown(system: System, size: int) -> System:
    """The system with a variable more, its last, which is read where the size is meant; it is not declared."""
    over = _Grown(system, size)
    properties = tuple(
        replace(p, expression=over.condition(p.expression), conjuncts=(), premises=()) for p in system.properties
    )
    return replace(
        system,
        actions=tuple(over.action(action) for action in system.actions),
        properties=properties,
        where=over.condition(system.where),
        terminal=over.condition(system.terminal),
    )


class _Grown:
    def __init__(self, system: System, size: int) -> None:
        self._system, self._size = system, size
        self._known: dict[tuple[Expr, bool], Expr] = {}

    def condition(self, root: Expr) -> Expr:
        return self._over(root, plain=False)

    def action(self, action: Action) -> Action:
        effects = tuple(
            replace(effect, value=self._over(effect.value, plain=self._words(effect.variable)))
            for effect in action.effects
        )
        checks = tuple(replace(check, condition=self.condition(check.condition)) for check in action.checks)
        return replace(action, guard=self.condition(action.guard), checks=checks, effects=effects)

    def _words(self, variable: int) -> bool:
        return self._system.variables[variable].domain.labels is not None

    def _over(self, root: Expr, *, plain: bool) -> Expr:
        """The expression; with `plain` it is a word, and no number in it the size."""
        if root.is_constant:
            return root if plain or root.sort is Sort.BOOL else self._number(root)
        for node in nodes(root):
            if not node.args or (node, plain) in self._known:
                continue
            words = plain if node.op is Op.ITE and node.sort is Sort.INT else self._is_word(node)
            change: Callable[[Expr], Expr] = (lambda arg: arg) if words else self._number
            args = tuple(
                change(arg) if arg.is_constant and arg.sort is Sort.INT else self._known.get((arg, plain), arg)
                for arg in node.args
            )
            self._known[node, plain] = rebuild(node, args)
        return self._known.get((root, plain), root)

    def _is_word(self, node: Expr) -> bool:
        """Whether an argument is a variable whose values are words."""
        return any(
            each.op in (Op.READ, Op.NEXT) and self._words(each.value)
            for arg in node.args
            if arg.sort is Sort.INT
            for each in self._values(arg)
        )

    def _values(self, node: Expr) -> list[Expr]:
        """What a term may be: the term itself, or of a choice its cases."""
        if node.op is Op.ITE:
            return [each for arg in node.args[1:] for each in self._values(arg)]
        return [each for arg in node.args for each in self._values(arg)] if node.op is Op.ADD else [node]

    def _number(self, node: Expr) -> Expr:
        if not is_near(node.value, self._size):
            return node
        return add(read(len(self._system.variables), Sort.INT), number(node.value - self._size))
