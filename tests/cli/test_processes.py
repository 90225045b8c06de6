"""Answers come in order whatever happens to the processes, and none of them outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from custody.cli import processes
from custody.cli.processes import Lost, Processes, Sign, Work, share

MEMORY = 1 << 30


def never_short(_found: bytes | Lost) -> bool:
    return False


def answers(
    works: Sequence[Work],
    jobs: int = 2,
    was_short: Callable[[bytes | Lost], bool] = never_short,
    sign: Sign = lambda said: None,
) -> list[tuple[int, bytes | Lost]]:
    return list(Processes(works, jobs, MEMORY, was_short, sign).answers())


def saying(text: bytes, seconds: float = 0.0) -> Work:
    def work(_memory: int | None, _sign: Sign) -> bytes:
        time.sleep(seconds)
        return text

    return work


def test_answers_come_in_the_order_of_the_works() -> None:
    works = [saying(b"slow", 0.3), saying(b"quick"), saying(b""), saying(b"large" * 100_000)]
    assert answers(works, 3) == [(0, b"slow"), (1, b"quick"), (2, b""), (3, b"large" * 100_000)]


def test_they_run_at_once(tmp_path: Path) -> None:
    """Each waits for all, which would never end if one came after the other."""

    def work(_memory: int | None, _sign: Sign) -> bytes:
        (tmp_path / str(os.getpid())).touch()
        while len(list(tmp_path.iterdir())) < 4:
            time.sleep(0.01)
        return b"met"

    assert answers([work] * 4, 4) == [(number, b"met") for number in range(4)]


def test_no_more_than_that_run_at_once(tmp_path: Path) -> None:
    def work(_memory: int | None, _sign: Sign) -> bytes:
        mark = tmp_path / str(os.getpid())
        mark.touch()
        time.sleep(0.05)
        count = len(list(tmp_path.iterdir()))
        mark.unlink()
        return str(count).encode()

    assert {int(found) for _, found in answers([work] * 8, 2) if isinstance(found, bytes)} <= {1, 2}


def test_a_process_that_dies_loses_its_own_answer_only() -> None:
    def dies(_memory: int | None, _sign: Sign) -> bytes:
        os.kill(os.getpid(), signal.SIGTERM)
        return b"never"

    def leaves(_memory: int | None, _sign: Sign) -> bytes:
        os._exit(3)

    found = answers([dies, saying(b"one"), leaves, saying(b"two")])
    assert found == [(0, Lost(signal.SIGTERM)), (1, b"one"), (2, Lost(None)), (3, b"two")]


def test_whoever_lacks_memory_is_asked_again_when_nothing_runs_beside(tmp_path: Path) -> None:
    def hungry(memory: int | None, _sign: Sign) -> bytes:
        beside = [name for name in tmp_path.iterdir() if name.name.startswith("running")]
        return b"short" if memory is not None else b"enough, beside " + str(len(beside)).encode()

    def other(memory: int | None, _sign: Sign) -> bytes:
        mark = tmp_path / f"running {os.getpid()}"
        mark.touch()
        time.sleep(0.2)
        mark.unlink()
        return str(memory).encode()

    found = answers([hungry, other, hungry, other], 2, lambda found: found == b"short")
    alone = b"enough, beside 0"
    assert found == [(0, alone), (1, str(MEMORY).encode()), (2, alone), (3, str(MEMORY).encode())]


def test_whoever_lacks_memory_even_alone_is_not_asked_a_third_time() -> None:
    assert answers([saying(b"short"), saying(b"x")], 2, lambda found: found == b"short") == [(0, b"short"), (1, b"x")]


def test_signs_of_life_are_those_of_the_first_that_runs() -> None:
    def work(name: bytes, seconds: float) -> Work:
        def live(_memory: int | None, sign: Sign) -> bytes:
            for _ in range(5):
                sign(name)
                time.sleep(seconds)
            return name

        return live

    heard: list[bytes] = []
    answers([work(b"a", 0.02), work(b"b", 0.2)], 2, sign=heard.append)
    assert heard[:5] == [b"a"] * 5
    assert set(heard[5:]) == {b"b"}


class TestInterrupt:
    def test_those_that_run_are_told_and_no_more_are_begun(self, tmp_path: Path) -> None:
        def work(_memory: int | None, sign: Sign) -> bytes:
            try:
                (tmp_path / str(os.getpid())).touch()
                while len(list(tmp_path.iterdir())) < 2:
                    time.sleep(0.01)
                sign(b"both have begun")
                time.sleep(60)
            except KeyboardInterrupt:
                return b"interrupted"
            return b"never"

        signs: list[bytes] = []

        def interrupt(said: bytes) -> None:
            # Once: after the end of the first work, the sign of the second may still be heard.
            signs.append(said)
            if len(signs) == 1:
                raise KeyboardInterrupt

        pool = Processes([work] * 4, 2, MEMORY, never_short, interrupt)
        assert list(pool.answers()) == [(0, b"interrupted"), (1, b"interrupted")]
        assert pool.interrupted

    def test_a_second_one_ends_them(self) -> None:
        def stubborn(_memory: int | None, sign: Sign) -> bytes:
            while True:
                with suppress(KeyboardInterrupt):
                    sign(str(os.getpid()).encode())
                    time.sleep(60)

        heard: list[int] = []

        def interrupt(said: bytes) -> None:
            heard.append(int(said))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            answers([stubborn], sign=interrupt)
        assert len(heard) == 2
        with pytest.raises(ProcessLookupError):
            os.kill(heard[0], 0)


def test_none_outlives_a_parent_that_is_killed() -> None:
    program = (
        "import os, sys, time\n"
        "from custody.cli.processes import Processes\n"
        "def work(memory, sign):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(60)\n"
        "list(Processes([work], 2, 1 << 30, lambda found: False, lambda said: None).answers())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        for _ in range(100):
            if not _is_alive(child):
                break
            time.sleep(0.05)
        assert not _is_alive(child)


def _is_alive(process: int) -> bool:
    """A zombie, which nobody may have collected yet, is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


class TestShare:
    def test_what_is_there_already_counts_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "resident_bytes", lambda: 100 << 20)
        assert share(2, 1124 << 20) == (2, 612 << 20)

    def test_there_are_fewer_where_each_would_have_too_little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "resident_bytes", lambda: 100 << 20)
        assert share(8, 400 << 20) == (2, 250 << 20)
        assert share(8, 150 << 20) == (1, 150 << 20)
        assert share(8, 50 << 20)[0] == 1

    def test_without_a_limit_it_is_what_is_free(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "resident_bytes", lambda: 100 << 20)
        monkeypatch.setattr(processes, "available_bytes", lambda: 1000 << 20)
        assert share(3, None) == (3, 400 << 20)
