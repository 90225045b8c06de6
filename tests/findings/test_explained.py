"""The page of explanations has each defect that was measured, and what would have prevented it, if that is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.language import instances, load
from findings import explained
from findings.paths import EXPLAINED, ROOT

KEPT: dict[str, Any] = json.loads(EXPLAINED.read_text(encoding="utf-8"))


def best(spec: str, name: str) -> dict[str, Any]:
    found = next(e for e in KEPT[f"spec/as_posted/{spec}.custody"]["explanations"] if e["property"] == name)
    return found["repairs"][0]


@pytest.mark.parametrize(
    ("spec", "name", "kind", "words"),
    [
        ("udmabuf", "assertion(dma_unmap_sg)", "direction", "`bidirectional` for `dir` in `new = get_sg_table(dir)`"),
        ("udmabuf", "end_shows_the_newest", "sync", "`dma_sync_sg_for_device` for `dma_sync_sg_for_cpu`"),
        ("udmabuf", "no_bracket_without_table", "check", "`if new == none: return sg_error` before `sg = "),
        ("udmabuf", "published_or_put", "clean-up", "`creator_holds = false` before `return ENOMEM`"),
        ("core", "every_call_returns", "release", "`unlock dmabuf.lock` before `ret = exp_attach(attach)`"),
        ("core", "every_import_returns", "release", "`unlock dmabuf.lock` before `ret = exp_attach(attach)`"),
        ("core", "null_dereference(dma_buf_map_attachment)", "check", "`if sgt == none: return ENOMEM` before "),
        ("kds", "deadlock", "order", "in one order, "),
        ("kds", "every_call_returns", "order", "in one order, "),
    ],
)
def test_what_corrected_it_is_the_first_suggestion(spec: str, name: str, kind: str, words: str) -> None:
    repair = best(spec, name)
    assert repair["kind"] == kind
    assert repair["clean"]
    assert repair["changes"][0]["what"].replace("in one order: ", "in one order, ").startswith(words)


@pytest.mark.parametrize("spec", sorted((ROOT / "spec" / "as_posted").glob("*.custody")), ids=lambda spec: spec.stem)
def test_every_defect_of_what_was_posted_is_explained(spec: Path) -> None:
    # What a specification expects to be violated is what `custody check spec` finds, or that fails.
    defects = {
        p.name
        for system in instances(load(str(spec)), {})
        for p in system.properties
        if p.expected is not None and p.expected.violated
    }
    entry = KEPT[str(spec.relative_to(ROOT))]
    assert {found["property"] for found in entry["explanations"]} == defects
    assert all(found["said"] and found["tried"] >= 0 for found in entry["explanations"])


def test_the_page_has_every_defect_with_its_sentences() -> None:
    page = explained.page(EXPLAINED, ROOT)
    for spec, entry in KEPT.items():
        assert f"## {spec}\n" in page
        assert entry["explanations"]
        for found in entry["explanations"]:
            assert f"### {found['property']}\n" in page
            assert all(f"* {sentence}\n" in page for sentence in found["said"])
