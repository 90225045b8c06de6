"""The compiled evaluator says what the plain one says."""

from __future__ import annotations

from hypothesis import given, settings

from custody.system.evaluate import enabled, evaluate, failed_check, fire
from custody.system.fast import moves, truths
from custody.system.model import Form, System
from support.naive import Naive
from support.random_systems import random_systems


@settings(max_examples=60, deadline=None)
@given(random_systems())
def test_every_move_and_every_truth_is_the_same(system: System) -> None:
    states = list(Naive(system).depths)[:40]
    following = moves(system)
    plain = [p.expression for p in system.properties if p.form in (Form.INVARIANT, Form.REACHABLE)]
    steps = [p.expression for p in system.properties if p.form is Form.STEP]
    in_state, over_step = truths(plain), truths(steps)
    for state in states:
        assert in_state(state) == tuple(evaluate(root, state) for root in plain)
        found = following(state)
        assert [index for index, _, _ in found] == list(enabled(system, state))
        for index, broken, after in found:
            action = system.actions[index]
            failed = failed_check(action, state)
            assert (broken == -1) == (failed is None)
            if failed is None:
                assert after == fire(action, state)
                assert over_step(state, after) == tuple(evaluate(root, state, after) for root in steps)
            else:
                assert action.checks[broken] == failed
