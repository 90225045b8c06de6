"""Who must be able to come to rest, numbered as the marks of states: the C engine looks at eight at a time.

With symmetry, an actor has other names in other states, and its mark turns into those of the others when instances
are exchanged.  Such marks are always looked at together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from custody.explore.canonical import Images
from custody.symmetry.detect import Refusal, SymmetricRole, Symmetries
from custody.symmetry.images import leaders
from custody.system.expression import TRUE, Expr
from custody.system.model import Form, Property

AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Resting:
    """An actor that must always be able to rest, and the property that says so; no one at all to fill a gap.

    `orbit` is the first of the marks that this one can turn into.
    """

    property: str
    actor: str
    condition: Expr
    orbit: int


def resting_marks(wanted: Sequence[Property], symmetries: Symmetries) -> tuple[tuple[Resting, ...], Images]:
    """The marks for all that the wanted properties speak of, and what they turn into when instances are exchanged."""
    entries = [(p.name, *rests) for p in wanted if p.form is Form.PROGRESS for rests in p.resting]
    images = [[_images(wanted, role, i) for i in range(len(role.transpositions))] for role in symmetries.roles]
    orbits: dict[int, list[int]] = {}
    for entry, leader in enumerate(leaders(len(entries), [some for role in images for some in role])):
        orbits.setdefault(leader, []).append(entry)
    marks: list[Resting] = []
    entry_of: list[int | None] = []
    for orbit in sorted(orbits.values()):
        while len(marks) % AT_ONCE + len(orbit) > AT_ONCE:
            marks.append(Resting("", "", TRUE, len(marks)))
            entry_of.append(None)
        first = len(marks)
        marks += [Resting(*entries[entry], first) for entry in orbit]
        entry_of += orbit
    mark_of = {entry: mark for mark, entry in enumerate(entry_of) if entry is not None}
    turned = [
        [[mark if entry is None else mark_of[some[entry]] for mark, entry in enumerate(entry_of)] for some in role]
        for role in images
    ]
    return tuple(marks), turned


def looked_at_together(wanted: Sequence[Property], symmetries: Symmetries) -> Symmetries:
    """The symmetries without the roles of which too many instances have to be able to rest."""
    roles: list[SymmetricRole] = []
    refused = list(symmetries.refused)
    for role in symmetries.roles:
        images = _images(wanted, role, 0)
        if len(role.instances) <= AT_ONCE or images == list(range(len(images))):
            roles.append(role)
            continue
        about = next(p for p in wanted if any(actor in role.instances for actor, _ in p.resting))
        reason = f"'{about.name}' is about each of its instances, and there are more than {AT_ONCE}"
        refused.append(Refusal(role.name, reason, about.place))
    return Symmetries(tuple(roles), tuple(refused))


def _images(wanted: Sequence[Property], role: SymmetricRole, transposition: int) -> list[int]:
    """What the entries of all the properties' `resting`, one after the other, become."""
    become = dict(role.transpositions[transposition].resting)
    images: list[int] = []
    for p in wanted:
        if p.form is Form.PROGRESS:
            begin = len(images)
            images += [begin + image for image in become[p.name]]
    return images
