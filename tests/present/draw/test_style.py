"""Colours can be told from what they are on, and text cannot break out of the markup."""

from __future__ import annotations

import pytest

from custody.present.draw import style
from custody.present.draw.style import Owner, escape, owner


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


FILLS = [
    style.BACKGROUND,
    style.HEAD_FILL,
    style.STEP_FILL,
    *(who.fill for who in Owner),
    *(fill for _, fill in style.SIDES.values()),
]


@pytest.mark.parametrize("fill", [*FILLS, style.WRONG_FILL])
def test_text_stands_out_from_every_fill(fill: str) -> None:
    assert contrast(style.INK, fill) > 7
    assert contrast(style.WRONG, fill) > 4.5


@pytest.mark.parametrize("ink", [style.FAINT, *(ink for ink, _ in style.SIDES.values())])
def test_coloured_text_stands_out_from_the_background(ink: str) -> None:
    assert contrast(ink, style.BACKGROUND) > 4.5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("live", "mapped(to_device)"), Owner.DEVICE),
        (("mapped(to_device)", "open(from_device)"), Owner.CPU),
        (("open", "live", "absent"), Owner.KEPT),
        (("open",), None),
        (("absent", "detached"), Owner.NOBODY),
        (("7", "true"), None),
    ],
)
def test_the_strongest_value_says_who_has_the_buffer(values: tuple[str, ...], expected: Owner | None) -> None:
    assert owner(values) is expected


def test_markup_in_text_is_only_text() -> None:
    assert escape('<b a="1">&\n\x07') == "&lt;b a=&quot;1&quot;&gt;&amp; \N{REPLACEMENT CHARACTER}"
