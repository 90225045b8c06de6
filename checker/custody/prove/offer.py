"""Lemmas as source text: what was proved of certain instances, said of all of them, in the words of the language.

What is true of some instances of a symmetric role is true of any others in their places, so that it may be said with
`forall`; of a role that is not symmetric nothing is offered, nor of what the language has no words for (where in a
call somebody stands, the fields of an object that may be gone).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from custody.system.model import System, Variable

_NAMES = "ijkmn"


@dataclass(slots=True)
class _Bound:
    """The names that stand for instances, in the order in which these are come across."""

    system: System
    symmetric: Collection[str]
    names: dict[str, str] = field(default_factory=dict[str, str])
    roles: dict[str, str] = field(default_factory=dict[str, str])
    fails: bool = False

    def name(self, instance: str) -> str:
        role = next((role for role, members in self.system.roles if instance in members), None)
        members = dict(self.system.roles).get(role or "", ())
        if role is None or (role not in self.symmetric and len(members) > 1) or len(self.names) == len(_NAMES):
            self.fails = True
            return instance
        if instance not in self.names:
            self.names[instance] = _NAMES[len(self.names)]
            self.roles[instance] = role
        return self.names[instance]

    def quantified(self, text: str) -> str:
        """The text of all instances that are different where these are."""
        if not self.names:
            return text
        binders = ", ".join(f"{name}: {self.roles[instance]}" for instance, name in self.names.items())
        pairs = [
            f"{one} != {other}"
            for number, (first, one) in enumerate(self.names.items())
            for second, other in list(self.names.items())[number + 1 :]
            if self.roles[first] == self.roles[second]
        ]
        return f"forall {binders} . {' and '.join(pairs)} => {text}" if pairs else f"forall {binders} . {text}"


Word = tuple[int, int, bool]
"""A variable, a value of it, and whether it is that it has not the value."""


def excluded(system: System, symmetric: Collection[str], one: Word, other: Word) -> str | None:
    """That the two never hold together; None where it cannot be said. `symmetric` are the roles that are."""
    bound = _Bound(system, symmetric)
    words = [said(system, word, bound.name) for word in (one, other)]
    if bound.fails or None in words:
        return None
    return bound.quantified(f"not ({words[0]} and {words[1]})")


def counted(system: System, counter: int, sign: str, word: Word, base: int) -> str | None:
    """That a counter is (at least) the number of instances for which the word of one of them holds, and `base`."""
    variable = system.variables[word[0]]
    role = next((role for role, members in system.roles if variable.indices[0] in members), None)
    text = said(system, word, lambda _: "i")
    if role is None or text is None:
        return None
    more = f" + {base}" if base else ""
    return f"{system.variables[counter].name} {sign} count(i: {role} . {text}){more}"


def said(system: System, word: Word, name: Callable[[str], str]) -> str | None:
    """The word in the language, with names for instances; None where there are no words for it."""
    index, value, negated = word
    variable = system.variables[index]
    if variable.control:
        return _position(system, variable, value, negated, name)
    shown = variable.base + "".join(f"[{each}]" for each in variable.indices)
    if variable.name != shown:
        return None
    indices = [name(each) if not each.isdigit() else each for each in variable.indices]
    text = f"{variable.base}[{', '.join(indices)}]" if indices else variable.base
    domain = variable.domain
    if domain.boolean:
        return text if bool(value) is not negated else f"not {text}"
    if domain.labels is None:
        return f"{text} {'!=' if negated else '=='} {value}"
    label = domain.labels[value]
    if is_lock(variable):
        held = f"held({text})" if value == 0 else f"held_by({text}, {name(label)})"
        return held if negated is (value == 0) else f"not {held}"
    if domain.role is not None or domain.optional:
        return f"{text} {'!=' if negated else '=='} none" if domain.optional and value == 0 else None
    return f"{text} is {'not ' if negated else ''}{label}"


def _position(
    system: System, variable: Variable, value: int, negated: bool, name: Callable[[str], str]
) -> str | None:
    """Whether an actor rests: more of where it stands cannot be said."""
    labels = variable.domain.labels
    actor = variable.actor
    if labels is None or actor is None or labels[value] != "idle" or variable.name != f"{actor}.at":
        return None
    return f"{'not ' if negated else ''}idle({name(actor)})"


def is_lock(variable: Variable) -> bool:
    """Whether it says who holds a lock: the first value is that nobody does."""
    labels = variable.domain.labels
    return labels is not None and labels[0] == "free" and variable.domain.optional and variable.domain.role is None


def declarations(system: System, texts: Sequence[str]) -> list[str]:
    """`lemma NAME` with each text below, under names that the specification does not have."""
    taken = {p.name for p in system.properties} | {variable.base for variable in system.variables}
    found: list[str] = []
    number = 0
    for text in dict.fromkeys(texts):
        number += 1
        while f"offered_{number}" in taken:
            number += 1
        found.append(f"lemma offered_{number}\n    {text}")
    return found
