"""`custody mutate`: are the properties of a specification strong enough to catch mistakes in it?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

import click

from custody.cli.codes import Code, heaviest
from custody.cli.complaints import complain
from custody.cli.outputs import Output, human_stream, paired, write
from custody.cli.paths import load_all
from custody.language.fingerprint import fingerprint
from custody.mutation.operators import OPERATORS, Mutant, mutants, spread
from custody.mutation.report import Tried, document, text
from custody.mutation.trial import Bench, NothingToLoseError, Outcome, Trial
from custody.present.formats import Format
from custody.system.finding import Limits


@click.command(name="mutate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--module", "modules", multiple=True, metavar="NAME", help="Also make mistakes in this module. Repeatable."
)
@click.option(
    "--operator", "operators", multiple=True, type=click.Choice(list(OPERATORS)), help="Only such mistakes."
)
@click.option("--sample", type=click.IntRange(min=1), metavar="N", help="Try N of the mistakes, spread evenly.")
@click.option(
    "--explanations", metavar="FILE", help="A TOML file that says why a mistake cannot be caught, by its key."
)
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Stop each search after N states.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop each search after so long.",
)
@click.option("--json", "json_files", multiple=True, metavar="FILE", help="Write the result as JSON; - is stdout.")
def command(
    paths: tuple[str, ...],
    modules: tuple[str, ...],
    operators: tuple[str, ...],
    sample: int | None,
    explanations: str | None,
    max_states: int | None,
    timeout: float,
    json_files: tuple[str, ...],
) -> int:
    """Make small mistakes in each PATH, one at a time, and see whether some property fails.

    A lock that is not taken, a sync the wrong way round, a guard, a put or a wait left out, two steps in the other
    order. A mistake that nothing catches, and that nobody explained, exits with 1: it changes nothing, or some
    property is missing.
    """
    outputs = paired(json_files, (), ())
    stream = human_stream(outputs)
    known = _explanations(explanations)
    specs, errors = load_all(paths)
    complain(errors)
    codes = [Code.WRONG_REQUEST] if errors else []
    runs: list[Tried] = []
    for spec in specs:
        found = [m for m in mutants(spec.program, modules) if not operators or m.operator in operators]
        try:
            bench = Bench(spec.program, spec.name, Limits(max_states=max_states, timeout=timeout))
        except NothingToLoseError as error:
            raise click.UsageError(str(error)) from None
        chosen = spread(found, sample)
        tried = Tried(spec.name, fingerprint(spec.program), len(found), tuple(_tried(bench, chosen)), known)
        runs.append(tried)
        stream.write(text(tried))
        stream.flush()
        codes.append(Code.VIOLATED if tried.unexplained else Code.PASSED)
        codes.append(Code.INCONCLUSIVE if tried.of(Outcome.UNKNOWN) else Code.PASSED)
    for output in outputs:
        write(Output(Format.JSON, output.file), document(runs))
    return heaviest(codes)


def _tried(bench: Bench, chosen: list[Mutant]) -> list[Trial]:
    trials: list[Trial] = []
    for number, mutant in enumerate(chosen, 1):
        if sys.stderr.isatty():
            click.echo(f"\r{number} of {len(chosen)}\033[K", err=True, nl=number == len(chosen))
        trials.append(bench.try_out(mutant))
    return trials


def _explanations(file: str | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        content: dict[str, Any] = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"cannot read {file}: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise click.UsageError(f"{file} is not TOML: {error}") from None
    return {key: str(value) for key, value in content.items()}
