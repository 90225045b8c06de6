"""Draws lines over logarithmic axes as SVG. Knows nothing of what they mean.

Every colour is a class with a rule for light and one for dark surroundings.  Labels stand at the ends of their lines,
moved apart where they would overlap, so that no key has to be looked up; each line has a mark of its own as well, for
who does not tell the colours apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 400
LEFT, RIGHT, TOP, BOTTOM = 76, 150, 52, 56
LINE = 17
"""Between two labels, one above the other."""

LIGHT = ("#0b57b7", "#b3450b", "#1b7a3d", "#8a2a9b", "#8a6d00", "#555c66")
DARK = ("#6cb0ff", "#ff9a5c", "#5fd08a", "#d98cf0", "#e3c24a", "#aab2bd")
MARKS = 6


@dataclass(frozen=True, slots=True)
class Line:
    """Points, all of positive numbers, in the order of their first coordinate. `style` chooses colour and mark."""

    name: str
    style: int
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes."""

    title: str
    across: str
    up: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """Whole decades, mapped to pixels."""

    low: int
    high: int
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a number is."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def decades(self) -> range:
        return range(self.low, self.high + 1)


def decades(values: Sequence[float]) -> tuple[int, int]:
    """The whole decades around the values, at least one."""
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places, moved until any two are `gap` apart: in the same order, and within the bounds if they fit."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    for before, index in zip([None, *order], order, strict=False):
        least = low if before is None else moved[before] + gap
        moved[index] = max(moved[index], least)
    limit = high
    for index in reversed(order):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - gap
    return moved


def drawing(title: str, panels: Sequence[Panel]) -> str:
    """The panels, one below the other."""
    height = HEIGHT * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}" rx="8"/>',
    ]
    for number, panel in enumerate(panels):
        parts.append(f'<g transform="translate(0 {number * HEIGHT})">')
        parts += _panel(panel)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> list[str]:
    points = [point for line in panel.lines for point in line.points]
    parts = [f'<text class="title" x="{LEFT}" y="26">{escape(panel.title)}</text>']
    if not points:
        return [*parts, f'<text x="{LEFT}" y="{TOP + LINE}">nothing was measured</text>']
    across = Axis(*decades([x for x, _ in points]), LEFT, WIDTH - RIGHT)
    up = Axis(*decades([y for _, y in points]), HEIGHT - BOTTOM, TOP)
    parts += _axes(panel, across, up)
    for line in panel.lines:
        parts += _line(line, across, up)
    return parts + _labels(panel.lines, across, up)


def _axes(panel: Panel, across: Axis, up: Axis) -> list[str]:
    parts: list[str] = []
    for exponent in across.decades:
        x = across.at(10.0**exponent)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{up.start}" y2="{up.end}"/>')
        parts.append(
            f'<text class="tick" text-anchor="middle" x="{x:.1f}" y="{up.start + 18}">{_power(exponent)}</text>'
        )
    for exponent in up.decades:
        y = up.at(10.0**exponent)
        parts.append(f'<line class="grid" x1="{across.start}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 8}" y="{y + 4:.1f}">{_power(exponent)}</text>')
    middle = (across.start + across.end) / 2
    parts.append(
        f'<text class="name" text-anchor="middle" x="{middle:.1f}" y="{HEIGHT - 14}">{escape(panel.across)}</text>'
    )
    side = (up.start + up.end) / 2
    turned = f'transform="rotate(-90 20 {side:.1f})"'
    parts.append(f'<text class="name" text-anchor="middle" x="20" y="{side:.1f}" {turned}>{escape(panel.up)}</text>')
    return parts


def _line(line: Line, across: Axis, up: Axis) -> list[str]:
    places = [(across.at(x), up.at(y)) for x, y in line.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    dashed = ' stroke-dasharray="5 4"' if line.dashed else ""
    parts = [f'<polyline class="line s{line.style}" points="{path}"{dashed}/>']
    return parts + [_mark(line.style, x, y) for x, y in places]


def _labels(lines: Sequence[Line], across: Axis, up: Axis) -> list[str]:
    """At the right edge, each beside the end of its line and joined to it by a thin one."""
    drawn = [line for line in lines if line.points]
    ends = [(across.at(line.points[-1][0]), up.at(line.points[-1][1])) for line in drawn]
    places = apart([y for _, y in ends], LINE, up.end, up.start)
    x = across.end + 14
    parts: list[str] = []
    for line, (from_x, from_y), y in zip(drawn, ends, places, strict=True):
        lead = f'x1="{from_x + 6:.1f}" y1="{from_y:.1f}" x2="{x - 3:.1f}" y2="{y:.1f}"'
        parts.append(f'<line class="lead s{line.style}" {lead}/>')
        parts.append(f'<text class="label f{line.style}" x="{x:.1f}" y="{y + 4:.1f}">{escape(line.name)}</text>')
    return parts


def _mark(style: int, x: float, y: float) -> str:
    kind, r = f'class="mark s{style} f{style}"', 3.5
    match style % MARKS:
        case 0:
            return f'<circle {kind} cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
        case 1:
            return f'<rect {kind} x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r}" height="{2 * r}"/>'
        case 2:
            corners = ((0, -r - 1), (r + 1, r), (-r - 1, r))
        case 3:
            corners = ((0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0))
        case 4:
            corners = ((0, r + 1), (r + 1, -r), (-r - 1, -r))
        case _:
            return f'<circle class="mark hollow s{style}" cx="{x:.1f}" cy="{y:.1f}" r="{r}"/>'
    path = " ".join(f"{x + across:.1f},{y + down:.1f}" for across, down in corners)
    return f'<polygon {kind} points="{path}"/>'


def _power(exponent: int) -> str:
    """Plain where it is short, a power of ten otherwise."""
    if -3 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    power = str(exponent).replace("-", "\N{MINUS SIGN}")
    return f'10<tspan dy="-5" font-size="9">{power}</tspan>'


def _style() -> str:
    rules = [
        "text{font:13px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}",
        ".title{font-size:15px;font-weight:600}.tick{font-size:12px}.label{font-weight:600}",
        ".paper{fill:#ffffff}.hollow{fill:#ffffff}.grid{stroke:#d8dee4;stroke-width:1}",
        ".line{fill:none;stroke-width:2;stroke-linejoin:round}.lead{stroke-width:1;stroke-dasharray:1 3}",
        *_colours(LIGHT),
    ]
    dark = ["text{fill:#e6edf3}.paper{fill:#0d1117}.hollow{fill:#0d1117}.grid{stroke:#30363d}", *_colours(DARK)]
    return "".join(rules) + "@media(prefers-color-scheme:dark){" + "".join(dark) + "}"


def _colours(colours: Sequence[str]) -> list[str]:
    return [f".s{style}{{stroke:{colour}}}.f{style}{{fill:{colour}}}" for style, colour in enumerate(colours)]
