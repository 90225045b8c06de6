"""`custody simulate`: play a specification by hand, from a script, or at random."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from custody.cli.codes import Code
from custody.cli.complaints import TooLargeError, complain
from custody.cli.options import setting_option
from custody.cli.paths import Spec, load_one
from custody.language import LimitError, SpecError, instances
from custody.simulate.commands import CommandError, Player
from custody.simulate.predicate import PredicateError, predicate
from custody.simulate.walk import NoStateError, Walk
from custody.system.expression import TRUE, Expr
from custody.system.finding import Limits, Trace, Verdict
from custody.system.model import Form, Kind, Property, State, System
from custody.system.place import Place

if TYPE_CHECKING:
    from custody.properties.result import PropertyResult


MOST_SECONDS = 60.0
"""How long a search for a state may take."""

_FOUND = "what is looked for"


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
    help="Begin with this property's counterexample, or a run from a file: 'FILE.json' in ITF, or 'FILE.json"
    " PROPERTY' out of what check --json wrote.",
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
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
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

    return Player(
        Walk(system), condition, _counterexamples(spec, system), _searching(spec, system), random.Random(seed)
    )


def _counterexamples(spec: Spec, system: System) -> Callable[[str], Trace]:
    """How to get the trace of a property: by checking it; or from a file in ITF."""

    def find(name: str) -> Trace:
        import difflib

        from custody.properties.check import check

        file, ending, rest = name.partition(".json")
        if ending and (not rest or rest[0] == " "):
            return _from_file(system, file + ending, rest.strip())
        known = [subject.name for subject in system.properties]
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise CommandError(f"there is no property '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))
        result: PropertyResult = check(system, spec.name, properties=(name,)).properties[0]
        if result.finding.trace is None:
            raise CommandError(f"{name}: {result.finding.verdict}, so there is no run to load")
        return result.finding.trace

    return find


def _from_file(system: System, name: str, subject: str) -> Trace:
    """The run in the file: a trace in ITF, or that of a property in what `custody check --json` wrote."""
    from custody.exchange import itf
    from custody.simulate import recorded

    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{name}: this is no JSON: {error}") from None
    try:
        if isinstance(document, dict) and "runs" in document:
            return recorded.read(system, cast(dict[str, Any], document), subject)
        return itf.read(system, text)
    except (itf.TraceError, recorded.RecordedError) as error:
        raise CommandError(f"{name}: {error}") from None
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise CommandError(f"{name}: this is not what `custody check --json` writes ({error!r})") from None


def _searching(spec: Spec, system: System) -> Callable[[Expr, State], tuple[int, ...] | None]:
    """How to find the nearest state where a condition holds when there are many: by the exhaustive search."""

    def find(wanted: Expr, origin: State) -> tuple[int, ...] | None:
        from custody.properties.check import check

        variables = tuple(
            replace(variable, initial=(value,)) for variable, value in zip(system.variables, origin, strict=True)
        )
        subject = Property(_FOUND, Form.REACHABLE, Kind.REACHABILITY, Place(system.file, 1), wanted)
        from_here = replace(
            system, variables=variables, where=TRUE, properties=(*system.properties, subject), implementation=None
        )
        (result,) = check(from_here, spec.name, limits=Limits(timeout=MOST_SECONDS), properties=(_FOUND,)).properties
        if result.finding.verdict is Verdict.INCONCLUSIVE:
            raise LookupError(f"not within {MOST_SECONDS:g} seconds")
        return None if result.finding.trace is None else result.finding.trace.actions

    return find


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
