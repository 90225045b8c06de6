"""What induction may assume, and what it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from custody.symbolic.engine import analyse
from custody.system.expression import Expr, Sort, add, eq, le, lt, not_, number, read
from custody.system.finding import Verdict
from custody.system.model import Domain, Effect, Form, Kind, Property
from support.small_systems import action, at, system, variable

X = read(0, Sort.INT)


def always(name: str, expression: Expr) -> Property:
    return Property(name, Form.INVARIANT, Kind.INVARIANT, at(1), expression)


NEVER_TEN = always("never_ten", not_(eq(X, number(10))))
AT_MOST_TEN = always("at_most_ten", le(X, number(10)))


@pytest.mark.parametrize("properties", [(NEVER_TEN, AT_MOST_TEN), (AT_MOST_TEN, NEVER_TEN)])
def test_a_property_that_fails_later_proves_nothing(properties: tuple[Property, ...]) -> None:
    # As long as x is never 10 it does not get beyond 10 either; but it is 10, after ten steps.
    count = action("count", lt(X, number(20)), [Effect(0, add(X, number(1)))])
    counter = replace(system([variable("x", Domain(0, 20), 0)], [count]), properties=properties)
    found = analyse(counter, max_depth=15).findings
    assert {finding.verdict for finding in found.values()} == {Verdict.VIOLATED}
    lengths = {name: finding.trace.length for name, finding in found.items() if finding.trace is not None}
    assert lengths == {"never_ten": 10, "at_most_ten": 11}
