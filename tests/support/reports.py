"""Runs of the small systems, checked by the plain engine, for tests of reports."""

from __future__ import annotations

from custody.properties.check import check
from custody.properties.engines import EngineChoice
from custody.properties.result import RunResult
from custody.system.finding import Limits
from custody.system.model import System
from support.lamps import search


def run_of(system: System, limits: Limits | None = None) -> RunResult:
    return check(system, "given/lamp.custody", limits=limits, engines={EngineChoice.EXPLICIT: search})
