"""Which rules each system's properties state, which it asks of callers, and why others are not stated.

A rule is stated where a property of the posted or the corrected specification cites it.  Reasons are in comments of
the specifications, and what is not there in `reasons.toml`, by patterns of systems and of ids; later ones
outweigh earlier ones.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from custody.language import load
from custody.language.syntax import Node, Requires
from custody.mutation.tree import below
from custody.rules import all_rules
from findings import comments
from findings.runs import Subject


@dataclass(frozen=True, slots=True)
class Coverage:
    """For one system: rules with the properties that state them, rules that are callers' duties, and reasons."""

    system: str
    stated: Mapping[str, tuple[str, ...]]
    duties: frozenset[str]
    reasons: Mapping[str, str]

    @property
    def open(self) -> tuple[str, ...]:
        """Rules of which nothing is said."""
        return tuple(
            rule.id
            for rule in all_rules()
            if not (rule.id in self.stated or rule.id in self.duties or rule.id in self.reasons)
        )


def coverage(subject: Subject, root: Path, reasons: Mapping[str, Mapping[str, str]]) -> Coverage:
    """What is said of each rule. The specifications lie below `root`."""
    stated: dict[str, dict[str, None]] = {}
    specs: dict[str, None] = {}
    for run in (*subject.posted, *subject.corrected):
        specs[run.spec] = None
        for verdict in run.verdicts:
            for name in verdict.rules:
                stated.setdefault(name, {})[verdict.name.partition("[")[0]] = None
    duties = frozenset(rule for spec in specs for rule in _duties(root / spec))
    patterns = {
        pattern: reason
        for name, entries in reasons.items()
        if fnmatchcase(subject.name, name)
        for pattern, reason in entries.items()
    }
    found = {
        rule.id: reason
        for pattern, reason in patterns.items()
        for rule in all_rules()
        if any(fnmatchcase(rule.id, one.strip()) for one in pattern.split(","))
    }
    for spec in specs:
        found |= comments.reasons((root / spec).read_text(encoding="utf-8"))
    return Coverage(subject.name, {name: tuple(by) for name, by in stated.items()}, duties, found)


@functools.cache
def _duties(spec: Path) -> frozenset[str]:
    trees = load(str(spec)).library.trees().values()
    return frozenset(rule for tree in trees for node in below(tree) for rule in _cited(node))


def _cited(node: Node) -> Iterable[str]:
    return node.rules if isinstance(node, Requires) else ()


def read_reasons(file: Path) -> dict[str, dict[str, str]]:
    """The reasons by system and pattern."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def page(found: Sequence[Coverage]) -> str:
    """A line for each rule, then for each system what its properties do not state, and why."""
    rules = all_rules()
    stated = [rule for rule in rules if any(rule.id in entry.stated for entry in found)]
    asked = [rule for rule in rules if rule not in stated and any(rule.id in entry.duties for entry in found)]
    lines = [
        "# Which rules are checked, and where",
        "",
        "Made by `.ci/run` from the rules that properties cite and the reasons that specifications and",
        "`.ci/findings/reasons.toml` give; not edited by hand.",
        f"Of {len(rules)} rules {len(stated)} are stated by a property of some system, and {len(asked)} more",
        "are asked of callers only (`requires`), who keep them, or break them where a parameter lets them misbehave.",
        "A rule that a system neither states nor asks for is listed below with the reason.",
        "",
        "| rule | what it says | systems whose properties state it |",
        "|---|---|---|",
    ]
    for rule in rules:
        systems = [entry.system for entry in found if rule.id in entry.stated]
        callers = [entry.system for entry in found if rule.id in entry.duties and rule.id not in entry.stated]
        where = ", ".join(systems) + ("; " if systems and callers else "")
        where += f"asked of callers in {', '.join(callers)}" if callers else ""
        contested = " *Contested.*" if rule.contested else ""
        lines.append(f"| {rule.id} | {rule.text}{contested} | {where} |")
    for entry in found:
        lines += ["", f"## {entry.system}", "", "| rules | why no property states them |", "|---|---|"]
        by_reason: dict[str, list[str]] = {}
        for name, reason in entry.reasons.items():
            if name not in entry.stated and name not in entry.duties:
                by_reason.setdefault(reason, []).append(name)
        lines += [f"| {', '.join(names)} | {reason} |" for reason, names in by_reason.items()]
        if entry.open:
            lines.append(f"| {', '.join(entry.open)} | **nothing is said of these** |")
    return "\n".join(lines) + "\n"
