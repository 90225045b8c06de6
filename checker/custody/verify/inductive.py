"""An inductive invariant: it holds at first (init), steps keep it (step), and it excludes what must not be (safe).

`invariant` is a list of SMT-LIB terms, `uses` a list of properties of the specification itself that are part of it.
Of a property of whole runs the proof is about the system's double: see `custody.system.lasso`.
"""

from __future__ import annotations

from collections.abc import Iterator

from custody.system.expression import Op, nodes, not_
from custody.system.forbidden import forbidden
from custody.system.lasso import doubled
from custody.system.model import LIVENESS, System
from custody.verify.proof import Proof, RefusedError, Sizes, first
from custody.verify.solve import solvers
from custody.verify.steps import Case, breaks, decide, obligations
from custody.verify.terms import parse


def check(system: System, proof: Proof, _: Sizes) -> str:
    """RefusedError with the obligation that fails; each is decided by every solver that is installed."""
    decide(*cases(system, proof))
    return f"init, step and safe by {' and '.join(solvers())}"


def cases(system: System, proof: Proof) -> tuple[System, Iterator[Case]]:
    """The system that the proof is about, and what must be true of no state of it."""
    properties = [system.property_named(name) for name in proof.properties]
    runs = [p for p in properties if p.form in LIVENESS]
    if runs and len(properties) > 1:
        raise RefusedError("format", f"a proof of {runs[0].name} is about nothing else")
    if runs:
        system = doubled(system, runs[0])
        properties = [system.property_named(runs[0].name)]
    for variable in system.variables:
        if not variable.domain.low <= min(variable.initial) <= max(variable.initial) <= variable.domain.high:
            raise RefusedError("init", f"{variable.name} may begin outside its domain")
    parts = [not_(forbidden(system, system.property_named(str(name)))) for name in proof.data["uses"]]
    parts += [parse(system, str(text)) for text in proof.data["invariant"]]
    if any(node.op is Op.NEXT for node in nodes(*parts)):
        raise RefusedError("format", "an invariant is about single states")
    return system, obligations(system, first(system), parts, {p.name: breaks(system, p) for p in properties})
