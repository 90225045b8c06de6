"""An inductive invariant: it holds at first (init), steps keep it (step), and it excludes what must not be (safe).

`invariant` is a list of SMT-LIB terms, `uses` a list of properties of the specification itself that are part of it.
Of a property of whole runs the proof is about the system's double: see `custody.system.lasso`.
"""

from __future__ import annotations

from custody.system.evaluate import evaluate
from custody.system.expression import FALSE, TRUE, Expr, Op, Sort, and_, eq, nodes, not_, number, or_, read
from custody.system.fast import moves
from custody.system.forbidden import forbidden
from custody.system.lasso import doubled
from custody.system.model import LIVENESS, Form, System
from custody.verify.proof import Proof, RefusedError, shown
from custody.verify.script import Script
from custody.verify.solve import ask, solvers
from custody.verify.terms import parse


def check(system: System, proof: Proof) -> str:
    """RefusedError with the obligation that fails; each is decided by every solver that is installed."""
    asked, system = solvers(), _about(system, proof)
    for name, script in obligations(system, proof).items():
        for solver in asked:
            values = ask(solver, script)
            if values is not None:
                raise _refusal(system, proof, name, values)
    return f"init, step and safe by {' and '.join(asked)}"


def obligations(system: System, proof: Proof) -> dict[str, str]:
    """The scripts, each of which must be unsatisfiable. RefusedError where there is nothing to ask."""
    system = _about(system, proof)
    parts, whole = _invariant(system, proof)
    excluded = [(p, forbidden(system, p)) for p in map(system.property_named, proof.properties)]
    for variable in system.variables:
        if not variable.domain.low <= min(variable.initial) <= max(variable.initial) <= variable.domain.high:
            raise RefusedError("init", f"{variable.name} may begin outside its domain")
    everything = [whole, *(expression for _, expression in excluded)]
    init, step, safe = (_Steps(system, *everything) for _ in range(3))
    first = and_(
        system.where, *(or_(*(_is(system, i, a) for a in v.initial)) for i, v in enumerate(system.variables))
    )
    init.lines.append(f"(assert {init.term(first)})")
    step.lines.append(f"(assert {step.term(whole)})")
    safe.lines.append(f"(assert {safe.term(whole)})")
    step.step()
    steps = [expression for p, expression in excluded if p.form is Form.STEP]
    later = [f"(not {step.term(part, after=True)})" for part in parts]
    return {
        "init": init.text(f"(not {init.term(whole)})"),
        "step": step.text(f"(not {step.within()})", *later, *map(step.term, steps)),
        "safe": safe.text(*(safe.term(expression) for p, expression in excluded if p.form is not Form.STEP)),
    }


def _about(system: System, proof: Proof) -> System:
    runs = [p for p in map(system.property_named, proof.properties) if p.form in LIVENESS]
    if runs and len(proof.properties) > 1:
        raise RefusedError("format", f"a proof of {runs[0].name} is about nothing else")
    return doubled(system, runs[0]) if runs else system


class _Steps(Script):
    def step(self) -> None:
        """From here on `w` is what the variables are after a step of the action `which`, which breaks no check."""
        self.lines.append(f"(declare-const which (_ BitVec {self.width}))")
        writers: dict[int, list[tuple[int, str]]] = {}
        for at, action in enumerate(self.system.actions):
            parts = [self.term(action.guard), *(self.term(check.condition) for check in action.checks)]
            self.lines.append(f"(define-fun ok{at} () Bool (and true {' '.join(parts)}))")
            for effect in action.effects:
                writers.setdefault(effect.variable, []).append((at, self.term(effect.value)))
        for i in range(len(self.system.variables)):
            term = f"v{i}"
            for at, value in writers.get(i, []):
                term = f"(ite (= which {self.number(at)}) {value} {term})"
            self.lines.append(f"(define-fun w{i} () {self.sort(i)} {term})")
        chosen = (f"(and (= which {self.number(k)}) ok{k})" for k in range(len(self.system.actions)))
        self.lines.append(f"(assert (or false {' '.join(chosen)}))")

    def within(self) -> str:
        """That every variable is in its domain after the step."""
        parts = (
            f"(bvsle {self.number(v.domain.low)} w{i}) (bvsle w{i} {self.number(v.domain.high)})"
            for i, v in enumerate(self.system.variables) if not v.domain.boolean
        )  # fmt: skip
        return f"(and true {' '.join(parts)})"


def _invariant(system: System, proof: Proof) -> tuple[list[Expr], Expr]:
    used = [system.property_named(str(name)) for name in proof.data["uses"]]
    parts = [
        *(not_(forbidden(system, p)) for p in used),
        *(parse(system, str(text)) for text in proof.data["invariant"]),
    ]
    if any(node.op is Op.NEXT for part in parts for node in nodes(part)):
        raise RefusedError("format", "an invariant is about single states")
    return parts, and_(TRUE, *parts)


def _is(system: System, variable: int, value: int) -> Expr:
    term = read(variable, system.variables[variable].domain.sort)
    return eq(term, (TRUE if value else FALSE) if term.sort is Sort.BOOL else number(value))


def _refusal(system: System, proof: Proof, name: str, values: dict[str, int]) -> RefusedError:
    """What the solver found, looked at again by the evaluator."""
    claimed = [(p, forbidden(system, system.property_named(p))) for p in proof.properties]
    whole = _invariant(system, proof)[1]
    state = Script(system, whole, *(wrong for _, wrong in claimed)).state(values)
    told = "a first state is outside the invariant"
    if name == "safe":
        allowed = [p for p, wrong in claimed if evaluate(wrong, state)]
        told = f"the invariant allows what {', '.join(allowed) or '?'} forbids"
    elif name == "step":
        leaving = (k for k, broken, after in moves(system)(state) if broken < 0 and not evaluate(whole, after))
        action = next((system.actions[k] for k in leaving), None)
        told = "a step from a state of the invariant breaks a property or leaves a domain"
        if action is not None:
            told = f"'{action.label or action.name}' of {action.actor} leads out of the invariant"
    return RefusedError(name, told, state, shown(system, state))
