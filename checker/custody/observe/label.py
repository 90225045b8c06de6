"""What is seen of a step from outside: who did what, with which arguments, and what was answered.

Steps of the hardware that happen at any moment, and the inner steps of a call, are not seen.  A call that takes
several steps is seen twice, when it begins and when it ends.  A step that breaks a check is seen as the hazard.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from custody.system.evaluate import evaluate
from custody.system.model import Action, Check, Domain, Renaming, State, System


class Seen(StrEnum):
    """How much of a call a label is."""

    WHOLE = "whole"  # the call and its answer at once
    CALL = "call"  # the beginning
    RETURN = "return"  # the end
    HAZARD = "hazard"  # a check fails


@dataclass(frozen=True, slots=True)
class Label:
    """One visible event. `answer` is empty where nothing is answered yet, or there is nothing to say but OK."""

    seen: Seen
    actor: str
    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    answer: str = ""

    @property
    def call(self) -> tuple[str, str, tuple[str, ...]]:
        """Which call it belongs to, whatever it answers. Arguments count by position, whatever they are called."""
        return self.actor, self.name, tuple(value for _, value in self.arguments)

    @property
    def key(self) -> tuple[Seen, tuple[str, str, tuple[str, ...]], str]:
        """What makes two labels the same."""
        return self.seen, self.call, self.answer

    def __str__(self) -> str:
        arguments = ", ".join(value for _, value in self.arguments)
        call = f"{self.name}({arguments})"
        match self.seen:
            case Seen.WHOLE:
                return f"{call}: {self.answer}" if self.answer else call
            case Seen.CALL:
                return f"calls {call}"
            case Seen.RETURN:
                return f"{self.name} returns {self.answer}" if self.answer else f"{self.name} returns"
            case Seen.HAZARD:
                return f"{call}: {self.answer}"

    @property
    def fails(self) -> bool:
        """Whether what is answered is an error."""
        return self.answer.startswith("fails ")


@dataclass(frozen=True, slots=True)
class Names:
    """How one version's names are said in the other's: routines, roles whose instances act, properties, and words of
    enumerations: `arguments` has these by routine and position, `words` all of an enumeration's.
    """

    routines: Mapping[str, str] = field(default_factory=dict[str, str])
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    properties: Mapping[str, str] = field(default_factory=dict[str, str])
    arguments: Mapping[tuple[str, int, str], str] = field(default_factory=dict[tuple[str, int, str], str])
    words: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict[tuple[str, ...], tuple[str, ...]])

    def routine(self, name: str) -> str:
        return self.routines.get(name, name)

    def actor(self, name: str) -> str:
        role, dot, number = name.partition(".")
        return f"{self.roles.get(role, role)}{dot}{number}"

    def argument(self, routine: str, position: int, text: str) -> str:
        """An argument, which may be an instance of a role; the routine is the one that `text` is an argument of."""
        return self.arguments.get((routine, position, text)) or self.actor(text)

    def property(self, name: str) -> str:
        """The name of a property, which may be one for each instance of a role."""
        plain, bracket, rest = name.partition("[")
        return self.text(f"{self.properties.get(plain, plain)}{bracket}{rest}")

    def domain(self, domain: Domain) -> Domain:
        """The values by their names in the other version."""
        earlier = self.words.get(domain.labels) if domain.labels is not None and self.words else None
        return domain if earlier is None else replace(domain, labels=earlier)

    def text(self, words: str) -> str:
        """Words in which instances of roles occur, such as `served[Client.0]`."""
        if not self.roles:
            return words
        known = "|".join(map(re.escape, self.roles))
        return re.sub(rf"\b({known})(?=\.[0-9])", lambda match: self.roles[match[1]], words)


SAME = Names()


def renamed(new: System, old: System) -> Names:
    """What NEW says about its earlier names, but for what OLD says as well: that was renamed before both."""
    routines: dict[str, str] = {}
    roles: dict[str, str] = {}
    properties: dict[str, str] = {}
    arguments: dict[tuple[str, int, str], str] = {}
    words: dict[tuple[str, ...], tuple[str, ...]] = {}
    for entry in renamings(new, old):
        match entry.kind:
            case "routine":
                routines[entry.name] = entry.before
            case "role":
                roles[entry.name] = entry.before
            case "property":
                properties[entry.name] = entry.before
            case "argument":
                routine, position, word = entry.name.split(" ")
                arguments[routine, int(position), word] = entry.before
            case "words":
                words[tuple(entry.name.split(" "))] = tuple(entry.before.split(" "))
            case _:
                pass
    return Names(routines, roles, properties, arguments, words)


def renamings(new: System, old: System) -> list[Renaming]:
    """What was renamed between the versions."""
    before = set(old.renamings)
    return [entry for entry in new.renamings if entry not in before]


def stepwise(system: System, names: Names = SAME) -> frozenset[str]:
    """The routines with calls that take several steps, so that beginning and end are seen one after the other."""
    return frozenset(
        names.routine(action.name) for action in system.actions if action.inner and not action.spontaneous
    )


class Labels:
    """The labels of one system's steps, in the words of the version that it is compared with."""

    def __init__(self, system: System, names: Names = SAME, split: Collection[str] = ()) -> None:
        """`split`: the routines whose calls are seen in two parts, in whichever version."""
        self._system = system
        self._names = names
        self._split = frozenset(split)
        self._calls = [self._call(action) for action in system.actions]
        self.hidden = tuple(action.spontaneous or (action.inner and not action.ends) for action in system.actions)
        """For each action whether it goes unseen, unless it breaks a check."""
        self.halves = tuple(
            not (hidden or action.inner or _begins_only(action)) and call.name in self._split
            for action, call, hidden in zip(system.actions, self._calls, self.hidden, strict=True)
        )
        """For each action whether it is a whole call that is to be seen in two parts."""

    def _call(self, action: Action) -> Label:
        names = self._names
        arguments = tuple(
            (name, names.argument(action.name, position, value))
            for position, (name, value) in enumerate(action.arguments)
        )
        return Label(Seen.WHOLE, names.actor(action.actor), names.routine(action.name), arguments)

    def of(self, index: int, state: State) -> Label:
        """The label of a visible step that breaks nothing; of one in two parts, the beginning."""
        action, call = self._system.actions[index], self._calls[index]
        if action.inner:
            return replace(call, seen=Seen.RETURN, arguments=(), answer=self.answer(index, state))
        if self.halves[index] or _begins_only(action):
            return replace(call, seen=Seen.CALL)
        return replace(call, answer=self.answer(index, state))

    def end(self, index: int, state: State) -> Label:
        """The second part of a whole call taken in `state`."""
        return replace(self._calls[index], seen=Seen.RETURN, arguments=(), answer=self.answer(index, state))

    def hazard(self, index: int, check: Check) -> Label:
        """A step that breaks a check."""
        return replace(self._calls[index], seen=Seen.HAZARD, arguments=(), answer=check.property)

    def call(self, index: int) -> Label:
        """The call that the action belongs to."""
        return self._calls[index]

    def answer(self, index: int, state: State) -> str:
        """What is answered: nothing for OK, `fails ERRNO`, or the value."""
        action = self._system.actions[index]
        if action.answer is not None:
            return self.word(index, evaluate(action.answer.value, state))
        return action.outcome or ""

    def word(self, index: int, value: int) -> str:
        """The same for the value that the call returns."""
        answer = self._system.actions[index].answer
        if answer is None:
            return ""
        word = self._names.domain(answer.domain).show(value)
        if _is_errno(answer.domain.labels):
            return "" if word == "OK" else f"fails {word}"
        return word


def _begins_only(action: Action) -> bool:
    """Whether the step begins a call that then goes on."""
    return action.begins and not action.ends


def _is_errno(labels: tuple[str, ...] | None) -> bool:
    return labels is not None and labels[:1] == ("OK",) and "EINVAL" in labels
