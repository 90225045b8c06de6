"""Tasks survive the way to another process, however deep their expressions are."""

from __future__ import annotations

from io import BytesIO

from hypothesis import given, settings

from custody.symbolic.task import Task
from custody.symbolic.transport import dump, load
from custody.system.expression import TRUE, Expr, Sort, add, after, eq, ite, lt, mod, not_, number, read, sub
from custody.system.finding import Verdict
from custody.system.model import Domain, Form, System
from support.claims import claim, claiming, move
from support.random_systems import random_systems
from support.settled import lengths
from support.small_systems import variable

DEPTH = 10_000


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(random_systems())
def test_a_task_arrives_as_it_was(system: System) -> None:
    task = Task(system, ("always", "often"), 7, 2.5, 1 << 30)
    assert load(BytesIO(dump(task))) == task


def test_equal_expressions_are_one_and_arrive_as_one() -> None:
    one, other = (eq(mod(read(0, Sort.INT), number(3)), number(1)) for _ in range(2))
    assert one is other
    subject = claiming([variable("x", Domain(0, 5), 0)], [move("go", one, [])], [], where=other)
    arrived = load(BytesIO(dump(Task(subject, (), None, 1.0)))).system
    assert arrived.actions[0].guard is arrived.where


def chain() -> Expr:
    """A condition ten thousand operators deep, of several kinds, that is false exactly when x is 3."""
    x = read(0, Sort.INT)
    value = x
    for number_ in range(DEPTH // 4):
        value = sub(number(3 + number_ % 2), ite(lt(value, number(2)), add(value, number(0)), value))
        value = sub(number(3 + number_ % 2), value)
    return not_(eq(value, number(3)))


def test_deep_expressions_are_no_trouble() -> None:
    """The same expression twice, built apart: comparing the two would recurse, too."""
    subject = claiming(
        [variable("x", Domain(0, 3), 0)],
        [move("up", chain(), [(0, add(read(0, Sort.INT), number(1)))])],
        [
            claim("step", Form.STEP, ite(chain(), eq(after(0, Sort.INT), add(read(0, Sort.INT), number(1))), TRUE)),
            claim("deep", Form.REACHABLE, not_(chain())),
        ],
    )
    arrived = load(BytesIO(dump(Task(subject, ("step", "deep"), None, 1.0)))).system
    assert lengths(arrived) == {"step": (Verdict.HOLDS, None), "deep": (Verdict.HOLDS, 3)}
