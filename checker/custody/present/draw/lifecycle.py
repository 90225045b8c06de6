"""The state map of a specification: its reachable states as far as a few declared things tell them apart.

A step is drawn exactly when some reachable state of the one node has it to some state of the other, so each arrow is
possible, but not each path over several arrows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.graph.build import ReachableGraph
from custody.graph.machine import Machine
from custody.graph.quotient import Label, Quotient
from custody.graph.quotient import Node as Looks
from custody.present.draw.dot import Edge, Map, Node, Way, Wrong
from custody.present.draw.metrics import wrap
from custody.present.draw.style import owner
from custody.system.display import View, show
from custody.system.model import Form, System

FEW = 4
"""Up to so many views, a node says what each of them shows."""

_WIDEST, _SIZE = 230.0, 12.0
"""A line of a node, in points, and the size of its letters."""


@dataclass(slots=True)
class _Tally:
    """What the states of one node have in common, and the steps from it that break something."""

    terminal: int = 0
    violating: int = 0
    breaks: dict[tuple[str, Label], str] = field(default_factory=dict[tuple[str, Label], str])


def lifecycle(system: System, graph: ReachableGraph, quotient: Quotient, name: str) -> Map:
    """The map of the graph as the quotient has folded it. `name` is what the user calls the specification."""
    tallies = _tallies(system, graph, quotient)
    nodes = [
        _node(quotient, number, looks, tally)
        for number, (looks, tally) in enumerate(zip(quotient.nodes, tallies, strict=True))
    ]
    edges = [
        edge for source, target, labels in _told(quotient) for edge in _edges(f"n{source}", f"n{target}", labels)
    ]
    for hazard in sorted({hazard for tally in tallies for hazard, _ in tally.breaks}):
        nodes.append(
            Node(f"! {hazard}", (), f"a step that breaks {hazard}", wrong=Wrong.ALWAYS, complaints=(hazard,))
        )
    for number, tally in enumerate(tallies):
        for hazard in sorted({hazard for hazard, _ in tally.breaks}):
            ways = [
                Way((label.action,), label.side, f"{label.action} by {label.side} breaks {hazard} ({place})")
                for (broken, label), place in sorted(tally.breaks.items())
                if broken == hazard
            ]
            edges.append(Edge(f"n{number}", f"! {hazard}", _merged(ways), wrong=True))
    return Map(
        f"{system.name} ({name})",
        _about(quotient, len(graph.states)),
        tuple(nodes),
        tuple(edges),
        "" if quotient.complete else f"and more: the search ended at {graph.limit}",
    )


def _about(quotient: Quotient, states: int) -> str:
    told = f" told apart by {', '.join(quotient.names)}" if len(quotient.names) <= FEW else ""
    folded = f"{len(quotient.nodes)} groups of " if len(quotient.nodes) < states else ""
    return f"{folded}{states:,} reachable states{told}"


def _tallies(system: System, graph: ReachableGraph, quotient: Quotient) -> list[_Tally]:
    """One for each node of the quotient."""
    index = {node.values: number for number, node in enumerate(quotient.nodes)}
    views = _views(system, quotient)
    tallies = [_Tally() for _ in quotient.nodes]
    terminal = Machine(system.terminal)
    named = set[str]().union(*(node.violates for node in quotient.nodes))
    invariants = [Machine(p.expression) for p in system.properties if p.form is Form.INVARIANT and p.name in named]
    spontaneous = [action.spontaneous for action in system.actions]
    of: list[int] = []
    for position, state in enumerate(graph.states):
        of.append(index[tuple(show(view.shape, state) for view in views)])
        tally = tallies[of[-1]]
        resting = bool(terminal(state))
        tally.terminal += resting
        known = position < len(graph.enabled)
        stuck = known and not resting and all(spontaneous[action] for action in graph.enabled[position])
        tally.violating += stuck or not all(holds(state) for holds in invariants)
    for position, action, check in graph.broken:
        what = system.actions[action]
        label = Label(what.name, what.outcome or "", what.side or what.actor.partition(".")[0])
        place = f"{what.place.file}:{what.place.line}"
        tallies[of[position]].breaks.setdefault((what.checks[check].property, label), place)
    return tallies


def _views(system: System, quotient: Quotient) -> list[View]:
    views = {view.name: view for view in system.views}
    return [views[name] for name in quotient.names]


def _node(quotient: Quotient, number: int, looks: Looks, tally: _Tally) -> Node:
    states = f"{looks.states:,} state{'s' if looks.states != 1 else ''}, first after {looks.depth} steps"
    wrong = Wrong.NOTHING
    if looks.violates:
        wrong = Wrong.ALWAYS if tally.violating == looks.states else Wrong.SOMETIMES
        states += f"; {tally.violating:,} of them violate {', '.join(sorted(looks.violates))}"
    return Node(
        f"n{number}",
        tuple(part for line in _words(quotient, looks.values) for part in wrap(line, _WIDEST, _SIZE)),
        states,
        owner(looks.values),
        looks.initial,
        tally.terminal == looks.states,
        wrong,
        _complaints(looks, wrong),
    )


def _complaints(looks: Looks, wrong: Wrong) -> tuple[str, ...]:
    names = sorted(looks.violates)
    shown = names if len(names) <= 2 else [*names[:2], f"and {len(names) - 2} more"]
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


def _told(quotient: Quotient) -> Iterator[tuple[int, int, dict[Label, str]]]:
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


def _edges(source: str, target: str, labels: dict[Label, str]) -> Iterator[Edge]:
    """At most two edges for a pair of nodes: what succeeds, and, dashed, what fails."""
    for fails in (False, True):
        told = sorted(label for label in labels if _fails(label) is fails)
        errors: dict[tuple[str, str], list[str]] = {}
        tips: dict[tuple[str, str], list[str]] = {}
        for label in told:
            key = (label.action, label.side)
            errors.setdefault(key, []).append(label.outcome.removeprefix("fails "))
            outcome = f" {label.outcome}" if label.outcome else ""
            tips.setdefault(key, []).append(f"{label.action}{outcome}, by {label.side} ({labels[label]})")
        ways = [
            Way((action + (f" ({', '.join(names)})" if fails else ""),), side, "\n".join(tips[action, side]))
            for (action, side), names in errors.items()
        ]
        if ways:
            yield Edge(source, target, tuple(ways), fails=fails)


def _merged(ways: list[Way]) -> tuple[Way, ...]:
    """One way for each text and side."""
    first: dict[tuple[tuple[str, ...], str], Way] = {}
    for way in ways:
        first.setdefault((way.lines, way.side), way)
    return tuple(first.values())
