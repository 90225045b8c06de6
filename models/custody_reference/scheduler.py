"""Who runs when: one thing at a time, changing over at marked points only.

The code of this library is sequential Python with points in it (`scheduler.point("what comes next")`). From one point
to the next it runs at once, as far as others can tell; at a point anybody else may go on. Waiting is a point too.

Two schedulers know what to do there:

* `Deterministic`: somebody outside says who runs to his next point, so that any interleaving can be followed, and
  followed again. Each task has a stack of its own, and one of them at most is in use: the hand-over makes the order,
  not the operating system. Where greenlet is installed the stacks are greenlets, else threads that sleep, which are
  fifty times slower to change over. Code that is called without a task runs straight through.
* `RealThreads`: the operating system decides. Every point gives the others a chance.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from custody_reference.problems import Deadlock

try:
    greenlet: Any = import_module("greenlet").greenlet
except ImportError:
    greenlet = None


def always() -> bool:
    return True


class Scheduler(Protocol):
    """What the rest of the library asks of a scheduler."""

    @property
    def actor(self) -> str:
        """The name of who runs now."""
        ...

    def point(self, label: str) -> None:
        """Others may run here; `label` says what comes next."""
        ...

    def wait(self, ready: Callable[[], bool], label: str, seconds: float | None = None) -> bool:
        """Wait until `ready()`, and go on at once then; False when the time was over first."""
        ...


class Abandoned(BaseException):
    """Unwinds a task that nobody wants to see finished."""


class Task:
    """A call on its way: at a point before `label`, or finished with a `result` or an `error`."""

    def __init__(self, actor: str, function: Callable[[], Any]) -> None:
        self.actor = actor
        self.function = function
        self.label = ""
        self.ready: Callable[[], bool] = always
        self.timed = False
        self.expired = False
        self.abandoned = False
        self.finished = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.stack: Any = None
        self.slices = 0

    @property
    def runnable(self) -> bool:
        """It may go on: not finished, and what it waits for is there."""
        return not self.finished and self.ready()


class Deterministic:
    """Runs tasks from point to point, in the order that the caller chooses."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}
        self._running: Task | None = None
        self._whole: list[str] = []
        self._stacks = _Greenlets() if greenlet is not None else _Threads()

    @property
    def actor(self) -> str:
        if self._whole:
            return self._whole[-1]
        return self._running.actor if self._running is not None else "main"

    # ------------------------------------------------------------ for whoever decides

    def start(self, actor: str, function: Callable[[], Any]) -> Task:
        """Begin a call and run it to its first point."""
        if actor in self.tasks and not self.tasks[actor].finished:
            raise ValueError(f"{actor} is in a call already")
        task = self.tasks[actor] = Task(actor, function)
        self._stacks.begin(task)
        self._hand_over(task)
        return task

    def step(self, actor: str) -> Task:
        """Run the actor's call from the point where it is to the next."""
        task = self.tasks[actor]
        if not task.runnable:
            raise ValueError(f"{actor} cannot run: {'finished' if task.finished else task.label}")
        self._hand_over(task)
        return task

    def expire(self, actor: str) -> Task:
        """Let the actor's time-out come, and run on to the next point."""
        task = self.tasks[actor]
        if task.finished or not task.timed:
            raise ValueError(f"{actor} does not wait for a time-out")
        task.expired = True
        self._hand_over(task)
        return task

    def whole(self, actor: str, function: Callable[[], Any]) -> Any:
        """Run a call from beginning to end, with nobody in between."""
        self._whole.append(actor)
        try:
            return function()
        finally:
            self._whole.pop()

    def finish(self, actor: str) -> Task:
        """Run the actor's call to its end, alone; Deadlock when it comes to wait for somebody."""
        task = self.tasks[actor]
        while not task.finished:
            if not task.ready() and not task.timed:
                raise Deadlock(f"{actor} waits: {task.label}")
            self.step(actor) if task.ready() else self.expire(actor)
        return task

    def runnable(self) -> list[str]:
        """Who may go on, by name."""
        return sorted(actor for actor, task in self.tasks.items() if task.runnable)

    def unfinished(self) -> list[str]:
        return sorted(actor for actor, task in self.tasks.items() if not task.finished)

    def abandon(self) -> None:
        """Unwind all tasks; what they worked on is of no use afterwards."""
        for task in self.tasks.values():
            if not task.finished:
                task.abandoned = True
                self._hand_over(task)
        self.tasks.clear()

    # ------------------------------------------------------------ for the code with points

    def point(self, label: str) -> None:
        if self._running is not None and not self._whole:
            self._pause(self._running, label, always, timed=False)

    def wait(self, ready: Callable[[], bool], label: str, seconds: float | None = None) -> bool:
        if self._running is None or self._whole:
            if not ready() and seconds is None:
                raise Deadlock(f"nobody else runs: {label}")
            return ready()
        task = self._running
        self._pause(task, label, ready, timed=seconds is not None)
        return not task.expired or ready()

    def _pause(self, task: Task, label: str, ready: Callable[[], bool], timed: bool) -> None:
        if task.abandoned:
            raise Abandoned
        task.label, task.ready, task.timed, task.expired = label, ready, timed, False
        self._stacks.leave(task)
        if task.abandoned:
            raise Abandoned

    def _hand_over(self, task: Task) -> None:
        before = self._running
        self._running = task
        task.slices += 1
        self._stacks.enter(task)
        self._running = before


def _conduct(task: Task) -> None:
    """Run the task's call, on the task's own stack."""
    try:
        if not task.abandoned:
            task.result = task.function()
    except BaseException as error:
        task.error = error
    task.finished = True
    task.label = "finished"


class _Greenlets:
    """Stacks that change over within one thread."""

    def begin(self, task: Task) -> None:
        task.stack = greenlet(_conduct)

    def enter(self, task: Task) -> None:
        task.stack.switch(task)

    def leave(self, task: Task) -> None:
        task.stack.parent.switch()


class _Threads:
    """Stacks that belong to threads, all asleep but one."""

    def __init__(self) -> None:
        self._back = threading.Lock()
        self._back.acquire()

    def begin(self, task: Task) -> None:
        task.stack = threading.Lock()
        task.stack.acquire()

        def work() -> None:
            task.stack.acquire()
            _conduct(task)
            self._back.release()

        threading.Thread(target=work, daemon=True).start()

    def enter(self, task: Task) -> None:
        task.stack.release()
        self._back.acquire()

    def leave(self, task: Task) -> None:
        self._back.release()
        task.stack.acquire()


class RealThreads:
    """Threads of the operating system, which changes over where it likes among the points.

    One lock stands for "from point to point at once"; it is given up at every point.
    """

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._threads: list[threading.Thread] = []
        self.errors: list[BaseException] = []

    @property
    def actor(self) -> str:
        return threading.current_thread().name

    def start(self, actor: str, function: Callable[[], Any]) -> None:
        """Run the call in a thread of its own."""

        def work() -> None:
            with self._turn:
                try:
                    function()
                except BaseException as error:
                    self.errors.append(error)
                self._turn.notify_all()

        thread = threading.Thread(target=work, name=actor, daemon=True)
        self._threads.append(thread)
        thread.start()

    def join(self, seconds: float = 10.0) -> None:
        """Wait for all of them; raises what the first failed one raised, or Deadlock when they do not end."""
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
            if thread.is_alive():
                raise Deadlock(f"{thread.name} does not come to an end")
        self._threads.clear()
        if self.errors:
            raise self.errors[0]

    def point(self, label: str) -> None:
        self._turn.notify_all()
        self._turn.release()
        time.sleep(0)
        self._turn.acquire()

    def wait(self, ready: Callable[[], bool], label: str, seconds: float | None = None) -> bool:
        self._turn.notify_all()
        return self._turn.wait_for(ready, seconds)
