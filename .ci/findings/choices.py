"""What each choice costs: for contested rules, for the ways out of the deadlocks of prepare, and for ownership.

Everything is read from the verdicts of a run, but for the costs of the ownership variants, which are those of the
cheapest and the dearest way through the graph.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TypedDict, cast

from custody.graph.build import ReachableGraph, reachable
from custody.graph.costs import Extremes, extremes
from custody.language import instances, load
from custody.rules import all_rules
from custody.system.model import State, System
from findings.runs import Run, Subject


class Choice(TypedDict, total=False):
    """How a contested rule can be chosen."""

    parameters: list[str]
    pairs: list[str]
    reason: str


def read_choices(file: Path) -> dict[str, Choice]:
    """The choices by rule."""
    return cast(dict[str, Choice], tomllib.loads(file.read_text(encoding="utf-8")))


def page(subjects: Sequence[Subject], choices: Mapping[str, Choice], root: Path) -> str:
    """The whole page."""
    runs = [run for subject in subjects for run in (*subject.posted, *subject.corrected)]
    lines = [
        "# What each choice costs",
        "",
        "Made by `.ci/run` from what the verdicts and from `.ci/findings/choices.toml`, not edited by hand.",
        "",
        "## The ways out of blocking prepare",
        "",
        "The same clients, in several designs. *Starvation* is `every_wait_ends`, *parallelism lost* is",
        "`some_buffer_lies_idle`: somebody is kept waiting for buffers that nobody is using.",
        "",
        *ways_out(runs),
        "",
        "## The ownership variants",
        "",
        "![The states of an owned buffer and the calls between them](ownership_map.svg)",
        "",
        "How often a workload of three frames writes back and invalidates the cache lines of the buffer, and",
        "allocates its storage: the cheapest and the dearest way through the graph, where they differ. *Saved* is",
        "how many passes over the cache owners save, of those that maintenance with each call makes, at the",
        "cheapest. What the variants lose is below, with DB-OWN-03 and DB-SGT-05.",
        "",
        *_ownership(root / "spec" / "ownership_cost.custody"),
        "",
        "## Contested rules",
    ]
    for rule in all_rules():
        if rule.contested:
            lines += ["", f"### {rule.id}", "", f"{rule.text} Contested: {rule.contested}.", ""]
            lines += contested(choices.get(rule.id, {}), subjects, runs)
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- ways out


_ASKED = ("deadlock", "every_call_returns", "every_wait_ends", "some_buffer_lies_idle")


def ways_out(runs: Sequence[Run]) -> Iterator[str]:
    """What happens in each design of prepare, posted or corrected."""
    yield "| model | instance | deadlock | a call never returns | starvation | parallelism lost | states |"
    yield "|---|---|---|---|---|---|---|"
    for run in runs:
        if PurePath(run.spec).stem.startswith("kds"):
            said = [_happens(run, name) for name in _ASKED]
            posted = " (as described)" if "as_posted" in run.spec else ""
            yield f"| {run.model}{posted} | {run.title} | {' | '.join(said)} | {run.states or 0:,} |"


def _happens(run: Run, name: str) -> str:
    found = [v for v in run.verdicts if v.name.partition("[")[0] == name]
    if not found:
        return "not asked"
    bad = [v for v in found if v.verdict == "violated"]
    return f"**yes**, in {min(v.steps or 0 for v in bad)} steps" if bad else "none"


# ---------------------------------------------------------------- ownership


def _ownership(spec: Path) -> Iterator[str]:
    heads = ("workload", "caches maintained", "storage then", "written back", "invalidated", "allocated", "saved")
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---|---|---|---|"
    each_call: dict[str, int] = {}
    for system in instances(load(str(spec)), {}):
        values = dict(system.parameters)
        workload, policy, leave = str(values["WORKLOAD"]), values["POLICY"], values["LEAVE"]
        graph = reachable(system)
        finished = _variable(system, "finished")
        counters = ("cleans", "invalidations", "allocations")
        found = [_cost(graph, [_variable(system, name)], finished) for name in counters]
        passes = _cost(graph, [_variable(system, name) for name in counters[:2]], finished)
        if passes is None:
            raise ValueError(f"{spec}, {system.instance}: the script does not end")
        if policy == "each_call":
            each_call[workload] = passes.least
            how, saved = "with each call", ""
        else:
            how = f"when the owner changes; devices leave {str(leave).replace('_', ' ')}"
            saved = f"{each_call[workload] - passes.least} of {each_call[workload]}"
        stays = "stays" if values["BACKED_AFTER_LAST"] else "goes"
        yield f"| {workload} | {how} | {stays} | {' | '.join(map(_range, found))} | {saved} |"


def _variable(system: System, name: str) -> int:
    return next(index for index, variable in enumerate(system.variables) if variable.name == name)


def _cost(graph: ReachableGraph, variables: Sequence[int], finished: int) -> Extremes | None:
    def cost(before: State, after: State) -> int:
        return sum(after[variable] - before[variable] for variable in variables)

    return extremes(graph, cost, lambda state: state[finished] == 1)


def _range(found: Extremes | None) -> str:
    if found is None:
        return ""
    return str(found.least) if found.least == found.most else f"{found.least} to {found.most}"


# ---------------------------------------------------------------- contested rules


def contested(choice: Choice, subjects: Sequence[Subject], runs: Sequence[Run]) -> Iterator[str]:
    """The instances of each choice, with their states and the properties that are lost."""
    if "reason" in choice:
        yield f"No choice: {choice['reason'][:1].lower()}{choice['reason'][1:]}"
        return
    yield "| choice | instance | states | properties lost |"
    yield "|---|---|---|---|"
    for name in choice.get("parameters", ()):
        spec, _, parameter = name.partition(":")
        of_spec = [run for run in runs if run.spec == f"spec/{spec}.custody" and parameter in run.parameters]
        values = dict.fromkeys(str(run.parameters[parameter]).lower() for run in of_spec)
        for value in values:
            for run in of_spec:
                if str(run.parameters[parameter]).lower() == value:
                    yield _line(f"{spec}: {parameter} = {value}", run)
    for name in choice.get("pairs", ()):
        for subject in subjects:
            if subject.name == name:
                yield from (_line(f"{name} as posted", run) for run in subject.posted)
                yield from (_line(f"{name} corrected", run) for run in subject.corrected)


def _line(choice: str, run: Run) -> str:
    lost = sorted({v.name.partition("[")[0] for v in run.verdicts if v.verdict == "violated"})
    model = "" if len(run.model) and run.model in choice else f"{run.model}: "
    return (
        f"| {choice} | {model}{run.instance or 'the only one'} | {run.states or 0:,} | {', '.join(lost) or 'none'} |"
    )


def unknown(choices: Mapping[str, Choice], subjects: Iterable[Subject]) -> list[str]:
    """What the choices name that there is not, and contested rules that they do not name."""
    subjects = list(subjects)
    runs = [run for subject in subjects for run in (*subject.posted, *subject.corrected)]
    parameters = {
        f"{run.spec.removeprefix('spec/').removesuffix('.custody')}:{name}" for run in runs for name in run.parameters
    }
    wrong = [rule.id for rule in all_rules() if rule.contested and rule.id not in choices]
    for choice in choices.values():
        wrong += [name for name in choice.get("parameters", ()) if name not in parameters]
        wrong += [name for name in choice.get("pairs", ()) if name not in {subject.name for subject in subjects}]
    return wrong
