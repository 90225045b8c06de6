"""The same code under both schedulers: any interleaving followed twice, and threads that the system interleaves."""

from __future__ import annotations

import pytest

from custody_reference.files import Descriptors
from custody_reference.gntdev import Gntdev, Memory
from custody_reference.hardware import Machine
from custody_reference.kernel import Kernel
from custody_reference.locks import Mutex
from custody_reference.problems import Deadlock, Failure, LockBug
from custody_reference.scheduler import Deterministic, RealThreads


def _lost_update(order: str) -> int:
    scheduler = Deterministic()
    kernel = Kernel(Machine(coherent=True), scheduler)
    total = [0]

    def increment() -> None:
        seen = total[0]
        kernel.point("between reading and writing")
        total[0] = seen + 1

    for actor in order:
        if actor in scheduler.tasks:
            scheduler.step(actor)
        else:
            scheduler.start(actor, increment)
    return total[0]


def test_an_interleaving_is_followed_as_told() -> None:
    assert [_lost_update(order) for order in ("aabb", "abab", "abba")] == [2, 1, 1]


def test_who_waits_is_not_runnable() -> None:
    scheduler = Deterministic()
    kernel = Kernel(Machine(coherent=True), scheduler)
    lock = Mutex(kernel, "lock")

    def hold() -> None:
        with lock:
            pass

    scheduler.start("a", hold)
    scheduler.start("b", hold)
    scheduler.step("a")
    assert scheduler.runnable() == ["a"]
    with pytest.raises(ValueError, match="b cannot run: lock lock"):
        scheduler.step("b")
    with pytest.raises(Deadlock):
        scheduler.finish("b")
    scheduler.finish("a")
    assert scheduler.finish("b").error is None


def test_abandoned_tasks_end() -> None:
    scheduler = Deterministic()
    kernel = Kernel(Machine(coherent=True), scheduler)
    lock = Mutex(kernel, "lock")

    def hold() -> None:
        with lock:
            kernel.point("inside")

    task = scheduler.start("a", hold)
    scheduler.step("a")
    scheduler.abandon()
    assert task.finished and scheduler.tasks == {}


def test_a_lock_is_given_back_by_its_holder() -> None:
    with pytest.raises(LockBug):
        Mutex(Kernel(Machine(coherent=True)), "lock").unlock()


@pytest.mark.parametrize("repetition", range(5))
def test_real_threads_wait_for_the_release(repetition: int) -> None:
    """Two threads wait for a buffer, a third closes it: both are woken, whatever order the system chooses."""
    scheduler = RealThreads()
    kernel = Kernel(Machine(coherent=True), scheduler)
    driver = Gntdev(kernel, Memory())
    driver.open()
    descriptors = Descriptors(kernel)
    numbers: list[int] = []
    told: list[str] = []

    def export() -> None:
        numbers.append(driver.export_from_refs(1, descriptors))

    def wait() -> None:
        try:
            driver.wait_released(numbers[0], 60.0)
            told.append("released")
        except Failure as failure:
            told.append(failure.name)

    def close() -> None:
        descriptors.close(numbers[0])
        kernel.return_to_user()

    scheduler.start("exporter", export)
    scheduler.join()
    for number in range(2):
        scheduler.start(f"waiter {number}", wait)
    scheduler.start("closer", close)
    scheduler.join()
    assert set(told) <= {"released", "ENOENT"} and len(told) == 2
    assert kernel.leaks() == ["GntdevPriv.0"]


def test_a_time_out_comes_in_real_time() -> None:
    scheduler = RealThreads()
    kernel = Kernel(Machine(coherent=True), scheduler)
    driver = Gntdev(kernel, Memory())
    driver.open()
    descriptors = Descriptors(kernel)
    scheduler.start("exporter", lambda: driver.export_from_refs(1, descriptors))
    scheduler.join()
    scheduler.start("waiter", lambda: driver.wait_released(0, 0.01))
    with pytest.raises(Failure) as failure:
        scheduler.join()
    assert failure.value.name == "ETIMEDOUT"
