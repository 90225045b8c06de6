"""An inductive invariant that speaks of all members of some roles, of which there may be any number.

The system without a size is made from the specification, by what also reads it (`custody.quantified`), and nothing of
it is believed at the sizes that are looked at:

* at the sizes 1 to 3, and one of four, it is what the specification says, in every state, reachable or not;
* at these sizes the invariant is inductive and excludes what is forbidden: where it does not, a state shows it;
* for any number, as formulas in which each role is a sort of which nothing is known: the invariant holds at first, is
  kept by each step of any members, and excludes what is forbidden.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from custody.quantified.problem import NotUniformError
from custody.quantified.sized import Sized
from custody.quantified.text import parsed, script
from custody.quantified.uniform import BASE, Uniform, uniform
from custody.system.expression import Expr, and_, not_, or_
from custody.system.forbidden import forbidden
from custody.system.model import Form, System
from custody.verify.proof import Proof, RefusedError, Sizes, first, shown
from custody.verify.solve import ask, find, solvers
from custody.verify.steps import leaves, strays, violates

LARGEST = 3
"""So many members of several roles are looked at, of one role one more."""


def check(system: System, proof: Proof, sizes: Sizes | None) -> str:
    """RefusedError with the obligation that fails."""
    if sizes is None:
        raise RefusedError("format", "without its specification the proof says nothing")
    roles = {str(role): str(name) for role, name in proof.data["roles"].items()}
    try:
        anyhow = uniform(sizes(dict.fromkeys(roles.values(), BASE)), list(roles))
        parts = [parsed(anyhow, str(text)) for text in proof.data["invariant"]]
        looked_at = [v for v in _vectors(len(roles)) if _at(anyhow, parts, proof, sizes, roles, v)]
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


def _vectors(roles: int) -> list[tuple[int, ...]]:
    every = itertools.product(range(1, LARGEST + 1), repeat=roles)
    return [*(v for v in every if sum(v) - roles < LARGEST), *([(LARGEST + 1,)] if roles == 1 else [])]


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
    if [len(dict(system.roles).get(role, ())) for role in roles] != list(vector):
        raise RefusedError("sizes", f"{', '.join(roles.values())} are not the sizes of {', '.join(roles)}")
    sized = Sized(anyhow, system)
    wrong = [
        ("sizes", f"the specification says something else of {difference.what}", difference.where)
        for difference in sized.differences()
    ]
    here = [sized.over(part) for part in parts]
    whole = and_(*here)
    wrong.append(("init", "a first state is outside the invariant", and_(first(system), not_(whole))))
    for action in system.actions:
        words = f"'{action.label}' of {action.actor} leads out of the invariant"
        wrong.append(("step", words, and_(whole, or_(leaves(action, here), strays(system, action)))))
    for p in map(system.property_named, proof.properties):
        cases = [violates(a, p.expression) for a in system.actions] if p.form is Form.STEP else [forbidden(system, p)]
        wrong.append(("safe", f"the invariant allows what {p.name} forbids", and_(whole, or_(*cases))))
    for obligation, words, condition in wrong:
        if (state := find(system, condition)) is not None:
            raise RefusedError(obligation, f"{words}, at sizes {vector}", None, shown(system, state))
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
