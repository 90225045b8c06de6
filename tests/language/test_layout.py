"""The layout changes no meaning and settles: the same tree, and the second time the same text."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from custody.language.layout import layout
from custody.language.parse import parse

ROOT = Path(__file__).parents[2]
REAL = sorted((ROOT / "spec").rglob("*.custody")) + sorted((ROOT / "tests" / "protocols").glob("*.custody"))
SNIPPETS = re.findall(r"```custody\n(.*?)```", (ROOT / "spec" / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def tree(node: Any) -> Any:
    """What was parsed, without places; of texts that nodes quote, spaces are not looked at."""
    if is_dataclass(node) and not isinstance(node, type):
        inside = [(f.name, tree(getattr(node, f.name))) for f in fields(node) if f.name not in ("place", "symbol")]
        return (type(node).__name__, inside)
    if isinstance(node, (tuple, list)):
        return [tree(part) for part in cast(Sequence[Any], node)]
    if isinstance(node, str):
        return re.sub(r"\s", "", node)
    return node if isinstance(node, (int, bool, type(None))) else repr(node)


def parsed(text: str) -> Any:
    declarations, problems = parse("x.custody", text)
    assert not problems, problems[0]
    return tree(declarations)


def comments(text: str) -> list[str]:
    without = re.sub(r'"""(?:.|\n)*?"""|"[^"\n]*"', '""', text)
    return [comment.strip() for comment in re.findall(r"#[^\n]*", without)]


def holds_for(text: str) -> None:
    laid_out = layout(text)
    assert layout(laid_out) == laid_out, "it settles"
    assert parsed(laid_out) == parsed(text), "it means the same"
    assert comments(laid_out) == comments(text), "no comment is lost"


@pytest.mark.parametrize("file", REAL, ids=lambda file: file.stem)
def test_the_specifications_are_in_the_layout(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    holds_for(text)
    assert layout(text) == text, "run custody fmt"


def shaken(text: str, dice: random.Random) -> str:
    """The same specification as somebody careless would have laid it out."""
    step = dice.choice(["  ", "   ", "\t", "        "])
    lines: list[str] = []
    inside = False
    for line in text.split("\n"):
        inside ^= line.count('"""') % 2 == 1
        if inside or '"' in line:
            lines.append(line)
            continue
        content = line.lstrip(" ")
        code, mark, comment = content.partition("#")
        if not re.search(r"\[\s*[A-Z]{2}-", code):
            code = re.sub(r" ", lambda _: " " * dice.choice([1, 1, 2, 3]), code)
            code = re.sub(r"([,:+*=<>]) ", lambda found: found[1] + dice.choice(["", " ", "  "]), code)
        lines.append(step * ((len(line) - len(content)) // 4) + code + mark + comment + dice.choice(["", " ", "\t"]))
        if dice.random() < 0.05:
            lines.append(dice.choice(["", "  ", "# a remark", "        # another"]))
    return "\n".join(lines) + dice.choice(["", "\n", "\n\n\n"])


@pytest.mark.parametrize("part", range(4))
def test_a_thousand_careless_ones(part: int) -> None:
    dice = random.Random(part)
    texts = [*SNIPPETS, *(file.read_text(encoding="utf-8") for file in REAL if file.stat().st_size < 6000)]
    tried = 0
    while tried < 250:
        text = shaken(dice.choice(texts), dice)
        if parse("x.custody", text)[1]:
            continue  # a quoted line kept its indentation, which another step does not fit
        holds_for(text)
        tried += 1


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("model  m\nstate\n  x:0..3=0\n", "model m\nstate\n    x: 0..3 = 0\n"),
        ("model m\ninvariant i\n\tx>-1 and(y  or z)\n", "model m\ninvariant i\n    x > -1 and (y or z)\n"),
        ("model m\ninvariant i [ DB-MAP-03,DB-MAP-04 ]\n  f( a,b )[ c ]\n", None),
        ("model m\ninvariant i\n  forall d:Device.x[d]=>n-1==2\n", None),
        ("model m\n\n\n\n# why\nstate\n  # here\n  x: bool   # that\n", None),
        ("", ""),
        ("\n\n  \n", ""),
    ],
)
def test_spaces_stand_where_they_belong(given: str, wanted: str | None) -> None:
    shown = {
        "model m\ninvariant i [ DB-MAP-03,DB-MAP-04 ]\n  f( a,b )[ c ]\n": "model m\ninvariant i"
        " [DB-MAP-03, DB-MAP-04]\n    f(a, b)[c]\n",
        "model m\ninvariant i\n  forall d:Device.x[d]=>n-1==2\n": "model m\ninvariant i\n"
        "    forall d: Device . x[d] => n - 1 == 2\n",
        "model m\n\n\n\n# why\nstate\n  # here\n  x: bool   # that\n": "model m\n\n# why\nstate\n"
        "    # here\n    x: bool  # that\n",
    }
    assert layout(given) == (shown[given] if wanted is None else wanted)


def custody(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "custody", "fmt", *arguments]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, check=False)


def test_the_command(tmp_path: Path) -> None:
    file = tmp_path / "light.custody"
    file.write_text("model m\nstate\n  x:bool\n", encoding="utf-8")
    assert custody(str(file), "--check").returncode == 1
    assert "+    x: bool" in custody(str(file), "--diff").stdout
    assert file.read_text(encoding="utf-8") == "model m\nstate\n  x:bool\n"
    assert custody(str(tmp_path)).returncode == 0
    assert file.read_text(encoding="utf-8") == "model m\nstate\n    x: bool\n"
    assert custody(str(file), "--check").returncode == 0
    assert custody("-", typed="model m\nstate\n  x:bool\n").stdout == file.read_text(encoding="utf-8")


def test_what_does_not_parse_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "wrong.custody"
    file.write_text("model m\nstat\n  x:bool\n", encoding="utf-8")
    done = custody(str(file))
    assert done.returncode == 2
    assert "did you mean 'state'" in done.stderr
    assert file.read_text(encoding="utf-8") == "model m\nstat\n  x:bool\n"
