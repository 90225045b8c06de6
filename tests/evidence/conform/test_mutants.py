"""Every deliberate fault of the implementation is noticed; those that are not are none, by argument."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from custody.evidence.conform.contract import Contract, by_first, claimed
from custody.evidence.conform.interleavings import Scenario, Walked, scenarios, walk
from custody.evidence.conform.lockstep import Tally, follow
from custody.evidence.conform.step import Manner
from custody.evidence.conform.tours import tours
from custody.evidence.conform.world import World
from custody.evidence.conform.worlds import world_of
from custody.language import Program, load
from custody.language.elaborate import behaviour
from custody.system.evaluate import initial_states
from custody.system.finding import Limits
from custody.system.model import State
from evidence.conform.mutants import CALLS, INTERLEAVINGS, MUTANTS, TOURS, Mutant
from evidence.conform.mutating import mutated

SPEC = Path(__file__).parents[3] / "spec"
REAL = [mutant for mutant in MUTANTS if not mutant.equivalent]
EQUIVALENT = [mutant for mutant in MUTANTS if mutant.equivalent]


@lru_cache
def _program(spec: str) -> Program:
    return load(str(SPEC / f"{spec}.custody"))


Prepared = tuple[Contract, list[Scenario], list[tuple[State, list[int]]]]


@lru_cache
def _prepared(spec: str, settings: str, kind: str) -> Prepared:
    """The contract, and what is to be tried: scenarios, tours of all, or a way to one step."""
    wanted = dict(part.split("=") for part in settings.split())
    contract = Contract(behaviour(_program(spec), wanted), world_of(spec))
    if kind.startswith(CALLS):
        first = next(initial_states(contract.system))
        return contract, [], [(first, _one_after_the_other(contract, first, kind.removeprefix(CALLS).split()))]
    graph = contract.graph(Limits(max_states=None if kind == TOURS else 4000))
    arcs, _ = claimed(contract, graph, _world(contract, spec).excused)
    if kind == INTERLEAVINGS:
        return contract, list(scenarios(contract, arcs, graph)), []
    parts = [(graph.states[first], tours(part, first)) for first, part in by_first(arcs, graph.initial)]
    return contract, [], [(first, [arc.label for arc in path]) for first, way in parts for path in way.paths]


def _one_after_the_other(contract: Contract, state: State, calls: list[str]) -> list[int]:
    """The steps of these calls, each to its end before the next, and with success where they can. A call is a name,
    and may say more: `map@Device.1@bidirectional`.
    """
    path: list[int] = []
    for call in calls:
        name, *more = call.split("@")
        begun = False
        while not begun or contract.sight(state).busy:
            steps = [contract.steps[index] for index in contract.enabled(state)]
            likely = (
                (step.outcome is not None, step.index)
                for step in steps
                if step.name == name and (step.manner is Manner.WITHIN) == begun
                if begun or {step.actor, *(value for _, value in step.arguments)}.issuperset(more)
            )
            _, index = min(likely)
            following = contract.after(index, state)
            assert following is not None
            path.append(index)
            state, begun = following, True
    return path


def _world(contract: Contract, spec: str) -> World:
    return world_of(spec)(contract.parameters)


def _noticed(mutant: Mutant) -> str | None:
    """What the comparison says of the fault; None where it says nothing."""
    with mutated(mutant.module, mutant.old, mutant.new):
        return _said(mutant.spec, mutant.settings, mutant.kind)


def _said(spec: str, settings: str, kind: str) -> str | None:
    """What the comparison says of the implementation as it is; None where it says nothing."""
    contract, chosen, paths = _prepared(spec, settings, kind)
    if kind == INTERLEAVINGS:
        for scenario in chosen:
            unexplained = walk(contract, lambda: _world(contract, spec), scenario, Walked())
            if unexplained is not None:
                return unexplained.message
        return None
    for first, path in paths:
        divergence = follow(contract, lambda: _world(contract, spec), first, path, Tally())
        if divergence is not None:
            return divergence.message
    return None


@pytest.mark.parametrize(("spec", "settings", "kind"), sorted({(m.spec, m.settings, m.kind) for m in MUTANTS}))
def test_nothing_is_noticed_without_a_fault(spec: str, settings: str, kind: str) -> None:
    """Else a fault would be noticed whatever it is."""
    assert _said(spec, settings, kind) is None


def test_there_are_enough_of_them() -> None:
    assert len(REAL) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", REAL, ids=str)
def test_a_fault_is_noticed(mutant: Mutant) -> None:
    said = _noticed(mutant)
    assert said is not None, f"{mutant.name}: nobody notices ({mutant.rules})"
    assert mutant.says in said


@pytest.mark.parametrize("mutant", EQUIVALENT, ids=str)
def test_what_is_equivalent_shows_nowhere(mutant: Mutant) -> None:
    assert _noticed(mutant) is None


def test_a_fault_is_taken_out_again() -> None:
    from custody_reference.locks import Kref

    with mutated("locks", "        return self.count == 0", "        return False"):
        assert not Kref(1).put()
    assert Kref(1).put()
