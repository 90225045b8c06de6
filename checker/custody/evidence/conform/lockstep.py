"""Contract and implementation side by side: one step there, the same step here, and look at both.

After each step everything that the contract has a variable for is compared, and who is in a call, who may go on, what
the core is due to do, and what a call returned.  So a divergence is found where it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.evidence.conform.contract import Contract, Sight
from custody.evidence.conform.step import Manner, Step
from custody.evidence.conform.world import RefusedError, World
from custody.system.model import State
from custody_reference.problems import Failure, KernelBug

MakeWorld = Callable[[], World]


@dataclass(frozen=True, slots=True)
class Difference:
    """What contract and implementation say differently of one thing."""

    subject: str
    contract: str
    implementation: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a comparison, as both sides took it: what it was called there, and what it changed."""

    step: Step
    place: str
    label: str
    contract: Mapping[str, tuple[str, str]]
    implementation: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where the two part: the first state, the steps up to there, and what differs after the last one."""

    kind: str
    message: str
    path: tuple[int, ...]
    differences: tuple[Difference, ...] = ()
    moments: tuple[Moment, ...] = ()
    first: State = ()


@dataclass(slots=True)
class Tally:
    """What was done in all."""

    paths: int = 0
    steps: int = 0
    longest_call: int = 0
    taken: set[tuple[State, int]] = field(default_factory=set[tuple[State, int]])


def begin(contract: Contract, make: MakeWorld, first: State) -> World:
    """An implementation that begins as the contract does in that state."""
    world = make()
    world.arrange(contract.sight(first).values)
    return world


def follow(contract: Contract, make: MakeWorld, first: State, path: Sequence[int], tally: Tally) -> Divergence | None:
    """Take the steps on both sides, up to where they part."""
    world = begin(contract, make, first)
    state = first
    tally.paths += 1
    try:
        found = differences(contract.sight(state), world)
        if found:
            return Divergence("state", "they begin differently", (), found, first=first)
        for number, index in enumerate(path):
            following, parted = take(contract, world, state, index, tally)
            tally.steps += 1
            if parted is not None:
                kind, message, found = parted
                return Divergence(kind, message, tuple(path[: number + 1]), found, first=first)
            tally.taken.add((state, index))
            state = following
        return None
    finally:
        world.end()


Parted = tuple[str, str, tuple[Difference, ...]]


def take(contract: Contract, world: World, state: State, index: int, tally: Tally) -> tuple[State, Parted | None]:
    """One step on both sides: the contract's next state; where they parted the kind, a sentence, and what differs."""
    step = contract.steps[index]
    following = contract.after(index, state)
    if following is None:
        raise ValueError(f"the contract breaks its own rules at {step.show()}")
    world.results.pop(step.actor, None)
    expected = contract.sight(following)
    parted = attempt(lambda: world.perform(step, expected.values), step)
    if parted is not None:
        return following, (*parted, ())
    task = world.scheduler.tasks.get(step.actor)
    if task is not None and task.slices > tally.longest_call:
        tally.longest_call = task.slices
    found = differences(expected, world)
    if found:
        return following, ("state", f"after {step.show()} they differ", found)
    returned = world.results.get(step.actor)
    wanted = contract.answer(index, state) or step.failure
    if returned is not None and wanted not in (None, returned):
        told = (Difference("returned", wanted or "OK", returned),)
        return following, ("result", f"{step.name} returned {returned}, where it is to return {wanted}", told)
    return following, None


def attempt(action: Callable[[], object], step: Step) -> tuple[str, str] | None:
    """Do it; what went wrong, as a kind and a sentence. What the implementation does is no fault of ours."""
    try:
        action()
    except RefusedError as refused:
        return "refused", str(refused)
    except KernelBug as bug:
        return "bug", f"{type(bug).__name__}: {bug}"
    except Failure as failure:
        return "refused", f"{step.name} failed with {failure.name}"
    except Exception as broken:
        return "broken", f"{type(broken).__name__}: {broken}"
    return None


def look_at(world: World) -> Mapping[str, str]:
    """The values of the contract's variables there; where something that is freed is in the way, that alone."""
    try:
        return world.state()
    except KernelBug as bug:
        return {"(what there is)": f"{type(bug).__name__}: {bug}"}


def differences(sight: Sight, world: World) -> tuple[Difference, ...]:
    """What is seen differently on the two sides."""
    seen = look_at(world)
    found: list[Difference] = []
    if seen != sight.values:
        for name in sorted({*seen, *sight.values}):
            here, there = sight.values.get(name, "(nothing like it)"), seen.get(name, "(unknown)")
            if here != there and (name in seen or len(seen) > 1):
                found.append(Difference(name, here, there))
    if not world.scheduler.tasks and not sight.busy and not world.unprompted:
        return tuple(found)
    unfinished = {actor: task.runnable for actor, task in world.scheduler.tasks.items() if not task.finished}
    for actor in sorted({*unfinished, *sight.busy}):
        if (actor in sight.busy) != (actor in unfinished):
            words = ("in a call", "has returned") if actor in sight.busy else ("has returned", "in a call")
            found.append(Difference(actor, *words))
        elif (actor in sight.runnable) != unfinished[actor]:
            words = ("may go on", "is stuck") if actor in sight.runnable else ("has to wait", "may go on")
            found.append(Difference(actor, *words))
    for name in world.unprompted:
        if (name in sight.due) != world.pending(name):
            words = ("is due", "is not due") if name in sight.due else ("is not due", "is due")
            found.append(Difference(name, *words))
    return tuple(found)


def retell(contract: Contract, make: MakeWorld, divergence: Divergence) -> Divergence:
    """The same divergence, followed once more to write down what each side did at each step."""
    world = begin(contract, make, divergence.first)
    state = divergence.first
    moments: list[Moment] = []
    try:
        for index in divergence.path:
            step = contract.steps[index]
            label = world.stands_before(step.actor) if step.manner is Manner.WITHIN else step.name
            before, seen = contract.sight(state).values, _seen(world)
            place = contract.system.actions[index].place
            following, parted = take(contract, world, state, index, Tally())
            moments.append(
                Moment(
                    step,
                    f"{place.file}:{place.line}",
                    label,
                    _changes(before, contract.sight(following).values),
                    _changes(seen, _seen(world)),
                )
            )
            state = following
            if parted is not None:
                break
    finally:
        world.end()
    return replace(divergence, moments=tuple(moments))


def _seen(world: World) -> Mapping[str, str]:
    try:
        return world.state()
    except Exception:
        return {}


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (before[name], after[name]) for name in before if name in after and before[name] != after[name]}
