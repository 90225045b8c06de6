"""Runs in the Informal Trace Format, the JSON that Apalache and Quint write and read.

https://apalache-mc.org/docs/adr/015adr-trace.html.  Each state gives every variable its value: a truth, a number, or
the word of an enumeration.  The format has no place for the steps between the states; they stand in `#meta`, which
readers may ignore.  Reading finds the steps again, so that a trace by another tool is one of ours: its variables may
have the names of an export (`v_lamp`) and numbers for words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from custody.exchange.names import identifiers
from custody.system.evaluate import enabled, failed_check, fire, initial_states
from custody.system.finding import Trace
from custody.system.model import Action, State, System, Variable

FORMAT = "https://apalache-mc.org/docs/adr/015adr-trace.html"
LARGEST = 2**53
"""Numbers beyond are written as text: JSON's are floating."""


class TraceError(ValueError):
    """The text is no run of the system; the message says where it stops being one."""


def write(system: System, trace: Trace, about: str) -> str:
    """The trace as JSON with a final newline; `about` says of what it is a trace."""
    states: list[dict[str, Any]] = []
    for index, state in enumerate(trace.states):
        meta: dict[str, Any] = {"index": index}
        if index < len(trace.actions):
            meta["step"] = _told(system.actions[trace.actions[index]])
        values = {
            variable.name: _value(variable, value) for variable, value in zip(system.variables, state, strict=True)
        }
        states.append({"#meta": meta, **values})
    document: dict[str, Any] = {
        "#meta": {
            "format": "ITF",
            "format-description": FORMAT,
            "source": system.file,
            "description": about,
            "parameters": dict(system.parameters),
            "breaks": trace.broken is not None,
            "stutters": trace.stutters,
        },
        "vars": [variable.name for variable in system.variables],
        "states": states,
    }
    if trace.loop_at is not None:
        document["loop"] = trace.loop_at
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def read(system: System, text: str) -> Trace:
    """The run that the text shows; TraceError where it shows none."""
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise TraceError(f"this is no JSON: {error}") from None
    if not isinstance(found, dict) or not isinstance(cast(dict[str, Any], found).get("states"), list):
        raise TraceError("an ITF trace is an object with a list `states`")
    document = cast(dict[str, Any], found)
    told = cast(list[object], document["states"])
    if not told:
        raise TraceError("there is no state in it")
    states = tuple(_state(system, entry, number) for number, entry in enumerate(told))
    if states[0] not in initial_states(system):
        raise TraceError("state 0 is no first state of this specification")
    steps = [_step_told(entry) for entry in told]
    actions = [
        _between(system, before, after, steps[number], number + 1)
        for number, (before, after) in enumerate(pairwise(states))
    ]
    meta = document.get("#meta")
    about = cast(dict[str, Any], meta) if isinstance(meta, dict) else {}
    if about.get("breaks") is True:
        return _broken(system, states, actions, steps[-1])
    loop = document.get("loop")
    if loop is not None and (not isinstance(loop, int) or not 0 <= loop < len(states) or states[loop] != states[-1]):
        raise TraceError(f"the run does not return to state {loop}")
    return Trace(states, tuple(actions), loop_at=loop, stutters=about.get("stutters") is True)


def _broken(system: System, states: tuple[State, ...], actions: list[int], step: str | None) -> Trace:
    """A run whose last step breaks a check."""
    for index in enabled(system, states[-1]):
        action = system.actions[index]
        check = failed_check(action, states[-1])
        if check is not None and (step is None or _told(action) == step):
            return Trace(states, (*actions, index), broken=action.checks.index(check))
    raise TraceError("no step that can be taken in the last state breaks a check")


def _state(system: System, entry: object, number: int) -> State:
    if not isinstance(entry, dict):
        raise TraceError(f"state {number} is no object")
    values = cast(Mapping[str, Any], entry)
    exported = identifiers("v_", (variable.name for variable in system.variables))
    state: list[int] = []
    for variable, other in zip(system.variables, exported, strict=True):
        name = variable.name if variable.name in values else other
        if name not in values:
            raise TraceError(f"state {number} does not say what {variable.name} is")
        state.append(_read(variable, values[name], number))
    return tuple(state)


def _read(variable: Variable, value: object, number: int) -> int:
    domain = variable.domain
    if isinstance(value, dict):
        text = cast(Mapping[str, Any], value).get("#bigint")
        value = int(text) if isinstance(text, str) and text.lstrip("-").isdigit() else None
    if domain.boolean and isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and domain.labels is not None and value in domain.labels:
        return domain.low + domain.labels.index(value)
    if isinstance(value, int) and not isinstance(value, bool) and domain.low <= value <= domain.high:
        return value
    raise TraceError(f"state {number}: {variable.name} cannot be {json.dumps(value)}")


def _between(system: System, before: State, after: State, step: str | None, number: int) -> int:
    """The action of the step: the one that is told, or the first that does this."""
    ways: list[int] = []
    for index in enabled(system, before):
        action = system.actions[index]
        if failed_check(action, before) is None and fire(action, before) == after:
            ways.append(index)
    if not ways:
        changed = [
            f"{variable.name} from {variable.domain.show(old)} to {variable.domain.show(new)}"
            for variable, old, new in zip(system.variables, before, after, strict=True)
            if old != new
        ]
        raise TraceError(f"step {number}: nothing that can happen changes {', '.join(changed) or 'nothing at all'}")
    return next((index for index in ways if _told(system.actions[index]) == step), ways[0])


def _step_told(entry: object) -> str | None:
    meta = cast(Mapping[str, Any], entry).get("#meta") if isinstance(entry, dict) else None
    step = cast(Mapping[str, Any], meta).get("step") if isinstance(meta, dict) else None
    return step if isinstance(step, str) else None


def _told(action: Action) -> str:
    arguments = ", ".join(f"{name}: {value}" for name, value in action.arguments)
    words = f"{action.actor} {action.name}({arguments})"
    words += f" {action.label}" if action.label not in ("", action.name) else ""
    return f"{words} {action.outcome}" if action.outcome else words


def _value(variable: Variable, value: int) -> object:
    if variable.domain.boolean:
        return bool(value)
    if variable.domain.labels is not None:
        return variable.domain.show(value)
    return value if abs(value) < LARGEST else {"#bigint": str(value)}
