"""Which steps may be taken first, alone, without losing a verdict: static partial-order reduction.

A candidate is a variable with one of its values.  While the variable has this value, its *own* actions are those that
read or write it and are not ruled out by it; *others* are those that neither read nor write it.  Nothing else can
happen until an own action is taken.  Where no own action writes what another one reads or writes, nor the other way
round, an own step that is possible now stays possible, does the same, and can as well be taken before all others.  In
a state where an own action can be taken, and breaks no check, only the own actions are then expanded.

That this loses nothing: take a run to whatever is looked for, from a state where only own actions are expanded.

* It has an own step: the first of them moves to the front, past steps that it does not touch, and less is left to go.
* It has none: any possible own step can be put before it, and what is seen at its end is seen still, because own
  steps are out of sight of everything that is looked for.  As candidates cannot follow each other in a circle, that
  happens only finitely often.

What is looked for are states (invariants, reachability, premises, rest), steps (properties of steps, hazards, and
that an action fires at all), and deadlocks: there some own step would still be possible, so these have the first case
only.  PROGRESS is about what can still be reached, which is as little changed: from where nothing can, nothing can
after own steps either; and what can be reached from a state of the search, the search itself reaches.  Of runs
without end nothing is said, so liveness may not be asked.  With symmetry, candidates are taken or left by whole
orbits: the run that a path through representatives stands for takes steps of candidates where the path does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from custody.explore.positions import Member
from custody.explore.watches import over_step
from custody.symmetry.detect import Symmetries
from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Op, Sort, boolean, nodes, number, reads, rebuild
from custody.system.model import LIVENESS, Action, Form, Property, System

MOST_VALUES: Final = 256
"""Variables with more values are no positions."""

Point: TypeAlias = tuple[int, int]
"""A variable and one of its values."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Where the variable has the value, and one of the members can be taken, no other action need be.

    Guards, effects and checks of the members are told as the value leaves them.
    """

    variable: int
    value: int
    members: tuple[Member, ...]


def obstacle(properties: Iterable[Property]) -> str | None:
    """Why nothing may be left out where these properties are asked for; None where something may."""
    for p in properties:
        if p.form in LIVENESS:
            return f"'{p.name}' asks what happens in the end, for which every step is needed"
    return None


def candidates(system: System, properties: Sequence[Property], symmetries: Symmetries) -> tuple[Candidate, ...]:
    """The candidates, by variable and value, for properties to which there is no `obstacle`."""
    return _Analysis(system, properties).candidates(symmetries)


class _Analysis:
    def __init__(self, system: System, properties: Sequence[Property]) -> None:
        self._system = system
        self._touching = [0] * len(system.variables)
        self._writing = [0] * len(system.variables)
        """For each variable a bit for each action that reads or writes it, and for each that writes it."""
        self._reads: list[frozenset[int]] = []
        for index, action in enumerate(system.actions):
            used = reads(
                action.guard,
                *(effect.value for effect in action.effects),
                *(check.condition for check in action.checks),
            )
            self._reads.append(used)
            for variable in used:
                self._touching[variable] |= 1 << index
            for effect in action.effects:
                self._touching[effect.variable] |= 1 << index
                self._writing[effect.variable] |= 1 << index
        self._deadlock = any(p.form is Form.DEADLOCK for p in properties)
        looked_for = [p.expression for p in properties if p.form in (Form.INVARIANT, Form.REACHABLE, Form.STEP)]
        looked_for += [rests for p in properties if p.form is Form.PROGRESS for _, rests in p.resting]
        looked_for += [premise.expression for p in properties for premise in p.premises]
        self._looked_for = [(expression, reads(expression)) for expression in dict.fromkeys(looked_for)]

    def candidates(self, symmetries: Symmetries) -> tuple[Candidate, ...]:
        """As many as do not follow each other in a circle; each orbit as a whole or not at all."""
        found = {point: own for point, own in self._points() if self._is_candidate(point, own)}
        taken: dict[Point, tuple[Point, ...]] = {}
        seen: set[Point] = set()
        for point in found:
            if point in seen:
                continue
            orbit = self._orbit(point, found, symmetries)
            seen.update(orbit)
            if any(member not in found for member in orbit):
                continue
            more = taken | {member: self._leads_to(member, found) for member in orbit}
            if not _has_circle(more, orbit):
                taken = more
        return tuple(self._candidate(point, found[point]) for point in sorted(taken))

    def _points(self) -> Iterator[tuple[Point, tuple[int, ...]]]:
        """The variables that guards ask for, with each value and the own actions there."""
        asked: dict[int, list[tuple[int, Expr]]] = {}
        for index, action in enumerate(self._system.actions):
            for part in action.guard.args if action.guard.op is Op.AND else (action.guard,):
                alone = reads(part)
                if len(alone) == 1:
                    asked.setdefault(next(iter(alone)), []).append((index, part))
        state = [0] * len(self._system.variables)
        for variable, parts in sorted(asked.items()):
            domain = self._system.variables[variable].domain
            if domain.size > MOST_VALUES:
                continue
            for value in range(domain.low, domain.high + 1):
                state[variable] = value
                ruled_out = {index for index, part in parts if not evaluate(part, tuple(state))}
                touching = self._touching[variable]
                own = tuple(index for index in _bits(touching) if index not in ruled_out)
                if own:
                    yield (variable, value), own
            state[variable] = 0

    def _is_candidate(self, point: Point, own: tuple[int, ...]) -> bool:
        actions = self._system.actions
        mine = self._touching[point[0]]
        if self._deadlock and any(actions[index].spontaneous for index in own):
            return False
        for index in own:
            if any(self._touching[effect.variable] & ~mine for effect in actions[index].effects):
                return False
            if any(self._writing[variable] & ~mine for variable in self._reads[index]):
                return False
        return all(self._is_out_of_sight(point, actions[index]) for index in own)

    def _is_out_of_sight(self, point: Point, action: Action) -> bool:
        """Whether its step, put before any others', changes nothing of what is looked for at their end; and what its
        own step shows is the same before as after others' steps."""
        variable = point[0]
        here = {variable: self._constant(point)}
        written = {effect.variable: _at(effect.value, here) for effect in action.effects}
        for expression, used in self._looked_for:
            if not used.isdisjoint(written) and _at(expression, here | written) != _at(expression, here):
                return False
            if any(node.op is Op.NEXT for node in nodes(expression)):
                shown = _at(over_step(expression, action), here)
                if any(self._writing[other] & ~self._touching[variable] for other in reads(shown)):
                    return False
        return True

    def _constant(self, point: Point) -> Expr:
        is_boolean = self._system.variables[point[0]].domain.sort is Sort.BOOL
        return boolean(bool(point[1])) if is_boolean else number(point[1])

    def _leads_to(self, point: Point, found: dict[Point, tuple[int, ...]]) -> tuple[Point, ...]:
        """The other points, and the point itself, that one of its steps may leave their variables at."""
        variable = point[0]
        here = {variable: self._constant(point)}
        reached: set[Point] = set()
        for index in found[point]:
            action = self._system.actions[index]
            if all(effect.variable != variable for effect in action.effects):
                reached.add(point)
            for effect in action.effects:
                values = _values(_at(effect.value, here))
                reached |= {p for p in found if p[0] == effect.variable and (values is None or p[1] in values)}
        return tuple(sorted(reached))

    def _orbit(self, point: Point, found: dict[Point, tuple[int, ...]], symmetries: Symmetries) -> set[Point]:
        """What symmetry makes of a point; with a point that is not `found` where own actions do not fit."""
        orbit, waiting = {point}, [point]
        while waiting:
            variable, value = waiting.pop()
            for role in symmetries.roles:
                for exchange in role.transpositions:
                    table = exchange.permutation.values[variable]
                    image = (exchange.permutation.variables[variable], value if table is None else table[value])
                    own = {exchange.actions[index] for index in found.get((variable, value), ())}
                    if own != set(found.get(image, ())):
                        return orbit | {(-1, 0)}
                    if image not in orbit:
                        orbit.add(image)
                        waiting.append(image)
        return orbit

    def _candidate(self, point: Point, own: tuple[int, ...]) -> Candidate:
        here = {point[0]: self._constant(point)}
        actions = self._system.actions
        return Candidate(*point, tuple((index, actions[index], _at(actions[index].guard, here)) for index in own))


def _at(root: Expr, values: dict[int, Expr]) -> Expr:
    """The expression with variables replaced, before and after the step alike; simplified on the way."""
    known: dict[Expr, Expr] = {}
    for node in nodes(root):
        if node.op in (Op.READ, Op.NEXT):
            known[node] = values.get(node.value, node)
        else:
            known[node] = rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
    return known[root]


def _values(value: Expr) -> set[int] | None:
    """What the expression can yield; None for anything."""
    if value.is_constant:
        return {value.value}
    if value.op is not Op.ITE:
        return None
    yes, no = _values(value.args[1]), _values(value.args[2])
    return None if yes is None or no is None else yes | no


def _has_circle(leads_to: dict[Point, tuple[Point, ...]], through: Iterable[Point]) -> bool:
    """Whether some of the points that are keys follow each other in a circle through one of these."""
    for begin in through:
        seen: set[Point] = set()
        waiting = [begin]
        while waiting:
            for point in leads_to[waiting.pop()]:
                if point == begin:
                    return True
                if point in leads_to and point not in seen:
                    seen.add(point)
                    waiting.append(point)
    return False


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1
