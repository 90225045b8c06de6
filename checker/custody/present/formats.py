"""The machine formats by name, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

from custody.present.report import Report


class Format(StrEnum):
    """What `--format` may name."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    KTAP = "ktap"
    GITHUB = "github"
    MARKDOWN = "markdown"


RUN_FORMATS: Final = tuple(choice for choice in Format if choice is not Format.MARKDOWN)
"""Those that a run of checks comes in; Markdown is for changes under review."""


_MODULES: Final[Mapping[Format, str]] = MappingProxyType(
    {
        Format.JSON: "custody.present.machine",
        Format.JUNIT: "custody.present.junit",
        Format.SARIF: "custody.present.sarif",
        Format.KTAP: "custody.present.ktap",
        Format.GITHUB: "custody.present.github",
    }
)


def render(chosen: Format, report: Report) -> str:
    """The report in that format, ending in a newline unless it is empty."""
    if chosen is Format.TEXT:
        from custody.present.text import Page
        from custody.present.text import render as render_text

        return render_text(report, Page())
    writer = cast(Callable[[Report], str], import_module(_MODULES[chosen]).render)
    return writer(report)
