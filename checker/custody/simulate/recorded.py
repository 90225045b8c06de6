"""A run out of the JSON that `custody check --json` writes: who did what, made into states again.

The JSON has the steps in words and what changes of what is shown.  Where several runs fit, because what is hidden
differs, all are followed, and the first that fits to its end is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

from custody.system.display import changes, show
from custody.system.evaluate import enabled, failed_check, fire, initial_states
from custody.system.finding import Trace
from custody.system.model import Action, State, System

_Run: TypeAlias = tuple[tuple[State, ...], tuple[int, ...]]


class RecordedError(Exception):
    """The JSON has no such run, or the specification none like it; the message says which."""


def read(system: System, document: Mapping[str, Any], name: str = "") -> Trace:
    """The run of the property called `name`, or of the first that has one; RecordedError where there is none."""
    subject = _subject(system, document, name)
    told = subject["trace"]
    runs: list[_Run] = [((state,), ()) for state in initial_states(system) if _fits(system, state, told["initial"])]
    if not runs:
        raise RecordedError("it begins in a state that is no first state of this specification")
    broken: int | None = None
    for number, step in enumerate(told["steps"], 1):
        if step["breaks"] is not None:
            states, actions, broken = _breaking(system, runs, step, number)
            runs = [(states, actions)]
        else:
            runs = _further(system, runs, step, number)
    loop = told["loop_at"]
    for states, actions in runs:
        if loop is None or states[loop] == states[-1]:
            return Trace(states, actions, loop_at=loop, broken=broken, stutters=bool(told["stutters"]))
    raise RecordedError(f"the run does not return to where it was after step {loop}")


def _subject(system: System, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What the JSON says of the property, in the run of this very instance."""
    runs = [run for run in cast(list[dict[str, Any]], document["runs"]) if run["model"] == system.name]
    if not runs:
        raise RecordedError(f"it has no run of {system.name}")
    of_this = [run for run in runs if run["parameters"] == dict(system.parameters)]
    if not of_this:
        values = ", ".join(f"{key}={value}" for key, value in runs[0]["parameters"].items())
        raise RecordedError(f"it has {system.name} only with other parameters, the first with {values}")
    subjects = [subject for run in of_this for subject in run["properties"] if subject["trace"] is not None]
    named = [subject for subject in subjects if not name or subject["name"] == name]
    if not named:
        known = ", ".join(dict.fromkeys(subject["name"] for subject in subjects))
        raise RecordedError(
            f"it has no run of '{name}'; it has runs of {known}" if known and name else "it has no run"
        )
    return next((subject for subject in named if subject["verdict"] == "violated"), named[0])


def _fits(system: System, state: State, shown: Mapping[str, str]) -> bool:
    return all(show(view.shape, state) == shown[view.name] for view in system.views if view.name in shown)


def _further(system: System, runs: Sequence[_Run], step: Mapping[str, Any], number: int) -> list[_Run]:
    """The runs by one step more; of those that come to the same state the first."""
    found: dict[State, _Run] = {}
    wanted = {name: tuple(pair) for name, pair in step["changes"].items()}
    for states, actions in runs:
        for index in _like(system, states[-1], step):
            action = system.actions[index]
            if failed_check(action, states[-1]) is None:
                after = fire(action, states[-1])
                if changes(system.views, states[-1], after) == wanted:
                    found.setdefault(after, ((*states, after), (*actions, index)))
    if not found:
        raise _impossible(step, number)
    return list(found.values())


def _breaking(
    system: System, runs: Sequence[_Run], step: Mapping[str, Any], number: int
) -> tuple[tuple[State, ...], tuple[int, ...], int]:
    for states, actions in runs:
        for index in _like(system, states[-1], step):
            check = failed_check(system.actions[index], states[-1])
            if check is not None and check.message == step["breaks"]:
                return states, (*actions, index), system.actions[index].checks.index(check)
    raise _impossible(step, number)


def _like(system: System, state: State, step: Mapping[str, Any]) -> Iterator[int]:
    """The steps that can be taken and are called so."""
    return (index for index in enabled(system, state) if _is(system.actions[index], step))


def _is(action: Action, step: Mapping[str, Any]) -> bool:
    told = (step["actor"], step["action"], step["label"], step["arguments"], step["outcome"])
    return told == (action.actor, action.name, action.label, dict(action.arguments), action.outcome)


def _impossible(step: Mapping[str, Any], number: int) -> RecordedError:
    return RecordedError(f"step {number} cannot be taken, or does something else: {step['actor']}: {step['label']}")
