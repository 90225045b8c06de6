"""`custody diff`: what a change of a specification means."""

from __future__ import annotations

from pathlib import Path

import click

from custody.change.compare import Effort, compare_programs
from custody.change.judge import Judgement, judge
from custody.change.settings import find_settings
from custody.cli.codes import Code
from custody.cli.options import setting_option
from custody.cli.outputs import colours, human_stream, paired, reporting, width, write
from custody.cli.paths import load_one
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.present.change.formats import render as render_format
from custody.present.change.text import render
from custody.present.diagnostics import render as render_diagnostic
from custody.present.text import Page


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@setting_option
@click.option("--ignore-ambiguous", "-i", is_flag=True, help="Changes that a person has to decide about pass.")
@click.option(
    "--max-states", type=click.IntRange(min=1), metavar="N", help="Compare N states of each version at most."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop each instance after so long.",
)
@reporting
def command(
    old: str,
    new: str,
    settings: list[tuple[str, str]],
    ignore_ambiguous: bool,
    max_states: int | None,
    timeout: float | None,
    json_files: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[str, ...],
) -> int:
    """What the change from OLD to NEW means: behaviours gained and lost, verdicts changed, and who is harmed.

    OLD and NEW are specifications, or spec:NAME for one that comes with Custody. The verdict is identical,
    compatible, ambiguous (a person has to decide) or breaking; the last two exit with 1.
    """
    outputs = paired(json_files, formats, files)
    stream = human_stream(outputs)
    try:
        result = compare_programs(
            load_one(old).program, load_one(new).program, dict(settings), Effort.of(max_states, timeout), new
        )
        judgement = judge(
            [result],
            find_settings(Path(new).parent),
            ignore_ambiguous=ignore_ambiguous,
            whole_baseline=False,
            between=f"{old} with {new}",
        )
    except (SpecError, LimitError) as error:
        judgement = _not_compared(error)
    stream.write(render(judgement, Page(width(stream), colours(stream))))
    for output in outputs:
        write(output, render_format(output.format, judgement))
    return exit_code(judgement)


def _not_compared(error: SpecError | LimitError) -> Judgement:
    if isinstance(error, SpecError):
        complaints = tuple(error.diagnostics)
    else:
        complaints = (Diagnostic(error.place, "too-large", str(error).removeprefix(f"{error.place}: ")),)
    for complaint in complaints:
        click.echo(render_diagnostic(complaint), err=True, nl=False)
    return Judgement((), (), complaints)


def exit_code(judgement: Judgement) -> Code:
    """What the process ends with."""
    if any(error.code != "too-large" for error in judgement.errors):
        return Code.WRONG_REQUEST
    if judgement.closes:
        return Code.VIOLATED
    if judgement.errors or judgement.limits:
        return Code.INCONCLUSIVE
    return Code.PASSED
