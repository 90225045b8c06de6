"""Monitors for the kernel's runtime verification: an automaton for each rule that one object can watch over.

The kernel's generator (`tools/verification/rvgen`, `dot2k` before) reads DOT line by line and not as graphviz does,
so every line here is exactly as its parser wants it.  What it generates watches one object: a buffer, an attachment,
or a task.  A rule whose condition looks at several instances of a role needs to count, which such an automaton
cannot; a rule whose condition can change unseen allows every order.  Both are refused, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.exchange.automaton import Automaton, TooLargeError, project
from custody.exchange.problem import ExportError
from custody.graph.build import ReachableGraph, reachable
from custody.system.display import show, variables
from custody.system.evaluate import evaluate
from custody.system.expression import reads
from custody.system.model import Action, System

MOST_STATES = 64
"""The largest automaton that is worth watching with."""


@dataclass(frozen=True, slots=True)
class Monitor:
    """An automaton for one rule. `name` is a C identifier, `watches` what one instance of it watches; `events` gives
    for each action of the system that the automaton sees the name of its event."""

    name: str
    rule: str
    watches: str
    automaton: Automaton
    states: tuple[str, ...]
    final: frozenset[int]
    events: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that no monitor of one object can watch over, and why."""

    rule: str
    reason: str


def monitors(system: System) -> tuple[tuple[Monitor, ...], tuple[Refusal, ...]]:
    """A monitor for each rule that actions of the contract cite, or the reason why there is none.

    Raises ExportError where the contract cites no rule, or has too many states.
    """
    rules = sorted({rule for action in system.actions for clause in action.clauses for rule in clause.rules})
    if not rules:
        raise ExportError(f"no action of {system.name} cites a rule")
    graph = reachable(system)
    if graph.limit is not None:
        raise ExportError(f"the graph is not complete ({graph.limit}); make the instance smaller with --set")
    found: list[Monitor] = []
    refused: list[Refusal] = []
    for rule in rules:
        made = _monitor(system, graph, rule)
        if isinstance(made, Monitor):
            found.append(made)
        else:
            refused.append(made)
    return tuple(found), tuple(refused)


def export(monitor: Monitor) -> str:
    """The automaton in the generator's form of DOT."""
    first = monitor.states[0]
    lines = ["digraph state_automaton {"]
    nodes: list[tuple[str, str]] = [(first, f'{{node [shape = plaintext, style=invis, label=""] "__init_{first}"}};')]
    for number, name in enumerate(monitor.states):
        if number in monitor.final:
            nodes.append((name, f'{{node [shape = doublecircle] "{name}"}};'))
        nodes.append((name, f'{{node [shape = circle] "{name}"}};'))
    lines += [f"\t{text}" for _, text in sorted(nodes, key=lambda node: node[0])]
    lines.append(f'\t"__init_{first}" -> "{first}";')
    for number, name in sorted(enumerate(monitor.states), key=lambda pair: pair[1]):
        lines.append(f'\t"{name}" [label = "{name}"];')
        together: dict[str, list[str]] = {}
        for event, target in sorted(monitor.automaton.moves[number].items()):
            together.setdefault(monitor.states[target], []).append(event)
        for target, events in sorted(together.items()):
            label = "\\n".join(events)
            lines.append(f'\t"{name}" -> "{target}" [ label = "{label}" ];')
    lines += ["\t{ rank = min ;", f'\t\t"__init_{first}";', f'\t\t"{first}";', "\t}", "}"]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- one rule


def _monitor(system: System, graph: ReachableGraph, rule: str) -> Monitor | Refusal:
    firsts = {names[0] for _, names in system.roles}
    guarded = [
        index
        for index, action in enumerate(system.actions)
        if _cites(action, rule) and _is_of(action, firsts, system)
    ]
    watched = reads(*(c.expression for index in guarded for c in system.actions[index].clauses if rule in c.rules))
    several = _counted(system, watched)
    if several is not None:
        return Refusal(rule, f"its condition looks at every {several}, and an automaton of one object cannot count")
    events = _events(system, guarded, watched)
    try:
        automaton = project(graph, events)
    except TooLargeError as error:
        return Refusal(rule, str(error))
    if len(automaton.moves) == 1 and set(automaton.moves[0]) == set(events.values()):
        return Refusal(rule, "its condition can change unseen, so every order of its events is allowed")
    if len(automaton.moves) > MOST_STATES:
        return Refusal(rule, f"its automaton has {len(automaton.moves)} states, more than {MOST_STATES}")
    names = _plain_names(system, automaton, events)
    automaton = automaton.renamed(names)
    final = frozenset(n for n, nodes in enumerate(automaton.members) if not n or _rests(system, graph, nodes))
    return Monitor(
        rule.lower().replace("-", "_"),
        rule,
        _what(system, watched),
        automaton,
        tuple(_state_names(system, graph, automaton, watched)),
        final,
        {index: names[event] for index, event in events.items()},
    )


def _cites(action: Action, rule: str) -> bool:
    return any(rule in clause.rules for clause in action.clauses)


def _is_of(action: Action, firsts: set[str], system: System) -> bool:
    """Whether the action is about the first instance of each role that it is about at all."""
    instances = {name for _, names in system.roles for name in names}
    named = {value for _, value in action.arguments if value in instances} | ({action.actor} & instances)
    return named <= firsts


def _counted(system: System, watched: frozenset[int]) -> str | None:
    """The role of which the condition looks at several instances."""
    role_of = {name: role for role, names in system.roles for name in names}
    seen: dict[str, set[str]] = {}
    for variable in watched:
        for name in system.variables[variable].indices:
            if name in role_of:
                seen.setdefault(role_of[name], set()).add(name)
    return next((role for role, names in sorted(seen.items()) if len(names) > 1), None)


def _events(system: System, guarded: Sequence[int], watched: frozenset[int]) -> dict[int, str]:
    """The actions that a monitor sees: those that the rule guards, and those that change what it looks at."""
    found: dict[int, str] = {}
    instances = {name for _, names in system.roles for name in names}
    for index, action in enumerate(system.actions):
        changes = any(effect.variable in watched for effect in action.effects)
        failed = (action.outcome or "").startswith("fails")
        if not (changes or (index in guarded and not failed)):
            continue
        words = [value for _, value in action.arguments if value not in instances]
        found[index] = _identifier("_".join([action.name, *words, *(["failed"] if failed else [])]))
    return found


def _plain_names(system: System, automaton: Automaton, events: Mapping[int, str]) -> dict[str, str]:
    """The events' names, without arguments wherever these make no difference to the automaton."""
    variants: dict[str, set[str]] = {}
    for index, event in events.items():
        action = system.actions[index]
        failed = "_failed" if (action.outcome or "").startswith("fails") else ""
        variants.setdefault(_identifier(action.name) + failed, set()).add(event)
    names: dict[str, str] = {}
    for plain, group in variants.items():
        alike = all(len({moves.get(event) for event in group}) == 1 for moves in automaton.moves)
        names |= {event: plain if alike else event for event in group}
    return names


def _what(system: System, watched: frozenset[int]) -> str:
    """What one monitor watches: the roles by which the condition's variables are told apart."""
    role_of = {name: role for role, names in system.roles for name in names}
    roles = {role_of[name] for variable in watched for name in system.variables[variable].indices if name in role_of}
    return " and ".join(sorted(roles)) or system.name


def _rests(system: System, graph: ReachableGraph, nodes: frozenset[int]) -> bool:
    return all(evaluate(system.terminal, graph.states[node]) for node in nodes)


def _state_names(
    system: System, graph: ReachableGraph, automaton: Automaton, watched: frozenset[int]
) -> Iterator[str]:
    """A C identifier for each state, from what is the same in all that it stands for."""
    views = [view for view in system.views if not view.hidden and not watched.isdisjoint(variables(view.shape))]
    used: set[str] = set()
    for nodes in automaton.members:
        parts: list[str] = []
        for view in views:
            values = {show(view.shape, graph.states[node]) for node in nodes}
            heads = {value.partition("(")[0] for value in values}
            if len(values) == 1 or len(heads) == 1:
                value = min(values if len(values) == 1 else heads)
                name = view.name.partition("[")[0]
                parts += {"true": [name], "false": [f"not_{name}"]}.get(value, [value])
        base = _identifier("_".join(parts)) or "any"
        name, count = base, 1
        while name in used:
            count += 1
            name = f"{base}_{count}"
        used.add(name)
        yield name


def _identifier(text: str) -> str:
    """The text as a C identifier in small letters."""
    word = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_").lower()
    return f"n{word}" if word[:1].isdigit() else word
