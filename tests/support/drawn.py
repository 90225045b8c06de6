"""Small systems with what a picture has to mark, and looks at what was drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

from custody.present.draw.table import Box
from custody.properties.result import PropertyResult
from custody.system.display import ScalarShape, View
from custody.system.expression import Expr, Sort, eq, number, read
from custody.system.finding import Finding, Trace, Verdict
from custody.system.model import Action, Domain, Effect, Property, System, Variable
from support.lamps import FILE, NEVER_BLOWN, ON, action, at, lamp

SVG = "{http://www.w3.org/2000/svg}"


def corridor(length: int, *properties: Property) -> System:
    """A walk from 0 to `length`, one step at a time, and back to 0 from the end."""
    steps = [
        Action("walk", "Guest.0", f"step {n}", at(n + 1), standing_at(n), (Effect(0, number(n + 1)),), side="user")
        for n in range(length)
    ]
    back = Action("leave", "Guest.0", "leave", at(90), standing_at(length), (Effect(0, number(0)),), side="user")
    return System(
        name="corridor",
        file=FILE,
        variables=(Variable("place", Domain(0, length), (0,), "place"),),
        actions=(*steps, back),
        properties=properties,
        views=(View("place", ScalarShape(0, 0, None)),),
    )


def standing_at(place: int) -> Expr:
    return eq(read(0, Sort.INT), number(place))


def failing_lamp(*properties: Property) -> System:
    """The lamp, where the second press may also fail, and then changes nothing or blows it."""
    system = lamp(*properties)
    stays = replace(action("stay", ON, 1, 14), outcome="fails EBUSY")
    blows = replace(action("blow", ON, 2, 15), outcome="fails EIO")
    actions = [replace(action_, side="user") for action_ in (*system.actions, stays, blows)]
    return replace(system, actions=tuple(actions))


def result(
    subject: Property, trace: Trace, verdict: Verdict = Verdict.VIOLATED, message: str = "the fuse is gone"
) -> PropertyResult:
    return PropertyResult(subject, Finding(subject.name, verdict, trace), "explicit", message)


BLOWN_TRACE = Trace(((0,), (1,), (2,)), (0, 1))
"""The shortest way to blow the lamp."""


def blown() -> tuple[System, PropertyResult]:
    return lamp(NEVER_BLOWN), result(NEVER_BLOWN, BLOWN_TRACE)


def overlapping(boxes: Sequence[Box]) -> list[tuple[Box, Box]]:
    """The pairs of boxes that share more than a border."""
    return [
        (one, other)
        for position, one in enumerate(boxes)
        for other in boxes[position + 1 :]
        if min(one.x + one.width, other.x + other.width) - max(one.x, other.x) > 0.01
        and min(one.y + one.height, other.y + other.height) - max(one.y, other.y) > 0.01
    ]


def texts(svg: str) -> list[str]:
    """The texts of an SVG, in order; ParseError where it is not XML."""
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def tips(svg: str) -> list[str]:
    """What a pointer is told, in order."""
    return ["".join(title.itertext()) for title in ET.fromstring(svg).iter(f"{SVG}title")]
