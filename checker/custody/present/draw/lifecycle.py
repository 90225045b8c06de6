"""The state map of a contract, and the folded reachable graph, as DOT."""

from __future__ import annotations

from collections.abc import Iterable

from custody.graph.quotient import Label, Quotient
from custody.present.draw.style import BACKGROUND, FAINT, FONT, INK, SIDES, WRONG, WRONG_FILL, fill, quote

FEW = 4
"""Up to so many views, a node says what each of them shows."""

MOST_LABELS = 5
"""How many labels one edge shows; the others are counted, and all are in its tooltip."""


def lifecycle(quotient: Quotient, title: str) -> str:
    """A node for each combination of values, an edge for each way to get from one to another.

    What can fail is dashed.  Steps that change nothing that is shown are left out, except the failures of calls that
    could have gone on from there.
    """
    lines = [
        "digraph lifecycle {",
        f'  graph [bgcolor="{BACKGROUND}", fontname="{FONT}", fontsize=13, labelloc=t, label={quote(title)}, '
        "rankdir=TB, nodesep=0.45, ranksep=0.65, pad=0.3];",
        f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=12, color="{INK}", '
        f'fontcolor="{INK}", margin="0.18,0.09"];',
        f'  edge [fontname="{FONT}", fontsize=10, color="{INK}", fontcolor="{INK}", arrowsize=0.7];',
    ]
    for number, node in enumerate(quotient.nodes):
        shown = _words(quotient, node.values)
        attributes = [f"label={quote(shown)}", f'fillcolor="{fill(node.values)}"']
        about = f"{node.states:,} states, first after {node.depth} steps"
        if node.terminal:
            attributes.append("peripheries=2")
        if node.violates:
            attributes += [f'color="{WRONG}"', "penwidth=2.5", "shape=octagon", f'fillcolor="{WRONG_FILL}"']
            attributes += ["style=filled"]
            about += "; violates " + ", ".join(sorted(node.violates))
        lines.append(f"  n{number} [{', '.join([*attributes, f'tooltip={quote(about)}'])}];")
        if node.initial:
            lines.append(f'  start{number} [shape=point, width=0.12, color="{INK}", label=""];')
            lines.append(f"  start{number} -> n{number};")
    succeeds = {
        (source, label.action)
        for (source, target), labels in quotient.edges.items()
        for label in labels
        if source != target and not label.outcome.startswith("fails")
    }
    for (source, target), labels in sorted(quotient.edges.items()):
        # A call that fails and changes nothing is told where the same call could have got further.
        told = {k: v for k, v in labels.items() if source != target or (source, k.action) in succeeds}
        lines += _edges(source, target, told)
    if not quotient.complete:
        lines.append(
            f'  more [shape=plaintext, style="", fontcolor="{FAINT}", label="… and more: a limit was reached"];'
        )
    lines.append("}")
    return "\n".join(lines) + "\n"


def _words(quotient: Quotient, values: tuple[str, ...]) -> str:
    """What the node says: its values, or of many values those that are not as at first."""
    pairs = list(zip(quotient.names, values, strict=True))
    if len(pairs) == 1:
        return values[0]
    if len(pairs) <= FEW:
        return "\n".join(f"{name}: {value}" for name, value in pairs)
    first = next((node.values for node in quotient.nodes if node.initial), values)
    changed = [f"{name}: {value}" for (name, value), old in zip(pairs, first, strict=True) if value != old]
    return "\n".join(changed) or "start"


def _edges(source: int, target: int, labels: dict[Label, str]) -> Iterable[str]:
    """At most two edges for a pair of nodes: what succeeds, and, dashed, what fails."""
    failing = {label: place for label, place in labels.items() if label.outcome.startswith("fails")}
    going = {label: place for label, place in labels.items() if label not in failing}
    if going and source != target:
        yield _edge(source, target, going, "solid")
    if failing:
        yield _edge(source, target, failing, "dashed")


def _edge(source: int, target: int, labels: dict[Label, str], style: str) -> str:
    texts: dict[str, list[str]] = {}
    for label in sorted(labels):
        words = label.outcome.removeprefix("fails ") if label.outcome.startswith("fails") else ""
        texts.setdefault(f"{label.action}", []).append(words)
    rows = [name + (f" ({', '.join(filter(None, words))})" if any(words) else "") for name, words in texts.items()]
    shown = rows[:MOST_LABELS] + ([f"and {len(rows) - MOST_LABELS} more"] if len(rows) > MOST_LABELS else [])
    sides = {label.side for label in labels}
    ink = SIDES.get(next(iter(sides)), INK) if len(sides) == 1 else INK
    tip = "; ".join(f"{label.action} {label.outcome} by {label.side} ({labels[label]})" for label in sorted(labels))
    # A narrow column of labels keeps graphviz from pushing the nodes apart.
    text = quote("\n".join(f" {row} " for row in shown))
    return (
        f"  n{source} -> n{target} [label={text}, style={style}, color={quote(ink)}, fontcolor={quote(ink)}, "
        f"tooltip={quote(tip)}, labeltooltip={quote(tip)}];"
    )
