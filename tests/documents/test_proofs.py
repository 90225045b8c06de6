"""The pages about proofs say what was recorded, and what was recorded is what they are for."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from custody.symbolic.gates import MOST_CHOICES
from custody.symbolic.solver import LOGIC

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "tests/benchmarks"


def bench(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the bench, which finds others beside it."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    spec = importlib.util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def record(name: str) -> dict[str, Any]:
    return json.loads((ROOT / f"reports/{name}.json").read_text(encoding="utf-8"))


def test_the_portfolio_gets_further_in_eighteen_of_twenty_families(monkeypatch: pytest.MonkeyPatch) -> None:
    proofs = bench("proofs", monkeypatch)
    known = record("proofs")
    families = known["families"]
    assert list(families) == [family.name for family in proofs.FAMILIES]
    assert len(families) == 20
    assert all(set(entry) == {"sizes", *proofs.WAYS} for entry in families.values())
    assert sum(map(proofs.solved, families.values())) >= 18
    assert proofs.page(known) == (ROOT / "reports/proofs.md").read_text(encoding="utf-8")


def test_each_family_has_its_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    for family in bench("proofs", monkeypatch).FAMILIES:
        text = (ROOT / family.file).read_text(encoding="utf-8")
        for name in (family.parameter, *dict(family.others)):
            assert f"\nparam {name} " in text, family.name
        assert list(family.sizes) == sorted(family.sizes)


def test_the_encodings_are_those_that_get_furthest(monkeypatch: pytest.MonkeyPatch) -> None:
    encodings = bench("encoded", monkeypatch)
    known = record("encodings")
    for name, found in known["families"].items():
        encodings.require_agreement(name, found)
    assert encodings.page(known) == (ROOT / "reports/encodings.md").read_text(encoding="utf-8")
    total = {each: encodings.steps(known, each) for each in encodings.ENCODINGS}
    # IC3 asks a SAT solver, and gives a variable of few values a truth value for each.
    assert MOST_CHOICES > 2
    assert total["one-hot booleans, SAT"] >= total["binary booleans, SAT"]
    # Bounded search asks z3, which everybody has.
    asked = {each: steps for each, steps in total.items() if "SAT" not in each}
    assert max(asked, key=lambda each: asked[each]) == f"bit-vectors, {LOGIC}"


def test_every_property_has_a_certificate_at_two_devices_and_two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    certified = bench("certified", monkeypatch)
    known = record("certified")
    assert len(known) >= 17
    assert not any(entry["missing"] for entry in known.values())
    assert certified.page(known) == (ROOT / "reports/certified.md").read_text(encoding="utf-8")
