"""An inductive invariant that speaks of all members of some roles, of which there may be any number.

The system without a size is made from the specification, by what also reads it (`custody.quantified`), and nothing of
it is believed at the sizes that are looked at:

* at the sizes 1 to 3, and one of four, it is what the specification says, in every state, reachable or not;
* at these sizes the invariant is inductive and excludes what is forbidden: where it does not, a state shows it;
* for any number, as formulas in which each role is a sort of which nothing is known: the invariant holds at first, is
  kept by each step of any members, and excludes what is forbidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from custody.quantified.problem import NotUniformError
from custody.quantified.sized import Sized
from custody.quantified.text import parsed, script
from custody.quantified.uniform import BASE, Uniform, uniform
from custody.system.expression import Expr, not_, or_
from custody.system.model import System
from custody.verify.proof import Proof, RefusedError, Sizes, first
from custody.verify.sizes import LARGEST, sized, vectors
from custody.verify.solve import ask, solvers
from custody.verify.steps import breaks, decide
from custody.verify.steps import obligations as inductive


def check(system: System, proof: Proof, sizes: Sizes) -> str:
    """RefusedError with the obligation that fails."""
    roles = {str(role): str(name) for role, name in proof.data["roles"].items()}
    try:
        anyhow = uniform(sizes(dict.fromkeys(roles.values(), BASE)), list(roles))
        parts = [parsed(anyhow, str(text)) for text in proof.data["invariant"]]
        more = [(LARGEST + 1,)] if len(roles) == 1 else []
        looked_at = [v for v in [*vectors(len(roles)), *more] if _at(anyhow, parts, proof, sizes, roles, v)]
    except NotUniformError as error:
        raise RefusedError("sizes", error.reason) from None
    if len(looked_at) < LARGEST - 1:
        raise RefusedError("sizes", "the specification has none of the small sizes")
    asked = solvers()
    for (obligation, words), text in obligations(anyhow, parts, proof.properties):
        if any(ask(solver, text) is not None for solver in asked):
            raise RefusedError(obligation, f"{words}, with more members than {LARGEST} or without end")
    return (
        f"any number of {' and of '.join(roles)}: init, step and safe by {' and '.join(asked)} with the role a sort;"
        f" the same as the specification at {len(looked_at)} sizes"
    )


def _at(
    anyhow: Uniform,
    parts: list[Expr],
    proof: Proof,
    sizes: Sizes,
    roles: Mapping[str, str],
    vector: tuple[int, ...],
) -> bool:
    """Looks at one size; False where the specification has none. RefusedError with a state that shows a mistake."""
    try:
        system = sizes(dict(zip(roles.values(), vector, strict=True)))
    except RefusedError:
        return False
    form = Sized(anyhow, sized(system, roles, vector))
    differences = [
        ("sizes", f"the specification says something else of {d.what}", d.where) for d in form.differences()
    ]
    bad = {name: breaks(system, system.property_named(name)) for name in proof.properties}
    here = [form.over(part) for part in parts]
    decide(system, chain(differences, inductive(system, first(system), here, bad)), f", at sizes {vector}")
    return True


def obligations(
    anyhow: Uniform, parts: list[Expr], properties: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], str]]:
    """What fails if the script can be true, and the script."""
    whole = [*anyhow.domains(), *parts]
    outside = or_(*map(not_, whole))
    yield ("init", "a first state is outside the invariant"), script(anyhow, (), anyhow.first(), outside)
    for step in anyhow.steps:
        later = or_(*(not_(anyhow.kept(step, part)) for part in whole))
        words = f"'{step.words}' leads out of the invariant"
        yield ("step", words), script(anyhow, step.members, *whole, anyhow.taken(step), later)
    for name in properties:
        if name not in anyhow.forms:
            raise RefusedError("format", f"nothing can be shown of {name} for any number")
        for step, case in anyhow.wrong(name):
            members = () if step is None else step.members
            yield ("safe", f"the invariant allows what {name} forbids"), script(anyhow, members, *whole, case)
