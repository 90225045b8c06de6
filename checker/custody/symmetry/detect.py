"""Which roles have interchangeable instances: decided by looking at the system, whatever made it.

A role is symmetric when exchanging any two of its instances, everywhere at once, changes nothing: not the first
states, not the steps, not what the selected properties say.  That is checked for each two neighbouring instances
(all permutations are products of such exchanges), so a wrong guess of what an exchange does to a variable can
only lead to a refusal.  The guess is made from names: a variable that has an instance in its name changes places
with the one that has the other, and a variable whose values are named after instances changes its value.

Equality is decided on normal forms, so a role may be refused although it is symmetric; the converse cannot be.
What the checks of a step say, and which waits a report explains, is not looked at: it decides no verdict.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from custody.symmetry.exchange import ActionForms, DifferentError, Exchange
from custody.symmetry.normal import NormalForms
from custody.symmetry.permutation import Permutation, combine, commute
from custody.system.model import LIVENESS, System
from custody.system.place import Place


@dataclass(frozen=True, slots=True)
class Transposition:
    """The exchange of two instances.

    `actions[a]` is the action that action `a` becomes; `premises` gives for each property that was looked at what
    its premises become, and `resting` what the entries of its `resting` become.
    """

    first: str
    second: str
    permutation: Permutation
    actions: tuple[int, ...]
    premises: tuple[tuple[str, tuple[int, ...]], ...]
    resting: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class SymmetricRole:
    """A role of two or more interchangeable instances; transposition i exchanges instances i and i + 1."""

    name: str
    instances: tuple[str, ...]
    transpositions: tuple[Transposition, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a role of two or more instances is not symmetric, and where in the specification that shows."""

    role: str
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class Symmetries:
    """All roles of two or more instances: the symmetric ones, and the others with reasons.

    Permutations of different roles may be combined freely: each maps the system to itself.
    """

    roles: tuple[SymmetricRole, ...]
    refused: tuple[Refusal, ...]


NO_SYMMETRIES: Final = Symmetries((), ())
"""For who looks for none."""


def find(system: System, properties: Collection[str] | None = None) -> Symmetries:
    """The symmetric roles, as far as the named properties (all, for None) are concerned."""
    selected = [subject for subject in system.properties if properties is None or subject.name in properties]
    forms = NormalForms(system.variables)
    actions = ActionForms(system.actions, forms)
    roles: list[SymmetricRole] = []
    refused: list[Refusal] = []
    for role, instances in system.roles:
        if len(instances) < 2:
            continue
        try:
            exchanges = [Exchange(system, forms, role, instances, position) for position in range(len(instances) - 1)]
            # What is quickly checked is checked for all pairs before any action is looked at.
            for exchange in exchanges:
                exchange.check_first_states()
            matched = [
                [(subject.name, *exchange.match_property(subject)) for subject in selected] for exchange in exchanges
            ]
            permutations = [Permutation(exchange.images, exchange.tables()) for exchange in exchanges]
            if not combine(permutations):
                raise DifferentError("the exchanges of its instances do not add up", Place(system.file, 1))
            for other in roles:
                if not all(commute(p, t.permutation) for p in permutations for t in other.transpositions):
                    raise DifferentError(
                        f"its instances are mixed up with those of {other.name}", Place(system.file, 1)
                    )
            found: list[Transposition] = []
            for exchange, permutation, become in zip(exchanges, permutations, matched, strict=True):
                images = exchange.match_actions(actions)
                if any(subject.form in LIVENESS for subject in selected):
                    exchange.check_fairness(images)
                premises = tuple((name, numbers) for name, numbers, _ in become)
                resting = tuple((name, numbers) for name, _, numbers in become)
                found.append(Transposition(exchange.first, exchange.second, permutation, images, premises, resting))
        except DifferentError as difference:
            refused.append(Refusal(role, difference.reason, difference.place))
        else:
            roles.append(SymmetricRole(role, instances, tuple(found)))
    return Symmetries(tuple(roles), tuple(refused))
