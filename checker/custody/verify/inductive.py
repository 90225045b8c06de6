"""An inductive invariant: it holds at first (init), steps keep it (step), and it excludes what must not be (safe).

`invariant` is a list of SMT-LIB terms, `uses` a list of properties of the specification itself that are part of it.
Of a property of whole runs the proof is about the system's double: see `custody.system.lasso`.
"""

from __future__ import annotations

from custody.system.evaluate import evaluate
from custody.system.expression import Expr, Op, and_, nodes, not_, or_
from custody.system.fast import moves
from custody.system.forbidden import forbidden
from custody.system.lasso import doubled
from custody.system.model import LIVENESS, Form, State, System
from custody.verify.proof import Proof, RefusedError, first, shown
from custody.verify.solve import find, solvers
from custody.verify.steps import leaves, strays, violates
from custody.verify.terms import parse


def check(system: System, proof: Proof) -> str:
    """RefusedError with the obligation that fails; each is decided by every solver that is installed."""
    system, wrong = obligations(system, proof)
    for name, condition in wrong.items():
        state = find(system, condition)
        if state is not None:
            raise RefusedError(name, _told(system, proof, name, state), state, shown(system, state))
    return f"init, step and safe by {' and '.join(solvers())}"


def obligations(system: System, proof: Proof) -> tuple[System, dict[str, Expr]]:
    """The system that the proof is about, and the conditions that must be true of no state of it."""
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
    parts = _invariant(system, proof)
    whole = and_(*parts)
    steps = [(strays(system, action), leaves(action, parts)) for action in system.actions]
    broken = [violates(a, p.expression) for p in properties if p.form is Form.STEP for a in system.actions]
    return system, {
        "init": and_(first(system), not_(whole)),
        "step": and_(whole, or_(*(condition for pair in steps for condition in pair), *broken)),
        "safe": and_(whole, or_(*(forbidden(system, p) for p in properties if p.form is not Form.STEP))),
    }


def _invariant(system: System, proof: Proof) -> list[Expr]:
    used = [system.property_named(str(name)) for name in proof.data["uses"]]
    parts = [not_(forbidden(system, p)) for p in used]
    parts += [parse(system, str(text)) for text in proof.data["invariant"]]
    if any(node.op is Op.NEXT for node in nodes(*parts)):
        raise RefusedError("format", "an invariant is about single states")
    return parts


def _told(system: System, proof: Proof, name: str, state: State) -> str:
    """What is wrong with the state that a solver found, looked at again by the evaluator."""
    if name == "init":
        return "a first state is outside the invariant"
    if name == "safe":
        claimed = (system.property_named(p) for p in proof.properties)
        allowed = [p.name for p in claimed if p.form is not Form.STEP and evaluate(forbidden(system, p), state)]
        return f"the invariant allows what {', '.join(allowed)} forbids"
    whole = and_(*_invariant(system, proof))
    leaving = (k for k, broken, after in moves(system)(state) if broken < 0 and not evaluate(whole, after))
    action = next((system.actions[k] for k in leaving), None)
    if action is None:
        return "a step from a state of the invariant breaks a property or leaves a domain"
    return f"'{action.label or action.name}' of {action.actor} leads out of the invariant"
