"""Queues in front of buffers: who owns what, in what order, and that nobody waits for ever, with real threads too."""

from __future__ import annotations

import pytest

from custody_reference.hardware import Machine
from custody_reference.kds import Access, Kds, in_order
from custody_reference.kernel import Kernel
from custody_reference.problems import Failure, KernelBug
from custody_reference.scheduler import Deterministic, RealThreads

SHARED, EXCLUSIVE = Access.SHARED, Access.EXCLUSIVE


def _kds(scheduler: Deterministic | RealThreads, processes: set[str], buffers: int = 2) -> Kds:
    return Kds(Kernel(Machine(coherent=True), scheduler), buffers, processes)


def test_readers_share_and_a_writer_waits_for_them() -> None:
    scheduler = Deterministic()
    kds = _kds(scheduler, {"a", "b", "c"})
    for who, access in (("a", SHARED), ("b", SHARED), ("c", EXCLUSIVE)):
        scheduler.start(who, lambda access=access: kds.prepare(0, access))
        scheduler.step(who)
    assert scheduler.runnable() == ["a", "b"]
    for who in "ab":
        scheduler.finish(who)
        scheduler.whole(who, lambda: kds.finish(0))
    assert scheduler.runnable() == ["c"]


def test_out_of_order_is_refused() -> None:
    scheduler = Deterministic()
    kds = _kds(scheduler, {"a"})
    scheduler.whole("a", lambda: kds.prepare(1, EXCLUSIVE))
    with pytest.raises(Failure) as failure:
        scheduler.whole("a", lambda: kds.prepare(0, EXCLUSIVE))
    assert failure.value.name == "EDEADLK"
    with pytest.raises(KernelBug):
        scheduler.whole("b", lambda: kds.run_job(iter([(1, SHARED), (0, SHARED)])))


def test_a_process_that_keeps_others_waiting_is_relieved() -> None:
    scheduler = Deterministic()
    kds = _kds(scheduler, {"a"})
    scheduler.whole("a", lambda: kds.prepare(0, EXCLUSIVE))
    assert kds.overdue() == []
    scheduler.start("device", lambda: kds.run_job(iter([(0, EXCLUSIVE)])))
    scheduler.step("device")
    assert kds.overdue() == [("a", 0)]
    kds.relieve("a", 0)
    assert scheduler.finish("device").error is None
    with pytest.raises(Failure):
        scheduler.whole("a", lambda: kds.finish(0))


def test_real_threads_run_their_jobs_one_after_the_other() -> None:
    scheduler = RealThreads()
    kds = _kds(scheduler, set(), buffers=3)
    jobs = {
        "gpu": [(2, EXCLUSIVE), (0, SHARED)],
        "camera": [(0, EXCLUSIVE), (1, EXCLUSIVE)],
        "display": [(1, SHARED), (2, SHARED)],
    }
    for who, job in jobs.items():
        scheduler.start(who, lambda job=job: [kds.run_job(in_order(job)) for _ in range(20)])
    scheduler.join(60.0)
    assert all(not queue.places for queue in kds.queues) and not kds.working
