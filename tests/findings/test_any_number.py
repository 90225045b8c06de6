"""The page of what is proved for which sizes tells apart instances, devices, and devices with threads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from findings.any_number import page


def written(folder: Path, name: str, spec: str, *proofs: dict[str, Any]) -> None:
    text = json.dumps({"spec": spec, "proofs": list(proofs)})
    (folder / f"{name}.certificate.json").write_text(text, encoding="utf-8")


def test_a_row_says_for_which_roles(tmp_path: Path) -> None:
    devices = {"kind": "any-number", "roles": {"Device": "N"}, "properties": ["one", "two"]}
    both = {"kind": "any-number", "roles": {"Device": "N", "Thread": "M"}, "properties": ["one"]}
    quantified = {**both, "kind": "quantified", "properties": ["two", "three"]}
    written(tmp_path, "core-plain", "spec/core.custody", {"kind": "reachable-set", "properties": ["one"]})
    written(tmp_path, "core-plain.any-device-thread", "spec/core.custody", both, quantified)
    written(tmp_path, "cycle.any-device", "cycle.custody", devices)
    written(tmp_path, "heap", "spec/heap.custody", {"kind": "inductive", "properties": ["one"]})
    lines = page(tmp_path, "there").splitlines()
    assert (
        "| cycle.custody | none | devices: [cycle](there/cycle.any-device.certificate.json) (2 properties) |" in lines
    )
    link = "[plain](there/core-plain.any-device-thread.certificate.json)"
    assert (
        f"| spec/core.custody | 1 | devices and threads: {link} (1 property, 2 properties with quantifiers) |"
        in lines
    )
    assert "| spec/heap.custody | 1 | not yet |" in lines
    assert (
        lines[-1] == "2 are proved for any number: 2 of them for any number of devices, 1 of these of threads, too."
    )


def test_two_specifications_are_proved_for_any_number_of_threads() -> None:
    root = Path(__file__).parents[2]
    told = page(root / "reports/certificates", "certificates")
    assert told == (root / "reports/any_number.md").read_text(encoding="utf-8")
    both = [line.split(" | ")[0] for line in told.splitlines() if "| devices and threads:" in line]
    assert {"| spec/dma_buf.custody", "| spec/ownership.custody"} <= set(both)
