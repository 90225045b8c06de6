"""A counterexample, or a way to what should be reachable: replayed step by step.

`first` are the values of the first state, `actions` the numbers of the actions; for a run that never ends, `loop_at`
is the number of the state to which the last returns, or `stutters` says that everybody stands still.  `subject` is
the actor that is stuck, where the property is that nobody is.
"""

from __future__ import annotations

from custody.system.evaluate import evaluate, failed_check, fire
from custody.system.finding import Trace
from custody.system.model import System
from custody.system.replay import complaint
from custody.verify.proof import Proof, RefusedError, Sizes


def check(system: System, proof: Proof, _: Sizes) -> str:
    """RefusedError with the step that cannot be taken, or with the state that shows nothing."""
    (subject,) = map(system.property_named, proof.properties)
    states = [tuple(int(value) for value in proof.data["first"])]
    actions, broken = tuple(int(index) for index in proof.data["actions"]), None
    for number, index in enumerate(actions, 1):
        if broken is not None or index < 0 or not evaluate(system.actions[index].guard, states[-1]):
            raise RefusedError("step", f"step {number} cannot be taken", system, states[-1])
        failed = failed_check(system.actions[index], states[-1])
        if failed is None:
            states.append(fire(system.actions[index], states[-1]))
        else:
            broken = system.actions[index].checks.index(failed)
    trace = Trace(tuple(states), actions, broken, proof.data["loop_at"], bool(proof.data["stutters"]))
    wrong = complaint(system, subject, trace, proof.data["subject"], None)
    if wrong is not None:
        raise RefusedError("init" if "first state" in wrong else "safe", wrong, system, states[-1])
    return f"replayed, {len(actions)} steps"
