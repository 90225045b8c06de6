"""The page itself: one file with its style, its program and its data inside."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.style import SIDES
from custody.present.page.content import Content
from custody.rules import rule, rule_ids

_NAMES = re.compile(r' id="(?:a_)?(?:graph|node|edge|clust)[^"]*"')

KINDS = {
    "failed": ("✗", "violated or not as expected"),
    "open": ("?", "inconclusive"),
    "expected": ("✗", "violated, as the specification expects"),
    "reached": ("✓", "reached, as it should be"),
    "holds": ("✓", "holds"),
}
"""The mark of each kind of verdict, and what it means. No two that look alike have the same border and word."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG that the page shows under a title."""

    title: str
    svg: str


def html(
    content: Content,
    pictures: Sequence[Picture] = (),
    lifecycles: dict[str, str] | None = None,
    links: Links = NO_LINKS,
) -> str:
    """The page. `lifecycles` are SVGs by the key of the specification that they belong to."""
    environment = Environment(
        loader=FunctionLoader(_part), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["thousands"] = _thousands
    page = environment.get_template("page.html").render(
        content=content,
        pictures=[(picture.title, Markup(_inner(picture.svg))) for picture in pictures],
        lifecycles={key: Markup(_unnamed(_inner(svg))) for key, svg in (lifecycles or {}).items()},
        kinds=KINDS,
        sides=SIDES,
        style=Markup(_part("page.css")),
        program=Markup(_part("page.js")),
        data=packed([run.data for run in content.runs]),
        rule_text=_rule_text,
        links=links,
    )
    return page if page.endswith("\n") else page + "\n"


def packed(data: object) -> str:
    """JSON, compressed and in base64: a page of three hundred runs would be three times as large without."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _thousands(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _rule_text(name: str) -> str:
    return rule(name).text if name in rule_ids() else ""


def _part(name: str) -> str:
    return resources.files("custody.present.page").joinpath(name).read_text(encoding="utf-8")


def _unnamed(svg: str) -> str:
    """The SVG without the names that graphviz gives to its parts: a page has many, and a name is there once."""
    return _NAMES.sub("", svg)


def _inner(svg: str) -> str:
    """An SVG as it stands in a page: without the lines that make it a document of its own."""
    start = svg.find("<svg")
    return svg[max(start, 0) :]
