"""Whatever the text, the front end answers: with a diagnosis, or with a system that can be explored."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

import pytest

from custody.explore.search import explore
from custody.language import LimitError, SpecError, instances, load
from custody.system.finding import Limits

ROOT = Path(__file__).parents[2]
SMALL = re.findall(r"```custody\n(.*?)```", (ROOT / "spec" / "README.md").read_text(encoding="utf-8"), re.DOTALL)
LARGE = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "spec").rglob("*.custody"))]
WRONG = [
    file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests" / "language" / "wrong").glob("*.custody"))
]
PROTOCOLS = [file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests" / "protocols").glob("*.custody"))]
SEEDS = [*SMALL, *WRONG, *PROTOCOLS]

WORDS = [
    *"""model contract module use param const type record object role state init define action procedure process
    invariant never transition reachable deadlock_free eventually leads_to terminal fair misbehaving expect instance
    lemma if elif else match either or for while loop atomic local choose return fails requires when wait until lock
    trylock unlock lock_slow with acquire_ctx acquire_init acquire_fini complete get put free alloc add remove pop
    from to in is not and forall exists count sum true false
    none self old by at zero max any weak strong violated mutex kref set of queue x y T 0 1 7 -1 99999999999 == != <=
    => <=> ~> = : , . .. | ? ( ) [ ] { } + - * / % " # [DB-CPU-05]""".split(),
    *["\n", "\n", "\n    ", "\n    ", "\n        ", "\t"],
]
ODD = ["\x00", "\ufeff", "\u202e", "é", "\U0001d518", "\r", "\x0c", "\u2028", "'", "`", "\\", "\ud7ff"]


def mutated(text: str, dice: random.Random) -> str:
    """The text with a few things done to it."""
    for _ in range(dice.randint(1, 4)):
        tokens = re.findall(r"\w+|\s+|.", text, re.DOTALL) or [" "]
        at, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
        match dice.randrange(8):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, tokens[other])
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = dice.choice(WORDS)
            case 4:
                tokens.insert(at, dice.choice(ODD))
            case 5:
                lines = text.split("\n")
                line = dice.randrange(len(lines))
                lines.insert(dice.randrange(len(lines)), lines.pop(line))
                tokens = ["\n".join(lines)]
            case 6:
                tokens = tokens[:at]
            case _:
                tokens.insert(
                    at, dice.choice(["(" * 200, "not " * 300, "- " * 200, " " * 5000, "9" * 400, "x." * 99])
                )
        text = "".join(tokens)
    return text


def answer(text: str) -> str:
    """What came of the text; any exception but the two that say what is wrong is a failure of the front end."""
    try:
        systems = instances(load("fuzz.custody", text), {})
    except (SpecError, LimitError):
        return "diagnosed"
    for system in systems[:2]:
        if len(system.actions) < 200:
            explore(system, Limits(max_states=200))
    return "explored"


@pytest.mark.parametrize("part", range(10))
def test_mutated_specifications(part: int) -> None:
    dice = random.Random(part)
    answers = [answer(mutated(dice.choice(SEEDS), dice)) for _ in range(850)]
    assert {"diagnosed", "explored"} == set(answers)


def test_mutated_real_specifications() -> None:
    dice = random.Random(99)
    for _ in range(60):
        text = mutated(dice.choice(LARGE), dice)
        with contextlib.suppress(SpecError):
            assert load(str(ROOT / "spec" / "fuzz.custody"), text).file


def test_words_at_random() -> None:
    dice = random.Random(7)
    for _ in range(1000):
        text = " ".join(dice.choices(WORDS, k=dice.randint(1, 60)))
        assert answer(text) in ("diagnosed", "explored")


def test_bytes_at_random(tmp_path: Path) -> None:
    dice = random.Random(8)
    file = tmp_path / "bytes.custody"
    for _ in range(500):
        file.write_bytes(dice.randbytes(dice.randint(0, 300)))
        with pytest.raises(SpecError):
            load(str(file))


@pytest.mark.parametrize(
    "text",
    [
        "model m\ninvariant x\n    " + "(" * 5000 + "true" + ")" * 5000 + "\n",
        "model m\ninvariant x\n    " + "not " * 5000 + "true\n",
        "model m\ninvariant x\n    " + " => ".join(["true"] * 3000) + "\n",
        "model m\ninvariant x\n    0 == " + " + ".join(["1"] * 3000) + "\n",
        "model m\n" + "".join("action a\n" + " " * (4 * i) + "if true\n" for i in range(1, 200)),
        "model m\nstate\n    x: 0..2147483647\nchoose\n",
        "model m\nrole T[1024]\nstate\n    x[T]: bool\naction a(i: T, j: T, k: T)\n    x[i] = true\n",
        "model m\nstate\n    x: 0..2000000000\naction a(i: 0..2000000000)\n    x = i\n",
        "model m\ntype A: 0..100000\ninvariant x\n    forall a: A, b: A . a == b\n",
        "model m\nstate\n    x: 0..1000000 = any\n",
        "model m\nstate\n    q: queue of 0..1 max 1025\n",
    ],
    ids=lambda text: str(len(text)),
)
def test_huge_inputs_are_answered(text: str) -> None:
    assert answer(text) == "diagnosed"
