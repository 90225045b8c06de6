"""What is in the way of an induction: a step from a state that nothing excludes to one that a property forbids.

For a property that is true and yet not kept by every step, some state that satisfies it, and all that is stated and
kept, leads out of it.  No run comes to such a state, if the property is true; what says so is the missing lemma.  The
templates are asked for it: those that are kept, exclude the state and, where they suffice, make the property kept.

Of the many such states one is taken that differs from the first states in few variables.  It is looked at again by
the evaluator before anybody sees it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from custody.properties.fault import InternalError
from custody.prove.orbits import orbits
from custody.prove.plausible import plausible, sample
from custody.prove.result import Obstacle
from custody.prove.templates import JUST, LEMMA, Template, templates
from custody.symbolic.gates import TRUE
from custody.symbolic.ic3 import Ic3, OutOfTimeError
from custody.symbolic.minimal import needed
from custody.symbolic.needs import Needs
from custody.symbolic.relation import Relation
from custody.symbolic.sat import solver
from custody.system.evaluate import evaluate, failed_check, fire, initial_states
from custody.system.expression import Expr, and_, not_
from custody.system.finding import Stopwatch, Trace
from custody.system.forbidden import forbidden
from custody.system.model import SAFETY, Form, Property, State, System

MOST_LEMMAS = 12
"""So many templates one after the other are taken before it is said that they do not suffice."""


def obstacles(system: System, names: Collection[str], seconds: float) -> Iterator[Obstacle]:
    """One for each of the named properties of single states or steps that is not kept by induction alone.

    What `system` states of states and keeps together is assumed throughout.  OutOfTimeError when it takes too long.
    """
    clock = Stopwatch()
    stated = [p for p in system.properties if p.form in SAFETY and p.form is not Form.STEP]
    seen = sample(system)
    guesses = plausible(templates(system, seen), seen)
    relation = Relation(system)
    candidates = [*(not_(forbidden(system, p)) for p in stated), *(guess.expression for guess in guesses)]
    orbit = orbits(relation, [p.name for p in stated])
    kept = [stated[n] for n in Ic3(relation, candidates[: len(stated)], orbit, seconds).houdini()]
    helped = Ic3(relation, candidates, orbit, seconds - clock.seconds).houdini()
    for p in system.properties:
        if p.name not in names or p.form not in SAFETY or p in kept:
            continue
        if clock.seconds > seconds:
            raise OutOfTimeError
        search = _Search(system, relation, p, kept)
        step = search.step(())
        if step is None:
            continue
        state, trace, differs = step
        own = [n for n, each in enumerate(stated) if n in helped and each == p]
        if own or p.form is Form.STEP:
            bad = relation.bad(p)
            try:
                numbers, _ = needed(relation, candidates, helped, (), [bad])
            except ValueError:
                numbers = ()
            used = [guesses[n - len(stated)] for n in numbers if n >= len(stated)]
            if used:
                rest = [candidates[n] for n in numbers if n < len(stated)]
                yield _obstacle(p, trace, kept, (_fewest(relation, used, rest, {p.name: bad}), True), differs)
                continue
        true = [guesses[n - len(stated)] for n in helped if n >= len(stated)]
        yield _obstacle(p, trace, kept, search.excluded(true, state), differs)


def _fewest(
    relation: Relation, lemmas: Sequence[Template], rest: Sequence[Expr], bad: Mapping[str, int]
) -> list[Template]:
    """Those of the lemmas with which the rest still shows what it shows with all, best what can be pasted."""
    by_text: defaultdict[str, list[Expr]] = defaultdict(list[Expr])
    for lemma in lemmas:
        by_text[lemma.source].append(lemma.expression)
    needs = Needs(relation, {text: and_(*each) for text, each in by_text.items()}, rest, (), bad)
    left_out: list[str] = []
    for text in sorted(by_text, key=lambda text: (text.startswith(LEMMA), JUST in text, -len(text), text)):
        if not needs.lost_without([*left_out, text]):
            left_out.append(text)
    return [lemma for lemma in lemmas if lemma.source not in left_out]


def _obstacle(
    p: Property,
    trace: Trace,
    kept: Sequence[Property],
    help_: tuple[Sequence[Template], bool],
    differs: tuple[int, ...],
) -> Obstacle:
    lemmas, suffice = help_
    texts = dict.fromkeys(lemma.source for lemma in lemmas)
    missing = sorted(texts, key=lambda text: not text.startswith(LEMMA))
    return Obstacle(p, trace, tuple(each.name for each in kept), tuple(missing), suffice, differs)


class _Search:
    """Steps from a state that all of `kept` and the property allow to one that the property forbids."""

    def __init__(self, system: System, relation: Relation, p: Property, kept: Sequence[Property]) -> None:
        self._system, self._relation, self._property = system, relation, p
        self._bad = forbidden(system, p)
        self._allowed = [not_(forbidden(system, each)) for each in kept]
        if p.form is not Form.STEP:
            self._allowed.append(not_(self._bad))
        now = [relation.truth(each) for each in self._allowed]
        wrong = relation.bad(p) if p.form is Form.STEP else relation.truth_after(self._bad)
        self._asked = [relation.proper, -relation.escape, wrong, *now]

    def step(self, lemmas: Sequence[Expr]) -> tuple[State, Trace, tuple[int, ...]] | None:
        """The state, what happens, and what is not as at first; None where there is no such step."""
        relation = self._relation
        asked = [*self._asked, *(relation.truth(each) for each in lemmas)]
        sat = solver(relation.gates.clauses, relation.gates.size)
        if not sat.solve(asked):
            return None
        first = next(iter(initial_states(self._system)), None)
        true = sat.true()
        for index, value in enumerate(first or ()):
            same = relation.literals(index, value)
            if relation.state(true)[index] == value:
                asked += same
            elif sat.solve([*asked, *same]):
                asked += same
                true = sat.true()
        state = relation.state(true)
        action = next(k for k, literal in enumerate(relation.selected) if literal in true or literal == TRUE)
        trace = self._shown(state, action, lemmas)
        differs = tuple(index for index, value in enumerate(first or ()) if state[index] != value)
        return state, trace, differs

    def excluded(self, true: Sequence[Template], state: State) -> tuple[list[Template], bool]:
        """Templates that exclude the state, and then what is in the way next, and whether nothing is at last."""
        chosen: list[Template] = []
        while len(chosen) < MOST_LEMMAS:
            fit = [each for each in true if not evaluate(each.expression, state)]
            if not fit:
                return chosen, False
            chosen.append(min(fit, key=lambda t: (not t.source.startswith(LEMMA), len(t.source), t.source)))
            following = self.step([each.expression for each in chosen])
            if following is None:
                return chosen, True
            state = following[0]
        return chosen, False

    def _shown(self, state: State, index: int, lemmas: Sequence[Expr]) -> Trace:
        """The step as the evaluator takes it. InternalError where it does not show what it should."""
        system, action = self._system, self._system.actions[index]
        if evaluate(action.guard, state) and failed_check(action, state) is None:
            after = fire(action, state)
            allowed = all(evaluate(each, state) for each in (*self._allowed, *lemmas))
            if allowed and self._property.form is Form.HAZARD:
                for number, other in enumerate(system.actions):
                    failed = failed_check(other, after) if evaluate(other.guard, after) else None
                    if failed is not None and failed.property == self._property.name:
                        return Trace((state, after), (index, number), broken=other.checks.index(failed))
            elif allowed and self._property.form is Form.STEP:
                if not evaluate(self._property.expression, state, after):
                    return Trace((state, after), (index,))
            elif allowed and evaluate(self._bad, after):
                return Trace((state, after), (index,))
        words = f"a step out of {self._property.name} is none"
        raise InternalError(words, f"{system.file} {dict(system.parameters)}\n{state} {action.label}\n")
