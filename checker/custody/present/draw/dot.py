"""A map, of states and of ways between them, as DOT: what lifecycles and reachable graphs are drawn with.

Everything that a colour says is also said by a shape, a line or a word, and the legend names what occurs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from custody.present.draw.crossing import SPACING
from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.style import (
    BACKGROUND,
    FAINT,
    FONT,
    INK,
    SIDES,
    WRONG,
    WRONG_FILL,
    Owner,
    escape,
    printable,
    side_ink,
)
from custody.system.place import NOWHERE, Place

MOST_LABELS = 6
"""How many labels one edge shows; the others are counted, and all are in its tooltip."""

WIDEST = 40
"""Two screens, in inches of 96 pixels; what would be wider is drawn smaller."""


class Wrong(Enum):
    """How much of what a node stands for violates something."""

    NOTHING = "nothing"
    SOMETIMES = "sometimes"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Node:
    """A state, or many that look the same. `complaints` are what it violates, in words of their own; `place` is where
    the specification declares what it is about."""

    name: str
    lines: tuple[str, ...]
    tip: str
    owner: Owner | None = None
    initial: bool = False
    final: bool = False
    wrong: Wrong = Wrong.NOTHING
    complaints: tuple[str, ...] = ()
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Way:
    """One label of an edge: what is done, by which side, and where the specification says so."""

    lines: tuple[str, ...]
    side: str
    tip: str
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Edge:
    """All the ways between two nodes that are drawn alike: such as succeed, fail (dashed), or break something."""

    source: str
    target: str
    ways: tuple[Way, ...]
    fails: bool = False
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """What is drawn. `about` says what of, in a line below the title; `missing` what is not in it, `wrong` what the
    marks of a mistake mean."""

    title: str
    about: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    missing: str = ""
    wrong: str = "violates"


def hazard_name(hazard: str) -> str:
    """The name of the node that stands for a hazard."""
    return f"! {hazard}"


def hazard_node(hazard: str, place: Place = NOWHERE) -> Node:
    """Where steps lead that break a check: nowhere, and it is said what they break."""
    tip = f"a step that breaks {hazard}"
    return Node(hazard_name(hazard), (), tip, wrong=Wrong.ALWAYS, complaints=(hazard,), place=place)


def map_dot(drawn: Map, links: Links = NO_LINKS) -> str:
    """The DOT text, with links to the specification; the same map gives the same text."""
    lines = [
        "digraph map {",
        f'  graph [bgcolor="{BACKGROUND}", fontname="{FONT}", fontsize=12, fontcolor="{INK}", labelloc=t, '
        f'rankdir=TB, {SPACING}, pad=0.25, size="{WIDEST},{WIDEST}", label=<{_head(drawn)}>];',
        f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=12, color="{INK}", '
        f'fontcolor="{INK}", fillcolor="{BACKGROUND}", margin="0.16,0.08", height=0.4];',
        f'  edge [fontname="{FONT}", fontsize=11, color="{INK}", fontcolor="{INK}", arrowsize=0.7];',
    ]
    for node in drawn.nodes:
        lines += _node(node, links)
    for edge in drawn.edges:
        lines.append(_edge(edge, links))
    if drawn.missing:
        lines.append(
            f'  "more" [shape=note, style="dashed,filled", color="{FAINT}", fontcolor="{FAINT}", '
            f"label={_quote(drawn.missing)}, tooltip={_quote(drawn.missing)}];"
        )
    lines.append("}")
    return "\n".join(lines) + "\n"


def _node(node: Node, links: Links) -> Iterator[str]:
    attributes = [f"label=<{_label(node)}>", f"tooltip={_quote(node.tip)}"]
    if node.owner is not None:
        attributes.append(f'fillcolor="{node.owner.fill}"')
    if node.final:
        attributes.append("peripheries=2")
    if node.wrong is not Wrong.NOTHING:
        attributes += [f'color="{WRONG}"', "penwidth=2.5"]
    if node.wrong is Wrong.ALWAYS:
        attributes += ["shape=octagon", "style=filled", f'fillcolor="{WRONG_FILL}"', 'margin="0.02,0.02"']
    attributes += _link(links.to(node.place))
    yield f'  "{node.name}" [{", ".join(attributes)}];'
    if node.initial:
        point = f'shape=point, width=0.13, color="{INK}", fillcolor="{INK}", label="", tooltip="start"'
        yield f'  "to {node.name}" [{point}];'
        yield f'  "to {node.name}" -> "{node.name}" [tooltip="start"];'


def _label(node: Node) -> str:
    lines = [escape(line) for line in node.lines]
    lines += [f'<FONT COLOR="{WRONG}"><B>{escape(line)}</B></FONT>' for line in node.complaints]
    return "<BR/>".join(lines) or " "


def _edge(edge: Edge, links: Links) -> str:
    sides = {way.side for way in edge.ways}
    ink = WRONG if edge.wrong else side_ink(sides.pop()) if len(sides) == 1 else INK
    shown = edge.ways[:MOST_LABELS] if len(edge.ways) > MOST_LABELS + 1 else edge.ways
    rows = [
        _row(line, WRONG if edge.wrong else side_ink(way.side), links.to(way.place), way.tip)
        for way in shown
        for line in way.lines
    ]
    if len(shown) < len(edge.ways):
        rows.append(_row(f"and {len(edge.ways) - len(shown)} more", FAINT))
    tip = _quote("\n".join(way.tip for way in edge.ways))
    attributes = [f'color="{ink}"', f"tooltip={tip}", f"labeltooltip={tip}"]
    if rows:
        table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(rows)}</TABLE>'
        attributes.insert(0, f"label=<{table}>")
    if edge.ways:
        attributes += _link(links.to(edge.ways[0].place), "edge")
    if edge.fails:
        attributes.append("style=dashed")
    if edge.wrong:
        attributes.append("penwidth=2.5")
    return f'  "{edge.source}" -> "{edge.target}" [{", ".join(attributes)}];'


def _row(text: str, colour: str, link: str = "", tip: str = "") -> str:
    """A line of an edge's label, which leads to its own place."""
    to = f' HREF="{escape(link)}" TARGET="_top" TITLE="{escape(tip)}"' if link else ""
    # A little air at both ends keeps the words off the line that graphviz draws beside them.
    return f'<TR><TD ALIGN="LEFT"{to}><FONT COLOR="{colour}">&#160;{escape(text)}&#160;</FONT></TD></TR>'


def _link(address: str, part: str = "") -> list[str]:
    """The attributes that make a node, or a part of an edge, lead somewhere."""
    return [f"{part}URL={_quote(address)}", f'{part}target="_top"'] if address else []


def _head(drawn: Map) -> str:
    """Title, what it is a picture of, and the legend, which names only what occurs."""
    rows = [
        f'<TR><TD><FONT POINT-SIZE="15"><B>{escape(drawn.title)}</B></FONT></TD></TR>',
        f'<TR><TD><FONT COLOR="{FAINT}">{escape(drawn.about)}</FONT></TD></TR>',
    ]
    entries = "".join(f"<TD {attributes}>{text}</TD>" for attributes, text in _legend(drawn))
    if entries:
        table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="5" CELLPADDING="4"><TR>{entries}</TR></TABLE>'
        # Graphviz spreads the room that a longer title leaves over all cells: empty ones take most of it.
        air = "<TD></TD>" * 4
        spread = f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>{air}<TD>{table}</TD>{air}</TR></TABLE>'
        rows.append(f"<TR><TD>{spread}</TD></TR>")
    return f'<TABLE BORDER="0" CELLSPACING="2">{"".join(rows)}</TABLE>'


def _legend(drawn: Map) -> Iterator[tuple[str, str]]:
    small = 'POINT-SIZE="11"'
    owners = {node.owner for node in drawn.nodes if node.wrong is not Wrong.ALWAYS}
    for who in Owner:
        if who in owners:
            border = f'BGCOLOR="{who.fill}" BORDER="1" COLOR="{FAINT}" STYLE="rounded"'
            yield border, f"<FONT {small}>{escape(who.words)}</FONT>"
    for side in _sides([way for edge in drawn.edges if not edge.wrong for way in edge.ways]):
        yield "", f'<FONT {small} COLOR="{side_ink(side)}">→ {escape(side)}</FONT>'
    if any(edge.fails for edge in drawn.edges):
        yield "", f"<FONT {small}>- - → fails</FONT>"
    if any(node.final for node in drawn.nodes):
        frame = f'BORDER="1" CELLBORDER="1" CELLSPACING="2" CELLPADDING="3" COLOR="{INK}" STYLE="rounded"'
        words = f"<FONT {small}>may end here</FONT>"
        yield 'CELLPADDING="0"', f'<TABLE {frame}><TR><TD STYLE="rounded">{words}</TD></TR></TABLE>'
    if any(node.wrong is not Wrong.NOTHING for node in drawn.nodes) or any(edge.wrong for edge in drawn.edges):
        yield f'BORDER="3" COLOR="{WRONG}"', f'<FONT {small} COLOR="{WRONG}"><B>{escape(drawn.wrong)}</B></FONT>'


def _sides(ways: Sequence[Way]) -> list[str]:
    met = {way.side for way in ways}
    return [side for side in SIDES if side in met]


def _quote(text: str) -> str:
    """A DOT string."""
    shown = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{shown}"'
