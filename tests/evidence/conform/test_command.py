"""`custody conform` from outside: verdicts, exit codes, JSON, and what is wrong with a request."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from custody.cli import run

SPEC = Path(__file__).parents[3] / "spec"
SMALL = ("--set", "DEVICES=1", "--set", "THREADS=1", "--set", "COHERENT=true")


def test_a_small_instance_conforms_and_all_of_it_is_covered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = [tmp_path / "first.json", tmp_path / "second.json"]
    for result, jobs in zip(results, "12", strict=True):
        assert run(["conform", str(SPEC / "dma_buf.custody"), *SMALL, "--jobs", jobs, "--json", str(result)]) == 0
    assert "all 904 transitions of 156 states" in " ".join(capsys.readouterr().out.split())
    assert results[0].read_bytes() == results[1].read_bytes()
    (comparison,) = json.loads(results[0].read_text())["comparisons"]
    assert comparison["verdict"] == "conforms"
    (toured,) = [part for part in comparison["parts"] if part["kind"] == "tours"]
    assert toured["covered"] == toured["claimed"]
    assert toured["claimed"] + sum(excuse["transitions"] for excuse in toured["excused"]) == toured["transitions"]


TOURS, INTERLEAVINGS = ("--only", "tours"), ("--only", "interleavings")
ASKED = {
    "udmabuf": (*TOURS, *SMALL),
    "udmabuf_pages": (*TOURS, "--set", "IMPORTING=false"),
    "heap": (*TOURS, *SMALL),
    "gntdev": (*TOURS, "--set", "WAITERS=1"),
    "vb2": (*INTERLEAVINGS, "--set", "THREADS=2"),
    "vb2_streaming": (*INTERLEAVINGS, "--set", "COHERENT=false"),
    "kds": (*TOURS, "--set", "BUFFERS=1"),
    "ownership": (*TOURS, "--set", "DEVICES=1"),
    "core_mmap": (*TOURS, "--set", "THREADS=1"),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_others_conform(name: str) -> None:
    assert run(["conform", name, *ASKED[name]]) == 0


def test_where_a_contract_can_begin_in_several_states_all_of_it_is_covered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["conform", "kds", "--set", "BUFFERS=1", "--set", "EXCLUSIVE_ONLY=true"]) == 0
    assert "all 626 transitions of 263 states" in " ".join(capsys.readouterr().out.split())


def test_a_contract_without_a_world_is_a_wrong_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", str(SPEC / "resv_fences.custody")]) == 2
    assert "nothing that 'resv_fences' is about" in capsys.readouterr().err
    assert run(["conform", str(SPEC / "no_such.custody")]) == 2


def test_a_limit_is_no_success() -> None:
    assert run(["conform", "dma_buf", *SMALL, "--only", "tours", "--max-states", "50"]) == 3


def test_another_contract_diverges_and_the_divergence_replays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A contract in which a failed begin leaves the bracket open is not what the implementation does."""
    text = (SPEC / "dma_buf.custody").read_text()
    wrong = text.replace(
        "            bracket[self] = open(dir)\n    or fails EINTR\n",
        "            bracket[self] = open(dir)\n    or fails EINTR\n        bracket[self] = open(dir)\n",
    )
    assert wrong != text
    spec, result = tmp_path / "dma_buf.custody", tmp_path / "result.json"
    spec.write_text(wrong)
    (tmp_path / "coherency.custody").write_text((SPEC / "coherency.custody").read_text())
    assert run(["conform", str(spec), *SMALL, "--only", "tours", "--json", str(result)]) == 1
    assert "the contract has open(" in capsys.readouterr().out
    assert run(["conform", str(spec), "--replay", str(result)]) == 1
    assert run(["conform", str(SPEC / "dma_buf.custody"), "--replay", str(result)]) == 0, "it is gone there"
    assert run(["conform", "udmabuf", "--replay", str(result)]) == 2


def test_what_is_replayed_has_to_be_a_result(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    assert run(["conform", "dma_buf", "--replay", str(other)]) == 2
