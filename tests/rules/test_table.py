"""The table of rules is complete, well formed and consistent with itself."""

from __future__ import annotations

import re

import pytest

from custody.rules import all_rules, kind_of, rule, rule_ids, source
from custody.system.model import Kind


def test_ids_are_unique_and_well_formed() -> None:
    ids = [entry.id for entry in all_rules()]
    assert len(ids) == len(set(ids)) == len(rule_ids()) == 87
    assert all(re.fullmatch(r"(DB|GX)-[A-Z]+-\d\d", name) for name in ids)


@pytest.mark.parametrize("entry", all_rules(), ids=lambda entry: entry.id)
def test_each_rule_is_one_sentence_with_a_source(entry: object) -> None:
    found = rule(getattr(entry, "id", ""))
    assert found is entry
    assert found.text.endswith(".")
    assert found.text[0].isupper()
    assert found.family
    assert found.sources


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("DB-CPU-05", Kind.COHERENCY),
        ("DB-REF-01", Kind.LIFETIME),
        ("DB-MAP-03", Kind.PROTOCOL),
        ("DB-EXP-01", Kind.PROTOCOL),
        ("DB-LOCK-03", Kind.DEADLOCK),
        ("GX-W-04", Kind.LIVENESS),
        ("DB-PREP-04", Kind.PROTOCOL),
    ],
)
def test_the_kind_follows_the_first_concern(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


def test_an_unknown_rule_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        rule("DB-XYZ-01")


def test_numbered_sources_have_a_title_and_others_stand_for_themselves() -> None:
    assert "udmabuf" in source("000")
    assert source("6b607e3a658f") == "commit of Linux"
    assert source("dma-resv.c") == "dma-resv.c"
