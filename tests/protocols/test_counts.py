"""Classic protocols in our language: the counts that were published, and those of SPIN and rumur."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.exchange import murphi, promela
from custody.explore.search import explore
from custody.graph.engine import analyse
from custody.language import instances, load
from custody.properties.check import check
from custody.system.finding import Verdict
from custody.system.model import Form, System
from support.peers import needs_rumur, needs_spin, run_rumur, run_spin

HERE = Path(__file__).parent

# model, parameters, states, transitions, depth; README.md says who counted them and where they were published.
COUNTS: list[tuple[str, dict[str, str], int, int, int | None]] = [
    ("lifecycle", {"N": "3"}, 10_657, 82_047, 12),
    ("lifecycle", {"N": "4"}, 98_817, 917_227, 15),
    ("philosophers", {"N": "3"}, 35, 75, 7),
    ("philosophers", {"N": "6"}, 1_297, 5_622, 16),
    ("philosophers", {"N": "3", "POLITE": "true"}, 24, 46, 6),
    ("philosophers", {"N": "6", "POLITE": "true"}, 862, 3_516, 15),
    ("peterson_table", {"N": "2"}, 34, 62, 9),
    ("peterson_table", {"N": "3"}, 705, 1_725, 21),
    ("peterson_table", {"N": "4"}, 14_844, 44_120, 36),
    ("ticket_table", {"N": "3"}, 93, 171, 10),
    ("ticket_table", {"N": "5"}, 3_255, 6_475, 18),
    ("alternating_bit", {}, 128, 344, 18),
    ("two_phase", {"N": "3"}, 288, 1_145, 10),
    ("two_phase", {"N": "5"}, 8_832, 58_145, 16),
    ("transaction_commit", {"N": "3"}, 34, 93, 6),
    ("transaction_commit", {"N": "4"}, 96, 356, None),
    ("german", {"N": "2"}, 1_497, 3_972, 18),
    ("german", {"N": "3"}, 28_593, 114_804, 26),
]


def system(name: str, settings: dict[str, str]) -> System:
    return instances(load(str(HERE / f"{name}.custody")), settings)[0]


@pytest.mark.parametrize(("name", "settings", "states", "transitions", "depth"), COUNTS)
def test_counts(name: str, settings: dict[str, str], states: int, transitions: int, depth: int | None) -> None:
    found = explore(system(name, settings))
    assert found.complete
    assert (found.states, found.transitions) == (states, transitions)
    assert depth is None or found.depth == depth


def test_the_yardstick_with_five_devices() -> None:
    found = explore(system("lifecycle", {"N": "5"}))
    assert (found.states, found.transitions, found.depth) == (905_217, 9_844_711, 18)


@pytest.mark.parametrize(("name", "settings", "states", "transitions", "depth"), [c for c in COUNTS if c[2] < 9_000])
def test_the_graph_engine_counts_the_same_and_agrees(
    name: str, settings: dict[str, str], states: int, transitions: int, depth: int | None
) -> None:
    model = system(name, settings)
    graph, search = analyse(model), explore(model)
    assert (graph.states, graph.transitions) == (states, transitions)
    assert depth is None or graph.depth == depth
    for name_of, finding in search.findings.items():
        if model.property_named(name_of).form not in (Form.LEADS_TO, Form.EVENTUALLY):
            other = graph.findings[name_of]
            assert finding.verdict == other.verdict
            assert (finding.trace and finding.trace.length) == (other.trace and other.trace.length)


FILES = sorted(file.stem for file in HERE.glob("*.custody"))


@needs_spin
@pytest.mark.parametrize("name", FILES)
def test_spin_counts_what_we_export(name: str) -> None:
    model = system(name, {})
    found, extra = explore(model), promela.overhead(model)
    count = run_spin(promela.export(model))
    assert count.depth is not None
    assert (count.states - extra.states, count.transitions - extra.transitions, count.depth - extra.depth) == (
        found.states,
        found.transitions,
        found.depth,
    )


@needs_rumur
@pytest.mark.parametrize("name", FILES)
def test_rumur_counts_what_we_export(name: str) -> None:
    model = system(name, {})
    found = explore(model)
    count = run_rumur(murphi.export(model))
    assert (count.states, count.transitions) == (found.states, found.transitions)


@pytest.mark.parametrize("name", FILES)
def test_the_verdicts_are_as_the_file_expects(name: str) -> None:
    run = check(system(name, {}), name)
    assert run.passes
    unexpected = [r for r in run.properties if r.subject.expected is None]
    assert all(r.finding.verdict is Verdict.HOLDS for r in unexpected)


def test_the_philosophers_deadlock_after_as_many_steps_as_there_are_forks() -> None:
    for number in (2, 3, 4, 5):
        finding = explore(system("philosophers", {"N": str(number)})).findings["deadlock"]
        assert finding.trace is not None
        assert finding.trace.length == number
