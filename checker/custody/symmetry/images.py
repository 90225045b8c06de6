"""What the steps and states of representatives say of all steps and states.

An action of one instance may fire in no representative and yet fire, where the same action of another instance
does; and so for premises.  What is asked of an orbit of actions, or of premises, is answered for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from custody.symmetry.detect import Symmetries


def fired_closed(fired: Sequence[int], symmetries: Symmetries) -> tuple[int, ...]:
    """For each action how often any of its images fired."""
    leader_of = leaders(len(fired), [t.actions for role in symmetries.roles for t in role.transpositions])
    totals = [0] * len(fired)
    for action, leader in enumerate(leader_of):
        totals[leader] += fired[action]
    return tuple(totals[leader] for leader in leader_of)


def premises_closed(held: Mapping[str, Sequence[bool]], symmetries: Symmetries) -> dict[str, tuple[bool, ...]]:
    """For each property's premises whether any of their images held."""
    moves: dict[str, list[tuple[int, ...]]] = {}
    for role in symmetries.roles:
        for transposition in role.transpositions:
            for name, images in transposition.premises:
                moves.setdefault(name, []).append(images)
    closed: dict[str, tuple[bool, ...]] = {}
    for name, premises in held.items():
        leader_of = leaders(len(premises), moves.get(name, ()))
        known = {leader_of[number] for number, holds in enumerate(premises) if holds}
        closed[name] = tuple(leader in known for leader in leader_of)
    return closed


def leaders(count: int, moves: Iterable[Sequence[int]]) -> list[int]:
    """For each of so many things the number of one that stands for all that the moves make of it."""
    above = list(range(count))

    def leader(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    for images in moves:
        for number, image in enumerate(images):
            above[leader(number)] = leader(image)
    return [leader(number) for number in range(count)]
