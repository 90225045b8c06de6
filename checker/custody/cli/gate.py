"""`custody gate`: what the changes in a git range mean, with the exit code that a pipeline needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from custody.change.effort import Effort
from custody.change.gate import gate
from custody.change.judge import Judgement, Measure, judge
from custody.change.settings import find_settings
from custody.cli.codes import Code
from custody.cli.comparing import comparing, exit_code
from custody.cli.complaints import complain
from custody.cli.outputs import colours, human_stream, paired, width, write
from custody.language.diagnostic import SpecError
from custody.present.change.formats import render as render_format
from custody.present.change.text import render
from custody.present.text import Page
from custody.processors import processors


@click.command(name="gate")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--against", metavar="GITREF", help="Compare with where HEAD left this commit, branch or tag.")
@click.option("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Compare N specifications at once.")
@click.option("--no-cache", is_flag=True, help="Compare again what was compared before.")
@click.option(
    "--wide", is_flag=True, help="Compare every instance, however large, and models of a changed contract in all."
)
@click.option("--report-only", is_flag=True, help="Say everything and exit with 0 where the gate would close with 1.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing where nothing closes the gate.")
@click.option("--verbose", "-v", is_flag=True, help="Show witnesses of changes that close nothing, too.")
@comparing
def command(
    paths: tuple[str, ...],
    against: str | None,
    jobs: int | None,
    no_cache: bool,
    wide: bool,
    report_only: bool,
    quiet: bool,
    verbose: bool,
    ignore_ambiguous: bool,
    effort: Effort,
    json_files: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[str, ...],
) -> int:
    """Compare specifications with an earlier version in git, and close where a change breaks somebody.

    Without --against the work tree is compared with HEAD, or HEAD with its parent where no specification in the work
    tree differs from HEAD. PATH is a specification or a folder; without any, the folder `spec`, or the
    whole repository. What uses a changed module, and models that implement a changed contract, are compared, too.
    """
    outputs = paired(json_files, formats, files)
    stream = human_stream(outputs)
    try:
        settings = find_settings(Path(paths[0]) if paths else Path.cwd())
        outcome = gate(
            against,
            paths,
            replace(effort, wide=wide),
            jobs or processors(),
            cached=not no_cache,
            measure=Measure.of(settings, ignore_ambiguous=ignore_ambiguous),
        )
        judgement = judge(
            outcome.results,
            settings,
            errors=outcome.errors,
            ignore_ambiguous=ignore_ambiguous,
            whole_baseline=not paths,
            between=outcome.between,
            unchanged=outcome.unchanged,
        )
    except SpecError as error:
        judgement = Judgement((), (), tuple(error.diagnostics))
    complain(judgement.errors)
    code = exit_code(judgement)
    if code is not Code.PASSED or not quiet:
        stream.write(render(judgement, Page(width(stream), colours(stream)), everything=verbose))
    for output in outputs:
        write(output, render_format(output.format, judgement))
    if report_only and code is Code.VIOLATED:
        closing = sum(f.closes for f in judgement.findings)
        click.echo(f"custody: {closing} would close the gate; --report-only keeps it open", err=True)
        return Code.PASSED
    return code
