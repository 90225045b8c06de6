"""IC3 and its helpers agree with looking at every state, and what they prove is accepted by the verifier."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from custody.explore.search import explore
from custody.prove.induction import settle
from custody.prove.templates import templates
from custody.symbolic.gates import Bits, Choice, Gates, Number
from custody.symbolic.sat import PythonSat, Z3Sat, has_python_sat
from custody.symbolic.task import Message, Proved, Task
from custody.system.finding import Verdict
from custody.system.model import SAFETY, System
from custody.system.replay import complaint
from custody.verify.certificate import verify
from custody.verify.proof import Proof
from support.proving import GUARDED, system_of
from support.random_systems import random_systems


def proved(system: System) -> list[Proved]:
    sent: list[Message] = []
    ended = settle(Task(system, tuple(p.name for p in system.properties), None, 60.0, None, "ic3"), sent.append)
    assert ended.reason is None, ended
    return [message for message in sent if isinstance(message, Proved)]


@settings(max_examples=15, deadline=None)
@given(random_systems())
def test_it_says_of_random_systems_what_looking_at_all_states_says(system: System) -> None:
    expected = explore(system).findings
    settled: dict[str, Verdict] = {}
    for message in proved(system):
        for finding in message.findings:
            settled[finding.property] = finding.verdict
            if finding.trace is not None:
                assert complaint(system, system.property_named(finding.property), finding.trace) is None
        if message.proof is not None and message.findings:
            names = tuple(finding.property for finding in message.findings)
            assert verify(system, Proof("inductive", names, message.proof)).accepted
    assert settled == {p.name: expected[p.name].verdict for p in system.properties if p.form in SAFETY}


def test_a_count_is_found_and_offered_as_source_text() -> None:
    system = system_of(GUARDED.replace("invariant never_idle\n    references >= 1\n", ""))
    sources = {template.source for template in templates(system)}
    assert "lemma: references == count(i: Device . attached[i]) + 1" in sources
    (message,) = proved(system)
    assert message.proof is not None
    assert any("count(i: Device . attached[i])" in line for line in message.proof["readable"])


@pytest.mark.parametrize("in_bits", [False, True])
def test_numbers_are_calculated_with_as_python_does(in_bits: bool) -> None:
    for a in range(-3, 4):
        for b in range(-2, 4):
            gates = Gates()

            def number(value: int, gates: Gates = gates) -> Number:
                return gates.bits(Choice({value: 1})) if in_bits else Choice({value: 1})

            x, y = number(a), number(b)
            results = {
                a + b: gates.plus(x, y),
                a * b: gates.times(x, y),
                a - b: gates.plus(x, gates.negated(y)),
                (a // b if b > 0 else 0): gates.divided(x, y, remainder=False),
                (a % b if b > 0 else 0): gates.divided(x, y, remainder=True),
            }
            equal = [gates.equal(found, gates.constant(value)) for value, found in results.items()]
            order = gates.at_most(x, y) if a <= b else -gates.at_most(x, y)
            wrong = gates.any([-each for each in [*equal, order]])
            assert not Z3Sat(gates.clauses, gates.size).solve([wrong]) or not has_python_sat()
            if has_python_sat():
                assert not PythonSat(gates.clauses).solve([wrong])


def test_z3_serves_where_python_sat_is_missing() -> None:
    clauses = [[1, 2], [-1, 3]]
    for solver in (Z3Sat(clauses, 3), *([PythonSat(clauses)] if has_python_sat() else [])):
        assert solver.solve([1])
        assert {1, 3} <= solver.true()
        assert not solver.solve([1, -3])
        assert solver.core() <= {1, -3}
        solver.add([-2])
        assert not solver.solve([-1])


def test_bits_hold_their_interval() -> None:
    gates = Gates()
    assert gates.bits(Choice({-3: 1})) == Bits((1, -1, 1), -3, -3)
