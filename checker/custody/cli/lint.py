"""`custody lint`: questions about guards that need no state space."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from custody.cli.codes import Code, heaviest
from custody.cli.complaints import TooLargeError, complain
from custody.cli.options import setting_option
from custody.cli.outputs import Output, colours, human_stream, paired, width, write
from custody.cli.paths import load_all
from custody.language.diagnostic import LimitError, SpecError
from custody.language.kept import instances
from custody.present.formats import Format
from custody.present.text import Page, render_warnings
from custody.properties.result import Notice


@click.command(name="lint")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@setting_option
@click.option("--json", "json_files", multiple=True, metavar="FILE", help="Write the result as JSON; - is stdout.")
def command(paths: tuple[str, ...], settings: tuple[tuple[str, str], ...], json_files: tuple[str, ...]) -> int:
    """Ask of each PATH what can be told from its guards alone, without any search.

    Can two alternatives that each have a condition be taken in the same state, or none of them? Can one be taken
    whenever another can? Is there a step that no values let happen? The answer is a warning with values, which need
    not be reachable; the specification's own invariants are taken for granted. Exits with 1 where there is a warning.
    """
    # Only here: it takes half a second to load.
    from custody.properties.guards import ask, standing

    outputs = paired(json_files, (), ())
    stream = human_stream(outputs)
    page = Page(width(stream), colours(stream))
    specs, errors = load_all(paths)
    codes = [Code.WRONG_REQUEST] if errors else []
    complain(errors)
    found: dict[str, tuple[Sequence[Notice], Sequence[Notice]]] = {}
    for spec in specs:
        try:
            asked = [ask(system) for system in instances(spec.program, dict(settings))]
        except SpecError as error:
            complain(error.diagnostics)
            codes.append(Code.WRONG_REQUEST)
            continue
        except LimitError as error:
            TooLargeError(error).show()
            codes.append(Code.INCONCLUSIVE)
            continue
        notices = standing(asked)
        unknown = tuple(dict.fromkeys(notice for one in asked for notice in one.unknown))
        found[spec.name] = (notices, unknown)
        stream.write(f"{spec.name}: {_count(len(notices))}\n{render_warnings(notices, page)}")
        for notice in unknown:
            stream.write(f"  not known, z3 gave up: {notice.place}: {notice.code}\n")
        codes += [Code.VIOLATED] * bool(notices) + [Code.INCONCLUSIVE] * bool(unknown)
    for output in outputs:
        write(Output(Format.JSON, output.file), _document(found))
    return heaviest(codes)


def _count(number: int) -> str:
    return "no warnings" if number == 0 else "1 warning" if number == 1 else f"{number} warnings"


def _document(found: Mapping[str, tuple[Sequence[Notice], Sequence[Notice]]]) -> str:
    specs = [
        {"spec": name, "warnings": [_notice(n) for n in notices], "unknown": [_notice(n) for n in unknown]}
        for name, (notices, unknown) in found.items()
    ]
    return json.dumps({"version": 1, "specs": specs}, indent=1) + "\n"


def _notice(notice: Notice) -> dict[str, Any]:
    place = notice.place
    return {"code": notice.code, "message": notice.message, "file": place.file, "line": place.line}
