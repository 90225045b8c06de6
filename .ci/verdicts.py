"""Turns the JSON of a run into the table that is committed, so that a change of verdict shows in review."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def table(result: dict[str, Any]) -> str:
    """Markdown with a section for each run and a row for each property; nothing in it varies from run to run."""
    lines = ["# What the specifications say", "", "Made by `.ci/run` from `custody check spec`; not edited by hand."]
    for run in result["runs"]:
        parameters = ", ".join(f"{name} = {_show(value)}" for name, value in run["parameters"].items())
        lines += ["", f"## {run['model']} ({run['spec']})", ""]
        lines += [parameters, ""] if parameters else []
        lines += [f"{run['states']:,} states, {run['transitions']:,} transitions, depth {run['depth']}", ""]
        lines += ["| property | rule | verdict | steps | expected |", "|---|---|---|---|---|"]
        silent = 0
        for entry in run["properties"]:
            if entry["implicit"] and entry["verdict"] == "holds":
                silent += 1
                continue
            steps = "" if entry["trace"] is None else str(len(entry["trace"]["steps"]))
            cells = (entry["name"], entry["rule"] or "", entry["verdict"], steps, entry["expected"] or "")
            lines.append("| " + " | ".join(cells) + " |")
        if silent:
            lines += ["", f"{silent} hazards that are looked for without being asked never happen."]
    return "\n".join(lines) + "\n"


def _show(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.stdout.write(table(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
