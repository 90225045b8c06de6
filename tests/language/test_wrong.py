"""Wrong specifications and exactly what is said about each: `NAME.custody` and, beside it, `NAME.expect`."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import SpecError, instances, load
from custody.language.library import bundled

FOLDER = Path(__file__).parent / "wrong"
CASES = sorted(FOLDER.glob("*.custody"))


def diagnosis(path: Path) -> str:
    """Everything said about the file, one complaint a line."""
    try:
        instances(load(str(path)), {})
    except SpecError as error:
        lines: list[str] = []
        for d in error.diagnostics:
            hint = f" ({d.hint})" if d.hint else ""
            lines.append(f"{d.place.line}:{d.place.column}: {d.message}{hint} [{d.code}]\n")
        return "".join(lines)
    return "nothing is wrong\n"


def test_there_are_enough() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_diagnosis(path: Path) -> None:
    said = diagnosis(path).replace(str(FOLDER), "FOLDER").replace(str(bundled()), "BUNDLED")
    assert said == path.with_suffix(".expect").read_text(encoding="utf-8")


def test_every_complaint_quotes_its_line() -> None:
    for path in CASES:
        with pytest.raises(SpecError) as caught:
            instances(load(str(path)), {})
        lines = path.read_text(encoding="utf-8").splitlines()
        for d in caught.value.diagnostics:
            assert d.source_line in ("", lines[d.place.line - 1])
            assert d.place.column <= len(lines[d.place.line - 1]) + 2
