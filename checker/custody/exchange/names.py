"""Names and remarks that every other tool accepts, whatever the specification called things.

An identifier keeps the letters and digits of its name behind a prefix, so that it is no reserved word, macro or
name of the generated C code in any of the tools: `view[Device.0]` becomes `v_view_Device_0`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from custody.system.model import Action, System, Variable
from custody.system.place import NOWHERE, Place


def identifiers(prefix: str, names: Iterable[str]) -> tuple[str, ...]:
    """A legal identifier for each name, all different, in the same order."""
    taken: set[str] = set()
    found: list[str] = []
    for name in names:
        word = prefix + re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
        unique, attempt = word, 1
        while unique in taken:
            attempt += 1
            unique = f"{word}_{attempt}"
        taken.add(unique)
        found.append(unique)
    return tuple(found)


def plain(text: str) -> str:
    """`text` on one line of printable ASCII that ends no comment or string."""
    ascii_only = text.encode("ascii", "backslashreplace").decode("ascii")
    printable = "".join(char if " " <= char <= "~" else " " for char in ascii_only)
    return printable.replace("\\", "/").replace('"', "'").replace("*/", "* /").replace("/*", "/ *")


def heading(system: System, mark: str) -> Iterator[str]:
    """What the model is of, and its parameters, each line behind the mark of a comment."""
    yield f"{mark} {plain(system.name)}, from {plain(system.file)}"
    for name, value in system.parameters:
        yield f"{mark} {plain(name)} = {plain(setting(value))}"


def describe(action: Action) -> str:
    """The step in words: what is called by whom with what, which step of it, and where it is written."""
    arguments = ", ".join(f"{name} = {value}" for name, value in action.arguments)
    words = f"{action.name}({arguments})" if arguments else action.name
    words += f" by {action.actor}"
    for more in (action.label if action.label != action.name else "", action.outcome or ""):
        words += f": {more}" if more else ""
    return plain(words + at(action.place))


def explain(variable: Variable) -> str:
    """The variable's name in the specification, the words for its values, and where it is declared."""
    domain = variable.domain
    words = variable.name
    if domain.labels is not None and not domain.boolean:
        words += ": " + ", ".join(f"{value} = {label}" for value, label in enumerate(domain.labels))
    return plain(words + at(variable.place))


def setting(value: int | bool | str) -> str:
    """The value of a parameter in the words of a specification and of the command line."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def at(place: Place) -> str:
    """`, FILE:LINE`, or nothing for what stands nowhere."""
    return "" if place == NOWHERE else f", {place.file}:{place.line}"
