"""How a line can be explained: the cheapest ways from the states that are possible to those after it.

A way consists of what the line reports and of steps that the recording does not show.  Some of these cost nothing:
the contract's own internal steps, and calls of functions that no line of the recording shows (inlined, or not
probed).  A step whose function is shown elsewhere must have been lost, which is dear; a duty that a misbehaving side
breaks is dear too, but less, since programs may do anything.  This is shortest paths (Dijkstra 1959) over states and
positions.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from custody.evidence.instance import Step
from custody.system.model import Clause, State

MISUSE = 1_000
LOST = 100_000
UNTOLD = 2_000
"""The price of a failure that nobody shows, where programs tell of theirs; else it is cheap."""

MOST_NODES = 20_000
"""How many pairs of a state and a position are looked at for one line."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a way. `kind` is "seen", "silent" or "call" (which cost nothing) or "lost"."""

    kind: str
    step: Step
    broken: tuple[Clause, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """How a line is explained, and the state after it."""

    state: State
    start: State
    parts: tuple[Part, ...]
    cost: int

    @property
    def lost(self) -> tuple[Step, ...]:
        return tuple(part.step for part in self.parts if part.kind == "lost")

    @property
    def misuses(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.broken)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be unseen before one line: steps in all, lost ones among them.

    `slack` keeps ways that are longer by so many silent steps than the shortest, `failure` is the price of a silent
    step that fails.  Unless one may `invent`, what is lost must be part of the call that the line is part of.
    """

    depth: int = 8
    lost: int = 1
    lost_cost: int = LOST
    slack: int = 0
    failure: int = 10
    invent: bool = False


@dataclass(frozen=True, slots=True)
class Unseen:
    """What may have happened without a line: `silent` at no price, `calls` too, but one of them only, if the line is
    part of that call, and `losable` for the price of a loss."""

    silent: Sequence[Step] = ()
    calls: Sequence[Step] = ()
    losable: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """All cheapest ways; `cut` is whether some limit kept others from being found."""

    ways: tuple[Way, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class _Node:
    """A state on some way, with what came before it. `stage` is what has been tried from it: nothing, what the line
    reports, and silent steps too; each is put off until nothing cheaper is left."""

    cost: int
    stage: int
    depth: int
    state: State
    start: State
    alternative: int
    position: int
    parts: tuple[Part, ...]


def explain(
    states: Sequence[State], sequences: Sequence[Sequence[Sequence[Step]]], unseen: Unseen, limits: Limits
) -> Explanation:
    """The cheapest explanations of a line from any of the states.

    `sequences` are what the line may mean: each a sequence of positions, each with the actions that would do.
    """
    queue: list[tuple[int, int, _Node]] = []
    order = itertools.count()

    def push(cost: int, node: _Node) -> None:
        heapq.heappush(queue, (cost, next(order), node))

    for alternative in range(len(sequences)):
        for state in states:
            push(0, _Node(0, 0, 0, state, state, alternative, 0, ()))
    seen: dict[tuple[State, int, int], int] = {}
    found: list[Way] = []
    cut = False
    while queue:
        cost, _, node = heapq.heappop(queue)
        if found and not _good_enough(cost, found[0].cost, limits):
            break
        if node.stage == 0:
            if node.position == len(sequences[node.alternative]):
                found.append(Way(node.state, node.start, node.parts, node.cost))
                continue
            key = (node.state, node.alternative, node.position)
            if seen.get(key, node.cost + 1) <= node.cost:
                continue
            seen[key] = node.cost
            if len(seen) > MOST_NODES:
                cut = True
                break
        elif node.depth >= limits.depth:
            cut = cut or limits.depth > 0
            continue
        for kind, steps in _moves(node, sequences[node.alternative][node.position], unseen, limits):
            for after in _after(node, kind, steps, cost, limits.failure):
                push(after.cost, after)
        if node.stage == 0:
            push(node.cost + 1, replace(node, stage=1))
        elif node.stage == 1:
            push(node.cost + limits.lost_cost, replace(node, stage=2))
    return Explanation(tuple(_plainest(found)), cut)


def _plainest(ways: Sequence[Way]) -> Iterator[Way]:
    """Of the ways on which the same duties are broken, those that need the fewest other steps."""
    least: dict[tuple[Clause, ...], int] = {}
    broken = [tuple(clause for part in way.misuses for clause in part.broken) for way in ways]
    for way, duties in zip(ways, broken, strict=True):
        least[duties] = min(way.cost, least.get(duties, way.cost))
    for way, duties in zip(ways, broken, strict=True):
        if not duties or way.cost == least[duties]:
            yield way


def _moves(
    node: _Node, wanted: Sequence[Step], unseen: Unseen, limits: Limits
) -> Iterator[tuple[str, Sequence[Step]]]:
    match node.stage:
        case 0:
            yield "seen", wanted
        case 1:
            yield "silent", unseen.silent
            if all(part.kind != "call" for part in node.parts):
                yield "call", unseen.calls
        case _:
            if sum(part.kind == "lost" for part in node.parts) < limits.lost:
                yield "lost", unseen.losable


def _after(node: _Node, kind: str, steps: Sequence[Step], cost: int, failure: int) -> Iterator[_Node]:
    """The nodes after each of the steps that is possible; one that changes nothing is of no use unless it is seen."""
    shown = kind == "seen"
    for step in steps:
        fired = step.fire(node.state)
        if fired is None or (not shown and fired.state == node.state):
            continue
        yield _Node(
            cost + MISUSE * len(fired.broken) + (failure if step.fails and not shown else 0),
            0,
            node.depth + (not shown),
            fired.state,
            node.start,
            node.alternative,
            node.position + shown,
            (*node.parts, Part(kind, step, fired.broken)),
        )


def _good_enough(cost: int, best: int, limits: Limits) -> bool:
    """Whether a way is as good as the best: the same losses and misuses, and hardly longer."""
    if cost // MISUSE != best // MISUSE:
        return False
    # Where something is amiss, all that may have been amiss is of interest.
    return cost % MISUSE <= best % MISUSE + (limits.slack if best < MISUSE else 20)


def narrowed(steps: Sequence[Step], allowed: Mapping[str, frozenset[str]]) -> tuple[Step, ...]:
    """The steps whose arguments are among the allowed instances of their roles."""
    return tuple(step for step in steps if all(value in allowed[role] for role, value in step.roles))
