"""The exchange of two instances of a role, and whether it maps a system to itself.

Everything is compared by normal forms.  The first difference is reported; the checks are in the order of what
they cost, and the caller may stop after any of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from custody.symmetry.normal import Form, NormalForms
from custody.symmetry.renaming import PLAIN, DistinguishedError, Renaming, Swap
from custody.system.model import Action, Check, Domain, Property, System
from custody.system.place import Place


class DifferentError(Exception):
    """The exchange does not map the system to itself: why, and where that shows."""

    def __init__(self, reason: str, place: Place) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


@dataclass(frozen=True, slots=True)
class _Key:
    """What an action does. `words` are how it is described, to choose between actions that do the same."""

    what: tuple[object, ...]
    words: tuple[object, ...]


class ActionForms:
    """The actions of a system in normal form, made when they are first asked for."""

    def __init__(self, actions: Sequence[Action], forms: NormalForms) -> None:
        self.actions = actions
        self._forms = forms
        self._keys: list[_Key] = []
        self._supports: list[int] = []

    def key(self, index: int) -> _Key:
        self._prepare()
        return self._keys[index]

    def support(self, index: int) -> int:
        """The variables that the action mentions, one bit for each."""
        self._prepare()
        return self._supports[index]

    def _prepare(self) -> None:
        if self._keys:
            return
        of, support = self._forms.of, self._forms.support
        for action in self.actions:
            effects = [(effect.variable, of(effect.value)) for effect in action.effects]
            checks = [of(check.condition) for check in action.checks]
            ends = _ends(self._forms, action.checks, checks)
            self._keys.append(
                _Key(
                    (*_plain(action), action.actor, of(action.control), of(action.guard), _sorted(effects), ends),
                    (action.label, action.arguments),
                )
            )
            mentioned = support(action.control) | support(action.guard)
            for effect in action.effects:
                mentioned |= support(effect.value) | 1 << effect.variable
            for check in action.checks:
                mentioned |= support(check.condition)
            self._supports.append(mentioned)


class Exchange:
    """The exchange of instances `position` and `position + 1` of a role.

    The permutation is guessed from names here, and whatever it is, it is an automorphism of the system when all
    checks have passed.
    """

    def __init__(
        self, system: System, forms: NormalForms, role: str, instances: Sequence[str], position: int
    ) -> None:
        self.first, self.second = instances[position : position + 2]
        self._system = system
        self._forms = forms
        self._either = re.compile(rf"(?<!\w)(?:{re.escape(self.first)}|{re.escape(self.second)})(?!\w)")
        index = {variable.name: v for v, variable in enumerate(system.variables)}
        swaps: list[Swap] = []
        images: list[int] = []
        for variable in system.variables:
            swaps.append(self._swap(variable.domain, role, position))
            name = self.renamed(variable.name)
            if name not in index:
                raise DifferentError(f"there is '{variable.name}' but not '{name}'", variable.place)
            images.append(index[name])
        self.images = tuple(images)
        self._renaming = Renaming(forms, images, swaps)

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

    def renamed(self, text: str) -> str:
        """A text with the two names exchanged."""
        return self._either.sub(lambda found: self.second if found[0] == self.first else self.first, text)

    def tables(self) -> tuple[tuple[int, ...] | None, ...]:
        """For each variable what its values become; None where they stay."""
        return tuple(
            tuple(self._renaming.exchanged(v, value) for value in range(variable.domain.high + 1))
            if self._renaming.swaps[v]
            else None
            for v, variable in enumerate(self._system.variables)
        )

    def _swap(self, domain: Domain, role: str, position: int) -> Swap:
        """The two values of a variable that are the two instances, when it has such values."""
        if domain.low != 0:
            return PLAIN
        if domain.role == role:
            return (position + domain.optional, position + domain.optional + 1)
        labels = domain.labels or ()
        if self.first in labels and self.second in labels:
            return (labels.index(self.first), labels.index(self.second))
        return PLAIN

    # ------------------------------------------------------------------ states and properties

    def check_first_states(self) -> None:
        """Variables change places only with their like, and the first states are the same ones afterwards."""
        system, renaming = self._system, self._renaming
        for v, variable in enumerate(system.variables):
            image = system.variables[self.images[v]]
            one, other = variable.domain, image.domain
            like = (one.low, one.high, one.boolean) == (other.low, other.high, other.boolean)
            if not like or renaming.swaps[v] != renaming.swaps[self.images[v]]:
                raise DifferentError(f"'{variable.name}' and '{image.name}' have different values", variable.place)
            if {renaming.exchanged(v, value) for value in variable.initial} != set(image.initial):
                names = f"'{variable.name}' and '{image.name}' start"
                whose = names if image is not variable else f"'{variable.name}' starts"
                raise DifferentError(f"{whose} differently for {self}", variable.place)
        for what, expr in (("what restricts the first states", system.where), ("what is terminal", system.terminal)):
            with self._at(what, Place(system.file, 1)):
                same = renaming.of(expr) == self._forms.of(expr)
            if not same:
                raise DifferentError(f"{what} differs for {self}", Place(system.file, 1))

    def match_property(self, subject: Property) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What the property says is the same afterwards; for each of its premises, and of the actors that must come
        to rest, the one that it becomes."""
        of, renamed = self._forms.of, self._renaming.of
        what = f"property '{subject.name}'"
        with self._at(what, subject.place):
            same = all(renamed(expr) == of(expr) for expr in (subject.expression, subject.goal))
            premises = _matched(
                [of(premise.expression) for premise in subject.premises],
                [renamed(premise.expression) for premise in subject.premises],
            )
            resting = _matched(
                [(actor, of(rests)) for actor, rests in subject.resting],
                [(self.renamed(actor), renamed(rests)) for actor, rests in subject.resting],
            )
        if not same or premises is None or resting is None:
            raise DifferentError(f"{what} differs for {self}", subject.place)
        return premises, resting

    @contextmanager
    def _at(self, what: str, place: Place) -> Generator[None]:
        try:
            yield
        except DistinguishedError as how:
            raise DifferentError(f"{what} {how}", place) from None

    # ------------------------------------------------------------------ actions

    def match_actions(self, actions: ActionForms) -> tuple[int, ...]:
        """For each action the one that it becomes."""
        images = list(range(len(actions.actions)))
        pair = (self.first, self.second)
        affected = [
            index
            for index, action in enumerate(actions.actions)
            if actions.support(index) & self._renaming.moved or action.actor in pair
        ]
        free: dict[tuple[object, ...], list[int]] = {}
        for index in affected:
            free.setdefault(actions.key(index).what, []).append(index)
        for index in affected:
            action = actions.actions[index]
            with self._at(f"step '{_title(action)}'", action.place):
                key = self._key(action)
            candidates = free.get(key.what)
            if not candidates:
                other = self.renamed(action.actor)
                whose = f"of {action.actor} has no counterpart" + (f" of {other}" if other != action.actor else "")
                raise DifferentError(f"step '{_title(action)}' {whose} when {self} are exchanged", action.place)
            chosen = next((c for c in candidates if actions.key(c).words == key.words), candidates[0])
            candidates.remove(chosen)
            images[index] = chosen
        return tuple(images)

    def _key(self, action: Action) -> _Key:
        """The key that the action has after the exchange."""
        of = self._renaming.of
        effects = [
            (self.images[effect.variable], of(effect.value, self._renaming.swaps[effect.variable]))
            for effect in action.effects
        ]
        ends = _ends(self._forms, action.checks, [of(check.condition) for check in action.checks])
        actor = self.renamed(action.actor)
        arguments = tuple((name, self.renamed(value)) for name, value in action.arguments)
        return _Key(
            (*_plain(action), actor, of(action.control), of(action.guard), _sorted(effects), ends),
            (self.renamed(action.label), arguments),
        )

    def check_fairness(self, images: Sequence[int]) -> None:
        """The promises about runs are the same ones afterwards; `images` says what each action becomes."""
        promises = Counter((fair.strong, frozenset(fair.actions)) for fair in self._system.fairness)
        for fair in self._system.fairness:
            promise = (fair.strong, frozenset(images[index] for index in fair.actions))
            if not promises[promise]:
                raise DifferentError(f"'fair {fair.name}' has no counterpart when {self} are exchanged", fair.place)
            promises[promise] -= 1


def _matched(things: Sequence[object], become: Sequence[object]) -> tuple[int, ...] | None:
    """For each of the things the place of what it becomes, each place once; None where there is none."""
    free: dict[object, list[int]] = {}
    for place, thing in enumerate(things):
        free.setdefault(thing, []).append(place)
    if Counter(things) != Counter(become):
        return None
    return tuple(free[thing].pop(0) for thing in become)


def _plain(action: Action) -> tuple[object, ...]:
    """What stays as it is when instances are exchanged."""
    return (action.name, action.outcome, action.begins, action.spontaneous)


def _title(action: Action) -> str:
    return action.name + (f": {action.label}" if action.label and action.label != action.name else "")


def _sorted(effects: list[tuple[int, Form]]) -> tuple[tuple[int, Form], ...]:
    return tuple(sorted(effects))


def _ends(forms: NormalForms, checks: Sequence[Check], conditions: Sequence[Form]) -> tuple[tuple[str, Form], ...]:
    """The checks in order, neighbours that concern one property as a single condition.

    The first that fails is the one that is violated, so their order matters, but not among those.
    """
    ends: list[tuple[str, list[Form]]] = []
    for check, condition in zip(checks, conditions, strict=True):
        if ends and ends[-1][0] == check.property:
            ends[-1][1].append(condition)
        else:
            ends.append((check.property, [condition]))
    return tuple((name, forms.conjunction(parts)) for name, parts in ends)
