"""Where things lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
REPORTS = ROOT / "reports"
ENGINE_ANSWERS = REPORTS / "engines.json"
LARGEST = REPORTS / "largest.json"
MUTATION = REPORTS / "mutation.json"
EXPLAINED = REPORTS / "explanations.json"
MEASURED = HERE / "measured.toml"
SURVIVORS = HERE / "survivors.toml"
REASONS = HERE / "reasons.toml"
CHOICES = HERE / "choices.toml"
