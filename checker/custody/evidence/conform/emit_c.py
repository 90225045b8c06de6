"""Paths through the core contract as a C program for a real kernel, as far as user space can take them.

User space has no importers: what remains is to create a buffer, to map it, to begin and end access, to load, store,
and to let go.  The paths take every such step of the contract that the program can tell the result of; they are read
from the instance without importers' steps, on a coherent machine, and the results are the contract's.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from custody.evidence.conform.contract import Contract
from custody.evidence.conform.step import Step
from custody.evidence.conform.tours import Arc, tours
from custody.graph.build import ReachableGraph
from custody.system.finding import Limits

MODEL: Final = "dma_buf"
MARK: Final = "/* THE TABLE */"

_FLAGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "to_device": "DMA_BUF_SYNC_WRITE",
        "from_device": "DMA_BUF_SYNC_READ",
        "bidirectional": "DMA_BUF_SYNC_RW",
    }
)
_PLAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "close_fd": "CLOSE",
        "map_for_user": "MAP",
        "unmap_for_user": "UNMAP",
        "cpu_reads": "LOAD",
        "cpu_writes": "STORE",
    }
)
_SILENT: Final = ("export_buffer", "release")
"""Steps that the program does not see: creating a buffer is one ioctl, and release is the kernel's business."""


def emit(contract: Contract, limits: Limits) -> str:
    """The program. ValueError where the graph was not finished within the limits."""
    graph = contract.graph(limits)
    if graph.limit is not None:
        raise ValueError(f"the graph was not finished: {graph.limit}")
    arcs = _takeable(contract, graph)
    first = graph.initial[0]
    lines: list[str] = []
    counts: list[int] = []
    for path in tours(arcs, first).paths:
        steps = [line for arc in path if (line := _line(contract, graph, arc)) is not None]
        if steps:
            lines += [f"static const struct step path_{len(counts)}[] = {{", *steps, "};", ""]
            counts.append(len(steps))
    lines.append("static const struct path paths[] = {")
    lines += [f"\t{{ path_{number}, {count} }}," for number, count in enumerate(counts)]
    lines += ["};", f"#define PATHS {len(counts)}u"]
    text = (Path(__file__).parent / "kernel_test.c").read_text(encoding="utf-8")
    return text.replace(MARK, "\n".join(lines))


def _takeable(contract: Contract, graph: ReachableGraph) -> list[Arc]:
    arcs: list[Arc] = []
    queue, seen = list(graph.initial), set(graph.initial)
    for node in queue:
        values = contract.sight(graph.states[node]).values
        for action, target in graph.moves[node]:
            if _can(contract.steps[action], values):
                arcs.append(Arc(node, action, target))
                if target not in seen:
                    seen.add(target)
                    queue.append(target)
    return arcs


def _can(step: Step, before: Mapping[str, str]) -> bool:
    """Whether a program can take the step and tell its result; START and END need a descriptor to say them to."""
    if step.failure is not None:
        return step.name == "map_for_user" and step.failure == "EINVAL" and before["fd_open"] == "true"
    if step.name in ("begin_cpu_access", "end_cpu_access", "cpu_reads", "cpu_writes"):
        return before["fd_open"] == "true"
    return step.name in ("install_fd", *_SILENT, *_PLAIN)


def _line(contract: Contract, graph: ReachableGraph, arc: Arc) -> str | None:
    step = contract.steps[arc.label]
    if step.name in _SILENT:
        return None
    user = step.actor.rpartition(".")[2] if step.actor.startswith("Thread.") else "0"
    argument, expected = "0", step.failure or "0"
    match step.name:
        case "install_fd":
            operation = "CREATE"
        case "begin_cpu_access":
            operation, argument = "START", _FLAGS[dict(step.arguments)["dir"]]
        case "end_cpu_access":
            bracket = contract.sight(graph.states[arc.source]).values[f"bracket[{step.actor}]"]
            operation, argument = "STOP", _FLAGS[bracket.removeprefix("open(").removesuffix(")")]
        case _:
            operation = _PLAIN[step.name]
            argument = ("2" if step.failure else "1") if operation == "MAP" else "0"
    return f'\t{{ {operation}, {user}, {argument}, {expected}, "{step.show()}" }},'
