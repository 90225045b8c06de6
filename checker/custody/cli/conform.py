"""`custody conform`: is the executable reference implementation a behaviour of the contract, and does it show all?"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import click

from custody.cli.codes import Code, heaviest
from custody.cli.complaints import TooLargeError, complain
from custody.cli.conforming import Asked, Fault, Found, Wrong, answers
from custody.cli.options import MEBIBYTE, setting_option
from custody.cli.outputs import STDOUT, colours, width
from custody.cli.paths import BUNDLED, Spec, load_one
from custody.evidence.conform import emit_c, emit_pytest
from custody.evidence.conform.contract import Contract
from custody.evidence.conform.plan import PLANS, Settings
from custody.evidence.conform.replay import NotAPathError, replay
from custody.evidence.conform.result import Answer, Comparison, Part
from custody.evidence.conform.run import KINDS, Clock, compared, pieces
from custody.evidence.conform.worlds import world_of
from custody.language import LimitError, SpecError
from custody.language.elaborate import behaviour
from custody.present.conform import render, to_json
from custody.present.text import Page
from custody.processors import processors
from custody.system.finding import Limits
from custody.system.model import System

_CODES = {Answer.CONFORMS: Code.PASSED, Answer.DIVERGES: Code.VIOLATED, Answer.INCONCLUSIVE: Code.INCONCLUSIVE}
_SHORT = {"heap": "heap_helpers", "kds": "kds_ordered", **{name: name for name in PLANS}}


@click.command(name="conform")
@click.argument("paths", nargs=-1, required=True, metavar="SPEC...")
@setting_option
@click.option("--only", "kinds", multiple=True, type=click.Choice(KINDS), help="Do this alone. Repeatable.")
@click.option("--max-states", type=click.IntRange(min=1), metavar="N", help="Tour no graph of more states than N.")
@click.option("--max-memory", type=click.IntRange(min=1), metavar="MIB", help="Stop at so many MiB of memory.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="Stop after so long.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Compare N instances at once (default: as many as there are processors).",
)
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
@click.option(
    "--emit-tests",
    "language",
    type=click.Choice(["pytest", "c"]),
    help="Write tests instead: for the implementation (pytest), or of dma_buf for a real kernel (c).",
)
@click.option("-o", "--output", "target", default=STDOUT, metavar="FILE", help="Where tests go (default: stdout).")
@click.option(
    "--replay",
    "recorded",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Follow the divergences of a result JSON again, instead of looking for some.",
)
def command(
    paths: tuple[str, ...],
    settings: list[tuple[str, str]],
    kinds: tuple[str, ...],
    max_states: int | None,
    max_memory: int | None,
    timeout: float | None,
    jobs: int | None,
    json_file: str | None,
    language: str | None,
    target: str,
    recorded: Path | None,
) -> int:
    """Hold the executable reference implementation against a contract, both ways.

    SPEC is a specification, or one that comes with Custody: dma_buf, udmabuf, udmabuf_pages, heap, gntdev, vb2,
    vb2_streaming, kds, ownership, core_mmap.
    Everything that the implementation shows has to be allowed, and what the contract requires it has to do. --set has
    one instance compared instead of those that are planned.
    """
    memory = None if max_memory is None else max_memory * MEBIBYTE
    limits = Limits(max_states=max_states, max_memory=memory, timeout=timeout)
    specs = [spec for spec in map(_load, paths) if spec is not None]
    if len(specs) < len(paths):
        return Code.WRONG_REQUEST
    if language is not None:
        return _emit(specs, language, dict(settings), limits, target)
    for spec in specs:
        if spec.program.name not in PLANS:
            known = ", ".join(PLANS)
            raise click.UsageError(
                f"the reference implementation has nothing that '{spec.program.name}' is about; known: {known}"
            )
    out = sys.stderr if json_file == STDOUT else sys.stdout
    page = Page(width(out), colours(out))
    comparisons: list[Comparison] = []
    try:
        if recorded is not None:
            found = (_replayed(spec, recorded) for spec in specs)
        else:
            found = _compared(specs, dict(settings), kinds or KINDS, limits, jobs or processors())
        for comparison in found:
            comparisons.append(comparison)
            out.write(render(comparison, page) + "\n")
            out.flush()
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
    except _NoComparisonError as none:
        return none.code
    if json_file is not None:
        _write(json_file, to_json(comparisons))
    return heaviest(_CODES[comparison.answer] for comparison in comparisons)


class _NoComparisonError(Exception):
    """There is none; why has been said."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


def _compared(
    specs: Sequence[Spec], settings: Settings, kinds: Sequence[str], limits: Limits, jobs: int
) -> Iterator[Comparison]:
    """Each as soon as all of its pieces are done."""
    planned = [(spec, pieces(spec.program.name, settings, kinds)) for spec in specs]
    asked = [
        Asked(spec.name, spec.program.name, partial(_instance, spec), piece) for spec, of in planned for piece in of
    ]
    found = answers(asked, Clock(limits), limits.max_memory, jobs, _tell)
    for spec, of in planned:
        parts = [_part(answer) for answer in islice(found, len(of))]
        yield compared(spec.name, spec.program.name, parts)


def _part(found: Found) -> Part:
    match found:
        case Part():
            return found
        case Wrong(diagnostics, code):
            complain(diagnostics)
            raise _NoComparisonError(code)
        case Fault(message):
            click.echo(message, err=True)
            raise _NoComparisonError(Code.FAULT)


def _emit(specs: Sequence[Spec], language: str, settings: Settings, limits: Limits, target: str) -> int:
    """Write tests of one specification: of the instance asked for, or the first that is toured."""
    if len(specs) != 1:
        raise click.UsageError("tests are written of one specification at a time")
    spec = specs[0]
    model = spec.program.name
    if model not in PLANS:
        raise click.UsageError(f"the reference implementation has nothing that '{model}' is about")
    if language == "c" and model != emit_c.MODEL:
        raise click.UsageError(f"a program for a real kernel is written of {emit_c.MODEL}, not of {model}")
    wanted = settings or PLANS[model].toured[0]
    try:
        contract = Contract(_instance(spec, wanted), world_of(model))
        text = (emit_c if language == "c" else emit_pytest).emit(contract, limits)
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST
    except LimitError as error:
        raise TooLargeError(error) from None
    except ValueError as error:
        click.echo(f"custody: {error}", err=True)
        return Code.INCONCLUSIVE
    _write(target, text)
    return Code.PASSED


def _load(path: str) -> Spec | None:
    name = path if Path(path).exists() or path not in _SHORT else BUNDLED + _SHORT[path]
    try:
        return load_one(name)
    except SpecError as error:
        complain(error.diagnostics)
        return None


def _instance(spec: Spec, wanted: Settings) -> System:
    return behaviour(spec.program, wanted)


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        click.echo(what, err=True)


def _replayed(spec: Spec, recorded: Path) -> Comparison:
    model = spec.program.name
    try:
        document: Any = json.loads(recorded.read_text(encoding="utf-8"))
        parts = [
            part
            for comparison in document["comparisons"]
            if comparison["model"] == model
            for part in comparison["parts"]
            if part["divergence"] is not None
        ]
        found = tuple(_again(spec, part) for part in parts)
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, NotAPathError):
            raise click.UsageError(f"{recorded} does not fit {spec.name}: {error}") from None
        raise click.UsageError(f"{recorded} is no result of this command") from None
    if not found:
        raise click.UsageError(f"{recorded} has no divergence of {model} to replay")
    return Comparison(spec.name, model, found, (), (), ())


def _again(spec: Spec, part: Any) -> Part:
    parameters: dict[str, str] = part["parameters"]
    divergence = replay(_instance(spec, parameters), part["divergence"]["steps"])
    answer = Answer.CONFORMS if divergence is None else Answer.DIVERGES
    return Part("replay", tuple(parameters.items()), answer, divergence=divergence)


def _write(file: str, text: str) -> None:
    if file == STDOUT:
        sys.stdout.write(text)
        return
    try:
        Path(file).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"cannot write {file}: {error.strerror}") from None
