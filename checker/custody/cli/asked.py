"""What a command was asked about: the specifications, their instances, and what is wrong with either."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from custody.cli.codes import Code
from custody.cli.complaints import complain
from custody.cli.paths import Spec, load_all
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.kept import instances
from custody.system.model import System
from custody.system.place import NOWHERE


class Asked:
    """Complains of each mistake as it is found, and keeps it for the report and the exit code."""

    def __init__(self) -> None:
        self.errors: list[Diagnostic] = []
        self.codes: list[Code] = []

    def load(
        self, paths: Sequence[str], settings: Mapping[str, str], properties: Sequence[str]
    ) -> list[tuple[Spec, System]]:
        """Every instance of what can be read; none where nothing has a property of one of these names."""
        specs, errors = load_all(paths)
        self.complain(errors, Code.WRONG_REQUEST)
        loaded = [(spec, system) for spec in specs for system in self._instances(spec, settings)]
        known = sorted({subject.name for _, system in loaded for subject in system.properties})
        unknown = [name for name in properties if name not in known]
        for name in unknown if known else ():
            near = difflib.get_close_matches(name, known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
            complaint = Diagnostic(NOWHERE, "no-such-property", f"there is no property '{name}'", hint)
            self.complain([complaint], Code.WRONG_REQUEST)
        return [] if unknown else loaded

    def complain(self, errors: Iterable[Diagnostic], code: Code) -> None:
        """Says what is wrong, each with the exit code."""
        for error in errors:
            complain([error])
            self.errors.append(error)
            self.codes.append(code)

    def _instances(self, spec: Spec, settings: Mapping[str, str]) -> tuple[System, ...]:
        try:
            return instances(spec.program, settings)
        except SpecError as error:
            self.complain(error.diagnostics, Code.WRONG_REQUEST)
        except LimitError as error:
            self.complain([Diagnostic(error.place, "too-large", error.reason)], Code.INCONCLUSIVE)
        return ()
