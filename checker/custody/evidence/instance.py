"""One contract, sized for what a recording shows: its actions by name and arguments, ready to be fired.

Roles stand for things that a recording tells apart by pointers and process ids.  A thing is bound to an instance (a
slot) when it is first seen; a slot whose variables all have their first values again is as good as new, so a pointer
that the kernel reuses gets a fresh one, and the contract stays as small as what exists at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from custody.evidence.remarks import situations
from custody.graph.machine import Machine
from custody.language import Program
from custody.language.elaborate import sized
from custody.language.events import Recordable
from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, reads
from custody.system.model import Action, Clause, State, System

MOST_SLOTS = 64
"""As many instances of a role as are told apart at the same time."""


class TooManyError(Exception):
    """The recording has more of some role at the same time than the specification can tell apart."""


@dataclass(slots=True)
class Fired:
    """What came of an action: the state after it, and the duties that were broken (and may be, by their side)."""

    state: State
    broken: tuple[Clause, ...]


class Step:
    """An action of the system, compiled when it is first tried."""

    __slots__ = (
        "_checks",
        "_duties",
        "_effects",
        "_guard",
        "action",
        "arguments",
        "fails",
        "index",
        "quick",
        "roles",
        "waived",
    )

    def __init__(self, index: int, action: Action, roles: Mapping[str, str]) -> None:
        self.index = index
        self.action = action
        self.arguments = dict(action.arguments)
        self.roles = tuple((roles[name], value) for name, value in action.arguments if name in roles)
        self.waived = action.waived
        self.fails = (action.outcome or "").startswith("fails")
        self.quick = tuple(_plain(action.guard))
        self._guard: Machine | None = None
        self._effects: list[tuple[int, Machine]] = []
        self._checks: list[Machine] = []
        self._duties: list[Machine] = []

    def fire(self, state: State) -> Fired | None:
        """None where the action is not possible."""
        for variable, value in self.quick:
            if state[variable] != value:
                return None
        if self._guard is None:
            self._guard = Machine(self.action.guard)
            self._effects = [(effect.variable, Machine(effect.value)) for effect in self.action.effects]
            self._checks = [Machine(check.condition) for check in self.action.checks]
            self._duties = [Machine(duty.expression) for duty in self.waived]
        if not self._guard(state) or not all(check(state) for check in self._checks):
            return None
        values = list(state)
        for variable, value in self._effects:
            values[variable] = value(state)
        broken = tuple(c for c, holds in zip(self.waived, self._duties, strict=True) if not holds(state))
        return Fired(tuple(values), broken)


def _plain(guard: Expr) -> Iterator[tuple[int, int]]:
    """The parts of a guard that ask for one value of one variable: cheap to look at first."""
    for part in guard.args if guard.op is Op.AND else (guard,):
        if part.op is Op.EQ and part.args[0].op is Op.READ and part.args[1].is_constant:
            yield part.args[0].value, part.args[1].value


@dataclass(slots=True)
class Slots:
    """Which instances of a role stand for what."""

    bound: dict[object, int] = field(default_factory=dict[object, int])
    count: int = 1

    def owner(self, slot: int) -> object | None:
        return next((value for value, at in self.bound.items() if at == slot), None)


class Sized:
    """The system for one size of each role, shared by all buffers of that size."""

    def __init__(self, program: Program, contract: Recordable, settings: Mapping[str, str], sizes: Mapping[str, int]):
        parameters = dict(contract.sizes)
        given = {parameters[role]: count for role, count in sizes.items()}
        self.system: System = sized(program, settings, {name: n for name, n in given.items() if name is not None})
        self.sizes = {role: len(names) for role, names in self.system.roles}
        self.names = dict(self.system.roles)
        role_of = {name: role for role, names in self.system.roles for name in names}
        typed = {
            (meaning.action, slot.parameter): slot.role
            for rule in contract.rules
            for meaning in rule.meanings
            for slot in meaning.slots
        }
        self.steps: list[Step] = []
        self.by_name: dict[str, list[Step]] = {}
        for index, action in enumerate(self.system.actions):
            roles = {
                name: typed.get((action.name, name)) or role_of[value]
                for name, value in action.arguments
                if value in role_of
            }
            step = Step(index, action, roles)
            self.steps.append(step)
            self.by_name.setdefault(action.name, []).append(step)
        self.first = tuple(initial_states(self.system))
        self.start = self.first[0]
        self.of_slot: dict[tuple[str, int], tuple[int, ...]] = {}
        self.refers: dict[str, list[tuple[int, int]]] = {role: [] for role in self.names}
        for index, variable in enumerate(self.system.variables):
            for name in variable.indices:
                if name in role_of:
                    role = role_of[name]
                    key = (role, self.names[role].index(name))
                    self.of_slot[key] = (*self.of_slot.get(key, ()), index)
            if variable.domain.role is not None and variable.domain.role in self.refers:
                self.refers[variable.domain.role].append((index, int(variable.domain.optional)))
        self.terminal = Machine(self.system.terminal)
        self.situations = tuple(situations(self.system))

    def is_clean(self, role: str, slot: int, states: Iterable[State]) -> bool:
        """Whether the slot is as in the first state, and nothing refers to it, in all of the states."""
        own = self.of_slot.get((role, slot), ())
        refers = self.refers.get(role, [])
        return all(
            all(state[v] == self.start[v] for v in own)
            and all(state[v] != slot + shift or state[v] == self.start[v] for v, shift in refers)
            for state in states
        )

    def carry(self, older: Sized, state: State) -> State:
        """A state of a smaller system as one of this."""
        known = {variable.name: value for variable, value in zip(older.system.variables, state, strict=True)}
        return tuple(
            known.get(variable.name, first) for variable, first in zip(self.system.variables, self.start, strict=True)
        )


class Sizes:
    """Systems by size, each unfolded once."""

    def __init__(self, program: Program, contract: Recordable, settings: Mapping[str, str]) -> None:
        self.contract = contract
        self._program = program
        self._settings = settings
        self._known: dict[tuple[tuple[str, int], ...], Sized] = {}
        self.mapped = frozenset(m.action for rule in contract.rules for m in rule.meanings)
        self.calls = frozenset(m.action for r in contract.rules if r.sighting == "enter" for m in r.meanings)

    def sized(self, sizes: Mapping[str, int]) -> Sized:
        key = tuple(sorted(sizes.items()))
        if key not in self._known:
            self._known[key] = Sized(self._program, self.contract, self._settings, sizes)
        return self._known[key]

    def grown(self, sized: Sized, role: str) -> Sized:
        """The next larger system, by half, since its actions grow faster; TooManyError where there is none."""
        size = sized.sizes[role]
        if dict(self.contract.sizes).get(role) is None or size >= MOST_SLOTS:
            raise TooManyError(f"more than {size} of {role} at the same time")
        count = min(MOST_SLOTS, size + max(1, size // 2))
        return self.sized({**sized.sizes, role: count})


def variables_read(clauses: Sequence[Clause]) -> frozenset[int]:
    """The variables that the clauses look at."""
    return reads(*(clause.expression for clause in clauses))
