"""Of each specification that was measured nine of ten mistakes are caught; every other mistake is explained."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from findings.paths import MUTATION, SURVIVORS

MEASURED: dict[str, Any] = json.loads(MUTATION.read_text(encoding="utf-8"))


@pytest.mark.parametrize("spec", MEASURED)
def test_what_is_not_caught_is_little_and_explained(spec: str) -> None:
    known = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
    outcomes = MEASURED[spec]["outcomes"]
    assert outcomes["caught"] >= 0.9 * (outcomes["caught"] + outcomes["survived"])
    survivors = [t["key"] for t in MEASURED[spec]["not_caught"] if t["outcome"] == "survived"]
    assert [key for key in survivors if key not in known] == []
