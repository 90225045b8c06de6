"""IC3: an inductive invariant, clause by clause, without unrolling (A. Bradley, VMCAI 2011; N. Een, A. Mishchenko,
R. Brayton, FMCAD 2011).

Frame i holds clauses true in every state within i steps.  A state of the last frame that is bad, or that leads to a
state which has to be excluded, is excluded itself: by a clause that is true at first and that the frame before keeps,
with as few literals as can be.  Clauses move on to later frames as long as these keep them; a frame all of whose
clauses have moved on is an invariant.  What fails ends in a first state, and is a run.

Before that, Houdini (C. Flanagan, K. Leino, FME 2001) over what the author stated and over `candidates`: those that
do not keep each other are dropped until the rest does, and the rest is assumed everywhere.  That mattered most of
all.

Where instances of roles are interchangeable, a clause comes with its images: what holds of one holds of all.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from custody.symbolic.gates import TRUE
from custody.symbolic.relation import Cube, Relation
from custody.symbolic.sat import Sat, solver
from custody.system.evaluate import initial_states
from custody.system.expression import Expr
from custody.system.finding import Stopwatch
from custody.system.model import State

REBUILD_AFTER = 2_000
"""Questions after which the solver is made anew: each leaves a literal and a clause behind."""


class OutOfTimeError(Exception):
    """There is no answer yet, and no time."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """The candidates that keep each other, by their numbers, and the cubes that no reachable state is in."""

    kept: tuple[int, ...]
    cubes: tuple[Cube, ...]


@dataclass(frozen=True, slots=True)
class Bad:
    """A run to a state in which something bad can be met: the states and the actions between them."""

    states: tuple[State, ...]
    actions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Goal:
    """A cube to be excluded, and where it leads: by an action into another cube, or to what is bad."""

    cube: Cube
    action: int
    then: _Goal | None


class Ic3:
    """Asks of a relation whether `bad` can be met. `candidates` are Boolean expressions that may be invariants."""

    def __init__(
        self,
        relation: Relation,
        candidates: Sequence[Expr],
        orbit: Callable[[Cube], Sequence[Cube]],
        seconds: float | None = None,
    ) -> None:
        self._relation = relation
        self._orbit = orbit
        self._seconds = seconds
        self._clock = Stopwatch()
        self._now = [relation.truth(each) for each in candidates]
        self._later = [relation.truth_after(each) for each in candidates]
        self.kept: tuple[int, ...] = ()
        self._frames: list[list[tuple[Cube, ...]]] = [[], []]
        self._order = itertools.count()
        self._activity: dict[int, int] = {}
        self._bad = TRUE
        self._questions = 0
        self._sat = self._solver()

    # ------------------------------------------------------------------ the candidates

    def houdini(self) -> tuple[int, ...]:
        """The numbers of the candidates that hold at first and keep each other."""
        relation = self._relation
        size = relation.gates.size
        sat = solver(relation.gates.clauses, size + len(self._now))
        left = [number for number, now in enumerate(self._now) if not sat.solve([relation.first, -now])]
        fresh = size
        while left:
            self._look_at_the_clock()
            fresh += 1
            sat.add([-fresh, *(-self._later[number] for number in left)])
            if not sat.solve([fresh, relation.proper, *(self._now[number] for number in left)]):
                break
            true = sat.true()
            left = [number for number in left if self._later[number] in true]
            sat.add([-fresh])
        self.kept = tuple(left)
        self._sat = self._solver()
        return self.kept

    # ------------------------------------------------------------------ the search

    def run(self, bad: int) -> Invariant | Bad:
        """An invariant that excludes it, or a run to it. OutOfTimeError when it takes too long."""
        self._bad = bad
        self._frames = [[], []]
        self._sat = self._solver()
        if self._sat.solve([self._relation.first, bad]):
            return self._trace(self._met(self._sat.true()))
        while True:
            last = len(self._frames) - 1
            while self._ask([*self._active(last), bad]):
                goal = self._met(self._sat.true())
                found = self._exclude(goal, last)
                if found is not None:
                    return self._trace(found)
            self._frames.append([])
            self._sat = self._solver()
            fixed = self._propagate()
            if fixed is not None:
                later = [orbit for frame in self._frames[fixed + 1 :] for orbit in frame]
                return Invariant(self.kept, tuple(cube for orbit in later for cube in orbit))

    def _exclude(self, goal: _Goal, last: int) -> _Goal | None:
        """Makes the goal impossible within `last` steps, or returns where a run to it begins."""
        waiting = [(last, next(self._order), goal)]
        while waiting:
            self._look_at_the_clock()
            level, _, goal = heapq.heappop(waiting)
            if level == 0 or self._meets_first(goal.cube):
                return goal
            if self._excluded(goal.cube, level):
                if level < last:
                    heapq.heappush(waiting, (level + 1, next(self._order), goal))
                continue
            core = self._keeps_out(goal.cube, level - 1)
            if core is None:
                before = self._before(goal)
                heapq.heappush(waiting, (level - 1, next(self._order), before))
                heapq.heappush(waiting, (level, next(self._order), goal))
                continue
            cube = self._shortened(core, level - 1)
            while level < last:
                further = self._keeps_out(cube, level)
                if further is None:
                    break
                cube, level = further, level + 1
            self._add(cube, level)
            if level < last:
                heapq.heappush(waiting, (level + 1, next(self._order), goal))
        return None

    def _shortened(self, cube: Cube, level: int) -> Cube:
        """A part of the cube that can still be kept out, with no literal to spare."""
        activity = self._activity
        needed: set[int] = set()
        for literal in sorted(cube, key=lambda each: (activity.get(each, 0), each)):
            if literal not in cube or len(cube) == 1:
                continue
            fewer = tuple(each for each in cube if each != literal)
            if self._meets_first(fewer):
                needed.add(literal)
                continue
            core = self._keeps_out(fewer, level)
            if core is not None:
                cube = core
        for literal in cube:
            activity[literal] = activity.get(literal, 0) + 1
        return cube

    def _propagate(self) -> int | None:
        """Moves clauses on; the first frame from which all have moved, if there is one."""
        for level in range(1, len(self._frames) - 1):
            self._look_at_the_clock()
            for orbit in list(self._frames[level]):
                cube = orbit[0]
                if not self._ask([*self._active(level), self._relation.proper, *self._after(cube)]):
                    self._frames[level].remove(orbit)
                    self._frames[level + 1].append(orbit)
                    self._assert(orbit, level + 1)
            if not self._frames[level]:
                return level
        return None

    # ------------------------------------------------------------------ questions

    def _keeps_out(self, cube: Cube, level: int) -> Cube | None:
        """A part of the cube, disjoint from the first states, that no step from outside it within the frame enters;
        None when there is such a step, which the solver then shows."""
        extra = self._temporary([-literal for literal in cube])
        frame = [self._relation.first] if level == 0 else self._active(level)
        after = dict(zip(self._after(cube), cube, strict=True))
        entered = self._ask([*frame, self._relation.proper, extra, *after])
        if entered:
            self._drop(extra)
            return None
        core = self._sat.core()
        self._drop(extra)
        part = tuple(literal for primed, literal in after.items() if primed in core)
        if len(part) < len(cube) and (not part or self._meets_first(part)):
            for literal in cube:
                if literal not in part:
                    part = tuple(sorted((*part, literal)))
                    if not self._meets_first(part):
                        break
        return part

    def _before(self, goal: _Goal) -> _Goal:
        """All states that step into the goal by the same action as the state that the solver shows."""
        true = self._sat.true()
        state, action = self._cube(true), self._action(true)
        extra = self._temporary([-self._relation.proper, *(-literal for literal in self._after(goal.cube))])
        cube = self._part(state, [extra, self._relation.selected[action]])
        self._drop(extra)
        return _Goal(cube, action, goal)

    def _met(self, true: set[int]) -> _Goal:
        state, action = self._cube(true), self._action(true)
        return _Goal(self._part(state, [-self._bad, *self._chosen(true)]), action, None)

    def _part(self, state: Cube, impossible: list[int]) -> Cube:
        if self._ask([*state, *impossible]):
            return state
        core = self._sat.core()
        return tuple(literal for literal in state if literal in core)

    def _meets_first(self, cube: Cube) -> bool:
        return self._ask([self._relation.first, *cube])

    def _excluded(self, cube: Cube, level: int) -> bool:
        return not self._ask([*self._active(level), *cube])

    def _ask(self, assumptions: Sequence[int]) -> bool:
        return self._sat.solve(assumptions)

    # ------------------------------------------------------------------ the solver

    def _solver(self) -> Sat:
        gates = self._relation.gates
        self._free = gates.size + 1
        self._levels = {level: self._fresh() for level in range(1, len(self._frames) + 1)}
        sat = solver(gates.clauses, self._free + REBUILD_AFTER)
        for number in self.kept:
            sat.add([self._now[number]])
            sat.add([-self._relation.proper, self._later[number]])
        self._sat, self._questions = sat, 0
        for level, frame in enumerate(self._frames):
            for orbit in frame:
                self._assert(orbit, level)
        return sat

    def _fresh(self) -> int:
        self._free += 1
        return self._free

    def _active(self, level: int) -> list[int]:
        return [literal for number, literal in self._levels.items() if number >= level]

    def _add(self, cube: Cube, level: int) -> None:
        orbit = tuple(self._orbit(cube))
        self._frames[level].append(orbit)
        self._assert(orbit, level)

    def _assert(self, orbit: tuple[Cube, ...], level: int) -> None:
        for cube in orbit:
            self._sat.add([-self._levels[level], *(-literal for literal in cube)])

    def _temporary(self, clause: list[int]) -> int:
        if self._questions >= REBUILD_AFTER:
            self._sat = self._solver()
        self._questions += 1
        literal = self._fresh()
        self._sat.add([-literal, *clause])
        return literal

    def _drop(self, literal: int) -> None:
        self._sat.add([-literal])

    def _after(self, cube: Cube) -> list[int]:
        after = self._relation.after
        return [after[literal] if literal > 0 else -after[-literal] for literal in cube]

    def _cube(self, true: set[int]) -> Cube:
        return self._relation.cube(self._relation.state(true))

    def _action(self, true: set[int]) -> int:
        return next((k for k, literal in enumerate(self._relation.selected) if literal in true or literal == TRUE), 0)

    def _chosen(self, true: set[int]) -> list[int]:
        return [bit if bit in true else -bit for bit in self._relation.choice]

    def _look_at_the_clock(self) -> None:
        if self._seconds is not None and self._clock.seconds > self._seconds:
            raise OutOfTimeError

    # ------------------------------------------------------------------ runs

    def _trace(self, start: _Goal) -> Bad:
        """The run that begins in the cube: every state of it goes on to the next one."""
        system, relation = self._relation.system, self._relation
        if not self._ask([relation.first, *start.cube]):
            raise ValueError("the run does not begin in a first state")
        state = relation.state(self._sat.true())
        assert any(state == first for first in itertools.islice(initial_states(system), 100_000))
        from custody.system.evaluate import fire

        states, actions, goal = [state], list[int](), start
        while goal.then is not None:
            actions.append(goal.action)
            states.append(fire(system.actions[goal.action], states[-1]))
            goal = goal.then
        return Bad(tuple(states), tuple(actions))
