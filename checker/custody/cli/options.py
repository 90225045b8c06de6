"""The options that all commands share which explore a specification, and what they amount to."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from custody.present.draw.links import is_base
from custody.properties.engines import EngineChoice
from custody.system.finding import Limits, Means

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Exploring:
    """What to explore, and how far. `settings` are parameter values in the words of the command line."""

    settings: dict[str, str]
    properties: tuple[str, ...]
    engine: EngineChoice
    limits: Limits
    means: Means


def exploring(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the shared options; it receives them as one `exploring` argument."""

    @functools.wraps(function)
    def with_options(**arguments: Any) -> Any:
        memory: int | None = arguments.pop("max_memory")
        options = Exploring(
            settings=dict(arguments.pop("settings")),
            properties=arguments.pop("properties"),
            engine=EngineChoice(arguments.pop("engine")),
            limits=Limits(
                max_states=arguments.pop("max_states"),
                max_memory=None if memory is None else memory * MEBIBYTE,
                timeout=arguments.pop("timeout"),
            ),
            means=Means(
                threads=arguments.pop("threads"),
                symmetry=not arguments.pop("no_symmetry"),
                resume=arguments.pop("resume"),
                reduce=arguments.pop("reduce"),
            ),
        )
        return function(exploring=options, **arguments)

    decorated: Callable[..., Any] = with_options
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def _setting(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()):
            raise click.BadParameter(f"'{text}' is not NAME=VALUE")
        pairs.append((name.strip(), value.strip()))
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise click.BadParameter(f"'{twice}' is set twice")
    return pairs


def _seconds(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise click.BadParameter("a time limit is a positive number of seconds")
    return value


setting_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_setting,
    help="Set a parameter. Repeatable.",
)

seconds_option = click.option(
    "--timeout", type=float, callback=_seconds, metavar="SECONDS", help="Stop each instance after so long."
)


def _base(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not is_base(text):
        raise click.BadParameter(f"'{text}' is no address of files: http, https, file, or a relative path")
    return text


source_option = click.option(
    "--source-url",
    default="",
    metavar="URL",
    callback=_base,
    help="Where links to the specification lead: a folder's address, to which file and #Lnn are added, or one with"
    " {file} and {line} (default: relative to the picture).",
)

_OPTIONS = (
    setting_option,
    click.option(
        "--property", "properties", multiple=True, metavar="NAME", help="Check this property only. Repeatable."
    ),
    click.option(
        "--engine",
        type=click.Choice([choice.value for choice in EngineChoice]),
        default=EngineChoice.EXPLICIT.value,
        show_default=True,
        help="Who gives the verdicts; `all` runs every engine and compares them.",
    ),
    click.option("--threads", type=click.IntRange(min=1), default=1, metavar="N", help="Search with N threads."),
    click.option("--resume", is_flag=True, help="Go on where an earlier run of the same command was stopped."),
    click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop after N states."),
    click.option("--max-memory", type=click.IntRange(min=1), metavar="MIB", help="Stop at so many MiB of memory."),
    seconds_option,
    click.option("--no-symmetry", is_flag=True, help="Search every state instead of one for each orbit."),
    click.option(
        "--reduce",
        is_flag=True,
        help="Leave out orders of steps that make no difference to a verdict: faster, but then the states of the"
        " model are not counted. Of no use where liveness is asked for.",
    ),
)
