"""`custody rules` and `custody explain`."""

from __future__ import annotations

import pytest

from custody.cli import run
from custody.present.catalogue import entry, names
from custody.rules import all_rules


def test_every_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    text = capsys.readouterr().out
    assert all(f"  {rule.id} " in text and rule.text in text for rule in all_rules())


@pytest.mark.parametrize("name", names())
def test_every_name_has_an_entry(name: str) -> None:
    text = entry(name)
    assert text is not None
    assert text.startswith(f"{name}: ")
    assert entry(name.swapcase()) == text


def test_a_contested_rule_says_who_contests_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "db-cpu-05"]) == 0
    text = capsys.readouterr().out
    assert "Contested: the code of 000 does the opposite" in text
    assert "000  udmabuf" in text
    assert "284562e1f348  commit of Linux" in text


@pytest.mark.parametrize(("wrong", "meant"), [("DB-CPU-5", "DB-CPU-05"), ("livenes", "liveness")])
def test_a_near_name_is_suggested(wrong: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", wrong]) == 2
    assert meant in capsys.readouterr().err
