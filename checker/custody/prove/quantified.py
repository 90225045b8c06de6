"""Proofs for any number of members from proofs for two and three: what counting cannot express.

Invariants of small sizes are found by IC3, their clauses are said of all members, and those are kept that keep each
other: by Houdini at small sizes, where that is quick, and then with each role a sort of which nothing is known.
(A. Pnueli, S. Ruah, L. Zuck, Automatic deductive verification with invisible invariants, TACAS 2001, with IC3 to find
the instances; the last question is one about formulas, so that no theorem on small sizes has to be believed.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from custody.counting.problem import NotCountableError
from custody.prove.any_number import AnyNumber, Sizes, Unproved, parameters, small
from custody.prove.clauses import Clauses, alike, sentence
from custody.prove.orbits import orbits
from custody.quantified.atoms import Every
from custody.quantified.problem import NotUniformError
from custody.quantified.sized import Sized
from custody.quantified.text import script, written
from custody.quantified.uniform import BASE, Step, Uniform, uniform
from custody.symbolic.gates import FALSE as NEVER
from custody.symbolic.ic3 import Bad, Ic3, OutOfTimeError
from custody.symbolic.minimal import needed
from custody.symbolic.relation import Relation
from custody.symbolic.sat import solver
from custody.symbolic.unbounded import impossible
from custody.system.expression import FALSE, Expr, Op, nodes, not_, or_
from custody.system.finding import Finding, Stopwatch, Verdict
from custody.system.model import Form, System
from custody.system.place import Place

KIND = "quantified"
LARGEST = 4
"""Invariants are looked for with so many members at most, the smallest number first."""

_ONE_QUESTION = 5.0
"""Seconds for one question about any number."""


@dataclass(frozen=True, slots=True)
class _Small:
    """The system at one size."""

    system: System
    sized: Sized
    relation: Relation


def prove(system: System, sizes: Sizes, roles: Sequence[str], names: Sequence[str], seconds: float) -> AnyNumber:
    """What can be shown of the named safety properties for any number of instances of all of these roles."""
    clock = Stopwatch()
    result = AnyNumber(tuple(roles))
    try:
        by_role = parameters(system, sizes, roles)
        _Proof(result, system, sizes, by_role, names, seconds).run()
    except (NotCountableError, NotUniformError) as error:
        result.refusal, result.place = error.reason, error.place if error.place.line else Place(system.file, 1)
    except OutOfTimeError:
        result.refusal = f"stopped at timeout {seconds:g} s"
    result.seconds = clock.seconds
    return result


class _Proof:
    def __init__(
        self,
        result: AnyNumber,
        system: System,
        sizes: Sizes,
        by_role: Mapping[str, str],
        names: Sequence[str],
        seconds: float,
    ) -> None:
        self._result, self._system, self._sizes, self._by_role = result, system, sizes, by_role
        self._clock, self._seconds = Stopwatch(), seconds
        self._uniform: Uniform = uniform(sizes(dict.fromkeys(by_role.values(), BASE)), list(by_role))
        self._small = self._small_sizes()
        self._wanted = [name for name in names if name in self._uniform.forms]
        for name in names:
            if (refused := self._uniform.refused.get(name)) is not None:
                result.unproved.append(Unproved(name, (f"{refused.place}: {refused.reason}",)))
        self._known: dict[tuple[str, Expr], bool] = {}

    def run(self) -> None:
        stated = [e for name, e in self._uniform.stated.items() if self._uniform.forms[name] is Form.INVARIANT]
        parts = [part for each in stated for part in (each.args if each.op is Op.AND else (each,))]
        guesses = dict.fromkeys(alike(self._uniform, part) for part in parts if self._is_decided(part))
        self._best: tuple[list[str], list[Expr]] = ([], [])
        with suppress(OutOfTimeError):
            self._search(guesses)
        proved, kept = self._best
        if proved:
            self._write(kept, proved)
        elif self._clock.seconds > self._seconds:
            raise OutOfTimeError
        self._result.unproved += [Unproved(name, ()) for name in self._wanted if name not in proved]

    def _search(self, guesses: dict[Expr, None]) -> None:
        """Until all is proved, or nothing is left to learn from; what was proved at last is best."""
        tried = -1
        for number, at in enumerate(self._small):
            guesses.update(dict.fromkeys(self._found(at, list(guesses))))
            if number == 0 or len(guesses) == tried:
                continue
            tried = len(guesses)
            for found in self._tried(self._houdini(list(guesses))):
                self._best = max(self._best, found, key=lambda each: len(each[0]))
            if len(self._best[0]) == len(self._wanted):
                return

    def _tried(self, guesses: list[Expr]) -> Iterator[tuple[list[str], list[Expr]]]:
        """What is proved by which of the guesses: of a hundred most are of no use, so fewer are asked about first."""
        fewer = self._fewer(guesses)
        for some in (fewer, guesses):
            kept = self._unbounded(some)
            yield [name for name in self._wanted if self._excluded(kept, name)], kept
            if kept == fewer:
                return

    def _small_sizes(self) -> list[_Small]:
        """The systems of small sizes, each of which has to be what the system without a size is there."""
        found: list[_Small] = []
        for vector in [*small(len(self._by_role)), *([(LARGEST,)] if len(self._by_role) == 1 else [])]:
            try:
                system = self._sizes(dict(zip(self._by_role.values(), vector, strict=True)))
            except NotCountableError:
                continue
            sized = Sized(self._uniform, system)
            relation = Relation(replace(system, variables=sized.any_first()))
            differences = [d for d in sized.differences() if d.where != FALSE]
            literals = [relation.truth(d.where) for d in differences]
            sat = solver(relation.gates.clauses, relation.gates.size)
            for difference, literal in zip(differences, literals, strict=True):
                if literal != NEVER and sat.solve([literal]):
                    shown = ", ".join(f"{p} = {v}" for p, v in zip(self._by_role.values(), vector, strict=True))
                    raise NotUniformError(f"with {shown} {difference.what} says something else", difference.place)
            found.append(_Small(relation.system, sized, relation))
        if len(found) < 2:
            raise NotUniformError("there are not two small sizes to learn from", Place(self._system.file, 1))
        return found

    # ------------------------------------------------------------------ guesses

    def _is_decided(self, root: Expr) -> bool:
        """Whether no "all" is within another: of such conditions z3 decides what they imply."""
        atoms = self._uniform.atoms
        found = [atom for node in nodes(root) if node.op is Op.READ and isinstance(atom := atoms[node], Every)]
        inner = [node for each in found for node in nodes(each.body) if node.op is Op.READ]
        return not any(isinstance(atoms[node], Every) for node in inner)

    def _found(self, at: _Small, guesses: Sequence[Expr]) -> list[Expr]:
        """Clauses of an invariant of this size, said of all; nothing where a run there violates something."""
        relation = at.relation
        search = Ic3(
            relation, [at.sized.over(guess) for guess in guesses], orbits(relation, self._wanted), self._left() / 2
        )
        search.houdini()
        stated = [at.system.property_named(name) for name in self._wanted]
        found: list[Expr] = []
        while stated:
            bad = [relation.bad(p) for p in stated]
            answer = search.run(relation.gates.any([*bad, relation.escape]))
            if not isinstance(answer, Bad):
                clauses = Clauses(self._uniform, at.sized.layout, relation)
                return [*found, *dict.fromkeys(each for cube in answer.cubes for each in clauses.clauses(cube))]
            last = relation.cube(answer.states[-1])
            sat = solver(relation.gates.clauses, relation.gates.size)
            left = [p for p, b in zip(stated, bad, strict=True) if not sat.solve([b, *last])]
            if len(left) == len(stated):
                break
            stated = left
        return found

    def _houdini(self, guesses: list[Expr]) -> list[Expr]:
        """Those that keep each other at all small sizes."""
        while True:
            before = guesses
            for at in self._small:
                search = Ic3(at.relation, [at.sized.over(guess) for guess in guesses], lambda c: (c,), self._left())
                guesses = [guesses[number] for number in search.houdini()]
            if guesses == before:
                return guesses

    # ------------------------------------------------------------------ any number

    def _unbounded(self, guesses: list[Expr]) -> list[Expr]:
        """Those that keep each other with any number, whatever z3 does not know left out."""
        first = self._uniform.first()
        kept = [guess for guess in guesses if self._never(None, first, not_(guess))]
        changed = True
        while changed:
            changed = False
            for step in self._uniform.steps:
                taken = self._uniform.taken(step)
                later = {guess: not_(self._uniform.kept(step, guess)) for guess in kept}
                if self._never(step, *self._whole(kept), taken, or_(*later.values())):
                    continue
                staying = [g for g in kept if self._never(step, *self._whole(kept), taken, later[g])]
                if staying == kept:
                    continue
                kept, changed = staying, True
        return kept

    def _excluded(self, kept: Sequence[Expr], name: str) -> bool:
        cases = self._uniform.wrong(name)
        return all(self._never(step, *self._whole(kept), case) for step, case in cases if case != FALSE)

    def _whole(self, kept: Sequence[Expr]) -> list[Expr]:
        return [*self._uniform.domains(), *kept]

    def _never(self, step: Step | None, *asserted: Expr) -> bool:
        """Whether that cannot be; what z3 does not know is no proof."""
        if FALSE in asserted:
            return True
        members = () if step is None else step.members
        text = script(self._uniform, members, *asserted)
        return impossible(text, min(_ONE_QUESTION, self._left())) is True

    def _fewer(self, kept: list[Expr]) -> list[Expr]:
        """Without what excludes nothing that is wanted at the largest of the small sizes."""
        at = self._small[-1]
        over = [at.sized.over(guess) for guess in kept]
        literals = [at.relation.truth(each) for each in over]
        bad = [at.relation.bad(at.system.property_named(name)) for name in self._wanted]
        sat = solver(at.relation.gates.clauses, at.relation.gates.size)
        excluded = [each for each in bad if not sat.solve([*literals, each])]
        numbers, _ = needed(at.relation, over, range(len(kept)), (), [*excluded, at.relation.escape])
        return [kept[number] for number in numbers]

    def _write(self, kept: Sequence[Expr], proved: Sequence[str]) -> None:
        roles = list(self._by_role)
        words = f"for any number of {' and of '.join(roles)}: a quantified invariant of {len(kept)} conditions"
        self._result.findings = [Finding(name, Verdict.HOLDS, reason=words) for name in proved]
        proof: dict[str, Any] = {
            "kind": KIND,
            "properties": list(proved),
            "roles": dict(self._by_role),
            "invariant": [written(self._uniform.atoms, part) for part in kept],
            "readable": [sentence(self._uniform, part) for part in kept],
        }
        self._result.proof = proof

    def _left(self) -> float:
        left = self._seconds - self._clock.seconds
        if left <= 0:
            raise OutOfTimeError
        return left
