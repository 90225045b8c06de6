"""One running implementation, with what an observer of it is told in the contract's words.

A world is built afresh for each path.  It knows two mappings, and nothing of graphs or verdicts: from a step of the
contract to something that is done to the implementation, and from the implementation's state to the values of the
contract's variables.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from custody.evidence.conform.step import Manner, Step
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure
from custody_reference.scheduler import Deterministic, Task


class RefusedError(Exception):
    """The implementation does not do what the contract asks for; the text says what it did instead."""


class World:
    """What the worlds have in common. A subclass has `do_NAME(actor, **arguments)` for each action.

    failures    for an action, or `action: label` for a step within its call, and for the errno that the contract has
                it fail with: which failure of the implementation to arm, one for each variant
    words       errno that the contract has another word for
    ghosts      variables of the contract that no implementation has, each with the reason
    unprompted  actions that the core does by itself, as soon as it likes
    calls       actions that are calls with points inside, so that others can come between
    rare        actions that end everything, which walks are to take seldom
    spared      actors whom tours leave out, since they would do what others do, with the reason; interleavings and
                walks have them
    passed_over points of the implementation where the contract has no step, such as looking for a further member of a
                list that cannot have one
    """

    failures: ClassVar[Mapping[tuple[str, str], tuple[str, ...]]] = MappingProxyType({})
    words: ClassVar[Mapping[str, str]] = MappingProxyType({})
    ghosts: ClassVar[Mapping[str, str]] = MappingProxyType({})
    unprompted: ClassVar[Collection[str]] = ()
    calls: ClassVar[Collection[str]] = ()
    rare: ClassVar[Collection[str]] = ()
    spared: ClassVar[Mapping[str, str]] = MappingProxyType({})

    scheduler: Deterministic
    kernel: Kernel

    def __init__(self, parameters: Mapping[str, int | bool | str]) -> None:
        self.parameters = parameters
        self.passed_over: Collection[str] = ()
        self.results: dict[str, str] = {}

    # ------------------------------------------------------------ what the subclasses say

    def state(self) -> dict[str, str]:
        """The values of the contract's variables, in the contract's words."""
        raise NotImplementedError

    def pending(self, name: str) -> bool:
        """Whether the unprompted action is due: what the core does by itself, as soon as it likes."""
        raise NotImplementedError

    def times_out(self, step: Step) -> bool:
        """Whether the step within a call is its time-out."""
        return step.outcome == "timeout"

    def prepare(self, step: Step, after: Mapping[str, str]) -> None:
        """What else has to be arranged for the step to come out as the contract has it: as in `after`."""

    def excused(self, step: Step, before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
        """Why the implementation does not take this step of the contract; None where it claims to."""
        return None

    def arrange(self, first: Mapping[str, str]) -> None:
        """Begin as the contract does, where it can begin in several states. `first`: the contract's view of one."""

    def not_toured(self, step: Step, before: Mapping[str, str], after: Mapping[str, str]) -> str | None:
        """The same for tours."""
        return self.spared.get(step.actor) or self.excused(step, before, after)

    # ------------------------------------------------------------ taking steps

    def perform(self, step: Step, after: Mapping[str, str]) -> None:
        """Take the step; RefusedError where the implementation does something else. `after`: the contract's view."""
        self._arm(step)
        self.prepare(step, after)
        match step.manner:
            case Manner.WHOLE:
                outcome = self._whole(step)
                if outcome != (step.failure or "OK"):
                    raise RefusedError(
                        f"{step.name} returned {outcome}, where it is to return {step.failure or 'OK'}"
                    )
            case Manner.CALL:
                self._settle(self.scheduler.start(step.actor, self.call(step)))
            case Manner.WITHIN:
                self._within(step)
        left = sorted(name for name, times in self.kernel.armed.items() if times)
        if left:
            self.kernel.armed.clear()
            raise RefusedError(f"nothing asked whether this fails: {', '.join(left)}")

    def advance(self, actor: str) -> None:
        """Let the actor go on with its call, whatever that comes to."""
        self._settle(self.scheduler.step(actor))

    def expire(self, actor: str) -> None:
        """Let the actor's time-out come."""
        self._settle(self.scheduler.expire(actor))

    def begin(self, step: Step) -> None:
        """Let the call begin that the step is, to its first point."""
        self._settle(self.scheduler.start(step.actor, self.call(step)))

    def call(self, step: Step) -> Callable[[], object]:
        method: Any = getattr(self, f"do_{step.name}")
        arguments = dict(step.arguments)
        return lambda: method(step.actor, **arguments)

    def busy(self, actor: str) -> bool:
        """The actor is in a call."""
        task = self.scheduler.tasks.get(actor)
        return task is not None and not task.finished

    def runnable(self, actor: str) -> bool:
        """The actor is in a call and may go on."""
        task = self.scheduler.tasks.get(actor)
        return task is not None and task.runnable

    def stands_before(self, actor: str) -> str:
        """What the actor does next, in the implementation's words."""
        task = self.scheduler.tasks.get(actor)
        return "" if task is None else task.label

    def end(self) -> None:
        self.scheduler.abandon()

    def word(self, failure: Failure) -> str:
        """The contract's word for an errno."""
        return self.words.get(failure.name, failure.name)

    def _arm(self, step: Step) -> None:
        if step.failure is None:
            return
        name = f"{step.name}: {step.label}" if step.manner is Manner.WITHIN else step.name
        places = self.failures.get((name, step.failure), ())
        if places:
            place = places[step.variant % len(places)]
            if place:
                self.kernel.arm(place)

    def _whole(self, step: Step) -> str:
        try:
            self.scheduler.whole(step.actor, self.call(step))
        except Failure as failure:
            return self.word(failure)
        return "OK"

    def _within(self, step: Step) -> None:
        task = self.scheduler.tasks.get(step.actor)
        if task is None or task.finished:
            raise RefusedError(f"{step.actor} has returned already")
        if self.times_out(step):
            if not task.timed:
                raise RefusedError(f"{step.actor} does not wait for a time-out: {task.label}")
            self._settle(self.scheduler.expire(step.actor))
        elif not task.ready():
            raise RefusedError(f"{step.actor} is stuck: {task.label}")
        else:
            self._settle(self.scheduler.step(step.actor))

    def _settle(self, task: Task) -> None:
        while not task.finished and task.label in self.passed_over and task.ready():
            self.scheduler.step(task.actor)
        if not task.finished:
            return
        error = task.error
        if isinstance(error, Failure):
            self.results[task.actor] = self.word(error)
        elif error is not None:
            raise error
        else:
            self.results[task.actor] = "OK"
