"""The way of looking at every state, and then of saying in few words why none of them is bad.

Where there are not too many states, this settles everything: what is violated has a shortest trace, and what holds
has as its certificate a short inductive invariant distilled from the set of states, or where that takes too long,
is not short, or is not enough, the set itself.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from custody.explore.choose import explore
from custody.explore.compiler import CompilerError
from custody.explore.states import TooManyError
from custody.graph.engine import analyse
from custody.prove.orbits import orbits
from custody.prove.reached import Reached
from custody.prove.words import sentences, term
from custody.symbolic.distil import Distiller, TooLongError
from custody.symbolic.relation import Relation
from custody.symbolic.task import Ended, Message, Proved, Task, stopped_at
from custody.system.finding import Finding, Limits, Stopwatch, Verdict
from custody.system.model import LIVENESS, SAFETY, Form, Property

MOST_STATES = 8_000_000
"""More are not written down."""

MOST_FOLLOWED = 1_000_000
"""Of a larger set nothing is certified that needs more than one look at each state: that all come to rest."""

MOST_DISTILLED = 10_000
"""A larger set is not distilled."""

MOST_CLAUSES = 100
"""An invariant of more is not read by anybody, and the set itself is told in fewer words."""

DISTIL = 4.0
"""Seconds of its own time after which the set is written down instead of distilled."""


def settle(task: Task, send: Callable[[Message], None]) -> Ended:
    """Sends findings with their proofs."""
    clock, system = Stopwatch(), task.system
    limits = Limits(max_states=MOST_STATES, max_memory=task.max_memory, timeout=task.seconds)
    found = explore(system, limits, task.names)
    if not found.complete:
        return stopped_at(found.limit or "its limit")
    findings = dict(found.findings)
    runs = [name for name in task.names if system.property_named(name).form in LIVENESS]
    if any(findings[name].verdict is Verdict.INCONCLUSIVE for name in runs):
        # So few states that nothing was compiled for them.
        findings |= {name: analyse(system, limits, runs).findings[name] for name in runs}
    holding: list[Property] = []
    for p in map(system.property_named, task.names):
        finding = findings[p.name]
        if finding.verdict is Verdict.INCONCLUSIVE:
            continue
        if (finding.verdict is Verdict.HOLDS) is (p.form is Form.REACHABLE):
            send(Proved((finding,), None, "set"))
        else:
            holding.append(p)
    try:
        reached = Reached.of(system, MOST_STATES, task.seconds - clock.seconds)
    except TooManyError:
        return stopped_at(f"timeout {task.seconds:g} s")
    except (CompilerError, OSError, OverflowError) as error:
        return Ended(f"not all states can be written down: {error}")
    short = [p for p in holding if p.form in SAFETY or p.form is Form.REACHABLE]
    proof, words = None, ""
    if short and reached.count <= MOST_DISTILLED:
        with suppress(TooLongError):
            proof, words = _distilled(reached, short, min(DISTIL, task.seconds / 2))
    if proof is not None:
        send(Proved(_found(short, findings, words), proof, "distilled"))
    weak = not any(promise.strong for promise in system.fairness)
    followed = [p for p in holding if p.form is Form.PROGRESS or (p.form in LIVENESS and weak)]
    by_set = [*(short if proof is None else ()), *(followed if reached.count <= MOST_FOLLOWED else ())]
    rest = [p for p in holding if p not in short and p not in by_set]
    if rest:
        # It needs no proof to be so, but nothing here could be checked by somebody else.
        send(Proved(_found(rest, findings, "every state was looked at; without a certificate"), None, "set"))
    if by_set:
        words = f"all of the {reached.count:,} states that can be reached"
        send(Proved(_found(by_set, findings, words), reached.proof(by_set), "set"))
    return Ended()


def _distilled(reached: Reached, properties: list[Property], seconds: float) -> tuple[dict[str, object], str]:
    """TooLongError when it would be too long, too."""
    relation = Relation(reached.system)
    distiller = Distiller(relation, reached.columns(), orbits(relation))
    cubes = distiller.invariant(properties, seconds)
    if len(cubes) > MOST_CLAUSES:
        raise TooLongError
    proof: dict[str, object] = {
        "kind": "inductive",
        "properties": [p.name for p in properties],
        "uses": [],
        "invariant": [term(relation, cube) for cube in cubes],
        "readable": sentences(relation, cubes),
    }
    return proof, f"an inductive invariant of {len(cubes)} clauses"


def _found(properties: list[Property], findings: dict[str, Finding], words: str) -> tuple[Finding, ...]:
    return tuple(Finding(p.name, findings[p.name].verdict, reason=words) for p in properties)
