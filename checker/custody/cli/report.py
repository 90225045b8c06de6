"""`custody report`: a whole run as one page that needs no network, with its data beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from custody.cli.codes import heaviest
from custody.cli.options import Exploring, exploring, source_option
from custody.cli.outputs import human_stream
from custody.cli.session import Session, jobs_option
from custody.language.program import Program
from custody.present.draw.dot import map_dot
from custody.present.draw.links import Links
from custody.present.draw.maps import map_of
from custody.present.draw.render import NoGraphvizError, render, write
from custody.present.machine import timeless
from custody.present.page.content import Content, gather
from custody.present.page.explained import Said, kept, made_with
from custody.present.page.html import Picture, html
from custody.present.page.markdown import markdown
from custody.present.report import Report
from custody.properties.result import RunResult

MOST_STATES = 5_000
"""The largest instance whose state map is drawn in the page: larger ones take long, and say less."""


@click.command(name="report")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@exploring
@jobs_option
@click.option("-o", "--output", "target", required=True, metavar="DIR", help="The folder to write into.")
@click.option(
    "--plot",
    "plots",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE.svg",
    help="A picture to show in the page, such as what the benchmarks drew. Repeatable.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say of each violation why it is one and what would have prevented it, as `custody check --explain` does."
    " Takes minutes for a large model.",
)
@click.option(
    "--explained",
    "explained_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE.json",
    help="Explanations that were kept, such as reports/explanations.json; those of another version of a specification"
    " are left out. Repeatable.",
)
@click.option("--no-maps", is_flag=True, help="Without state maps, which need graphviz.")
@source_option
def command(
    paths: tuple[str, ...],
    exploring: Exploring,
    jobs: int | None,
    target: str,
    plots: tuple[str, ...],
    explain: bool,
    explained_files: tuple[str, ...],
    no_maps: bool,
    source_url: str,
) -> int:
    """Check every property of every specification, and write what came of it as a page.

    DIR gets index.html, report.md and report.json; the same result gives the same bytes. The exit code is that of
    `custody check`.
    """
    folder = Path(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot write into {target}: {error.strerror}") from None
    pictures = [_picture(plot) for plot in plots]
    texts = {file: _text(file) for file in explained_files}
    _kept(texts, {})  # A file of another kind is told now, and not after a long search.
    session = Session(human_stream(()), exploring, jobs, explain)
    session.check_all(paths)
    report = session.finish()
    links = Links(target, source_url)
    content = gather(report, links, {**_kept(texts, session.programs), **made_with(report)})
    maps = {} if no_maps else _maps(report, content, links)
    page = html(content, pictures, maps, links)
    data = json.dumps(timeless(report), indent=1) + "\n"
    for name, text in (("index.html", page), ("report.md", markdown(content)), ("report.json", data)):
        try:
            write(folder / name, text.encode())
        except OSError as error:
            raise click.UsageError(f"cannot write {folder / name}: {error.strerror}") from None
    click.echo(f"wrote {folder / 'index.html'}")
    return heaviest(session.codes)


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"cannot read {file}: {error}") from None


def _kept(texts: Mapping[str, str], programs: Mapping[str, Program]) -> dict[tuple[str, str], Said]:
    found: dict[tuple[str, str], Said] = {}
    for file, text in texts.items():
        try:
            known, outdated = kept(text, programs)
        except ValueError as error:
            raise click.UsageError(f"cannot read {file}: {error}") from None
        found |= known
        for spec in outdated:
            click.echo(f"note: {file} explains an earlier version of {spec}, and is left out", err=True)
    return found


def _picture(plot: str) -> Picture:
    text = _text(plot)
    if "<svg" not in text:
        raise click.UsageError(f"{plot} is no SVG")
    start, end = text.find("<title>"), text.find("</title>")
    title = text[start + len("<title>") : end] if 0 <= start < end else Path(plot).stem
    return Picture(title, text)


def _maps(report: Report, content: Content, links: Links) -> dict[str, str]:
    """The state map of each specification by its key in the page: that of its smallest instance."""
    maps: dict[str, str] = {}
    for spec in content.specs:
        runs = [run for run in report.runs if run.spec == spec.path and _states(run) <= MOST_STATES]
        if not runs:
            continue
        run = min(runs, key=_states)
        try:
            maps[spec.key] = _drawn(map_dot(map_of(run.system, spec.path, "lifecycle"), links))
        except NoGraphvizError as error:
            click.echo(f"note: the page has no state maps: {error}", err=True)
            break
    return maps


def _states(run: RunResult) -> int:
    counted = run.counted
    return MOST_STATES + 1 if counted is None or counted.states is None else counted.states


def _drawn(dot: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.svg"
        render(dot, file)
        return file.read_text(encoding="utf-8")
