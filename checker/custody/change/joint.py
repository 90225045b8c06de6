"""Two versions as one system in which one leads and the other follows, each step with its own: can it always?

Where it can, the reachable pairs of states are a weak simulation (Milner 1989): whatever the leader shows, the
follower can show as well.  The follower has a fixed way to answer, so where it cannot the leader's step is only a
candidate for a difference; `Flag.is_exact` says that no other way would have led elsewhere.

Variables that both versions treat alike are there once, so a change of a few lines costs little more than one
version.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

from custody.change.known import Known
from custody.change.side import Part, Side
from custody.observe.label import Seen
from custody.system.evaluate import initial_states
from custody.system.expression import FALSE, TRUE, Expr, Sort, add, and_, eq, lt, not_, number, or_, read, substitute
from custody.system.model import Action, Domain, Effect, Form, Kind, Property, System, Variable
from custody.system.place import NOWHERE

_MOST_BEHIND = 15
"""How many steps, one after the other, the follower may take by itself to come to where it can answer."""
_MOST_ANSWERS = 12
"""How many ways to answer one step are tried."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step of both: the leader's part and the follower's, either of which may be missing."""

    leads: int | None
    follows: int | None


@dataclass(frozen=True, slots=True)
class Flag:
    """A sort of step, answer included, that the follower may be unable to take: which parts of the leader, and when.

    `broken` is the property whose check the step breaks, None of a proper step.
    """

    name: str
    parts: tuple[tuple[int, Expr], ...]
    broken: str | None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Joint:
    """The system of both, whose first variables are the leader's; its moves by action, its flags by property."""

    system: System
    moves: tuple[Move, ...]
    flags: tuple[Flag, ...]
    places: tuple[int, ...]
    """Where in a state of the system the follower's variables are."""


def joint(leader: Side, follower: Side, own: Mapping[int, int]) -> Joint | None:
    """The system of both; None where their first states cannot be paired. `own` as of `counterparts`."""
    made = _Making(leader, follower, own)
    return made.joint() if made.pairs_first_states() else None


class _Making:
    def __init__(self, leader: Side, follower: Side, own: Mapping[int, int]) -> None:
        self._leader, self._follower, self._own = leader, follower, own
        self._known = Known(follower)
        self._memo: dict[Expr, Expr] = {}
        self._replaced: dict[int, Expr] = {}
        self._combined = [pair for a in range(len(leader.parts)) for pair in self._answers(a)]
        paired = set(own.values())
        self._behind = [i for i, part in enumerate(follower.parts) if part.inner and i not in paired]
        self._alike = self._shared()
        self._lag = len(leader.variables) + sum(j not in self._alike for j in range(len(follower.variables)))

    def _answers(self, a: int) -> list[tuple[int, int]]:
        """The parts by which the follower may answer, its own first."""
        part = self._leader.parts[a]
        own = [self._own[a]] if a in self._own else []
        if not part.is_seen:
            return [(a, b) for b in own]
        others = [b for b in self._follower.groups.get(part.key, ()) if b not in own and self._may_agree(a, b)]
        return [(a, b) for b in (*own, *others)[:_MOST_ANSWERS]]

    def _may_agree(self, a: int, b: int) -> bool:
        mine, yours = self._leader.parts[a], self._follower.parts[b]
        return mine.whole == yours.whole and bool({w for _, w in mine.words} & {w for _, w in yours.words})

    # ------------------------------------------------------------------ which variables are there once

    def _shared(self) -> dict[int, int]:
        """The follower's variables that always have the value of one of the leader's: the greatest such set."""
        by_name = {name: i for i, name in enumerate(self._leader.names)}
        alike: dict[int, int] = {}
        for j, (name, variable) in enumerate(zip(self._follower.names, self._follower.variables, strict=True)):
            i = by_name.get(name)
            if i is not None and _same_values(self._leader.variables[i], variable):
                alike[j] = i
        while True:
            self._number(alike)
            apart = self._written_apart(alike)
            if not apart:
                return alike
            alike = {j: i for j, i in alike.items() if j not in apart}

    def _number(self, alike: Mapping[int, int]) -> None:
        """Where the follower's variables are in a state of both, and expressions over them anew."""
        fresh = itertools.count(len(self._leader.variables))
        self._places = [alike[j] if j in alike else next(fresh) for j in range(len(self._follower.variables))]
        self._replaced = {
            j: read(place, self._follower.variables[j].domain.sort) for j, place in enumerate(self._places)
        }
        self._memo = {}

    def _written_apart(self, alike: Mapping[int, int]) -> set[int]:
        """Those of the follower's that some step does not write as the leader's is written."""
        back = {i: j for j, i in alike.items()}
        apart: set[int] = set()
        for a, b in self._combined:
            mine, yours = self._leader.parts[a].effects, self._follower.parts[b].effects
            for j in {back[i] for i in mine if i in back} | (yours.keys() & alike.keys()):
                i = alike[j]
                present = read(i, self._leader.variables[i].domain.sort)
                theirs = self._moved(yours[j]) if j in yours else present
                if mine.get(i, present) != theirs:
                    apart.add(j)
        for a, part in enumerate(self._leader.parts):
            if not part.is_seen and self._alone(a) != FALSE:
                apart |= {back[i] for i in part.effects if i in back}
        for b in self._behind:
            apart |= self._follower.parts[b].effects.keys() & alike.keys()
        return apart

    def _moved(self, root: Expr) -> Expr:
        """An expression of the follower's over the state of both."""
        return substitute(root, self._replaced, self._memo)

    def _alone(self, a: int) -> Expr:
        """When the leader takes an unseen step without its own in the follower."""
        mine = self._leader.parts[a].possible
        if a not in self._own:
            return mine
        yours = self._moved(self._follower.parts[self._own[a]].possible)
        return FALSE if mine == yours else and_(mine, not_(yours))

    # ------------------------------------------------------------------ the system

    def pairs_first_states(self) -> bool:
        """Whether each first state of the leader's is one of both."""
        first = set(initial_states(replace(self._leader.system, variables=self._leader.variables)))
        width = len(self._leader.variables)
        system = replace(self._leader.system, variables=self._variables(), where=self._where())
        return first == {state[:width] for state in initial_states(system)}

    def _variables(self) -> tuple[Variable, ...]:
        own = [
            replace(variable, name=f"{variable.name} of the other version")
            for j, variable in enumerate(self._follower.variables)
            if j not in self._alike
        ]
        lag = [Variable("steps behind", Domain(0, _MOST_BEHIND), (0,), "steps behind")] if self._behind else []
        return (*self._leader.variables, *own, *lag)

    def _where(self) -> Expr:
        """First states in which both begin alike, wherever they can."""
        twins = {name: i for i, name in enumerate(self._leader.names)}
        same: list[Expr] = []
        for j, variable in enumerate(self._follower.variables):
            i = twins.get(self._follower.names[j])
            if len(variable.initial) > 1 and j not in self._alike and i is not None:
                mine = self._leader.variables[i]
                if mine.initial == variable.initial and mine.domain.sort is variable.domain.sort:
                    same.append(eq(read(i, mine.domain.sort), self._replaced[j]))
        return and_(self._leader.system.where, self._moved(self._follower.system.where), *same)

    def joint(self) -> Joint:
        ready = self._ready()
        actions: list[Action] = []
        moves: list[Move] = []

        def add_move(leads: int | None, follows: int | None, guard: Expr) -> None:
            if guard != FALSE:
                moves.append(Move(leads, follows))
                actions.append(self._action(leads, follows, guard))

        for a, part in enumerate(self._leader.parts):
            tried: list[Expr] = []
            for _, b in self._answers(a):
                both = self._both(a, b)
                add_move(a, b, and_(ready, both, *(not_(earlier) for earlier in tried)))
                tried.append(both)
            if not part.is_seen:
                add_move(a, None, and_(ready, self._alone(a)))
        for b in self._behind:
            add_move(None, b, and_(self._may_catch_up(), self._moved(self._follower.parts[b].possible)))
        flags = self._flags(ready)
        properties = tuple(
            Property(
                flag.name, Form.REACHABLE, Kind.REACHABILITY, NOWHERE, expression=or_(*(w for _, w in flag.parts))
            )
            for flag in flags
        )
        system = System(
            name=self._leader.system.name,
            file=self._leader.system.file,
            variables=self._variables(),
            actions=tuple(actions),
            properties=properties,
            where=self._where(),
            terminal=TRUE,
        )
        return Joint(system, tuple(moves), flags, tuple(self._places))

    def _may_catch_up(self) -> Expr:
        return lt(read(self._lag, Sort.INT), number(_MOST_BEHIND))

    def _ready(self) -> Expr:
        """When the follower has no step to take by itself; a bound on these makes sure that there is an end."""
        if not self._behind:
            return TRUE
        steps = or_(*(self._moved(self._follower.parts[b].possible) for b in self._behind))
        return not_(and_(self._may_catch_up(), steps))

    def _both(self, a: int, b: int) -> Expr:
        mine, yours = self._leader.parts[a], self._follower.parts[b]
        return and_(mine.possible, self._moved(yours.possible), self._same_answer(mine, yours))

    def _same_answer(self, mine: Part, yours: Part) -> Expr:
        if not mine.is_seen or mine.key[0] is Seen.CALL:
            return TRUE
        moved = tuple((self._moved(when), word) for when, word in yours.words)
        if moved == mine.words:
            return TRUE
        return or_(*(and_(when, then) for when, word in mine.words for then, other in moved if word == other))

    def _action(self, leads: int | None, follows: int | None, guard: Expr) -> Action:
        effects: dict[int, Expr] = {}
        if follows is not None:
            for j, value in self._follower.parts[follows].effects.items():
                effects[self._places[j]] = self._moved(value)
        if leads is not None:
            effects.update(self._leader.parts[leads].effects)
        if self._behind:
            lag = read(self._lag, Sort.INT)
            effects[self._lag] = add(lag, number(1)) if leads is None else number(0)
        side, part = (self._leader, leads) if leads is not None else (self._follower, follows)
        known = side.system.actions[side.parts[part or 0].action]
        changed = tuple(Effect(variable, value) for variable, value in sorted(effects.items()))
        return Action(known.name, known.actor, known.label, known.place, guard, changed)

    # ------------------------------------------------------------------ what cannot be answered

    def _flags(self, ready: Expr) -> tuple[Flag, ...]:
        sorts: dict[tuple[object, ...], list[tuple[int, Expr]]] = {}
        for a, part in enumerate(self._leader.parts):
            if part.is_seen:
                refused = self._refused(a)
                for when, word in part.words:
                    answered = and_(refused, when)
                    if answered != FALSE:
                        sorts.setdefault((part.key[0], part.key[1][1], word, None), []).append((a, answered))
            for name in dict.fromkeys(check.property for check in part.checks):
                broken = self._broken(a, name)
                if broken != FALSE:
                    sorts.setdefault((Seen.HAZARD, part.key[1][1], "", name), []).append((a, broken))
        flags: list[Flag] = []
        for number_, ((_, _, _, name), parts) in enumerate(sorts.items()):
            guarded = tuple((a, and_(ready, when)) for a, when in parts)
            exact = all(self._is_exact(a, None if name is None else str(name)) for a, _ in parts)
            flags.append(Flag(f"difference {number_}", guarded, None if name is None else str(name), exact))
        return tuple(flags)

    def _refused(self, a: int) -> Expr:
        """When the leader takes the visible step and the follower cannot."""
        mine = self._leader.parts[a]
        both = [self._both(a, b) for _, b in self._answers(a)]
        if mine.possible in both:
            return FALSE
        return and_(mine.possible, *(not_(when) for when in both))

    def _broken(self, a: int, name: str) -> Expr:
        """When the leader's step breaks a check of the property and the follower's does not."""
        mine = self._leader.parts[a].breaks(name)
        theirs = [self._moved(self._follower.parts[b].breaks(name)) for _, b in self._answers(a)]
        return FALSE if mine in theirs else and_(mine, *(not_(when) for when in theirs))

    def _is_exact(self, a: int, name: str | None) -> bool:
        part = self._leader.parts[a]
        if name is not None:
            return self._known.can_tell_hazard(part.key[1], name)
        return len(self._follower.groups.get(part.key, ())) <= _MOST_ANSWERS and self._known.can_tell(part.key)


def _same_values(one: Variable, other: Variable) -> bool:
    mine, yours = one.domain, other.domain
    return (mine.low, mine.high, mine.boolean, one.initial) == (yours.low, yours.high, yours.boolean, other.initial)
