"""A core over an unrolled trace: what is left out of it may be anything, and the violation is still there."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.explore.search import explore
from custody.symbolic.along import Claim, Stored, Unrolled
from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Sort, eq, number, read
from custody.system.finding import Trace, Verdict
from custody.system.model import Form, System
from support.checked_systems import checked_systems


def again(system: System, trace: Trace, core: frozenset[Stored], dice: Random) -> tuple[int, ...]:
    """The last state of the run where everything that the core does not mention is stored at random."""
    state = [
        value if Stored(-1, index) in core else dice.randint(system.variables[index].domain.low, domain.high)
        for index, value in enumerate(trace.states[0])
        for domain in [system.variables[index].domain]
    ]
    for step, action in enumerate(trace.actions):
        before = tuple(state)
        for effect in system.actions[action].effects:
            domain = system.variables[effect.variable].domain
            if trace.states[step][effect.variable] == trace.states[step + 1][effect.variable]:
                continue
            if Stored(step, effect.variable) in core:
                value = evaluate(effect.value, before)
                # A value that does not fit its variable cannot be stored: such a world is none.
                if not domain.low <= value <= domain.high:
                    return ()
                state[effect.variable] = value
            else:
                state[effect.variable] = dice.randint(domain.low, domain.high)
    return tuple(state)


@settings(deadline=None, max_examples=30)
@given(checked_systems(), st.integers(0, 1000))
def test_what_is_not_in_the_core_may_be_anything(system: System, seed: int) -> None:
    dice = Random(seed)
    for subject in system.properties:
        if subject.form is not Form.INVARIANT:
            continue
        finding = explore(system, properties=[subject.name]).findings[subject.name]
        if finding.verdict is not Verdict.VIOLATED or finding.trace is None:
            continue
        trace = finding.trace
        unrolled = Unrolled(system, trace)
        claims = [Claim(subject.expression, len(trace.states) - 1)]
        core = frozenset(unrolled.core(claims))
        for _ in range(20):
            last = again(system, trace, core, dice)
            assert not last or not evaluate(subject.expression, last)
        # And asked again it is the same.
        assert frozenset(unrolled.core(claims)) == core


@settings(deadline=None, max_examples=30)
@given(checked_systems())
def test_without_any_one_of_it_the_violation_does_not_follow(system: System) -> None:
    for subject in system.properties:
        if subject.form is not Form.INVARIANT:
            continue
        trace = explore(system, properties=[subject.name]).findings[subject.name].trace
        if trace is None:
            continue
        unrolled = Unrolled(system, trace)
        claim = Claim(subject.expression, len(trace.states) - 1)
        core = unrolled.core([claim])
        for one in core:
            assert not unrolled.suffices([claim], [other for other in core if other != one])
        assert unrolled.suffices([claim], core)


@settings(deadline=None, max_examples=30)
@given(checked_systems())
def test_a_claim_that_is_true_has_no_core(system: System) -> None:
    subject = next(p for p in system.properties if p.form is Form.INVARIANT)
    trace = explore(system, properties=[subject.name]).findings[subject.name].trace
    if trace is not None:
        value: Expr = number(trace.states[-1][0])
        domain = system.variables[0].domain
        if not domain.boolean:
            same = read(0, Sort.INT)
            with pytest.raises(ValueError, match="true"):
                Unrolled(system, trace).core([Claim(eq(same, value), len(trace.states) - 1)])
