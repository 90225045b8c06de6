"""The engine in a process of its own: verdicts, limits, and what can go wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from custody.symbolic import engine, process
from custody.symbolic.engine import DEFAULT_DEPTH, INTERRUPTED, analyse
from custody.symbolic.fault import EngineFault
from custody.symbolic.process import messages
from custody.symbolic.task import NO_FIRST_STATE, Message, Task
from custody.system.evaluate import evaluate
from custody.system.expression import FALSE, TRUE, Sort, add, eq, le, lt, number, read
from custody.system.finding import Exploration, Finding, Limits, Verdict
from custody.system.model import Domain, Form, System
from support.claims import claim, claiming, move
from support.factoring import factoring
from support.small_systems import variable

X = read(0, Sort.INT)
NOT_ASKED = "z3 looks at states, steps and runs, not at what can still happen"


def counter(top: int, first: int = 0) -> System:
    """x counts from 0 to `top`, and is claimed never to get there."""
    return claiming(
        [variable("x", Domain(0, top), first)],
        [move("up", lt(X, number(top)), [(0, add(X, number(1)))])],
        [
            claim("never_top", Form.INVARIANT, lt(X, number(top))),
            claim("inside", Form.INVARIANT, le(X, number(top))),
            claim("ends", Form.EVENTUALLY, eq(X, number(top))),
            claim("rests", Form.PROGRESS),
        ],
    )


def reasons(found: Exploration) -> dict[str, tuple[Verdict, str | None]]:
    return {name: (finding.verdict, finding.reason) for name, finding in found.findings.items()}


def python(script: str) -> subprocess.Popen[str]:
    """Runs a script that finds the same modules as this process."""
    preamble = f"import sys; sys.path[:] = {sys.path!r}\n"
    return subprocess.Popen(
        [sys.executable, "-c", preamble + textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# ---------------------------------------------------------------------- verdicts


def test_a_verdict_with_its_trace_and_the_reason_of_a_proof() -> None:
    found = analyse(counter(3))
    trace = found.findings["never_top"].trace
    assert trace is not None
    assert (trace.states, trace.actions) == (((0,), (1,), (2,), (3,)), (0, 0, 0))
    assert reasons(found) == {
        "never_top": (Verdict.VIOLATED, None),
        "inside": (Verdict.HOLDS, "induction over 1 state"),
        "ends": (Verdict.VIOLATED, None),
        "rests": (Verdict.INCONCLUSIVE, NOT_ASKED),
    }
    assert (found.engine, found.complete, found.limit) == ("z3", True, None)
    assert (found.states, found.transitions, found.depth) == (None, None, None)
    assert found.peak_bytes > 0


def test_only_the_named_properties_are_settled_in_the_order_of_the_system() -> None:
    assert list(analyse(counter(1), properties=["inside", "never_top"]).findings) == ["never_top", "inside"]


def test_a_system_without_a_first_state_settles_nothing() -> None:
    subject = claiming(
        [variable("x", Domain(0, 1), 0)],
        [],
        [claim("low", Form.INVARIANT), claim("up", Form.REACHABLE), claim("ends", Form.EVENTUALLY)],
        where=FALSE,
    )
    found = analyse(subject)
    assert set(reasons(found).values()) == {(Verdict.INCONCLUSIVE, NO_FIRST_STATE)}
    assert len(found.findings) == 3


def test_neither_importing_nor_using_the_engine_imports_z3_here() -> None:
    script = """
        import custody.symbolic
        import custody.symbolic.engine
        from custody.system.model import BOOLEAN, Form
        from support.claims import claim, claiming
        from support.small_systems import variable
        assert "z3" not in sys.modules
        subject = claiming([variable("b", BOOLEAN, 0)], [], [claim("holds", Form.INVARIANT)])
        assert custody.symbolic.engine.analyse(subject).findings["holds"].verdict == "holds"
        assert "z3" not in sys.modules
        print("done")
    """
    out, errors = python(script).communicate(timeout=60)
    assert (out, errors) == ("done\n", "")


def test_files_of_the_current_folder_are_not_taken_for_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pickle", "z3", "custody"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong file')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert analyse(counter(1)).findings["inside"].verdict is Verdict.HOLDS


def test_several_threads_may_ask_at_once() -> None:
    verdicts: list[Verdict] = []
    threads = [
        threading.Thread(target=lambda: verdicts.append(analyse(counter(2)).findings["never_top"].verdict))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [Verdict.VIOLATED] * 2


# ---------------------------------------------------------------------- limits


def test_depth_is_a_limit_that_is_named() -> None:
    found = analyse(counter(5), max_depth=4)
    assert found.findings["never_top"].reason == "stopped at depth 4"
    assert found.findings["inside"].verdict is Verdict.HOLDS
    assert (found.complete, found.limit) == (False, "depth 4")


def test_there_is_a_depth_limit_when_nobody_gives_a_limit_and_none_when_somebody_gives_a_time() -> None:
    beyond = counter(DEFAULT_DEPTH + 2)
    assert analyse(beyond).limit == f"depth {DEFAULT_DEPTH}"
    assert analyse(beyond, Limits(timeout=100.0)).findings["never_top"].verdict is Verdict.VIOLATED


@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_time_is_a_limit_that_is_named(seconds: float) -> None:
    found = analyse(factoring(), Limits(timeout=seconds))
    assert reasons(found) == {"prime": (Verdict.INCONCLUSIVE, f"stopped at timeout {seconds:g} s")}
    assert (found.complete, found.limit) == (False, f"timeout {seconds:g} s")


def test_a_process_that_does_not_stop_in_time_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE", 0.2)
    monkeypatch.setattr(process, "_BOOT", "import time; time.sleep(1000)")
    found = analyse(counter(1), Limits(timeout=0.1))
    assert found.findings["inside"].reason == "stopped at timeout 0.1 s"


def test_memory_is_a_limit_that_is_named() -> None:
    found = analyse(factoring(), Limits(max_memory=1 << 20))
    assert reasons(found) == {"prime": (Verdict.INCONCLUSIVE, "stopped at max-memory 1 MiB")}


# ---------------------------------------------------------------------- what goes wrong


def crashing(monkeypatch: pytest.MonkeyPatch, script: str) -> Exploration:
    monkeypatch.setattr(process, "_BOOT", textwrap.dedent(script))
    return analyse(counter(1))


def test_a_crash_leaves_what_was_found_and_settles_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"""
        import os, pickle, signal, sys
        sys.path[:] = {sys.path!r}
        from custody.system.finding import Finding, Verdict
        pickle.dump(Finding("inside", Verdict.HOLDS, reason="a proof"), sys.stdout.buffer)
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGSEGV)
    """
    found = crashing(monkeypatch, script)
    ended = "z3's process ended unexpectedly (killed by signal 11)"
    assert reasons(found) == {
        "never_top": (Verdict.INCONCLUSIVE, ended),
        "inside": (Verdict.HOLDS, "a proof"),
        "ends": (Verdict.INCONCLUSIVE, ended),
        "rests": (Verdict.INCONCLUSIVE, NOT_ASKED),
    }
    assert not found.complete


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(0)", "z3's process ended unexpectedly (exit code 0)"),
        ("raise SystemExit('no way')", "z3's process ended unexpectedly (exit code 1: no way)"),
        ("print('no message at all')", "z3's process ended unexpectedly (exit code 0)"),
        (
            "import sys; sys.modules['z3'] = None\n" + process._BOOT,  # pyright: ignore[reportPrivateUsage]
            "z3 cannot be used (import of z3 halted; None in sys.modules); install it with: pip install z3-solver",
        ),
        (
            process._BOOT.replace("main()", "import custody.symbolic.search as s; s.Encoding = None; main()"),  # pyright: ignore[reportPrivateUsage]
            "z3's process failed: TypeError(\"'NoneType' object is not callable\")",
        ),
    ],
)
def test_a_process_that_fails_is_no_success(monkeypatch: pytest.MonkeyPatch, script: str, reason: str) -> None:
    found = crashing(monkeypatch, script)
    assert found.findings["inside"].verdict is Verdict.INCONCLUSIVE
    assert found.findings["inside"].reason == reason


def test_a_process_that_cannot_be_started_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    found = analyse(counter(1)).findings["inside"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert str(found.reason).startswith("z3's process cannot be started: ")


def test_a_run_that_does_not_replay_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = "from custody.symbolic import bounded as b; b.BoundedSearch._run = lambda _: b.Run(((2,),), ()); main()"
    script = process._BOOT.replace("main()", forged)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(EngineFault, match="z3's run does not begin in a first state"):
        crashing(monkeypatch, script)


def test_leaving_a_domain_without_a_check_is_a_fault_and_not_a_wrap() -> None:
    careless = claiming(
        [variable("x", Domain(0, 3), 0)],
        [move("up", TRUE, [(0, add(X, number(1)))])],
        [claim("inside", Form.INVARIANT, le(X, number(3)))],
    )
    with pytest.raises(EngineFault, match=r"'up' gives x the value 4, outside its domain 0\.\.3"):
        analyse(careless)


def test_a_first_value_outside_its_domain_is_a_fault() -> None:
    with pytest.raises(EngineFault, match=r"x may begin with 9, outside its domain 0\.\.3"):
        analyse(counter(3, first=9))


def test_nothing_is_proved_while_it_is_open_whether_values_stay_in_their_domains() -> None:
    """x leaves its domain after six steps: within two, `inside` looks inductive, and is not told."""
    careless = claiming(
        [variable("x", Domain(0, 5), 0)],
        [move("up", TRUE, [(0, add(X, number(1)))])],
        [claim("inside", Form.INVARIANT, le(X, number(5)))],
    )
    assert analyse(careless, max_depth=2).findings["inside"].verdict is Verdict.INCONCLUSIVE


# ---------------------------------------------------------------------- interruption


def test_an_interrupt_leaves_what_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Task) -> Generator[Message, None, None]:
        yield Finding("inside", Verdict.HOLDS, reason="a proof")
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "messages", interrupted)
    found = analyse(counter(3))
    assert found.limit == INTERRUPTED
    assert reasons(found) == {
        "never_top": (Verdict.INCONCLUSIVE, INTERRUPTED),
        "inside": (Verdict.HOLDS, "a proof"),
        "ends": (Verdict.INCONCLUSIVE, INTERRUPTED),
        "rests": (Verdict.INCONCLUSIVE, NOT_ASKED),
    }


ASKING = """
    import subprocess
    from custody.symbolic.engine import analyse
    from support.factoring import factoring
    class Told(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            print(self.pid, flush=True)
    subprocess.Popen = Told
    print(analyse(factoring()).limit)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Nobody may have waited for it yet.
    return f"{pid} (" in (stat := Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")) and ") Z " not in stat


def gone(pid: int) -> bool:
    """Whether the process ends, waiting for it a while."""
    for _ in range(200):
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc")
@pytest.mark.parametrize(("sign", "out"), [(signal.SIGINT, "interrupted\n"), (signal.SIGKILL, "")])
def test_z3_ends_with_whoever_asked(sign: signal.Signals, out: str) -> None:
    asking = python(ASKING)
    assert asking.stdout is not None
    pid = int(asking.stdout.readline())
    asking.send_signal(sign)
    rest, errors = asking.communicate(timeout=60)
    assert (rest, errors) == (out, "")
    assert gone(pid)


def test_closing_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen[bytes]

    def told(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(popen(*arguments, **options))  # pyright: ignore[reportCallIssue, reportArgumentType]
        return started[-1]

    monkeypatch.setattr(process.subprocess, "Popen", told)
    received = messages(Task(counter(40), ("never_top", "inside"), None, 100.0))
    assert isinstance(next(received), Finding)
    received.close()
    assert started[0].returncode is not None


def test_the_hard_question_of_these_tests_has_an_answer() -> None:
    """So that nothing but a limit keeps z3 from finding it."""
    subject = factoring()
    product_is_met = [evaluate(subject.property_named("prime").expression, state) for state in factoring_answers()]
    assert product_is_met == [0, 0]


def factoring_answers() -> list[tuple[int, ...]]:
    from support.factoring import FACTORS, digits

    one, other = FACTORS
    return [(*digits(one), *digits(other)), (*digits(other), *digits(one))]
