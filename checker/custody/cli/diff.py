"""`custody diff`: what a change of a specification means."""

from __future__ import annotations

from pathlib import Path

import click

from custody.change.compare import Effort, compare_programs
from custody.change.judge import Judgement, judge
from custody.change.settings import find_settings
from custody.cli.comparing import comparing, exit_code, tell
from custody.cli.options import setting_option
from custody.cli.outputs import colours, human_stream, paired, width, write
from custody.cli.paths import load_one
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.present.change.formats import render as render_format
from custody.present.change.text import render
from custody.present.text import Page


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@setting_option
@comparing
def command(
    old: str,
    new: str,
    settings: list[tuple[str, str]],
    ignore_ambiguous: bool,
    effort: Effort,
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
        result = compare_programs(load_one(old).program, load_one(new).program, dict(settings), effort, new)
        judgement = judge(
            [result],
            find_settings(Path(new).parent),
            ignore_ambiguous=ignore_ambiguous,
            whole_baseline=False,
            between=f"{old} with {new}",
        )
    except (SpecError, LimitError) as error:
        judgement = _not_compared(error)
    tell(judgement.errors)
    stream.write(render(judgement, Page(width(stream), colours(stream))))
    for output in outputs:
        write(output, render_format(output.format, judgement))
    return exit_code(judgement)


def _not_compared(error: SpecError | LimitError) -> Judgement:
    if isinstance(error, SpecError):
        return Judgement((), (), tuple(error.diagnostics))
    message = str(error).removeprefix(f"{error.place}: ")
    return Judgement((), (), (Diagnostic(error.place, "too-large", message),))
