"""What a command was asked about: the specifications, their instances, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from custody.cli.codes import Code
from custody.cli.complaints import complain, meant
from custody.cli.paths import Spec, load_all
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.kept import instances
from custody.system.model import System
from custody.system.place import NOWHERE


class Request:
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
        return loaded if not loaded or self.knows("property", properties, known) else []

    def knows(self, kind: str, names: Sequence[str], known: Sequence[str]) -> bool:
        """Whether all are known; complains of each other one."""
        unknown = [name for name in names if name not in known]
        for name in unknown:
            complaint = Diagnostic(NOWHERE, f"no-such-{kind}", f"there is no {kind} '{name}'", meant(name, known))
            self.complain([complaint], Code.WRONG_REQUEST)
        return not unknown

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
