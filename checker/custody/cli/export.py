"""`custody export`: the same model for another tool, to ask there what was said of it here."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

import click

from custody.cli.codes import Code
from custody.cli.complaints import TooLargeError, complain, meant
from custody.cli.options import setting_option
from custody.cli.paths import load_one
from custody.exchange import graphviz, itf, murphi, promela, smv, tla, vmt
from custody.exchange.names import setting
from custody.exchange.problem import ExportError
from custody.language import LimitError, SpecError
from custody.language.kept import instances
from custody.system.model import System


class _Export(Protocol):
    """What a format's module does; `file` is the name that its remarks use for the written file."""

    def __call__(self, system: System, properties: Collection[str] = (), *, file: str = ...) -> str: ...


def _itf(system: System, properties: Collection[str] = (), *, file: str = "FILE.itf.json") -> str:
    """The run that shows a property violated, or reached."""
    from custody.properties.check import check

    del file
    if len(properties) != 1:
        raise ExportError("a run is of one property; name it with --property")
    (result,) = check(system, system.file, properties=tuple(properties)).properties
    if result.finding.trace is None:
        raise ExportError(f"'{result.subject.name}' {result.finding.verdict}, so there is no run to write")
    return itf.write(system, result.finding.trace, f"{result.subject.name}: {result.message}")


FORMATS: Final[Mapping[str, _Export]] = MappingProxyType(
    {
        "promela": promela.export,
        "murphi": murphi.export,
        "tla": tla.export,
        "smv": smv.export,
        "smt2": vmt.export,
        "dot": graphviz.export,
        "itf": _itf,
    }
)

MONITORS: Final = "rv-dot"
"""The form that is several files: a monitor for each rule, for the kernel's runtime verification."""

SUFFIXES: Final[Mapping[str, str]] = MappingProxyType(
    {"promela": "pml", "murphi": "m", "tla": "tla", "smv": "smv", "smt2": "smt2", "dot": "dot", "itf": "itf.json"}
)

STDOUT: Final = "-"


def _format(_context: click.Context, _option: click.Parameter, name: str) -> str:
    known = (*FORMATS, MONITORS)
    if name in known:
        return name
    there = f"there are {', '.join(known)}"
    near = difflib.get_close_matches(name, known, 1)
    raise click.BadParameter(f"there is no format '{name}'; {f'did you mean {near[0]}?' if near else there}")


@click.command(name="export")
@click.argument("path", metavar="SPEC")
@click.option(
    "--to",
    "form",
    required=True,
    metavar="FORMAT",
    callback=_format,
    help="promela (SPIN), murphi (rumur), tla (TLC), smv (nuXmv), smt2 (VMT: solvers), dot (the graph), itf (a run), "
    "rv-dot (the kernel's monitors, one for each rule, into a folder).",
)
@click.option("-o", "--output", "target", default=STDOUT, metavar="FILE", help="Where to (default: stdout).")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="NAME",
    help="Have the other tool check this property too (for rv-dot: write this rule's monitor only). Repeatable. "
    "Without any, it counts states and transitions.",
)
@setting_option
def command(path: str, form: str, target: str, properties: tuple[str, ...], settings: list[tuple[str, str]]) -> int:
    """Write SPEC as a model for another tool; the first lines of the file say how to run it.

    The other tool has the same states and transitions. Where SPEC declares several instances, --set chooses one.
    """
    if form != MONITORS:
        _require_writable(target)
    try:
        spec = load_one(path)
        systems = instances(spec.program, dict(settings))
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
    system = _only(systems, path)
    if form == MONITORS:
        return _monitors(system, properties, target)
    _require_known(properties, system)
    name = f"FILE.{SUFFIXES[form]}" if target == STDOUT else Path(target).name
    try:
        text = FORMATS[form](system, properties, file=name)
    except ExportError as error:
        raise click.UsageError(f"cannot export to {form}: {error}") from None
    _write(text, target)
    if form == "tla" and target != STDOUT:
        # TLC reads what to check from a file of its own.
        _write(tla.configuration(system, properties), str(Path(target).with_suffix(".cfg")))
    return Code.PASSED


def _monitors(system: System, rules: Sequence[str], target: str) -> int:
    """Writes a monitor for each rule, or for those asked for, to a folder; a single one also to a file or stdout."""
    from custody.exchange.rv_dot import export, monitors

    try:
        found, refused = monitors(system)
    except ExportError as error:
        raise click.UsageError(f"cannot export to {MONITORS}: {error}") from None
    for rule in rules:
        reason = next((refusal.reason for refusal in refused if refusal.rule == rule), None)
        if reason is not None:
            raise click.UsageError(f"there is no monitor for {rule}: {reason}")
        if all(monitor.rule != rule for monitor in found):
            known = ", ".join(monitor.rule for monitor in found)
            raise click.UsageError(f"no action of {system.name} cites {rule}; there are monitors for {known}")
    wanted = [monitor for monitor in found if not rules or monitor.rule in rules]
    folder = Path(target)
    if len(wanted) == 1 and (target == STDOUT or not folder.is_dir()):
        _require_writable(target)
        _write(export(wanted[0]), target)
    elif target == STDOUT or not folder.is_dir():
        raise click.UsageError(
            f"{len(wanted)} monitors need a folder that is there (-o FOLDER), or choose a --property"
        )
    else:
        for monitor in wanted:
            _write(export(monitor), str(folder / f"{monitor.name}.dot"))
    for monitor in wanted:
        size = f"{len(monitor.states)} states, {len(monitor.automaton.events)} events"
        click.echo(f"{monitor.rule}: {monitor.name}, watches a {monitor.watches}, {size}", err=True)
    for refusal in refused if not rules else ():
        click.echo(f"{refusal.rule}: no monitor: {refusal.reason}", err=True)
    return Code.PASSED


def _only(systems: Sequence[System], path: str) -> System:
    if len(systems) == 1:
        return systems[0]
    values = [dict(system.parameters) for system in systems]
    differing = [name for name in values[0] if len({str(each.get(name)) for each in values}) > 1]
    choices = [" ".join(f"--set {name}={setting(each[name])}" for name in differing) for each in values]
    raise click.UsageError("\n  ".join([f"{path} has {len(systems)} instances; choose one of them with", *choices]))


def _require_known(wanted: Sequence[str], system: System) -> None:
    known = [prop.name for prop in system.properties]
    for name in wanted:
        if name not in known:
            raise click.UsageError(f"there is no property '{name}'; {meant(name, known)}")


def _require_writable(target: str) -> None:
    """Before the work, not after it."""
    file = Path(target)
    if target != STDOUT and file.is_dir():
        raise click.UsageError(f"cannot write {target}: it is a folder")
    if target != STDOUT and not file.parent.is_dir():
        raise click.UsageError(f"cannot write {target}: there is no folder {file.parent}")


def _write(text: str, target: str) -> None:
    if target == STDOUT:
        click.echo(text, nl=False)
        return
    try:
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"cannot write {target}: {error.strerror}") from None
