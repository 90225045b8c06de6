"""A chart has a lane for every actor and for what matters, and marks where and why it goes wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from custody.language import instances, load
from custody.present.draw.chart import chart
from custody.present.draw.style import HEAD_FILL, SIDES, WRONG
from custody.present.draw.table import Cell, Table, lay_out
from custody.present.draw.table_svg import table_svg
from custody.properties.check import check
from custody.system.display import RecordShape, ScalarShape, VariantShape, View, differences
from custody.system.expression import not_
from custody.system.finding import Trace, Verdict
from custody.system.model import Form, Kind, Property
from custody.system.place import Place
from support.drawn import BLOWN_TRACE, blown, corridor, overlapping, result, standing_at, texts, tips
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, NO_SHORT, lamp

PROTOCOLS = Path(__file__).parents[2] / "protocols"


def column(table: Table, head: str) -> list[Cell]:
    """The cells below a head."""
    at = next(cell.column for cell in table.cells if cell.row == 0 and cell.texts[0] == head)
    return [cell for cell in table.cells if cell.column == at and cell.row > 0 and cell.columns == 1]


def heads(table: Table) -> list[str]:
    return [cell.texts[0] for cell in table.cells if cell.row == 0]


def philosophers() -> Table:
    system = instances(load(str(PROTOCOLS / "philosophers.custody")), {})[0]
    return chart(system, check(system, "philosophers", properties=("deadlock",)).properties[0])


def test_each_step_is_in_the_lane_of_its_actor_with_its_source_line() -> None:
    table = chart(*blown())
    assert heads(table) == ["step", "User.0", "lamp", "source"]
    assert [cell.texts for cell in column(table, "User.0")] == [
        (),
        ("press(finger: thumb): switch on",),
        ("press(finger: thumb): blow the fuse",),
    ]
    assert [cell.texts for cell in column(table, "source")] == [(), ("10",), ("11",)]
    assert "lamp.custody:11" in tips(table_svg(table))


def test_the_step_that_breaks_the_property_is_marked_by_words_border_and_colour() -> None:
    table = chart(*blown())
    step = column(table, "User.0")[-1]
    assert step.thick and step.bold and step.ink == WRONG
    assert [cell.texts for cell in column(table, "step")] == [("start",), ("1",), ("2", "wrong")]
    foot = table.cells[-1]
    assert foot.texts == ("the fuse is gone",) and foot.columns == 4 and foot.thick
    assert column(table, "lamp")[-1].ink == WRONG
    assert not any(cell.ink == WRONG for cell in table.cells if 0 < cell.row < 3)


def test_the_title_says_what_and_which_rule() -> None:
    table = chart(*blown())
    assert table.title == "lamp: never_blown is violated [DB-CPU-05]"
    assert table.about == "The fuse survives."


def test_a_value_is_one_block_as_long_as_it_stays() -> None:
    table = philosophers()
    assert heads(table)[1:-1] == [f"Philosopher.{n}" for n in range(3)] + [f"fork[{n}]" for n in range(3)]
    assert [(cell.row, cell.rows, cell.texts) for cell in column(table, "fork[1]")] == [
        (1, 2, ("free",)),
        (3, 2, ("Philosopher.1",)),
    ]


def test_no_text_of_a_real_chart_lies_over_another() -> None:
    layout = lay_out(philosophers())
    assert not overlapping(layout.boxes)
    assert sum(box.width * box.height for box in layout.boxes) == pytest.approx(layout.width * layout.height)


def test_a_head_says_whose_side_an_actor_is_on_and_what_a_value_is_about() -> None:
    system, found = blown()
    sided = replace(system, actions=tuple(replace(action, side="user") for action in system.actions))
    told = {cell.texts: cell.fill for cell in chart(sided, found).cells if cell.row == 0}
    assert told["User.0", "user"] == SIDES["user"][1]
    assert told["lamp",] == HEAD_FILL
    assert [cell.texts for cell in philosophers().cells if cell.row == 0][-2] == ("fork[2]", "lock")


def test_a_lock_called_lock_is_not_called_so_twice_and_a_wide_name_has_a_line_for_each_index() -> None:
    text = (
        "model corridor\nrole Thread[2] is user\nstate\n    lock: mutex\n"
        "    claim_that_is_long[Thread, Thread]: nobody | somebody\n"
        "procedure takes by Thread\n    lock lock\n    claim_that_is_long[self, self] = somebody\n"
        "    wait until claim_that_is_long[self, self] == nobody\n"
        "invariant nobody_claims\n    forall t: Thread . claim_that_is_long[t, t] == nobody\n"
    )
    system = instances(load("corridor.custody", text), {})[0]
    found = check(system, "corridor", properties=("nobody_claims",)).properties[0]
    told = [cell.texts for cell in chart(system, found).cells if cell.row == 0]
    assert ("lock",) in told
    assert ("claim_that_is_long[Thread.0] [Thread.0]",) in told


def test_a_long_chart_says_again_what_its_columns_are() -> None:
    never = Property(
        "never_there", Form.INVARIANT, Kind.INVARIANT, Place("corridor.custody", 5), not_(standing_at(41))
    )
    system = corridor(41, never)
    trace = Trace(tuple((n,) for n in range(42)), tuple(range(41)))
    table = chart(system, result(never, trace))
    above = [cell.row for cell in table.cells if cell.texts == ("Guest.0", "user")]
    assert above == [0, 18, 35], "above the start and the first 16 steps, above the next 16, and above the last 9"
    assert all((row, 2) in {(cell.row, cell.column) for cell in table.cells} for row in (1, 19, 36)), "values again"
    assert [
        cell.texts[0] for cell in table.cells if cell.column == 0 and cell.columns == 1 and cell.row in (17, 19)
    ] == [
        "16",
        "17",
    ]
    layout = lay_out(table)
    assert not overlapping(layout.boxes)
    assert sum(box.width * box.height for box in layout.boxes) == pytest.approx(layout.width * layout.height)


def test_of_a_record_only_the_field_that_changes_is_told() -> None:
    ref, flag = ScalarShape(1, 0, None), ScalarShape(2, 0, ("false", "true"))
    shape = VariantShape(ScalarShape(0, 0, ("free", "live")), ((), (RecordShape((("refs", ref), ("busy", flag))),)))
    told = [
        [(found.name, found.old, found.new, found.parts) for found in differences([View("b", shape)], before, after)]
        for before, after in (((0, 0, 0), (1, 1, 0)), ((1, 1, 0), (1, 2, 0)), ((1, 2, 1), (1, 2, 1)))
    ]
    assert told == [
        [("b", "free", "live({refs: 1, busy: false})", {0, 1, 2})],
        [("b.refs", "1", "2", {1})],
        [],
    ]


def test_what_has_no_lane_is_said_in_words() -> None:
    table = chart(*blown(), watched=())
    assert heads(table) == ["step", "User.0", "what changes", "source"]
    assert [cell.texts for cell in column(table, "what changes")] == [("lamp: off → on",), ("lamp: on → blown",)]


def test_asked_for_lanes_are_drawn_whether_they_change_or_not() -> None:
    system, found = blown()
    still = View("still", system.views[0].shape, hidden=True)
    table = chart(system, found, watched=[still])
    assert heads(table) == ["step", "User.0", "still", "source"]


def test_a_first_value_that_was_chosen_is_told() -> None:
    system = lamp(NEVER_BLOWN, start=(0, 1))
    table = chart(system, result(NEVER_BLOWN, Trace(((1,), (2,)), (1,))), watched=())
    assert column(table, "what changes")[0].texts == ("lamp: on",)


def test_a_wrong_first_state_is_marked_itself() -> None:
    table = chart(lamp(NEVER_BLOWN, start=(2,)), result(NEVER_BLOWN, Trace(((2,),), ())))
    assert heads(table) == ["step", "lamp", "source"]
    assert column(table, "step")[0].texts == ("start", "wrong")
    assert column(table, "lamp")[0].texts == ("blown",)
    assert not overlapping(lay_out(table).boxes)


def test_a_step_that_breaks_a_check_keeps_the_values_before_it() -> None:
    system = lamp(NO_SHORT, shorts=True)
    table = chart(system, result(NO_SHORT, Trace(BLOWN_TRACE.states, (0, 1, 2), broken=0)))
    assert column(table, "User.0")[-1].thick
    last = column(table, "lamp")[-1]
    assert (last.texts, last.rows, last.ink) == (("blown",), 2, WRONG)


def test_the_steps_of_a_lasso_are_marked_and_no_single_step_is_blamed() -> None:
    system = lamp(NO_DEADLOCK)
    table = chart(system, result(NO_DEADLOCK, Trace(((0,), (1,), (2,), (1,)), (0, 1, 2), loop_at=1)))
    assert [cell.texts for cell in column(table, "step")] == [("1",), ("2", "again"), ("3", "again")]
    assert not any(cell.thick for cell in column(table, "User.0"))


def test_a_run_that_stands_still_repeats_no_step() -> None:
    system = lamp(NO_DEADLOCK)
    table = chart(system, result(NO_DEADLOCK, Trace(((0,), (1,)), (0,), loop_at=1, stutters=True)))
    assert [cell.texts for cell in column(table, "step")] == [("1",)]


def test_a_state_that_is_reached_is_nothing_wrong() -> None:
    table = chart(lamp(CAN_SHINE), result(CAN_SHINE, Trace(((0,), (1,)), (0,)), Verdict.HOLDS))
    assert table.title == "lamp: can_shine is reached"
    assert not any(cell.ink == WRONG or cell.thick for cell in table.cells)


def test_a_step_from_a_module_says_which() -> None:
    system, found = blown()
    moved = replace(system.actions[1], place=Place("lib/coherency.custody", 60))
    table = chart(replace(system, actions=(system.actions[0], moved)), found)
    assert [cell.texts for cell in column(table, "source")] == [(), ("10",), ("coherency:60",)]


def test_a_property_without_a_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="never_blown has no trace"):
        chart(lamp(NEVER_BLOWN), replace(blown()[1], finding=replace(blown()[1].finding, trace=None)))


def test_long_names_are_broken_and_not_cut() -> None:
    system, found = blown()
    name = "a_very_long_name_of_an_action_" * 6
    table = chart(replace(system, actions=tuple(replace(a, name=name, label=name) for a in system.actions)), found)
    assert name in "".join(texts(table_svg(table))).replace("(finger:thumb)", "").replace(" ", "")
    assert lay_out(table).width < 700
