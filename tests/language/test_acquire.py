"""ww_mutexes against a small model of the kernel's own that shares nothing with ours: stamps and lists of waiters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from custody.exchange import murphi, promela
from custody.explore.choose import explore
from custody.explore.compiled import search as compiled_search
from custody.explore.task import CompiledCode, Task, usable
from custody.graph.engine import analyse
from custody.language import instances, load
from custody.system.finding import Exploration, Limits, Verdict
from custody.system.model import System
from support.peers import needs_rumur, needs_spin, run_rumur, run_spin

TWO_BUFFERS = """model two_buffers
    "Jobs that need two buffers lock them in any order, and the younger gives way."

param RULE: wait_die | wound_wait = wait_die
param JOBS = 2 in 1..4

role Job[JOBS] is user
role Buffer[2] is exporter

state
    resv[Buffer]: ww_mutex
    ctx[Job]: acquire_ctx by RULE

procedure submit(first: Buffer, second: Buffer) by Job
    requires first != second
    acquire_init ctx[self]
    lock resv[first] with ctx[self]
    lock resv[second] with ctx[self]
        or deadlock
            unlock resv[first]
            lock_slow resv[second] with ctx[self]
            lock resv[first] with ctx[self]
                or deadlock
                    unlock resv[second]
                    acquire_fini ctx[self]
                    return EDEADLK
    acquire_done ctx[self]
    unlock resv[first]
    unlock resv[second]
    acquire_fini ctx[self]
    return OK

reachable both_locked
    exists j: Job . forall b: Buffer . held_by(resv[b], j)
reachable second_waits
    exists i: Job, j: Job, b: Buffer . waited_by(resv[b], i) and older(ctx[i], ctx[j])
"""


def jobs(count: int, rule: str) -> System:
    return instances(load("two_buffers.custody", TWO_BUFFERS), {"JOBS": str(count), "RULE": rule})[0]


def by_orbits(system: System) -> Exploration:
    names = [p.name for p in system.properties]
    task = Task.of(system, names, usable(system, names))
    assert task.by_orbits
    return compiled_search(task, CompiledCode(task), Limits())


# ------------------------------------------------------------------ the other model

PROGRAM = (
    ("idle",), ("init",), ("lock", 0, None), ("lock", 1, 8), ("done",), ("unlock", 0), ("unlock", 1), ("fini", 0),
    ("unlock", 0), ("lock", 1, None), ("lock", 0, 12), ("jump", 4), ("unlock", 1), ("fini", 0),
)  # fmt: skip
"""What a job does: "lock" names one of its two buffers, and where it goes on after EDEADLK."""


@dataclass(frozen=True)
class Job:
    at: int = 0
    waits: bool = False
    wants: tuple[int, int] = (0, 0)
    stamp: int | None = None
    wounded: bool = False
    contended: int | None = None
    done: bool = False


@dataclass(frozen=True)
class World:
    jobs: tuple[Job, ...]
    owners: tuple[int | None, ...] = (None, None)
    queues: tuple[tuple[int, ...], ...] = ((), ())
    clock: int = field(default=0, compare=False)

    def job(self, who: int, **changes: object) -> World:
        jobs = list(self.jobs)
        jobs[who] = replace(jobs[who], **changes)  # pyright: ignore[reportArgumentType]
        return replace(self, jobs=tuple(jobs))

    def lock(self, buffer: int, owner: int | None, queue: tuple[int, ...]) -> World:
        owners, queues = list(self.owners), list(self.queues)
        owners[buffer], queues[buffer] = owner, queue
        return replace(self, owners=tuple(owners), queues=tuple(queues))

    def normal(self) -> World:
        """The same with stamps that are places in the order of age."""
        ages = sorted(job.stamp for job in self.jobs if job.stamp is not None)
        jobs = tuple(j if j.stamp is None else replace(j, stamp=ages.index(j.stamp)) for j in self.jobs)
        # Nobody asks any more which buffers they were.
        jobs = tuple(replace(j, wants=(0, 0)) if PROGRAM[j.at][0] == "fini" else j for j in jobs)
        return replace(self, jobs=jobs, clock=len(ages))


class Kernel:
    """The steps of kernel/locking/ww_mutex.h, as far as they decide anything."""

    def __init__(self, rule: str) -> None:
        self.wounds = rule == "wound_wait"

    def stamp(self, world: World, who: int) -> int:
        stamp = world.jobs[who].stamp
        assert stamp is not None
        return stamp

    def acquired(self, world: World, who: int) -> int:
        return world.owners.count(who)

    def take(self, world: World, who: int, buffer: int) -> World:
        queue = tuple(w for w in world.queues[buffer] if w != who)
        world = world.lock(buffer, who, queue).job(who, contended=None)
        if self.wounds and queue:
            # The list is sorted by stamp. The first that wounds, or waits for less, ends the walk.
            for waiter in queue:
                if self.acquired(world, waiter) and self.stamp(world, waiter) < self.stamp(world, who):
                    return world.job(who, wounded=True)
        return world

    def steps(self, world: World, who: int) -> Iterator[World]:
        job = world.jobs[who]
        match PROGRAM[job.at]:
            case ("idle",):
                for wants in ((0, 1), (1, 0)):
                    yield world.job(who, at=1, wants=wants)
            case ("init",):
                yield replace(world.job(who, at=2, stamp=world.clock), clock=world.clock + 1)
            case ("done",):
                yield world.job(who, at=job.at + 1, done=True)
            case ("unlock", int(which)):
                buffer = job.wants[which]
                assert world.owners[buffer] == who
                yield world.lock(buffer, None, world.queues[buffer]).job(who, at=job.at + 1)
            case ("fini", _):
                assert not self.acquired(world, who)
                yield world.job(who, at=0, stamp=None, wounded=False, contended=None, done=False, wants=(0, 0))
            case ("lock", int(which), backoff):
                yield from self.lock(world, who, job.wants[which], backoff if isinstance(backoff, int) else None)
            case _:
                raise AssertionError

    def lock(self, world: World, who: int, buffer: int, backoff: int | None) -> Iterator[World]:
        job = world.jobs[who]
        after = job.at + 1 if PROGRAM[job.at + 1][0] != "jump" else 4
        if not job.waits and not self.acquired(world, who):
            world = world.job(who, wounded=False)
        if world.owners[buffer] is None:
            yield self.take(world, who, buffer).job(who, at=after, waits=False)
            return
        owner = world.owners[buffer]
        assert owner is not None
        if not job.waits:
            queue = tuple(sorted((*world.queues[buffer], who), key=lambda w: self.stamp(world, w)))
            younger = self.stamp(world, owner) > self.stamp(world, who)
            if self.wounds and self.acquired(world, who) and younger:
                world = world.job(owner, wounded=True)
            yield world.lock(buffer, owner, queue).job(who, waits=True)
            return
        if not self.acquired(world, who):
            return
        ahead = world.queues[buffer].index(who) > 0
        dies = job.wounded if self.wounds else ahead or self.stamp(world, owner) < self.stamp(world, who)
        if dies:
            assert backoff is not None
            queue = tuple(w for w in world.queues[buffer] if w != who)
            yield world.lock(buffer, owner, queue).job(who, at=backoff, waits=False, contended=buffer)


def count(rule: str, number: int) -> tuple[int, int]:
    kernel = Kernel(rule)
    first = World((Job(),) * number)
    seen, stack, transitions = {first}, [first], 0
    while stack:
        world = stack.pop()
        for who in range(number):
            for found in kernel.steps(world, who):
                transitions += 1
                normal = found.normal()
                if normal not in seen:
                    seen.add(normal)
                    stack.append(normal)
    return len(seen), transitions


# ------------------------------------------------------------------ comparisons


wide = pytest.mark.skipif(not os.environ.get("CUSTODY_FUZZ"), reason="takes ten seconds; set CUSTODY_FUZZ")


@pytest.mark.parametrize(
    ("rule", "number"),
    [("wait_die", 2), ("wound_wait", 2), ("wait_die", 3), pytest.param("wound_wait", 3, marks=wide)],
)
def test_ours_counts_what_the_kernels_lists_of_waiters_count(rule: str, number: int) -> None:
    found = explore(jobs(number, rule))
    assert (found.states, found.transitions) == count(rule, number)


@pytest.mark.parametrize("rule", ["wait_die", "wound_wait"])
def test_engines_and_symmetry_agree(rule: str) -> None:
    system = jobs(2, rule)
    plain, graph, folded = explore(system), analyse(system), by_orbits(system)
    assert folded.orbits is not None
    assert plain.states is not None
    assert folded.orbits < plain.states
    for found in (graph, folded):
        assert (found.states, found.transitions, found.depth) == (plain.states, plain.transitions, plain.depth)
        for name, finding in plain.findings.items():
            assert found.findings[name].verdict is finding.verdict
    wrong = [p.name for p in system.properties if plain.findings[p.name].verdict is not Verdict.HOLDS]
    assert wrong == []


@needs_spin
@pytest.mark.parametrize("rule", ["wait_die", "wound_wait"])
def test_spin_counts_the_same(rule: str) -> None:
    system = jobs(2, rule)
    found, extra = explore(system), promela.overhead(system)
    counted = run_spin(promela.export(system))
    assert (counted.states - extra.states, counted.transitions - extra.transitions) == (
        found.states,
        found.transitions,
    )


@needs_rumur
@pytest.mark.parametrize("rule", ["wait_die", "wound_wait"])
def test_rumur_counts_the_same(rule: str) -> None:
    system = jobs(2, rule)
    found = explore(system)
    counted = run_rumur(murphi.export(system))
    assert (counted.states, counted.transitions, counted.errors) == (found.states, found.transitions, 0)


# ------------------------------------------------------------------ what is wrong with an acquire context

HEAD = """model misuse

role T[1]

state
    a: ww_mutex
    b: ww_mutex
    ctx[T]: acquire_ctx

reachable some
    true

procedure p by T
"""

MISUSES = {
    "begun although it is open": "acquire_init ctx[self]\nacquire_init ctx[self]",
    "ended, but is not open": "acquire_fini ctx[self]",
    "said to be complete, but is not open": "acquire_done ctx[self]",
    "ended while locks": "acquire_init ctx[self]\nlock a with ctx[self]\nacquire_fini ctx[self]",
    "not open, or said": "lock a with ctx[self]",
    "locked twice": "acquire_init ctx[self]\nlock a with ctx[self]\nlock a with ctx[self]",
    "not the lock that was given way for": "acquire_init ctx[self]\nlock_slow a with ctx[self]",
    "returns while `ctx[T.0]` is open": "acquire_init ctx[self]\nreturn OK",
}


@pytest.mark.parametrize("said", MISUSES, ids=lambda said: said[:20])
def test_misuse_is_found(said: str) -> None:
    body = "".join(f"    {line}\n" for line in MISUSES[said].splitlines())
    (system,) = instances(load("misuse.custody", HEAD + body), {})
    finding = explore(system).findings["acquire_misuse(p)"]
    assert finding.verdict is Verdict.VIOLATED
    trace = finding.trace
    assert trace is not None
    assert said in system.actions[trace.actions[-1]].checks[trace.broken or 0].message


def test_a_lock_that_is_there_already_can_be_told_apart() -> None:
    text = HEAD + (
        "    acquire_init ctx[self]\n    lock a with ctx[self]\n    lock a with ctx[self]\n        or already\n"
        "            unlock a\n            acquire_fini ctx[self]\n            return EALREADY\n    return OK\n"
    )
    (system,) = instances(load("already.custody", text), {})
    assert explore(system).findings["acquire_misuse(p)"].verdict is Verdict.HOLDS


def test_locks_without_a_context_are_waited_for_whoever_is_older() -> None:
    """Holding one reservation lock and taking another without a context is the deadlock that contexts prevent."""
    text = """model plain

role T[2]
role B[2]

state
    m[B]: ww_mutex
    ctx[T]: acquire_ctx

procedure p(x: B, y: B) by T
    requires x != y
    acquire_init ctx[self]
    lock m[x] with ctx[self]
    lock m[y]
    unlock m[y]
    unlock m[x]
    acquire_fini ctx[self]
    return OK

reachable some
    true
"""
    (system,) = instances(load("plain.custody", text), {})
    assert explore(system).findings["deadlock"].verdict is Verdict.VIOLATED


def test_an_object_may_have_a_lock() -> None:
    """Memory that is given out, and memory that is given back, has its locks free."""
    text = """model owned

object B[1]
    m: mutex
    w: ww_mutex

role T[1]

state
    x: B?
    ctx[T]: acquire_ctx

procedure p by T
    requires x == none
    x = alloc B
    acquire_init ctx[self]
    lock x.w with ctx[self]
    unlock x.w
    acquire_fini ctx[self]
    lock x.m
    free x
    x = none
    return OK

invariant new_locks_are_free
    x == none or not held(x.w)
"""
    (system,) = instances(load("owned.custody", text), {})
    found = explore(system).findings
    assert found["new_locks_are_free"].verdict is Verdict.VIOLATED
    assert found["lock_held_at_return(p)"].verdict is Verdict.HOLDS
