"""From a system to a result: which engine settles what, and what must be true before anybody is told.

* The `explicit` engine settles everything; where it runs without C, liveness goes to `networkx`.
* Every finding must be one that its engine can support, and every trace must replay in the plain evaluator.
* With `all`, each property is settled by every engine that can, and they must agree.

A finding that fails one of these raises a fault instead of becoming a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from custody.properties.compare import require_agreement, require_sound
from custody.properties.engines import ENGINES, Engine, EngineChoice
from custody.properties.explain import explain, failed_conjuncts
from custody.properties.implements import settle
from custody.properties.replay import replay
from custody.properties.result import INTERRUPTED, PropertyResult, RunResult
from custody.properties.vacuity import judge
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Stopwatch, Verdict
from custody.system.model import LIVENESS, Form, Property, System


def check(
    system: System,
    spec: str,
    engine: EngineChoice = EngineChoice.EXPLICIT,
    limits: Limits | None = None,
    properties: Sequence[str] | None = None,
    progress: ProgressHook | None = None,
    engines: Mapping[EngineChoice, Engine] = ENGINES,
) -> RunResult:
    """Check the named properties (None: all) of `system`; `spec` is the file's name as the user gave it.

    `limits.timeout` is for all engines together.  KeyError for a property that the system does not have,
    InternalError where an engine contradicts the evaluator, another engine or itself.
    """
    subjects = _subjects(system, properties)
    stopwatch = Stopwatch()
    explorations: list[Exploration] = []
    asked = [subject for subject in subjects if subject.form is not Form.IMPLEMENTS]
    plan = _plan(engine, asked)
    for choice, part in plan:
        names = tuple(subject.name for subject in part)
        found = engines[choice](system, _remaining(limits or Limits(), stopwatch), names, progress)
        require_sound(system, part, found)
        for subject in part:
            replay(system, subject, found.findings[subject.name])
        explorations.append(found)
        if found.limit == INTERRUPTED:
            break
        plan += _left_over(engine, part, found)
    require_agreement(system, asked, explorations)
    notices, refuted = judge(system, asked, explorations)
    compared = {subject.name: subject for subject in subjects if subject.form is Form.IMPLEMENTS}
    settled: dict[str, PropertyResult] = {}
    for subject in compared.values():
        settled[subject.name], found = settle(system, subject, _remaining(limits or Limits(), stopwatch))
        replay(system, subject, settled[subject.name].finding)
        explorations.append(found)
    results = tuple(settled.get(subject.name) or _result(system, subject, explorations) for subject in subjects)
    return RunResult(
        spec=spec,
        system=system,
        engine=engine.value,
        verdict=_overall([result.finding.verdict for result in results]),
        properties=results,
        explorations=tuple(explorations),
        notices=notices,
        refuted=refuted,
    )


def _subjects(system: System, names: Sequence[str] | None) -> tuple[Property, ...]:
    if names is None:
        return system.properties
    wanted = {system.property_named(name).name for name in names}
    return tuple(subject for subject in system.properties if subject.name in wanted)


def _plan(engine: EngineChoice, subjects: Sequence[Property]) -> list[tuple[EngineChoice, list[Property]]]:
    """Which engine is asked about which properties, the one whose answer is shown first."""
    everything = list(subjects)
    if engine is not EngineChoice.ALL:
        return [(engine, everything)] if everything else []
    return [(choice, everything) for choice in (EngineChoice.EXPLICIT, EngineChoice.NETWORKX, EngineChoice.Z3)]


def _left_over(
    engine: EngineChoice, asked: Sequence[Property], found: Exploration
) -> list[tuple[EngineChoice, list[Property]]]:
    """What the explicit engine saw the whole space for and could not settle."""
    if engine is not EngineChoice.EXPLICIT or found.engine != EngineChoice.EXPLICIT or not found.complete:
        return []
    left = [p for p in asked if p.form in LIVENESS and found.findings[p.name].verdict is Verdict.INCONCLUSIVE]
    return [(EngineChoice.NETWORKX, left)] if left else []


def _remaining(limits: Limits, stopwatch: Stopwatch) -> Limits:
    if limits.timeout is None:
        return limits
    return replace(limits, timeout=max(0.0, limits.timeout - stopwatch.seconds))


def _result(system: System, subject: Property, explorations: Sequence[Exploration]) -> PropertyResult:
    asked = [found for found in explorations if subject.name in found.findings]
    settled = [found for found in asked if found.findings[subject.name].verdict is not Verdict.INCONCLUSIVE]
    # An interruption comes before the later engines are asked at all.
    found = (settled or asked or explorations)[0]
    finding = found.findings.get(subject.name) or Finding(subject.name, Verdict.INCONCLUSIVE, reason=INTERRUPTED)
    return PropertyResult(
        subject=subject,
        finding=finding,
        engine=found.engine,
        message=explain(system, subject, finding, found),
        failed=failed_conjuncts(subject, finding.trace),
    )


def _overall(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in (Verdict.VIOLATED, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.HOLDS
