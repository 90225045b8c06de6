"""What a project says about changes: severities of categories, and the changes that it has accepted.

`custody.toml`, or the table `[tool.custody]` of `pyproject.toml`, in the folder of the specifications or above it:

    [severity]
    COST-CHANGED = "ignore"

    [[accept]]
    category = "CALLER-NARROWED"
    spec = "spec/dma_buf.custody"
    subject = "map"
    reason = "agreed on the list, message id …"
    expires = 2027-06-01
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from custody.change.category import Category, Severity, all_categories
from custody.change.result import Change
from custody.language.diagnostic import Diagnostic, SpecError
from custody.system.place import Place

FILE = "custody.toml"
PROJECT = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry of the baseline: changes of a category, in a specification, about a subject (both may have `*`)."""

    category: str
    spec: str
    subject: str
    reason: str
    expires: datetime.date
    place: Place

    def covers(self, spec: str, change: Change) -> bool:
        """Whether the entry speaks of the change, expired or not."""
        return self.category == change.id and fnmatchcase(change.subject, self.subject) and self.speaks_of(spec)

    def speaks_of(self, spec: str) -> bool:
        """Whether the entry is about changes of this specification."""
        return fnmatchcase(spec, self.spec) or spec.endswith(f"/{self.spec}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Severities that differ from the table's, and the baseline."""

    severities: Mapping[str, Severity] = field(default_factory=dict[str, Severity])
    accepted: tuple[Acceptance, ...] = ()

    def severity(self, category: Category) -> Severity:
        return self.severities.get(category.id, category.severity)


def find_settings(start: Path) -> Settings:
    """The settings for files in `start`: of the nearest folder that has any; SpecError where they are wrong."""
    here = start.resolve()
    for folder in (here, *here.parents):
        for name in (FILE, PROJECT):
            path = folder / name
            if path.is_file():
                text = path.read_text(encoding="utf-8")
                found = parse_settings(text, _shown(path), project=name == PROJECT)
                if found is not None:
                    return found
        if (folder / ".git").exists():
            break
    return Settings()


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def parse_settings(text: str, file: str, *, project: bool = False) -> Settings | None:
    """The settings in a file's text; None where a project's file says nothing of Custody."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(file, 1, f"this is not TOML: {error}") from None
    if project:
        tool = data.get("tool", {})
        if "custody" not in tool:
            return None
        data = tool["custody"]
    return _settings(data, text, file)


def _settings(data: Mapping[str, Any], text: str, file: str) -> Settings:
    for key in data:
        if key not in ("severity", "accept"):
            raise _wrong(file, _line(text, key), f"there is no setting '{key}'", "known: severity, accept")
    known = {entry.id for entry in all_categories()}
    severities: dict[str, Severity] = {}
    for name, word in cast(Mapping[str, object], data.get("severity", {})).items():
        _require_category(name, known, text, file)
        if word not in [severity.value for severity in Severity]:
            raise _wrong(file, _line(text, name), f"'{word}' is no severity", "known: error, warning, ignore")
        severities[name] = Severity(str(word))
    accepted: list[Acceptance] = []
    for number, entry in enumerate(cast(list[Mapping[str, Any]], data.get("accept", []))):
        accepted.append(_acceptance(entry, known, text, file, _entry_line(text, number)))
    return Settings(severities, tuple(accepted))


def _acceptance(entry: Mapping[str, Any], known: set[str], text: str, file: str, line: int) -> Acceptance:
    wanted = {"category": str, "spec": str, "subject": str, "reason": str, "expires": datetime.date}
    for key, kind in wanted.items():
        if key not in entry:
            raise _wrong(file, line, f"this entry has no '{key}'", f"an entry has {', '.join(wanted)}")
        if not isinstance(entry[key], kind) or entry[key] == "":
            what = (
                "a date such as 2027-06-01, without quotes" if kind is datetime.date else "a text that says something"
            )
            raise _wrong(file, line, f"'{key}' has to be {what}")
    for key in entry:
        if key not in wanted:
            raise _wrong(file, line, f"an entry has no '{key}'", f"known: {', '.join(wanted)}")
    _require_category(entry["category"], known, text, file)
    values = {key: entry[key] for key in wanted}
    if isinstance(values["expires"], datetime.datetime):
        values["expires"] = values["expires"].date()
    return Acceptance(**values, place=Place(file, line))


def _require_category(name: str, known: set[str], text: str, file: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, sorted(known), 1)
        hint = f"did you mean {near[0]}?" if near else "`custody rules --categories` lists them"
        raise _wrong(file, _line(text, name), f"there is no category '{name}'", hint)


def _line(text: str, word: str) -> int:
    return next((n for n, line in enumerate(text.splitlines(), 1) if word in line), 1)


def _entry_line(text: str, number: int) -> int:
    starts = [n for n, line in enumerate(text.splitlines(), 1) if line.strip().endswith("accept]]")]
    return starts[number] if number < len(starts) else 1


def _wrong(file: str, line: int, message: str, hint: str | None = None) -> SpecError:
    return SpecError([Diagnostic(Place(file, line), "settings", message, hint)])
