"""ww_mutexes and their acquire contexts: many locks in any order, and who is younger gives way.

The kernel's rules (Documentation/locking/ww-mutex-design.rst; Rosenkrantz, Stearns, Lewis, "System level concurrency
control for distributed database systems", 1978).  An actor draws a ticket when it begins its context.  A lock that is
free is taken, even where others wait for it.  One that is not is waited for, which is a step of its own; then

* with wait_die (the reservation locks of dma-bufs), who waits and holds other locks of the context gives way where
  the holder, or somebody else who waits in a context, is older;
* with wound_wait (the modeset locks), who waits and holds others wounds a younger holder, and who is wounded and
  has to wait gives way.

Who gives way gets EDEADLK, is to give back all that it holds, and to take the contended lock first.  What the kernel
only checks in debug builds is the hazard `acquire_misuse`.  Locks taken without a context are plain mutexes: they
are waited for, and nobody gives way for them.

Tickets are places in the order of age of the contexts that are open: nothing else about age decides anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.language import syntax as s
from custody.language.show import show
from custody.language.types import RULES
from custody.language.unfold.evaluate import Evaluator, Surroundings
from custody.language.unfold.path import Path, Recorder
from custody.language.unfold.storage import Cell, ContextCells, LockCells, Write, load
from custody.language.unfold.value import Scalar
from custody.system.expression import FALSE, TRUE, Expr, add, and_, eq, implies, ite, lt, not_, number, or_
from custody.system.model import Wait
from custody.system.place import Place

WAIT_DIE, WOUND_WAIT = RULES

HAZARD = "acquire_misuse"

Results = list[tuple[Path, str]]


class Around(Surroundings, Protocol):
    """What is asked of the system under construction."""

    @property
    def actors(self) -> tuple[str, ...]: ...

    @property
    def locks(self) -> tuple[LockCells, ...]: ...

    @property
    def contexts(self) -> dict[int, ContextCells]: ...

    def recorder(self, path: Path, routine: str) -> Recorder: ...


@dataclass(frozen=True, slots=True)
class _Now:
    """One actor's context and locks at one point of a path."""

    around: Around
    path: Path
    me: int

    @property
    def mine(self) -> ContextCells:
        return self.around.contexts[self.me]

    def value(self, cell: Cell) -> Expr:
        found = load(cell, self.path.env)
        if not isinstance(found, Scalar):
            raise AssertionError("a variable holds a single value")
        return found.expr

    def ticket(self, actor: int) -> Expr:
        return self.value(self.around.contexts[actor].ticket)

    def older(self, actor: int) -> Expr:
        """Whether the other's context is open and older than mine."""
        return and_(lt(number(0), self.ticket(actor)), lt(self.ticket(actor), self.ticket(self.me)))

    def owns(self, actor: int, lock: LockCells) -> Expr:
        """Whether the actor holds the lock in its context."""
        if lock.within is None:
            return FALSE
        return and_(eq(self.value(lock.owner), number(actor + 1)), self.value(lock.within))

    def has_locks(self, actor: int) -> Expr:
        return or_(*(self.owns(actor, lock) for lock in self.around.locks))

    def others(self) -> tuple[int, ...]:
        return tuple(actor for actor in self.around.contexts if actor != self.me)

    def flag(self, flags: Sequence[tuple[int, Cell]], actor: int) -> Expr:
        return self.value(dict(flags)[actor])


_Locks = list[tuple[Expr, LockCells]]
"""The locks that may be meant, with when each is."""


class Acquire:
    """The statements of acquire contexts, for one system under construction."""

    def __init__(self, around: Around) -> None:
        self._around = around

    # ------------------------------------------------------------------ the context itself

    def context(self, node: s.Acquire, path: Path, evaluator: Evaluator, recorder: Recorder, me: int) -> None:
        """Begins a context, says that it is complete, or ends it."""
        now = self._now(path, me, evaluator, node.target, recorder)
        write = recorder.writer(TRUE, show(node.target), node.place)
        ticket, name = now.ticket(me), show(node.target)
        is_open = lt(number(0), ticket)
        match node.what:
            case "init":
                recorder.check(HAZARD, not_(is_open), f"`{name}` is begun although it is open", node.place)
                others = [ite(lt(number(0), now.ticket(actor)), number(1), number(0)) for actor in now.others()]
                write(now.mine.ticket, add(number(1), *others))
            case "done":
                fine = and_(is_open, not_(now.value(now.mine.done)))
                recorder.check(HAZARD, fine, f"`{name}` is said to be complete, but is not open", node.place)
                write(now.mine.done, TRUE)
            case _:
                recorder.check(HAZARD, is_open, f"`{name}` is ended, but is not open", node.place)
                held = now.has_locks(me)
                recorder.check(HAZARD, not_(held), f"`{name}` is ended while locks of it are held", node.place)
                for actor in now.others():
                    theirs = now.ticket(actor)
                    write(
                        self._around.contexts[actor].ticket, ite(lt(ticket, theirs), add(theirs, number(-1)), theirs)
                    )
                write(now.mine.ticket, number(0))
                write(now.mine.done, FALSE)
                write(now.mine.wounded, FALSE)
                for lock in self._around.locks:
                    for cell in (cell for actor, cell in lock.contended if actor == me):
                        write(cell, FALSE)

    def check_closed(self, path: Path, recorder: Recorder, actor: int, place: Place) -> None:
        """A call that returns has ended its context."""
        if actor in self._around.contexts:
            context = self._around.contexts[actor]
            is_open = lt(number(0), _Now(self._around, path, actor).ticket(actor))
            recorder.check(HAZARD, not_(is_open), f"returns while `{context.name}` is open", place)

    # ------------------------------------------------------------------ taking locks

    def arrive(
        self, node: s.Lock, path: Path, evaluator: Evaluator, recorder: Recorder, me: int, locks: _Locks
    ) -> Results:
        """Takes the locks that may be meant where that one is free; else joins those who wait for it ("queue"),
        or, for `trylock`, goes on without."""
        now = self._now(path, me, evaluator, node.context, recorder)
        name = show(node.target)
        self._check_open(now, node, name, recorder, locks)
        free = and_(*(implies(when, eq(now.value(lock.owner), number(0))) for when, lock in locks))
        already = or_(*(and_(when, now.owns(me, lock)) for when, lock in locks))
        # Who holds nothing more has nothing to give back: an old wound is forgotten.
        forgets = not_(now.has_locks(me))
        results: Results = []
        got = path.fork()
        if got.require(free):
            self._take(now, self._around.recorder(got, recorder.routine), node, locks, forgets)
            results.append((got, "done"))
        if node.tries:
            busy = path.fork()
            if busy.require(not_(free)):
                results.append((busy, _branch(node, "busy") or "done"))
            return results
        twice = path.fork()
        if twice.require(already):
            branch = _branch(node, "already")
            if branch is None:
                told = self._around.recorder(twice, recorder.routine)
                told.check(
                    HAZARD, FALSE, f"`{name}` is locked twice in one context, which gives EALREADY", node.place
                )
            results.append((twice, branch or "done"))
        joins = path.fork()
        if joins.require(and_(not_(free), not_(already))):
            self._join(now, self._around.recorder(joins, recorder.routine), node, locks, forgets)
            joins.label = f"{node.text}: has to wait"
            results.append((joins, "queue"))
        return results

    def wait(
        self, node: s.Lock, path: Path, evaluator: Evaluator, recorder: Recorder, me: int, locks: _Locks
    ) -> Results:
        """Waits for the lock that `arrive` joined the queue of; gives way where the rule says so."""
        now = _Now(self._around, path, me)
        name = show(node.target)
        # The one that is waited for, even if the name has come to mean another.
        mine = [(now.flag(lock.waiting, me), lock) for _, lock in locks]
        ready = or_(*(and_(when, eq(now.value(lock.owner), number(0))) for when, lock in mine))
        kill = and_(not_(ready), self._gives_way(now, mine))
        holders = tuple(
            (who, or_(*(and_(when, eq(now.value(lock.owner), number(actor + 1))) for when, lock in mine)))
            for actor, who in enumerate(self._around.actors)
        )
        results: Results = []
        got = path.fork()
        got.waits.append(Wait(f"ww_mutex `{name}`", holders))
        if got.require(ready):
            taker = self._around.recorder(got, recorder.routine)
            self._take(now, taker, node, mine, FALSE)
            results.append((got, "done"))
        dies = path.fork()
        if dies.require(kill):
            loser = self._around.recorder(dies, recorder.routine)
            branch = _branch(node, "deadlock")
            if branch is None:
                loser.check(HAZARD, FALSE, f"nothing is said of EDEADLK from the lock of `{name}`", node.place)
            self._leave_queue(loser, node, me, mine)
            for when, lock in mine:
                loser.writer(when, name, node.place)(dict(lock.contended)[me], TRUE)
            results.append((dies, branch or "done"))
        stopped, branch = path.fork(), _branch(node, "interrupted")
        stopped.spontaneous = True
        if branch is not None and stopped.require(not_(ready)):
            self._leave_queue(self._around.recorder(stopped, recorder.routine), node, me, mine)
            results.append((stopped, branch))
        return results

    # ------------------------------------------------------------------ details

    def _now(self, path: Path, me: int, evaluator: Evaluator, target: s.ExprNode | None, recorder: Recorder) -> _Now:
        """The actor's own context; that `target` means it is checked."""
        if target is None or me not in self._around.contexts:
            raise AssertionError("not checked")
        for condition, layout in evaluator.locate(target) or []:
            if not isinstance(layout, ContextCells):
                raise AssertionError(f"{target.place}: not an acquire context")
            if layout.actor != me:
                message = f"`{show(target)}` is another actor's acquire context"
                recorder.check(HAZARD, not_(condition), message, target.place)
        return _Now(self._around, path, me)

    def _check_open(self, now: _Now, node: s.Lock, name: str, recorder: Recorder, locks: _Locks) -> None:
        me, place, context = now.me, node.place, now.mine
        usable = and_(lt(number(0), now.ticket(me)), not_(now.value(context.done)))
        message = f"`{name}` is locked in a context that is not open, or said to be complete"
        recorder.check(HAZARD, usable, message, place)
        wanted = or_(*(and_(when, now.flag(lock.contended, me)) for when, lock in locks))
        contended = or_(*(now.flag(lock.contended, me) for lock in self._around.locks if lock.within is not None))
        empty = not_(now.has_locks(me))
        if node.slow:
            message = f"`{name}` is not the lock that was given way for, or others are still held"
            recorder.check(HAZARD, and_(wanted, empty), message, place)
        else:
            message = f"after EDEADLK `{name}` is locked before the contended lock, or with others still held"
            recorder.check(HAZARD, or_(not_(contended), and_(wanted, empty)), message, place)

    def _take(self, now: _Now, recorder: Recorder, node: s.Lock, locks: _Locks, forgets: Expr) -> None:
        name, wounded = show(node.target), and_(not_(forgets), now.value(now.mine.wounded))
        for when, lock in locks:
            write = recorder.writer(when, name, node.place)
            write(lock.owner, number(now.me + 1))
            self._set(lock, write, now.me)
            if now.mine.type.rule == WOUND_WAIT:
                for actor in now.others():
                    waits = and_(when, now.flag(lock.waiting, actor))
                    wounded = or_(wounded, and_(waits, now.older(actor), now.has_locks(actor)))
        if now.mine.type.rule == WOUND_WAIT:
            recorder.writer(TRUE, name, node.place)(now.mine.wounded, wounded)

    def _set(self, lock: LockCells, write: Write, me: int) -> None:
        if lock.within is not None:
            write(lock.within, TRUE)
        write(dict(lock.waiting)[me], FALSE)
        write(dict(lock.contended)[me], FALSE)

    def _join(self, now: _Now, recorder: Recorder, node: s.Lock, locks: _Locks, forgets: Expr) -> None:
        name = show(node.target)
        for when, lock in locks:
            recorder.writer(when, name, node.place)(dict(lock.waiting)[now.me], TRUE)
        if now.mine.type.rule != WOUND_WAIT:
            return
        recorder.writer(forgets, name, node.place)(now.mine.wounded, FALSE)
        for actor in now.others():
            holds = or_(*(and_(when, now.owns(actor, lock)) for when, lock in locks))
            younger = lt(now.ticket(now.me), now.ticket(actor))
            wounds = and_(holds, younger, now.has_locks(now.me))
            recorder.writer(wounds, name, node.place)(self._around.contexts[actor].wounded, TRUE)

    def _gives_way(self, now: _Now, mine: _Locks) -> Expr:
        """Whether who waits has to give way: only who holds something can."""
        if now.mine.type.rule == WOUND_WAIT:
            return and_(now.has_locks(now.me), now.value(now.mine.wounded))
        before: list[Expr] = []
        for when, lock in mine:
            for actor in now.others():
                in_the_way = or_(now.owns(actor, lock), now.flag(lock.waiting, actor))
                before.append(and_(when, now.older(actor), in_the_way))
        return and_(now.has_locks(now.me), or_(*before))

    def _leave_queue(self, recorder: Recorder, node: s.Lock, me: int, mine: _Locks) -> None:
        for when, lock in mine:
            recorder.writer(when, show(node.target), node.place)(dict(lock.waiting)[me], FALSE)


def _branch(node: s.Lock, kind: str) -> str | None:
    """The number of the `or` branch of that kind."""
    for position, alternative in enumerate(node.alternatives):
        if alternative.outcome is not None and alternative.outcome.kind == kind:
            return str(position)
    return None
