"""What exchanging interchangeable instances makes of a cube.

If no reachable state is in a cube, none is in its images.  Only exchanges of two instances are looked at, since all
permutations of many instances are too many (a hundred clauses over three of twelve devices each would be a hundred
thousand), and only of variables that go to another, or whose values go to other values, literal by literal.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from custody.symbolic.relation import Cube, Relation
from custody.symmetry.detect import find
from custody.symmetry.permutation import Permutation, generated

MOST = 60
"""A cube with more images than that is taken as it is."""

SMALL = 4
"""Of so many instances all permutations are looked at, of more only exchanges one after the other."""


def orbits(relation: Relation, properties: Collection[str] = ()) -> Callable[[Cube], Sequence[Cube]]:
    """The function from a cube to its images, itself first, for the roles that are symmetric as far as the named
    properties are concerned, too."""
    system = relation.system
    size = len(system.variables)
    groups: list[list[dict[int, int]]] = []
    for role in find(system, properties).roles:
        steps = [transposition.permutation for transposition in role.transpositions]
        if len(steps) < SMALL:
            groups.append([_literals(relation, p) for p in generated(steps, size)])
        else:
            groups.append([{}, *(_literals(relation, p) for p in steps)])

    def images(cube: Cube) -> Sequence[Cube]:
        found = {cube: None}
        for group in groups:
            waiting = list(found)
            while waiting:
                one = waiting.pop()
                for mapping in group:
                    image = tuple(sorted(mapping.get(literal, literal) for literal in one))
                    if image not in found:
                        found[image] = None
                        waiting.append(image)
                        if len(found) > MOST:
                            return (cube,)
        return list(found)

    return images if groups else lambda cube: (cube,)


def _literals(relation: Relation, permutation: Permutation) -> dict[int, int]:
    """Where each state literal goes."""
    place = {meaning: literal for literal, meaning in relation.meaning.items()}
    found: dict[int, int] = {}
    for literal, (index, value) in relation.meaning.items():
        table = permutation.values[index]
        if table is not None and relation.in_bits(index):
            raise ValueError("a variable of many values names instances")
        target = (permutation.variables[index], value if table is None else table[value])
        image = place[target]
        if image != literal:
            found[literal], found[-literal] = image, -image
    return found
