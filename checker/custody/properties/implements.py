"""The property `implements`: the verdict of comparing a model with its contract, with a run that can be replayed."""

from __future__ import annotations

import time

from custody.observe.conformance import Conformance, Forbidden, complaint, conformance
from custody.properties.result import INTERRUPTED, PropertyResult
from custody.system.display import View, show, variables
from custody.system.evaluate import fire
from custody.system.expression import FALSE, reads
from custody.system.finding import Exploration, Finding, Limits, Stopwatch, Trace, Verdict
from custody.system.model import Conjunct, Property, System

ENGINE = "conformance"


def settle(system: System, subject: Property, limits: Limits) -> tuple[PropertyResult, Exploration]:
    """The verdict on `subject`, which is the property `implements` of the system."""
    clock = Stopwatch()
    deadline = None if limits.timeout is None else time.monotonic() + limits.timeout
    try:
        found = conformance(_watched(system), limits.max_states, deadline)
    except KeyboardInterrupt:
        found = Conformance(None, 0, frozenset(), INTERRUPTED)
    message = _message(system, found)
    if found.forbidden is not None:
        finding = Finding(subject.name, Verdict.VIOLATED, _told(system, found.forbidden.trace))
    elif found.limit is not None:
        finding = Finding(subject.name, Verdict.INCONCLUSIVE, reason=f"stopped at {found.limit}")
    else:
        finding = Finding(subject.name, Verdict.HOLDS, reason=message)
    failed = _failed(found.forbidden)
    result = PropertyResult(subject, finding, ENGINE, message, failed)
    exploration = Exploration(
        ENGINE, {subject.name: finding}, complete=found.limit is None, limit=found.limit, seconds=clock.seconds
    )
    return result, exploration


def _watched(system: System) -> System:
    if system.implementation is None:
        raise ValueError(f"{system.name} implements no contract")
    return system.implementation.watched


def _told(system: System, watched: Trace) -> Trace:
    """The run of the system as it is, of which only what calls return is watched."""
    states = [watched.states[0]]
    for index in watched.actions:
        states.append(fire(system.actions[index], states[-1]))
    return Trace(tuple(states), watched.actions)


def broken_claim(system: System, trace: Trace) -> str | None:
    """What is wrong with the trace as an argument that the contract is not implemented."""
    if not trace.actions:
        return "it has no step"
    model = _watched(system)
    states = [trace.states[0]]
    for index in trace.actions[:-1]:
        states.append(fire(model.actions[index], states[-1]))
    return complaint(model, Trace((*states, trace.states[-1]), trace.actions))


def _failed(found: Forbidden | None) -> tuple[Conjunct, ...]:
    if found is None or found.clause is None:
        return ()
    return (Conjunct(FALSE, found.clause.text, (), found.clause.place),)


def _message(system: System, found: Conformance) -> str:
    implementation = system.implementation
    contract = implementation.contract if implementation is not None else system
    if found.forbidden is not None:
        return _forbidden(contract, found.forbidden)
    if found.limit is not None:
        return f"stopped at {found.limit}"
    text = f"everything that it does is allowed by {contract.name}: {found.nodes:,} pairs of states"
    if found.outside:
        text += f"; not followed where others broke their duties: {', '.join(sorted(found.outside))}"
    return text


def _forbidden(contract: System, found: Forbidden) -> str:
    if found.call is None:
        return f"the model does not say what it is in {contract.name} when it {found.answers[0] or 'answers OK'}"
    told = f"{found.call.actor} `{found.call}` is not allowed by {contract.name}"
    if found.clause is not None and found.before is not None:
        rules = f" [{', '.join(found.clause.rules)}]" if found.clause.rules else ""
        wanted = reads(found.clause.expression)
        values = [
            f"{view.name} is {show(view.shape, found.before)}"
            for view in _visible(contract)
            if not wanted.isdisjoint(variables(view.shape))
        ]
        where = f", where {', '.join(values[:4])}" if values else ""
        return f"{told}: `{found.clause.text}`{rules} is false{where}"
    if found.answers:
        return f"{told}: it answers {' or '.join(dict.fromkeys(found.answers))} there"
    return f"{told} there"


def _visible(system: System) -> list[View]:
    return [view for view in system.views if not view.hidden]
