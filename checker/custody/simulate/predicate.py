"""A condition in the words of the specification, for searching and for breakpoints.

It is understood by asking the language for the same specification with one property more, so that everything that can
be said in a property can be said here.
"""

from __future__ import annotations

import re
from pathlib import Path

from custody.language import Program, SpecError, instances, load
from custody.system.expression import Expr
from custody.system.model import System

_NAME = "asked_for_in_the_simulator"


class PredicateError(Exception):
    """What was typed is no condition of this specification; the message says why."""


def predicate(program: Program, settings: dict[str, str], system: System, text: str) -> Expr:
    """The condition over the variables of `system`, which must be an instance of the program with the settings."""
    if not text.strip():
        raise PredicateError("a condition is missing")
    if "\n" in text:
        raise PredicateError("a condition stands on one line")
    names: dict[str, str] = {}

    def bound(found: re.Match[str]) -> str:
        instance = found.group()
        return names.setdefault(instance, f"asked_for_{len(names)}") if _is_instance(system, instance) else instance

    # The language has no name for a single instance, and a property for each of them: one of these is meant.
    asked = re.sub(r"\b[A-Za-z_]\w*\.\d+\b", bound, text)
    if names:
        roles = ", ".join(f"{name}: {instance.rpartition('.')[0]}" for instance, name in names.items())
        body = f"leads_to {_NAME}\n    for {roles}\n    {asked} ~> false\n"
    else:
        body = f"invariant {_NAME}\n    {asked}\n"
    source = Path(program.file).read_text(encoding="utf-8-sig").rstrip("\n")
    try:
        systems = instances(load(program.file, f"{source}\n\n{body}"), settings)
    except SpecError as error:
        told = error.diagnostics[0]
        raise PredicateError(f"{told.message}" + (f" ({told.hint})" if told.hint else "")) from None
    wanted = f"{_NAME}[{', '.join(names)}]" if names else _NAME
    for candidate in systems:
        if candidate.parameters == system.parameters:
            return candidate.property_named(wanted).expression
    raise PredicateError("this specification has no such instance any more")


def _is_instance(system: System, text: str) -> bool:
    return any(text in instances for _, instances in system.roles)
