"""The page of what specifications expect to be violated and argue for: why the code does it, what would refute that.

An argument is the string below an expectation. A line that only says that another one applies stays short in the
specification and on the page alike; the steps are those of the shortest trace that any instance gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

HEAD = """# Why the models show what the code does

Made by `.ci/run` from what the specifications say; not edited by hand. A model of code that somebody wrote proves
nothing about that code by itself. For each violation that a specification expects and argues for: what is
broken, the argument that the code really does it, what would refute the argument, and the shortest trace."""


def page(document: Mapping[str, Any]) -> str:
    """The whole page, from the JSON of a run; nothing in it varies from run to run."""
    lines = [HEAD]
    by_spec: dict[str, list[Mapping[str, Any]]] = {}
    for run in document["runs"]:
        by_spec.setdefault(str(run["spec"]), []).append(run)
    for spec, runs in by_spec.items():
        found = _violations(runs)
        if found:
            title = PurePath(spec).with_suffix("").relative_to("spec")
            lines += ["", f"## {title}", "", f"[{spec}](../{spec})"]
            for name, cases in found.items():
                lines += _finding(name, cases)
    return "\n".join(lines) + "\n"


def _violations(runs: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[tuple[str, Mapping[str, Any]]]]]:
    """For each property the arguments, each with the instances that it was made for."""
    found: dict[str, dict[str, list[tuple[str, Mapping[str, Any]]]]] = {}
    for run in runs:
        for entry in run["properties"]:
            if entry.get("argument") and entry["verdict"] == "violated" and entry["trace"] is not None:
                name = str(entry["name"]).partition("[")[0]
                argument = " ".join(str(entry["argument"]).split())
                found.setdefault(name, {}).setdefault(argument, []).append((str(run.get("instance", "")), entry))
    return found


def _finding(name: str, cases: Mapping[str, list[tuple[str, Mapping[str, Any]]]]) -> list[str]:
    entries = [entry for instances in cases.values() for _, entry in instances]
    rules = ", ".join(entries[0]["rules"]) or "looked for without being asked"
    lines = ["", f"### {name} ({rules})", "", " ".join(str(entries[0]["doc"] or entries[0]["text"]).split())]
    for argument, instances in cases.items():
        names = list(dict.fromkeys(f"`{instance}`" for instance, _ in instances if instance))
        where = f", in {', '.join(names)}" if names else ""
        steps = min(len(entry["trace"]["steps"]) for _, entry in instances)
        lines += ["", f"* {steps} {'step' if steps == 1 else 'steps'}{where}. {argument}"]
    shortest = min(entries, key=lambda entry: len(entry["trace"]["steps"]))
    lines += ["", "<details><summary>The shortest trace</summary>", "", "```text"]
    steps = shortest["trace"]["steps"]
    actors = max(len(str(step["actor"])) for step in steps)
    for number, step in enumerate(steps, 1):
        action = "" if str(step["action"]) in step["label"] else f"{step['action']}: "
        lines.append(f"{number:3}  {step['actor']:{actors}}  {action}{step['label']}")
    return [*lines, "```", "", "</details>"]
