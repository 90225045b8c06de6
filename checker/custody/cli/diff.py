"""`custody diff`: what a change of a specification means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from custody.change.compare import compare_programs
from custody.change.compare import paired as instances_of
from custody.change.effort import Effort
from custody.change.judge import Judgement, judge
from custody.change.replay import is_replayable, replay
from custody.change.result import Change, change_from_json
from custody.change.settings import find_settings
from custody.cli.codes import Code
from custody.cli.comparing import comparing, exit_code
from custody.cli.complaints import complain
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
@click.option(
    "--replay",
    "recorded",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Try the runs in a JSON of `diff` or `gate` again instead: 1 where one is still of one version only.",
)
@comparing
def command(
    old: str,
    new: str,
    settings: list[tuple[str, str]],
    recorded: Path | None,
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
    if recorded is not None:
        return _replay(old, new, dict(settings), recorded)
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
    complain(judgement.errors)
    stream.write(render(judgement, Page(width(stream), colours(stream))))
    for output in outputs:
        write(output, render_format(output.format, judgement))
    return exit_code(judgement)


def _replay(old: str, new: str, settings: dict[str, str], recorded: Path) -> Code:
    """Each run of the file, in the plain evaluator."""
    changes = _recorded(recorded)
    try:
        pairs = instances_of(load_one(old).program, load_one(new).program, settings).pairs
    except (SpecError, LimitError) as error:
        complain(_not_compared(error).errors)
        return Code.WRONG_REQUEST
    still = False
    for change in changes:
        names = [name for name in change.instances or ("",) if name in pairs] or list(pairs)
        tried = [(name, replay(*pairs[name], change)) for name in names]
        name, found = next(((name, done) for name, done in tried if done.there), tried[0])
        still = still or found.there
        where = f" in {name}" if name else ""
        click.echo(f"{change.id} {change.subject}{where}: {'' if found.there else 'gone: '}{found.words}")
    return Code.VIOLATED if still else Code.PASSED


def _recorded(path: Path) -> list[Change]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        entries = [change for spec in document["specifications"] for change in spec["changes"]]
        found = [change_from_json(entry) for entry in entries]
    except (ValueError, KeyError, TypeError):
        raise click.UsageError(f"{path} is not a comparison's JSON (--json of `custody diff` or `gate`)") from None
    replayable = [change for change in found if is_replayable(change)]
    if not replayable:
        raise click.UsageError(f"{path} has no change that is shown by a run")
    return replayable


def _not_compared(error: SpecError | LimitError) -> Judgement:
    if isinstance(error, SpecError):
        return Judgement((), (), tuple(error.diagnostics))
    message = str(error).removeprefix(f"{error.place}: ")
    return Judgement((), (), (Diagnostic(error.place, "too-large", message),))
