"""The language: from text to a guarded transition system.

`load` reads and checks a specification; `instances` unfolds it for given parameters.  lark lives in this room
and nowhere else.
"""

from custody.language.diagnostic import Diagnostic, LimitError, Severity, SpecError
from custody.language.program import Program, instances, load, named_instances

__all__ = ["Diagnostic", "LimitError", "Program", "Severity", "SpecError", "instances", "load", "named_instances"]
