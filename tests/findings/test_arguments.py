"""The page of arguments says each once, where it belongs, with the shortest trace."""

from __future__ import annotations

from typing import Any

from findings.arguments import page


def _step(label: str) -> dict[str, Any]:
    return {"actor": "Thread.0", "action": "press", "label": label}


def _entry(name: str, argument: str | None, steps: int, verdict: str = "violated") -> dict[str, Any]:
    trace = {"steps": [_step(f"press {number}") for number in range(steps)]} if verdict == "violated" else None
    return {
        "name": name, "rules": ["DB-CPU-05"], "doc": "It burns\n    out.", "text": "lamp == blown",
        "argument": argument, "verdict": verdict, "trace": trace,
    }  # fmt: skip


def _run(spec: str, instance: str, *entries: dict[str, Any]) -> dict[str, Any]:
    return {"spec": spec, "instance": instance, "properties": list(entries)}


def test_an_argument_stands_once_with_all_its_instances_and_the_shortest_trace() -> None:
    runs = [
        _run("spec/linux_6_12/light.custody", "long", _entry("burns_out", "Pressing\n  burns.", 3)),
        _run("spec/linux_6_12/light.custody", "short", _entry("burns_out", "Pressing burns.", 2)),
    ]
    text = page({"runs": runs})
    assert text.count("Pressing burns.") == 1
    assert "## linux_6_12/light\n" in text
    assert "### burns_out (DB-CPU-05)\n\nIt burns out.\n\n* 2 steps, in `long`, `short`. Pressing burns.\n" in text
    assert "  2  Thread.0  press 1\n```" in text
    assert "press 2" not in text


def test_what_nobody_argues_for_or_what_holds_is_not_on_the_page() -> None:
    holds = _entry("shines", "Never.", 0, "holds")
    text = page({"runs": [_run("spec/light.custody", "", _entry("burns_out", None, 2), holds)]})
    assert "light" not in text


def test_a_property_for_each_instance_is_one_finding() -> None:
    entries = (_entry("ends[Thread.0]", "It ends.", 2), _entry("ends[Thread.1]", "It ends.", 2))
    text = page({"runs": [_run("spec/light.custody", "small", *entries)]})
    assert text.count("### ends (DB-CPU-05)") == 1
    assert "* 2 steps, in `small`. It ends." in text
