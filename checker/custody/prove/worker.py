"""The process that runs one way of proving; see `custody.symbolic.worker` for how it behaves."""

from __future__ import annotations

from collections.abc import Callable

from custody.symbolic.task import Ended, Message, Task
from custody.symbolic.worker import serve


def main() -> None:
    """Runs one task by the method that it names."""
    serve(_settle)


def _settle(task: Task, send: Callable[[Message], None]) -> Ended:
    try:
        match task.method:
            case "set":
                from custody.prove.explicit import settle
            case "ic3":
                from custody.prove.induction import settle
            case "lasso":
                from custody.prove.lassos import settle
            case "spacer":
                from custody.prove.spacer import settle
            case _:
                from custody.symbolic.worker import settle
        return settle(task, send)
    except Exception as error:
        return Ended(f"the process of '{task.method}' failed: {error!r}")
