"""What the commands share that compare versions: options, complaints, and the exit code."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from custody.change.effort import Effort
from custody.change.judge import Judgement
from custody.cli.codes import Code
from custody.cli.outputs import with_formats
from custody.present.formats import Format


def comparing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the shared options; it receives `effort`, `ignore_ambiguous` and those of the outputs."""

    @functools.wraps(function)
    def with_effort(**arguments: Any) -> Any:
        effort = Effort.of(arguments.pop("max_states"), arguments.pop("timeout"))
        return function(effort=effort, **arguments)

    decorated: Callable[..., Any] = with_formats(with_effort, tuple(Format))
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


_OPTIONS = (
    click.option(
        "--ignore-ambiguous", "-i", is_flag=True, help="Let changes pass that a person would have to decide about."
    ),
    click.option(
        "--max-states", type=click.IntRange(min=1), metavar="N", help="Compare N states of each version at most."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Stop each instance after so long.",
    ),
)


_NOT_KNOWN = ("too-large", "submodule")
"""Codes of complaints about what nobody did wrong."""


def exit_code(judgement: Judgement) -> Code:
    """What the process ends with."""
    if any(error.code not in _NOT_KNOWN for error in judgement.errors):
        return Code.WRONG_REQUEST
    if judgement.closes:
        return Code.VIOLATED
    if judgement.errors or judgement.limits:
        return Code.INCONCLUSIVE
    return Code.PASSED
