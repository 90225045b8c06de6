"""`custody simulate`: play a specification by hand, from a script, or at random."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from custody.cli.codes import Code
from custody.cli.options import setting_option
from custody.cli.paths import Spec, load_one
from custody.language import LimitError, SpecError, instances
from custody.present.diagnostics import render as render_diagnostic
from custody.simulate.commands import CommandError, Player
from custody.simulate.predicate import PredicateError, predicate
from custody.simulate.walk import NoStateError, Walk
from custody.system.expression import Expr
from custody.system.finding import Trace
from custody.system.model import System

if TYPE_CHECKING:
    from custody.properties.result import PropertyResult


@click.command(name="simulate")
@click.argument("path")
@setting_option
@click.option(
    "--instance", type=click.IntRange(min=1), default=1, metavar="K", help="The K-th instance that is declared."
)
@click.option(
    "--random", "steps", type=click.IntRange(min=1), metavar="N", help="Take N steps at random and tell them."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the random steps: the same gives the same.")
@click.option(
    "--load",
    "loaded",
    metavar="PROPERTY",
    help="Begin with this property's counterexample, or a run from an ITF file (.json).",
)
@click.option("--line", is_flag=True, help="Commands a line each instead of the full screen, as when piped.")
@click.option("--script", type=click.File(encoding="utf-8"), metavar="FILE", help="Take the commands from a file.")
def command(
    path: str,
    settings: list[tuple[str, str]],
    instance: int,
    steps: int | None,
    seed: int,
    loaded: str | None,
    line: bool,
    script: Iterable[str] | None,
) -> int:
    """Play PATH, a specification: step, back up, ask why not, search, branch off a counterexample.

    On a terminal it fills the screen; a script or a pipe gives a command a line (`help` lists them). With --random
    the exit code is 1 where a property is violated on the way; in a script a command that fails ends it with 2.
    """
    try:
        spec = load_one(path)
        systems = instances(spec.program, dict(settings))
    except SpecError as error:
        for diagnostic in error.diagnostics:
            click.echo(render_diagnostic(diagnostic), err=True)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise click.UsageError(str(error)) from None
    if instance > len(systems):
        raise click.UsageError(f"{path} has {len(systems)} instances, so that --instance {instance} is none of them")
    system = systems[instance - 1]
    try:
        player = _player(spec, system, dict(settings), seed)
    except NoStateError as error:
        raise click.UsageError(str(error)) from None
    if steps is not None:
        return _wander(player, steps)
    first = f"load {loaded}" if loaded else ""
    if script is not None or line or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return _read(player, first, script if script is not None else sys.stdin, strict=script is not None)
    return _full_screen(player, first)


def _player(spec: Spec, system: System, settings: dict[str, str], seed: int) -> Player:
    def condition(text: str) -> Expr:
        try:
            return predicate(spec.program, settings, system, text)
        except PredicateError as error:
            raise CommandError(str(error)) from None

    return Player(Walk(system), condition, _counterexamples(spec, system), random.Random(seed))


def _counterexamples(spec: Spec, system: System) -> Callable[[str], Trace]:
    """How to get the trace of a property: by checking it; or from a file in ITF."""

    def find(name: str) -> Trace:
        import difflib

        from custody.properties.check import check

        if name.endswith(".json"):
            return _from_file(system, name)
        known = [subject.name for subject in system.properties]
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise CommandError(f"there is no property '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        result: PropertyResult = check(system, spec.name, properties=(name,)).properties[0]
        if result.finding.trace is None:
            raise CommandError(f"{name}: {result.finding.verdict}, so there is no run to load")
        return result.finding.trace

    return find


def _from_file(system: System, name: str) -> Trace:
    from custody.exchange.itf import TraceError, read

    try:
        return read(system, Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
    except TraceError as error:
        raise CommandError(f"{name}: {error}") from None


def _wander(player: Player, steps: int) -> int:
    for text in player.run(f"run {steps}"):
        click.echo(text)
    return Code.VIOLATED if player.walk.violated() else Code.PASSED


def _read(player: Player, first: str, lines: Iterable[str], *, strict: bool) -> int:
    """A command a line; one that makes no sense ends a script, and is only complained of otherwise."""
    code = _do(player, first) if first else Code.PASSED
    if not strict:
        _do(player, "list")
    for line in lines:
        code = _do(player, line) or code
        if player.over or (strict and code is not Code.PASSED):
            break
        sys.stdout.flush()
    return code if strict or code is Code.PASSED else Code.WRONG_REQUEST


def _do(player: Player, line: str) -> Code:
    try:
        for text in player.run(line):
            click.echo(text)
    except CommandError as error:
        click.echo(f"custody: {error}", err=True)
        return Code.WRONG_REQUEST
    return Code.PASSED


def _full_screen(player: Player, first: str) -> int:
    try:
        from custody.simulate.screen import Screen
    except ModuleNotFoundError:
        click.echo(
            "note: the full screen needs textual (pip install 'custody[tui]'); here is the line mode", err=True
        )
        return _read(player, first, sys.stdin, strict=False)
    screen = Screen(player, first)
    screen.run()
    return Code.FAULT if screen.return_code else Code.PASSED
