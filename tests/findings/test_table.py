"""The table says what the verdicts say, no more and no less."""

from __future__ import annotations

from findings.certificates import Certificates
from findings.evidence import Evidence
from findings.runs import Run, Subject, Verdict
from findings.table import page, rows, summary

NO_EVIDENCE, NO_CERTIFICATES = Evidence({}, ()), Certificates({})
POSTED, FIXED = "spec/as_posted/a.custody", "spec/a.custody"


def verdict(name: str, said: str, *rules: str, steps: int | None = None, implicit: bool = False) -> Verdict:
    return Verdict(name, "invariant", rules, implicit, said, steps, {"explicit": said})


def run(spec: str, instance: str, states: int, *verdicts: Verdict) -> Run:
    return Run(spec, "a", instance, {}, states, verdicts)


LEAK = verdict("leak(Buffer)", "violated", steps=3, implicit=True)
SUBJECT = Subject(
    "a",
    (
        run(POSTED, "one", 10, verdict("fresh", "violated", "DB-CPU-05", "DB-CPU-04", steps=7), LEAK),
        run(
            POSTED,
            "two",
            99,
            verdict("fresh", "violated", "DB-CPU-05", steps=4),
            verdict("kept", "holds", "DB-REF-01"),
        ),
    ),
    (
        run(FIXED, "one", 20, verdict("fresh", "holds", "DB-CPU-05"), verdict("kept", "holds", "DB-REF-01")),
        run(
            FIXED,
            "bare",
            30,
            verdict("fresh", "violated", "DB-CPU-05", steps=9),
            verdict("leak(Buffer)", "holds", implicit=True),
        ),
    ),
)


def by_rule(evidence: Evidence = NO_EVIDENCE, certificates: Certificates = NO_CERTIFICATES):
    return {row.rule: row for row in rows(SUBJECT, evidence, certificates)}


def test_the_shortest_trace_of_all_instances_is_linked() -> None:
    row = by_rule()["DB-CPU-05"]
    assert (row.posted, row.steps, row.chart) == ("violated", 4, "as_posted-a-fresh.svg")


def test_an_expected_violation_of_a_correction_is_named_and_not_called_success() -> None:
    row = by_rule()["DB-CPU-05"]
    assert (row.corrected, row.variants, row.states) == ("holds", ("a: bare",), "30")
    assert "violated as expected in a: bare" in page([SUBJECT], NO_EVIDENCE, NO_CERTIFICATES)[0]


def test_what_only_the_posted_code_states_is_left_open_for_the_correction() -> None:
    row = by_rule()["DB-CPU-04"]
    assert (row.posted, row.steps, row.corrected, row.states) == ("violated", 7, "", "")


def test_a_hazard_that_was_found_has_a_row_of_its_own() -> None:
    row = by_rule()["leak"]
    assert (row.posted, row.steps, row.corrected) == ("violated", 3, "holds")


def test_only_engines_that_answered_as_the_verdict_says_agree() -> None:
    said = Verdict(
        "fresh", "invariant", ("DB-CPU-05",), False, "holds", None, {"explicit": "holds", "z3": "inconclusive"}
    )
    two = Evidence(
        {FIXED: (run(FIXED, "one", 20, said), run(FIXED, "two", 20, verdict("fresh", "holds", "DB-CPU-05")))}, ()
    )
    assert by_rule(two)["DB-CPU-05"].engines == "explicit"
    also = Verdict("fresh", "invariant", ("DB-CPU-05",), False, "holds", None, {"explicit": "holds", "z3": "holds"})
    three = Evidence({FIXED: (run(FIXED, "one", 20, said), run(FIXED, "two", 20, also))}, ())
    assert by_rule(three)["DB-CPU-05"].engines == "explicit, z3 (1 of 2)"


def test_a_certificate_is_linked_and_a_missing_one_is_counted() -> None:
    some = Certificates({(FIXED, "kept"): "certificates/kept.json"})
    assert by_rule(certificates=some)["DB-REF-01"].certificate == "[proved](certificates/kept.json)"
    assert by_rule(certificates=some)["DB-CPU-05"].certificate == ""


def test_a_certificate_for_any_number_is_linked_beside_the_one_of_an_instance() -> None:
    key = (FIXED, "kept")
    some = Certificates({key: "certificates/kept.json"}, {key: (("Device", "Thread"), "certificates/any.json")})
    told = by_rule(certificates=some)["DB-REF-01"].certificate
    assert told == "[proved](certificates/kept.json), [any number of devices and threads](certificates/any.json)"


def test_the_readme_shows_what_was_found_and_only_that() -> None:
    text = summary([SUBJECT], NO_EVIDENCE, NO_CERTIFICATES)
    assert (
        "| a | DB-CPU-05 | [violated in 4 steps](reports/traces/as_posted-a-fresh.svg) | holds; not in 1 variant"
        in text
    )
    assert "DB-REF-01" not in text


def test_each_linked_chart_is_named_once() -> None:
    text, charts = page([SUBJECT], NO_EVIDENCE, NO_CERTIFICATES)
    assert charts == ("as_posted-a-fresh.svg", "as_posted-a-leak-Buffer.svg")
    assert all(f"traces/{name}" in text for name in charts)
