"""Runs of the small systems, checked by the plain engine, for tests of reports."""

from __future__ import annotations

from custody.present.report import Report
from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.properties.result import RunResult
from custody.system.finding import Limits
from custody.system.model import System
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, NO_RELIGHT, NO_SHORT, lamp, search


def run_of(system: System, limits: Limits | None = None) -> RunResult:
    return check(system, "given/lamp.custody", limits=limits, engines={EngineChoice.EXPLICIT: search})


def a_report() -> Report:
    """Violated, reached and kept properties, a hazard, and a run that a limit ended."""
    everything = lamp(NEVER_BLOWN, CAN_SHINE, NO_SHORT, NO_DEADLOCK, NO_RELIGHT)
    hazard = lamp(NEVER_BLOWN, NO_SHORT, shorts=True)
    return Report((run_of(everything), run_of(hazard), run_of(everything, Limits(max_states=1))))
