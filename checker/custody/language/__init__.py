"""The language: from text to a guarded transition system.

`load` reads and checks a specification; `instances` unfolds it for given parameters.  lark lives in this room
and nowhere else, and is imported when the first text is parsed.
"""

from typing import TYPE_CHECKING

from custody.language.diagnostic import Diagnostic, LimitError, Severity, SpecError
from custody.language.program import Program

if TYPE_CHECKING:
    from custody.language.elaborate import each_instance, instances, load, named_instances

__all__ = [
    "Diagnostic",
    "LimitError",
    "Program",
    "Severity",
    "SpecError",
    "each_instance",
    "instances",
    "load",
    "named_instances",
]


def __getattr__(name: str) -> object:
    if name in ("each_instance", "instances", "load", "named_instances"):
        from custody.language import elaborate

        return getattr(elaborate, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
