"""Which module writes a comparison in which format, imported only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

from custody.change.judge import Judgement
from custody.present.formats import Format

_MODULES: Final[Mapping[Format, str]] = MappingProxyType(
    {
        Format.JSON: "custody.present.change.machine",
        Format.JUNIT: "custody.present.change.junit",
        Format.SARIF: "custody.present.change.sarif",
        Format.KTAP: "custody.present.change.ktap",
        Format.GITHUB: "custody.present.change.github",
        Format.MARKDOWN: "custody.present.change.markdown",
    }
)


def render(chosen: Format, judgement: Judgement) -> str:
    """The judgement in that format, ending in a newline unless it is empty."""
    if chosen is Format.TEXT:
        from custody.present.change.text import render as render_text
        from custody.present.text import Page

        return render_text(judgement, Page())
    writer = cast(Callable[[Judgement], str], import_module(_MODULES[chosen]).render)
    return writer(judgement)
