"""The process that runs z3: reads a task from standard input, writes findings to standard output.

z3 keeps state and can crash or hang; here it takes nothing with it.  Findings are written as they are made, so
that what is known survives being stopped.
"""

from __future__ import annotations

import pickle
import signal
import sys
import traceback

from custody.symbolic.fault import EngineFault
from custody.symbolic.task import Ended, Task
from custody.system.finding import Finding


def main() -> None:
    """Runs one task."""
    # An interrupt is for the parent to handle: it ends this process by closing it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(20_000)
    out = sys.stdout.buffer
    task: Task = pickle.load(sys.stdin.buffer)

    def send(message: Finding | Ended) -> None:
        pickle.dump(message, out)
        out.flush()

    from custody.symbolic.search import Search

    try:
        search = Search(task.system, task.questions, task.timeout)
        send(Ended(search.run(task.max_depth, send)))
    except EngineFault as error:
        send(Ended("fault", str(error)))
    except Exception:
        send(Ended("z3 failed: " + traceback.format_exc(limit=3)))


if __name__ == "__main__":
    main()
