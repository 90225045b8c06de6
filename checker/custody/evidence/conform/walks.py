"""Walks that hypothesis chooses, as a state machine: for instances whose graph is too large to tour.

Each rule of the machine is one step on both sides; what step is hypothesis's choice among those that the contract
allows.  A walk that ends in a divergence is made shorter as long as it still does.  The choices follow from nothing
but the program, so that the same walks are taken each time.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUntypedBaseClass=false
from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from custody.evidence.conform.contract import Contract
from custody.evidence.conform.lockstep import Divergence, MakeWorld, Tally, begin, differences, take
from custody.evidence.conform.step import Step
from custody.system.evaluate import initial_states

Excused = Callable[[Step, Mapping[str, str], Mapping[str, str]], str | None]

STEPS = 60
"""The longest walk."""

BITS = 16
"""How many coins are thrown for the choice of a step."""


def available() -> bool:
    """Whether hypothesis is installed."""
    return find_spec("hypothesis") is not None


class _PartedError(Exception):
    """Tells hypothesis that a walk ended in a divergence."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(divergence.kind)
        self.divergence = divergence


def walk(contract: Contract, make: MakeWorld, count: int, tally: Tally) -> Divergence | None:
    """Take `count` walks; the shortest divergence that was found."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    wanted = settings(
        max_examples=count,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    try:
        run_state_machine_as_test(_machine(contract, make, tally), settings=wanted)
    except _PartedError as parted:
        return parted.divergence
    return None


def _machine(contract: Contract, make: MakeWorld, tally: Tally) -> Any:
    from hypothesis import strategies
    from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

    firsts = list(initial_states(contract.system))
    excused, rare = make().excused, make().rare

    class Walk(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = make()
            self.at = self.first = firsts[0]
            self.path: tuple[int, ...] = ()
            tally.paths += 1

        @initialize(bits=strategies.tuples(*[strategies.booleans()] * BITS))
        def begin(self, bits: tuple[bool, ...]) -> None:
            self.at = self.first = firsts[_number(bits) % len(firsts)]
            self.world = begin(contract, make, self.first)
            found = differences(contract.sight(self.first), self.world)
            if found:
                raise _PartedError(Divergence("state", "they begin differently", (), found, first=self.first))

        # Hypothesis prefers numbers that it reads in whatever modules are loaded; of bits there are none to prefer.
        @rule(bits=strategies.tuples(*[strategies.booleans()] * BITS))
        def step(self, bits: tuple[bool, ...]) -> None:
            choice = _number(bits)
            options = [index for index in contract.enabled(self.at) if not self._excused(index)]
            if not options:
                return
            index = options[choice % len(options)]
            if contract.steps[index].name in rare and choice % 64:
                return
            self.path = (*self.path, index)
            following, parted = take(contract, self.world, self.at, index, tally)
            tally.steps += 1
            tally.taken.add((self.at, index))
            if parted is not None:
                raise _PartedError(Divergence(parted[0], parted[1], self.path, parted[2], first=self.first))
            self.at = following

        def _excused(self, index: int) -> bool:
            after = contract.after(index, self.at)
            if after is None:
                return True
            here, there = contract.sight(self.at).values, contract.sight(after).values
            return excused(contract.steps[index], here, there) is not None

        def teardown(self) -> None:
            self.world.end()

    return Walk


def _number(bits: tuple[bool, ...]) -> int:
    return sum(bit << position for position, bit in enumerate(bits))
