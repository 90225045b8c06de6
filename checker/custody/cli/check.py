"""`custody check`: every property of every specification, with the verdicts as text and in the formats asked for."""

from __future__ import annotations

from pathlib import Path

import click

from custody.cli.codes import heaviest
from custody.cli.options import Exploring, exploring, source_option
from custody.cli.outputs import Output, human_stream, paired, reporting, write
from custody.cli.session import Session, jobs_option
from custody.present.draw.links import Links
from custody.present.formats import Format
from custody.present.formats import render as render_format
from custody.present.report import Report


@click.command(name="check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@exploring
@jobs_option
@reporting
@click.option(
    "--charts",
    metavar="DIR",
    help="Draw the shortest counterexample of each violated property into this folder, as SVG.",
)
@source_option
@click.option(
    "--explain",
    is_flag=True,
    help="Say of each violation which steps and variables matter, where the nearest run that passes parts from it,"
    " and which small changes would have prevented it, each tried out; once for each property of a file, in the first"
    " instance that violates it. Takes minutes for a large model.",
)
def command(
    paths: tuple[str, ...],
    exploring: Exploring,
    jobs: int | None,
    json_files: tuple[str, ...],
    formats: tuple[str, ...],
    files: tuple[str, ...],
    charts: str | None,
    source_url: str,
    explain: bool,
) -> int:
    """Check every property of every specification.

    PATH is a specification, a folder of them, or spec:NAME for one that comes with Custody; without any, the
    folder `spec`. A violation that the specification expects is a pass.
    """
    outputs = paired(json_files, formats, files)
    folder = None if charts is None else _folder(charts)
    session = Session(human_stream(outputs), exploring, jobs, explain)
    session.check_all(paths)
    report = session.finish()
    for output in outputs:
        write(output, render_format(output.format, report))
    if folder is not None:
        _draw(report, folder, Links(charts or "", source_url))
    return heaviest(session.codes)


def _folder(name: str) -> Path:
    """The folder for charts, which is made where it is missing."""
    folder = Path(name)
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot draw into {name}: {error.strerror}") from None
    return folder


def _draw(report: Report, folder: Path, links: Links) -> None:
    from custody.present.draw.charts import charts

    for name, picture in charts(report, links):
        write(Output(Format.TEXT, str(folder / name)), picture)
