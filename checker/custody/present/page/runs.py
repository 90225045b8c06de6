"""Counterexamples as data that the page can step through: words are kept once, states as what changes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from custody.present.draw.chart import read_by
from custody.present.draw.lanes import Lane, is_fresh, lanes
from custody.present.draw.links import NO_LINKS, Links
from custody.present.page.explained import Explained, Said
from custody.present.report import Step, step_words, trace_steps
from custody.properties.result import PropertyResult, RunResult
from custody.properties.truth import Truth
from custody.system.display import show
from custody.system.finding import Trace, Verdict
from custody.system.model import System


@dataclass(frozen=True, slots=True)
class Run:
    """One trace, ready to be written as JSON; `data` refers to texts by their number in the page's list."""

    title: str
    data: dict[str, Any]


class Player:
    """Numbers the traces of a page and gathers their words."""

    def __init__(self, links: Links = NO_LINKS, explained: Explained | None = None) -> None:
        self.runs: list[Run] = []
        self.explained = explained or {}
        self._links = links
        self._truths: dict[int, Truth] = {}

    def add(self, run: RunResult, result: PropertyResult, instance: str) -> int:
        """The number that the trace of the result gets."""
        trace = result.finding.trace
        if trace is None:
            raise ValueError(f"{result.subject.name} has no trace")
        system = run.system
        if id(system) not in self._truths:
            self._truths = {id(system): Truth(system)}
        self.runs.append(
            Run(
                f"{system.name}: {result.subject.name}",
                {
                    **_data(system, result, trace, instance, self._truths[id(system)], self._links),
                    **_why(self.explained.get((run.spec, result.subject.name)), system, trace),
                },
            )
        )
        return len(self.runs) - 1


def _data(
    system: System, result: PropertyResult, trace: Trace, instance: str, truth: Truth, links: Links
) -> dict[str, Any]:
    subject = result.subject
    views = [view for view in system.views if not view.hidden]
    at = {view.name: number for number, view in enumerate(views)}
    steps = trace_steps(system, trace)
    acting = dict.fromkeys(step.action.actor for step in steps)
    declared = [name for _, names in system.roles for name in names if name in acting]
    actors = list(dict.fromkeys([*declared, *acting]))
    violated = result.finding.verdict is Verdict.VIOLATED
    return {
        "model": system.name,
        "property": subject.name,
        "instance": instance,
        "violated": violated,
        "rules": list(subject.rules),
        "doc": " ".join(subject.doc.split()),
        "message": result.message,
        "loop": trace.loop_at,
        "stutters": trace.stutters,
        "actors": actors,
        "views": [view.name for view in views],
        "first": [show(view.shape, trace.states[0]) for view in views],
        "lanes": [_lane(lane) for lane in lanes(system, trace, read_by(system, subject, trace))],
        "steps": [
            {
                "a": actors.index(step.action.actor),
                "s": step.action.side or "",
                "w": step_words(step.action),
                "p": _where(step, system),
                "l": links.to(step.action.place),
                "c": [[at[name], new] for name, (_, new) in step.changes.items()],
                **({} if step.breaks is None else {"b": step.breaks}),
            }
            for step in steps
        ],
        "truth": [[found.name, found.form.value, text] for found, text in truth.along(trace)],
    }


def _why(said: Said | None, system: System, trace: Trace) -> dict[str, Any]:
    """What explains the run, where it is this run that is explained."""
    if said is None or (said.instance, said.length) != (system.instance, trace.length):
        return {}
    return {"why": list(said.sentences), "rests": said.rests, "leads": said.leads}


def _lane(lane: Lane) -> list[Any]:
    """Name, what it is about, and each value with the state that it begins in and what it says of the data."""
    words = {True: "fresh", False: "stale", None: ""}
    values = [
        [at, value, words[is_fresh(value)]]
        for at, value in enumerate(lane.shown)
        if at == 0 or lane.shown[at - 1] != value
    ]
    return [lane.name, lane.about.value, values]


def _where(step: Step, system: System) -> str:
    place = step.action.place
    here = place.file in ("", system.file)
    return f"line {place.line}" if here else f"{PurePath(place.file).stem}, line {place.line}"
