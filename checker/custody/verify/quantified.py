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
from collections.abc import Iterator

from custody.quantified.problem import NotUniformError
from custody.quantified.sized import Sized
from custody.quantified.text import over_variables, parsed, script
from custody.quantified.uniform import BASE, Uniform, uniform
from custody.system.expression import FALSE, Expr, not_, or_
from custody.system.model import System
from custody.verify import inductive
from custody.verify.proof import Proof, RefusedError, Sizes, shown
from custody.verify.script import Script
from custody.verify.solve import ask, solvers

LARGEST = 3


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
    for (name, words), text in obligations(anyhow, parts, proof.properties):
        for solver in asked:
            if ask(solver, text) is not None:
                raise RefusedError(name, f"{words}, with more than {LARGEST} of them if not with fewer")
    return (
        f"any number of {' and of '.join(roles)}: init, step and safe by {' and '.join(asked)} with the role a sort;"
        f" the same as the specification at {len(looked_at)} sizes"
    )


def _vectors(roles: int) -> list[tuple[int, ...]]:
    every = itertools.product(range(1, LARGEST + 1), repeat=roles)
    return [*(v for v in every if sum(v) - roles < LARGEST), *([(LARGEST + 1,)] if roles == 1 else [])]


def _at(
    anyhow: Uniform, parts: list[Expr], proof: Proof, sizes: Sizes, roles: dict[str, str], vector: tuple[int, ...]
) -> bool:
    """Looks at one size; False where the specification has none. RefusedError with a state that shows a mistake."""
    try:
        system = sizes(dict(zip(roles.values(), vector, strict=True)))
    except RefusedError:
        return False
    if [len(dict(system.roles).get(role, ())) for role in roles] != list(vector):
        raise RefusedError("sizes", f"{', '.join(roles.values())} are not the sizes of {', '.join(roles)}")
    sized = Sized(anyhow, system)
    for difference in sized.differences():
        if difference.where != FALSE:
            questions = Script(system, difference.where)
            text = questions.text(questions.term(difference.where))
            for solver in solvers():
                if (values := ask(solver, text)) is not None:
                    words = f"at sizes {vector} the specification says something else of {difference.what}"
                    raise RefusedError("sizes", words, None, shown(system, questions.state(values)))
    small = {"uses": [], "invariant": [over_variables(system, sized.over(part)) for part in parts]}
    try:
        inductive.check(system, Proof("inductive", proof.properties, small))
    except RefusedError as error:
        told = shown(system, error.state) if error.shown is None else error.shown
        words = f"{str(error).partition(': ')[2]}, at sizes {vector}"
        raise RefusedError(error.obligation, words, None, told) from None
    return True


def obligations(
    anyhow: Uniform, parts: list[Expr], properties: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], str]]:
    """What fails if the script can be true, and the script."""
    whole = [*anyhow.domains(), *parts]
    yield (
        ("init", "a first state is outside the invariant"),
        script(anyhow, (), anyhow.first(), or_(*map(not_, whole))),
    )
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
