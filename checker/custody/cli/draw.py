"""`custody draw`: a picture of a specification: its state map, its reachable graph, or a counterexample."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from custody.cli.codes import Code
from custody.cli.complaints import TooLargeError, complain
from custody.cli.options import setting_option, source_option
from custody.cli.paths import load_one
from custody.language import LimitError, SpecError
from custody.language.kept import instances
from custody.language.uses import uses
from custody.present.draw.chart import chart
from custody.present.draw.dot import map_dot
from custody.present.draw.layers import layers_dot
from custody.present.draw.links import Links
from custody.present.draw.locks import locks_map
from custody.present.draw.maps import map_of
from custody.present.draw.render import FORMATS, NoGraphvizError, render, write
from custody.present.draw.table import Table
from custody.present.draw.table_dot import table_dot
from custody.present.draw.table_svg import table_svg
from custody.properties.check import check
from custody.properties.result import PropertyResult
from custody.system.display import View
from custody.system.finding import Verdict
from custody.system.model import System


@click.command(name="draw")
@click.argument("path")
@click.option("-o", "--output", "target", required=True, metavar="FILE", help="Where to: FILE.{svg,png,pdf,dot}.")
@click.option(
    "--view",
    "kind",
    type=click.Choice(["lifecycle", "graph", "trace", "locks", "layers"]),
    default="lifecycle",
    show_default=True,
    help="State map, reachable graph (folded where large), a counterexample as a sequence chart, the order in which"
    " locks are taken, or what uses what.",
)
@click.option("--property", "wanted", metavar="NAME", help="For trace: whose counterexample (default: the first).")
@click.option(
    "--variables",
    metavar="A,B",
    help="What to tell states apart by; for trace, whose values get a lane of their own.",
)
@setting_option
@source_option
def command(
    path: str,
    target: str,
    kind: str,
    wanted: str | None,
    variables: str | None,
    settings: list[tuple[str, str]],
    source_url: str,
) -> int:
    """Draw PATH, a specification."""
    file = Path(target)
    if file.suffix.removeprefix(".") not in FORMATS:
        raise click.UsageError(f"cannot draw '{target}': the name must end in .{', .'.join(FORMATS)}")
    if not file.parent.is_dir():
        raise click.UsageError(f"cannot write {target}: there is no folder {file.parent}")
    try:
        spec = load_one(path)
        systems = instances(spec.program, dict(settings))
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
    links = Links(str(file.parent), source_url)
    try:
        if kind == "trace":
            _save(_trace(systems, spec.name, wanted, variables, links), file)
        elif kind == "locks":
            render(map_dot(locks_map(systems[0], spec.name), links), file)
        elif kind == "layers":
            sides = {action.actor.partition(".")[0]: action.side or "" for action in systems[0].actions}
            render(layers_dot(spec.name, spec.program.name, uses(spec.program), sides, links), file)
        else:
            views = _named(systems[0], variables) if variables else ()
            render(map_dot(map_of(systems[0], spec.name, kind, views), links), file)
    except NoGraphvizError as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"cannot write {target}: {error.strerror}") from None
    return Code.PASSED


def _save(table: Table, file: Path) -> None:
    """A chart as SVG needs no other program; in every other format graphviz draws it."""
    if file.suffix == ".svg":
        write(file, table_svg(table).encode())
    else:
        render(table_dot(table), file)


def _named(system: System, variables: str) -> list[View]:
    views = {view.name: view for view in system.views}
    found: list[View] = []
    for name in (part.strip() for part in variables.split(",")):
        if name not in views:
            near = difflib.get_close_matches(name, list(views), 1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(list(views)[:8])}"
            raise click.UsageError(f"'{name}' is nothing that can be shown{hint}")
        found.append(views[name])
    return found


def _trace(systems: tuple[System, ...], name: str, wanted: str | None, variables: str | None, links: Links) -> Table:
    """The chart of the wanted property's trace, in the first instance that has one."""
    known = list(dict.fromkeys(p.name for system in systems for p in system.properties))
    if wanted is not None and wanted not in known:
        near = difflib.get_close_matches(wanted, known, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise click.UsageError(f"there is no property '{wanted}'{hint}")
    for system in systems:
        names = None if wanted is None else (wanted,)
        if wanted is not None and all(p.name != wanted for p in system.properties):
            continue
        run = check(system, name, properties=names)
        found = _first(run.properties, anything=wanted is not None)
        if found is not None and found.finding.trace is not None:
            return chart(system, found, _named(system, variables) if variables else None, links)
    raise click.UsageError(f"{'it' if wanted is None else repr(wanted)} has no trace to draw: nothing is violated")


def _first(results: tuple[PropertyResult, ...], *, anything: bool) -> PropertyResult | None:
    violated = [r for r in results if r.finding.verdict is Verdict.VIOLATED and r.finding.trace is not None]
    shown = [r for r in results if r.finding.trace is not None]
    return violated[0] if violated else (shown[0] if shown and anything else None)
