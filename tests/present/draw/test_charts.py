"""A report's charts: one for each violated property of a file, its shortest trace of all runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import instances, load
from custody.present.draw.charts import chart_name, charts
from custody.present.report import Report
from custody.properties.check import check
from custody.properties.result import RunResult

PROTOCOLS = Path(__file__).parents[2] / "protocols"


def runs(name: str, **settings: str) -> tuple[RunResult, ...]:
    path = str(PROTOCOLS / f"{name}.custody")
    return tuple(check(system, f"{name}.custody") for system in instances(load(path), settings))


def test_only_what_is_violated_is_drawn_and_once_for_each_file() -> None:
    drawn = dict(charts(Report((*runs("philosophers"), *runs("peterson"), *runs("philosophers")))))
    assert list(drawn) == ["philosophers-deadlock.svg", "philosophers-deadlock-Philosopher.svg"]
    assert all(picture.startswith("<?xml") for picture in drawn.values())


def test_of_several_runs_the_shortest_trace_is_drawn() -> None:
    short, long = runs("philosophers", N="2"), runs("philosophers", N="4")
    assert dict(charts(Report((*long, *short)))) == dict(charts(Report(short)))
    assert dict(charts(Report(long))) != dict(charts(Report(short)))


@pytest.mark.parametrize(
    ("spec", "subject", "name"),
    [
        ("spec/udmabuf.custody", "deadlock", "udmabuf-deadlock.svg"),
        ("spec:udmabuf", "leak(Table)", "udmabuf-leak-Table.svg"),
        ("spec/as_posted/kds.custody", "returns[Thread.0]", "as_posted-kds-returns-Thread-0.svg"),
        ("/home/me/a b.custody", "../x", "me-a b-x.svg"),
    ],
)
def test_names_are_safe(spec: str, subject: str, name: str) -> None:
    assert chart_name(spec, subject) == name
