"""The state map of a specification: its reachable states as far as a few declared things tell them apart.

A step is drawn exactly when some reachable state of the one node has it to some state of the other, so each arrow is
possible, but not each path over several arrows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from custody.graph.build import ReachableGraph
from custody.graph.quotient import Label, Quotient
from custody.graph.quotient import Node as Looks
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong, hazard_name, hazard_node
from custody.present.draw.marks import Marks, words_of
from custody.present.draw.metrics import wrap
from custody.present.draw.style import owner
from custody.system.display import show, variables
from custody.system.model import System
from custody.system.place import NOWHERE, Place

FEW = 4
"""Up to so many views, a node says what each of them shows."""

_WIDEST, _SIZE = 230.0, 12.0
"""A line of a node, in points, and the size of its letters."""


@dataclass(slots=True)
class _Tally:
    """What the states of one node have in common, and the steps from it that break something.

    `breaks` has for each label of such a step, and for the node that it leads to where it leads anywhere, what it
    breaks, with the source place.
    """

    terminal: int = 0
    violating: int = 0
    breaks: dict[tuple[int | None, str, Label], Place] = field(
        default_factory=dict[tuple[int | None, str, Label], Place]
    )


def lifecycle(system: System, graph: ReachableGraph, quotient: Quotient, name: str) -> Map:
    """The map of the graph as the quotient has folded it. `name` is what the user calls the specification."""
    tallies = _tallies(system, graph, quotient)
    place = _of_view(system, quotient.names[0]) if quotient.names else NOWHERE
    nodes = [
        replace(_node(quotient, number, looks, tally), place=place)
        for number, (looks, tally) in enumerate(zip(quotient.nodes, tallies, strict=True))
    ]
    edges: list[Edge] = []
    for source, target, labels in _told(quotient):
        bad = {label for end, _, label in tallies[source].breaks if end == target}
        good = {label: place for label, place in labels.items() if label not in bad}
        edges += _edges(f"n{source}", f"n{target}", labels if source == target else good)
    hazards = {hazard for tally in tallies for target, hazard, _ in tally.breaks if target is None}
    nodes += [hazard_node(hazard, Marks(system, graph).place(hazard)) for hazard in sorted(hazards)]
    for number, tally in enumerate(tallies):
        edges += _breaking(number, tally)
    return Map(
        f"{system.name} ({name})",
        _about(quotient, len(graph.states)),
        tuple(nodes),
        tuple(edges),
        "" if quotient.complete else f"and more: the search ended at {graph.limit}",
    )


def _of_view(system: System, name: str) -> Place:
    """Where what is shown is declared."""
    view = next(view for view in system.views if view.name == name)
    return system.variables[next(variables(view.shape))].place


def _about(quotient: Quotient, states: int) -> str:
    told = f" told apart by {', '.join(quotient.names)}" if len(quotient.names) <= FEW else ""
    folded = f"{len(quotient.nodes)} groups of " if len(quotient.nodes) < states else ""
    return f"{folded}{states:,} reachable states{told}"


def _tallies(system: System, graph: ReachableGraph, quotient: Quotient) -> list[_Tally]:
    """One for each node of the quotient."""
    index = {node.values: number for number, node in enumerate(quotient.nodes)}
    named = {view.name: view for view in system.views}
    views = [named[name] for name in quotient.names]
    marks = Marks(system, graph)
    labels = [Label(a.name, a.outcome or "", a.side or a.actor.partition(".")[0]) for a in system.actions]
    places = [action.place for action in system.actions]
    of = [index[tuple(show(view.shape, state) for view in views)] for state in graph.states]
    tallies = [_Tally() for _ in quotient.nodes]
    for state, node in enumerate(of):
        tallies[node].terminal += marks.terminal(state)
        tallies[node].violating += bool(quotient.nodes[node].violates and marks.violated(state))
    for state, moves in enumerate(graph.moves):
        for action, target in moves:
            for broken in marks.violated_by(state, target):
                tallies[of[state]].breaks.setdefault((of[target], broken, labels[action]), places[action])
    for state, action, check in graph.broken:
        hazard = system.actions[action].checks[check].property
        tallies[of[state]].breaks.setdefault((None, hazard, labels[action]), places[action])
    return tallies


def _breaking(source: int, tally: _Tally) -> Iterator[Edge]:
    """An edge to each other node that steps lead to which break a transition property, and to each hazard."""
    ways: dict[str, list[Way]] = {}
    for (target, broken, label), place in sorted(tally.breaks.items(), key=lambda entry: entry[0][1:]):
        if target == source:
            continue
        tip = f"{label.action}{_ending(label)}, by {label.side}, breaks {broken} ({words_of(place)})"
        # A hazard is a node with a name; what a step breaks that leads on has to be said beside it.
        words = f"{label.side}: {label.action}"
        lines = (words,) if target is None else (words, f"breaks {broken}")
        end = hazard_name(broken) if target is None else f"n{target}"
        known = ways.setdefault(end, [])
        if all(way.lines != lines for way in known):
            known.append(Way(lines, label.side, tip, place))
    for end in sorted(ways):
        yield Edge(f"n{source}", end, tuple(ways[end]), wrong=True)


def _ending(label: Label) -> str:
    return f" {label.outcome}" if label.outcome else ""


def _node(quotient: Quotient, number: int, looks: Looks, tally: _Tally) -> Node:
    states = f"{looks.states:,} state{'s' if looks.states != 1 else ''}, first after {looks.depth} steps"
    within = {broken for target, broken, _ in tally.breaks if target == number}
    violated = sorted({*looks.violates, *within})
    wrong = Wrong.NOTHING
    if violated:
        wrong = Wrong.ALWAYS if tally.violating == looks.states else Wrong.SOMETIMES
        states += f"; {tally.violating:,} of them, or steps between them, violate {', '.join(violated)}"
    return Node(
        f"n{number}",
        tuple(part for line in _words(quotient, looks.values) for part in wrap(line, _WIDEST, _SIZE)),
        states,
        owner(looks.values),
        looks.initial,
        tally.terminal == looks.states,
        wrong,
        _complaints(violated, wrong),
    )


def _complaints(names: list[str], wrong: Wrong) -> tuple[str, ...]:
    shown = names if len(names) <= 3 else [*names[:2], f"and {len(names) - 2} more"]
    sometimes = ("sometimes:",) if wrong is Wrong.SOMETIMES else ()
    return (*sometimes, *shown) if shown else ()


def _words(quotient: Quotient, values: tuple[str, ...]) -> list[str]:
    """What the node says: its values, or of many values those that are not as at first."""
    pairs = list(zip(quotient.names, values, strict=True))
    if len(pairs) == 1:
        return [values[0]]
    if len(pairs) <= FEW:
        return [f"{name}: {value}" for name, value in pairs]
    first = next((node.values for node in quotient.nodes if node.initial), values)
    changed = [f"{name}: {value}" for (name, value), old in zip(pairs, first, strict=True) if value != old]
    return changed or ["as at first"]


def _told(quotient: Quotient) -> Iterator[tuple[int, int, dict[Label, Place]]]:
    """What is worth an arrow, for each pair of nodes.

    A step that changes nothing that is shown is not, except a failure of what could have got further from there.
    """
    further = {
        (source, label.action)
        for (source, target), labels in quotient.edges.items()
        for label in labels
        if source != target and not _fails(label)
    }
    for (source, target), labels in sorted(quotient.edges.items()):
        if source == target:
            yield source, target, {k: v for k, v in labels.items() if _fails(k) and (source, k.action) in further}
        else:
            yield source, target, labels


def _fails(label: Label) -> bool:
    return label.outcome.startswith("fails")


def _edges(source: str, target: str, labels: dict[Label, Place]) -> Iterator[Edge]:
    """At most two edges for a pair of nodes: what succeeds, and, dashed, what fails."""
    for fails in (False, True):
        told = sorted(label for label in labels if _fails(label) is fails)
        errors: dict[tuple[str, str], list[str]] = {}
        tips: dict[tuple[str, str], list[str]] = {}
        places: dict[tuple[str, str], Place] = {}
        for label in told:
            key = (label.action, label.side)
            errors.setdefault(key, []).append(label.outcome.removeprefix("fails "))
            tips.setdefault(key, []).append(
                f"{label.action}{_ending(label)}, by {label.side} ({words_of(labels[label])})"
            )
            places.setdefault(key, labels[label])
        ways = [
            Way(
                (f"{side}: {action}" + (f" ({', '.join(names)})" if fails else ""),),
                side,
                "\n".join(tips[action, side]),
                places[action, side],
            )
            for (action, side), names in errors.items()
        ]
        if ways:
            yield Edge(source, target, tuple(ways), fails=fails)
