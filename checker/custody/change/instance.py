"""Both versions of one instance compared: what can be seen of them, and what becomes of their properties.

What is cheap comes first.  Versions that unfold to the same system have nothing to explore; small ones are compared
exactly in Python; large ones in lock-step in C, and where there is no end to their states by z3, to some depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from custody.change.behaviour import Pair, described
from custody.change.beside import beside
from custody.change.effort import COMPILED, SHALLOW, SHALLOW_PAIRS, SMALL, SMALL_BELIEFS, Budget, Effort, time_left
from custody.change.lockstep import Compared, compare_in_step
from custody.change.normal import alike, behave_alike, same_contract
from custody.change.product import Comparison
from custody.change.product import compare as product
from custody.change.properties import compare_verdicts
from custody.change.result import Change, Cost
from custody.change.witness import witness
from custody.explore.choose import FIRST_IN_PYTHON
from custody.observe.label import SAME, Names, renamed, stepwise
from custody.observe.observer import MOST_KEPT, Alphabet, Observer
from custody.properties.check import check
from custody.properties.engines import searching
from custody.properties.result import RunResult
from custody.system.finding import Limits, Means, Verdict
from custody.system.model import Form, System


@dataclass(slots=True)
class Findings:
    """What was found so far, as `Result` has it."""

    changes: list[Change] = field(default_factory=list[Change])
    costs: list[Cost] = field(default_factory=list[Cost])
    limits: list[str] = field(default_factory=list[str])
    how: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    is_enough: bool = False
    """What was found is all that a request is about: nothing large has to be looked at."""


def compare_instance(
    name: str, old: System, new: System, effort: Effort, budget: Budget, found: Findings, *, is_small: bool
) -> None:
    """Adds to `found`. `is_small`: there is no smaller instance, so something is said of this one in any case."""
    _Instance(name, old, new, effort, budget, found, is_small=is_small).compare()


def still_implements(new: System, deadline: float | None) -> bool:
    """Whether the new version is known to implement its contract; then nobody is broken, whatever the old one did."""
    return all(r.finding.verdict is Verdict.HOLDS for r in _checked(new, deadline, ["implements"]).properties)


def verdicts(
    name: str,
    old: System,
    new: System,
    deadline: float | None,
    found: Findings,
    properties: Sequence[str] | None = None,
    *,
    means: Means | None = None,
    most: int | None = None,
) -> set[str]:
    """Compares the verdicts, and what they cost; returns the properties whose verdict changed.

    Of each version `most` states are looked at.
    """
    with beside(lambda: _checked(old, deadline, properties, means, most)) as checked:
        after = _checked(new, deadline, properties, means, most)
        before = checked()
    changes, limits = compare_verdicts(before, after, name)
    found.changes += changes
    found.limits += [f"{titled(name)}: {limit}" for limit in limits]
    _costs(name, before, after, found)
    return {change.subject for change in changes}


def titled(name: str) -> str:
    """What reports call an instance."""
    return name or "the only instance"


class _Instance:
    def __init__(
        self, name: str, old: System, new: System, effort: Effort, budget: Budget, found: Findings, *, is_small: bool
    ) -> None:
        self._name, self._title = name, titled(name)
        self._old, self._new = old, new
        self._names: Names = renamed(new, old)
        self._effort, self._budget, self._found = effort, budget, found
        self._is_small = is_small
        # Compiling takes longer than all else of a small search.
        self._means = Means(hasty=not (effort.wide or is_small))
        self._deadline = effort.deadline()

    def compare(self) -> None:
        if words := alike(self._old, self._new, self._names):
            self._same_system(words)
        elif words := behave_alike(self._old, self._new, self._names):
            self._same_actions(words)
        else:
            self._different()

    def _same_system(self, words: str) -> None:
        found = self._found
        found.how.append(f"{self._title}: both versions {words}")
        if same_contract(self._old, self._new):
            return
        if not (self._effort.wide or self._is_small):
            found.left.append(f"{self._title}: not compared with the changed contract")
        elif not still_implements(self._new, self._deadline):
            verdicts(self._name, self._old, self._new, self._deadline, found, ["implements"])

    def _same_actions(self, words: str) -> None:
        self._found.how.append(f"{self._title}: both versions {words}")
        if (self._budget.pairs == 0 or self._found.is_enough) and not self._is_small:
            self._found.left.append(f"{self._title}: its properties were not checked, for it is large")
        else:
            self._verdicts()

    def _different(self) -> None:
        # Small systems are compared before a compiler could have begun.
        most = SMALL if self._budget.states is None else min(SMALL, self._budget.states)
        pair, behaviour = self._observed(most, SMALL_BELIEFS)
        self._budget.spend(max(pair.old.points, pair.new.points))
        # Where no more states may be looked at so, smaller instances had all of these.
        is_large = not most or min(pair.old.points, pair.new.points) > FIRST_IN_PYTHON
        self._means = replace(self._means, large=is_large)
        if behaviour.limit is None:
            self._means = replace(self._means, hasty=True)
            changes = _described(pair, behaviour, self._name)
            self._add(changes, self._verdicts_of_large() if self._found.is_enough else self._verdicts())
            self._exact(behaviour)
            return
        self._budget.spend(SHALLOW)
        changes = _described(pair, behaviour, self._name)
        if self._found.is_enough:
            self._add(changes, set())
            self._leave("it is large, and what was found in smaller ones closes the gate already")
            return
        compared = self._in_step()
        if compared is not None:
            changes += [described(compared.pair, witness, self._name) for witness in compared.witnesses]
            if not compared.unsettled:
                self._add(changes, self._verdicts_of_large())
                self._found.how.append(f"{self._title}: {_in_step_words(compared)}")
                return
        not_known = self._not_known(compared, behaviour)
        if not (self._effort.wide or self._is_small or changes):
            self._leave(f"{not_known}; and its properties were not checked")
            return
        # What becomes of the properties first: the search over beliefs may take all the time there is.
        told = self._verdicts_of_large()
        if not self._effort.wide:
            self._add(changes, told)
            self._leave(not_known)
            return
        pair, behaviour = self._observed(self._effort.points)
        if behaviour.limit is None:
            self._add(_described(pair, behaviour, self._name), told)
            self._exact(behaviour)
            return
        self._add(changes + _described(pair, behaviour, self._name), told)
        self._found.limits.append(f"{self._title}: {self._not_known(compared, behaviour)}")

    def _exact(self, behaviour: Comparison) -> None:
        words = f"compared exactly, {behaviour.pairs:,} pairs of what calls and answers tell"
        self._found.how.append(f"{self._title}: {words}")

    def _leave(self, what: str) -> None:
        """One entry for each instance, so that they can be counted."""
        left, title = self._found.left, f"{self._title}: "
        if left and left[-1].startswith(title):
            left[-1] += f"; {what}"
        else:
            left.append(f"{title}{what}")

    def _not_known(self, compared: Compared | None, behaviour: Comparison) -> str:
        if compared is None:
            if not behaviour.pairs:
                return "behaviour was not compared"
            return f"behaviour was compared up to {behaviour.limit} only"
        first, *others = compared.unsettled
        more = f", and {len(others)} such question{'s' if len(others) > 1 else ''} more" if others else ""
        return f"not known is {first}{more}"

    def _in_step(self) -> Compared | None:
        if self._budget.pairs == 0 and not self._is_small:
            return None
        limits = self._budget.limits(self._effort, self._deadline)
        if limits.timeout is not None:
            limits = replace(limits, timeout=max(1.0, limits.timeout / 2))
        deeper = self._effort.wide or self._is_small
        means = replace(self._means, hasty=not self._effort.wide)
        compared = compare_in_step(self._old, self._new, self._names, limits, deeper=deeper, means=means)
        if compared is not None:
            # So few pairs are no more states either.
            few = not self._effort.wide and 0 < compared.pairs < SHALLOW_PAIRS // 2
            self._means = replace(self._means, hasty=self._means.hasty or few)
            self._budget.spend_pairs(compared.pairs + COMPILED * len(self._new.actions))
        return compared

    def _observed(self, most: int | None, kept: int = MOST_KEPT) -> tuple[Pair, Comparison]:
        """Both versions under observation, and how they differ: of `most` states of each, and `kept` in beliefs."""
        old, new, names = self._old, self._new, self._names
        split = stepwise(old) | stepwise(new, names)
        alphabet = Alphabet()
        most = min((limit for limit in (most, self._effort.points) if limit is not None), default=None)
        before = Observer(old, alphabet, SAME, split, most, kept)
        pair = Pair(before, Observer(new, alphabet, names, split, most, kept))
        return pair, product(pair.old, pair.new, self._deadline, kept // 5)

    def _add(self, changes: list[Change], told: set[str]) -> None:
        """The changes of behaviour, without those that a changed verdict has told already."""
        self._found.changes += [
            c for c in changes if not (c.id.startswith("HAZARD") and c.subject.partition(": ")[2] in told)
        ]

    def _verdicts_of_large(self) -> set[str]:
        """On a request without what takes longer than all the rest: following the contract along every run."""
        if self._effort.wide or self._is_small or self._new.implementation is None:
            return self._verdicts()
        self._leave("not held against its contract, which takes longest")
        known = [p.name for s in (self._old, self._new) for p in s.properties if p.form is not Form.IMPLEMENTS]
        return self._verdicts(known)

    def _verdicts(self, known: Sequence[str] | None = None) -> set[str]:
        """On a request of no more states than are compared, so that nobody waits for what was not asked for."""
        most = None if self._effort.wide or self._is_small else SHALLOW_PAIRS
        part = Findings()
        means = replace(self._means, hasty=self._means.hasty or most is not None)
        told = verdicts(self._name, self._old, self._new, self._deadline, part, known, means=means, most=most)
        self._found.changes += part.changes
        self._found.costs += part.costs
        if part.limits and most is not None:
            self._leave(f"not all of its properties were settled: {part.limits[0].removeprefix(f'{self._title}: ')}")
        else:
            self._found.limits += part.limits
        return told


def _described(pair: Pair, behaviour: Comparison, name: str) -> list[Change]:
    return [described(pair, witness(pair.old, pair.new, d), name) for d in behaviour.differences]


def _in_step_words(compared: Compared) -> str:
    if not compared.pairs:
        return "the same steps"
    how = ", and z3 proved the rest" if compared.by_z3 else ""
    return f"compared exactly in lock-step, {compared.pairs:,} pairs of states{how}"


def _checked(
    system: System,
    deadline: float | None,
    properties: Sequence[str] | None,
    means: Means | None = None,
    most: int | None = None,
) -> RunResult:
    known = None if properties is None else [p.name for p in system.properties if p.name in properties]
    limits = Limits(max_states=most, timeout=time_left(deadline))
    return check(system, system.file, limits=limits, properties=known, engines=searching(means or Means()))


def _costs(name: str, before: RunResult, after: RunResult, found: Findings) -> None:
    one, other = before.counted, after.counted
    if one is None or other is None or not (one.complete and other.complete):
        return
    sizes = (one.states or 0, other.states or 0, one.transitions or 0, other.transitions or 0)
    if sizes[0] != sizes[1] or sizes[2] != sizes[3]:
        found.costs.append(Cost(name, *sizes))
