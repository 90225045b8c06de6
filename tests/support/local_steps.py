"""Systems of several actors with steps of their own, on which a reduced search has something to leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from random import Random

from hypothesis import strategies as st

from custody.system.expression import (
    Expr,
    Op,
    Sort,
    add,
    and_,
    eq,
    ite,
    le,
    mod,
    nodes,
    not_,
    number,
    or_,
    read,
    rebuild,
)
from custody.system.model import Action, Check, Conjunct, Domain, Effect, Form, Kind, Property, System, Variable
from support.checked_systems import ahead
from support.small_systems import FILE, at, in_range, variable

_POSITIONS = Domain(0, 4, labels=("rest", "one", "two", "three", "four"))
_LOCAL = Domain(-1, 2)
_SHARED = Domain(0, 2)
HAZARD = "broken"


def chains(actors: int, steps: int) -> System:
    """Actors that take so many steps each, which are nobody else's concern."""
    positions = Domain(0, steps)
    variables = [replace(variable(f"at[{k}]", positions, 0), control=True, actor=f"a{k}") for k in range(actors)]
    actions = [
        Action(f"step{at_}", f"a{k}", "", at(2), _at(k, at_), (Effect(k, number(at_ + 1)),))
        for k in range(actors)
        for at_ in range(steps)
    ]
    terminal = and_(*(_at(k, steps) for k in range(actors)))
    properties = (Property("deadlock", Form.DEADLOCK, Kind.DEADLOCK, at(1)),)
    return System("chains", FILE, tuple(variables), tuple(actions), properties, terminal=terminal)


def systems_with_local_steps() -> st.SearchStrategy[System]:
    """Two or three actors, each with a position and a local, and a shared variable or two; every form of property."""
    return st.integers(0, 2**32).map(lambda seed: _Dice(Random(seed)).system())


def symmetric_systems_with_local_steps() -> st.SearchStrategy[System]:
    """Such systems in which all actors do what the first one does, and nothing tells them apart."""
    return st.integers(0, 2**32).map(lambda seed: _symmetric(_Dice(Random(seed)).system()))


def _symmetric(system: System) -> System:
    names = tuple(dict.fromkeys(v.actor for v in system.variables if v.actor is not None))
    orders = list(permutations(range(len(names))))

    def owned(number: int, given: Variable) -> Variable:
        if given.actor is None:
            return given
        first, base = system.variables[number % 2], given.name.partition("[")[0]
        return replace(first, name=f"{base}[{given.actor}]", base=base, indices=(given.actor,), actor=given.actor)

    def always(root: Expr) -> Expr:
        return and_(*(_renamed(root, order) for order in orders))

    def exchanged(actor: int) -> list[int]:
        return [actor if k == 0 else 0 if k == actor else k for k in range(len(names))]

    def of_one(root: Expr, actor: int) -> Expr:
        """What it says of the first actor said of another one, and the same of all the rest."""
        return _renamed(and_(*(_renamed(root, other) for other in orders if other[0] == 0)), exchanged(actor))

    def of(given: Action, actor: int) -> Action:
        order = exchanged(actor)
        return replace(
            given,
            actor=names[actor],
            guard=of_one(given.guard, actor),
            effects=tuple(Effect(_moved(e.variable, order), _renamed(e.value, order)) for e in given.effects),
            checks=tuple(replace(c, condition=_renamed(c.condition, order)) for c in given.checks),
        )

    def everywhere(given: Property) -> Property:
        premises = tuple(replace(p, expression=always(p.expression)) for p in given.premises)
        resting = tuple((name, of_one(given.resting[0][1], k)) for k, name in enumerate(names) if given.resting)
        return replace(given, expression=always(given.expression), premises=premises, resting=resting)

    return replace(
        system,
        variables=tuple(owned(number, v) for number, v in enumerate(system.variables)),
        actions=(
            *(of(action, k) for action in system.actions if action.actor == names[0] for k in range(len(names))),
            *(action for action in system.actions if action.actor == ""),
        ),
        properties=tuple(everywhere(p) for p in system.properties),
        terminal=always(system.terminal),
        roles=(("Actor", names),),
    )


def _moved(variable_: int, order: Sequence[int]) -> int:
    actor = variable_ // 2
    return 2 * order[actor] + variable_ % 2 if actor < len(order) else variable_


def _renamed(root: Expr, order: Sequence[int]) -> Expr:
    """What it says of actor k said of actor order[k]."""
    known: dict[Expr, Expr] = {}
    for node in nodes(root):
        if node.op in (Op.READ, Op.NEXT):
            known[node] = Expr(node.op, node.sort, (), _moved(node.value, order))
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
    return known[root]


def _at(variable_: int, value: int) -> Expr:
    return eq(read(variable_, Sort.INT), number(value))


class _Dice:
    """Throws one system: variable 2k is the position of actor k, 2k + 1 its local, the shared ones are behind."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._actors = dice.randint(2, 3)
        self._spontaneous = dice.choice((0, 0, 0.4))
        self._variables: list[Variable] = []
        for k in range(self._actors):
            for name, domain in (("at", _POSITIONS), ("local", _LOCAL)):
                made = variable(f"{name}[{k}]", domain, *{0, dice.choice((0, 0, 1))})
                self._variables.append(replace(made, control=True, actor=f"a{k}"))
        self._shared = range(2 * self._actors, 2 * self._actors + dice.randint(1, 2))
        self._variables += [variable(f"shared{k}", _SHARED, dice.randint(0, 1)) for k in self._shared]

    def system(self) -> System:
        dice = self._dice
        actions: list[Action] = []
        for k in range(self._actors):
            for position in range(dice.randint(2, 4)):
                actions += [self._action(k, position) for _ in range(dice.choice((1, 1, 1, 2)))]
        if dice.random() < 0.3:
            effect, checks = self._effect(dice.choice(self._shared), [])
            hardware = Action("hardware", "", "", at(2), self._truth(), (effect,), tuple(checks))
            actions.append(replace(hardware, spontaneous=dice.random() < 0.5))
        system = System("local", FILE, tuple(self._variables), tuple(actions), (), terminal=self._terminal())
        return replace(system, properties=self._properties())

    def _action(self, actor: int, position: int) -> Action:
        dice, here = self._dice, 2 * actor
        guard, checks, effects = _at(here, position), list[Check](), list[Effect]()
        is_local = dice.random() < 0.5
        seen = [here + 1] if is_local else [here + 1, *self._shared]
        if dice.random() < 0.5:
            guard = and_(guard, self._truth(seen))
        if dice.random() < 0.15:
            checks.append(Check(self._truth(seen), HAZARD, "is broken", at(3)))
        if dice.random() < 0.9:
            following = position + 1 if dice.random() < 0.7 else dice.randint(0, 4)
            value = number(following)
            if dice.random() < 0.15:
                value = ite(self._truth(seen), value, number(dice.randint(0, 4)))
            effects.append(Effect(here, value))
        if dice.random() < 0.7:
            effect, needed = self._effect(here + 1, seen)
            effects.append(effect)
            checks += needed
        if not is_local and dice.random() < 0.5:
            effect, needed = self._effect(dice.choice(self._shared), seen)
            effects.append(effect)
            checks += needed
        if dice.random() < 0.05:
            # Somebody else's position, which makes that one no candidate.
            other = 2 * dice.randrange(self._actors)
            if other != here:
                guard = and_(guard, not_(_at(other, dice.randint(0, 4))))
        name = f"at{position}"
        made = Action(name, f"a{actor}", "", at(2), guard, tuple(effects), tuple(checks))
        return replace(made, spontaneous=dice.random() < self._spontaneous)

    def _effect(self, target: int, seen: list[int]) -> tuple[Effect, list[Check]]:
        dice, domain = self._dice, self._variables[target].domain
        source = read(dice.choice([target, *seen]), Sort.INT)
        value = add(source, number(dice.randint(-1, 2))) if dice.random() < 0.7 else number(dice.randint(0, 2))
        if not value.is_constant and dice.random() < 0.2:
            return Effect(target, value), [in_range(domain, value)]
        value = add(mod(add(value, number(-domain.low)), number(domain.size)), number(domain.low))
        return Effect(target, value), []

    def _truth(self, seen: list[int] | None = None) -> Expr:
        dice = self._dice
        one, other = (read(dice.choice(seen or list(self._shared)), Sort.INT) for _ in range(2))
        match dice.randrange(3):
            case 0:
                return eq(one, number(dice.randint(0, 2)))
            case 1:
                return le(one, number(dice.randint(0, 1)))
            case _:
                return or_(le(one, other), eq(one, number(dice.randint(-1, 2))))

    def _terminal(self) -> Expr:
        return and_(*(_at(2 * k, self._dice.randint(0, 4)) for k in range(self._actors)))

    def _properties(self) -> tuple[Property, ...]:
        dice = self._dice

        def named(name: str, form: Form, expression: Expr) -> Property:
            return Property(name, form, Kind.INVARIANT, at(4), expression)

        def seldom() -> Expr:
            parts = [self._truth()]
            if dice.random() < 0.5:
                actor = dice.randrange(self._actors)
                parts.append(_at(2 * actor, dice.randint(0, 4)))
            if dice.random() < 0.15:
                parts.append(self._truth([2 * k + 1 for k in range(self._actors)]))
            return and_(*parts)

        step = or_(ahead(self._truth(), frozenset(self._shared)), self._truth())
        resting = tuple((f"a{k}", self._rests(k)) for k in range(self._actors))
        properties = (
            replace(named("never", Form.INVARIANT, not_(seldom())), premises=(self._premise(seldom()),)),
            named("nor", Form.INVARIANT, not_(and_(seldom(), seldom()))),
            replace(
                named("step", Form.STEP, step),
                premises=(self._premise(ahead(and_(self._truth(), seldom()), frozenset(self._shared))),),
            ),
            named("possible", Form.REACHABLE, and_(seldom(), seldom())),
            named(HAZARD, Form.HAZARD, step),
            named("range", Form.HAZARD, step),
            named("deadlock", Form.DEADLOCK, step),
            replace(named("progress", Form.PROGRESS, step), resting=resting),
        )
        return tuple(p for p in properties if dice.random() < 0.6)

    def _rests(self, actor: int) -> Expr:
        rests = _at(2 * actor, self._dice.randint(0, 4))
        return rests if self._dice.random() < 0.5 else and_(rests, self._truth())

    def _premise(self, condition: Expr) -> Conjunct:
        return Conjunct(condition, "premise", (), at(5))
