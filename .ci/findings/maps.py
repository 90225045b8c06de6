"""The state maps that reports and the README show, drawn from what the specifications say.

What is compared is the text that graphviz draws, which is the same everywhere. The picture, whose points depend on
graphviz and on fonts, is drawn again only where that text has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from custody.language import load
from custody.language.kept import instances
from custody.present.draw.dot import map_dot
from custody.present.draw.links import Links
from custody.present.draw.maps import map_of
from custody.present.draw.render import render, write


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture of the first instance of a specification; `variables` tell its states apart, or what does so best."""

    spec: str
    variables: tuple[str, ...] = ()


MAPS: Mapping[str, Drawn] = {
    "lifecycle": Drawn("spec/dma_buf.custody"),
    "ownership_map": Drawn("spec/ownership.custody", ("owner", "backed")),
}


LINKS = Links("reports")
"""From where the pictures are kept, wherever they are drawn for comparison."""


def draw(folder: Path) -> None:
    """Write `NAME.dot` and `NAME.svg` for each; specifications are found below the current folder."""
    for name, drawn in MAPS.items():
        system = instances(load(drawn.spec), {})[0]
        views = {view.name: view for view in system.views}
        drawn_map = map_of(system, drawn.spec, "lifecycle", [views[wanted] for wanted in drawn.variables])
        text = map_dot(drawn_map, LINKS)
        source, picture = folder / f"{name}.dot", folder / f"{name}.svg"
        if picture.exists() and source.exists() and source.read_text(encoding="utf-8") == text:
            continue
        render(text, picture)
        write(source, text.encode())
