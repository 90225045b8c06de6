"""What the statements mean that deal with locks, waiting, counts, objects and lists."""

from __future__ import annotations

from typing import Protocol

from custody.language import syntax as s
from custody.language.show import show
from custody.language.symbols import LocalSymbol, RoutineSymbol, Scope, TypeSymbol
from custody.language.types import CompletionType, KrefType, QueueType, RoleType, Type, VariantType
from custody.language.unfold import value as values
from custody.language.unfold.acquire import Acquire
from custody.language.unfold.evaluate import Evaluator, Places, Surroundings
from custody.language.unfold.path import Path, Recorder
from custody.language.unfold.storage import (
    Cell,
    ContextCells,
    Layout,
    LockCells,
    QueueCells,
    SetCells,
    Write,
    load,
    store,
)
from custody.language.unfold.value import QueueValue, Scalar, Value, choose, equal, every
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    add,
    and_,
    eq,
    implies,
    ite,
    lt,
    not_,
    number,
    or_,
)
from custody.system.model import Wait
from custody.system.place import Place


class Around(Surroundings, Protocol):
    """What operations ask of the system under construction, beyond what expressions do."""

    @property
    def actors(self) -> tuple[str, ...]: ...

    @property
    def locks(self) -> tuple[LockCells, ...]: ...

    @property
    def contexts(self) -> dict[int, ContextCells]: ...

    def object_parts(self, name: str, instance: int) -> tuple[tuple[Layout, Value], ...]: ...

    def own_object(self, name: str, actor: int | None, place: Place) -> int | None:
        """Which object of a pool the actor allocates, None where that is any."""
        ...

    def recorder(self, path: Path, routine: str) -> Recorder: ...

    def local(self, actor: int, routine: RoutineSymbol, symbol: LocalSymbol) -> Layout: ...

    def misbehaves(self, routine: RoutineSymbol) -> bool: ...

    def constant(self, node: s.ExprNode, scope: Scope) -> int: ...


Results = list[tuple[Path, str]]
"""Paths with what became of each: "done", "zero" (the last reference went), or the number of an `or` branch."""


class Operations:
    """Runs statements of these kinds on a path, for one system under construction."""

    def __init__(self, around: Around) -> None:
        self.around = around
        self._acquire = Acquire(around)
        self._results: dict[RoutineSymbol, LocalSymbol] = {}

    # ------------------------------------------------------------------ services for the flow

    def recorder(self, path: Path, routine: str) -> Recorder:
        return self.around.recorder(path, routine)

    def local(self, actor: int, routine: RoutineSymbol, symbol: LocalSymbol) -> Layout:
        return self.around.local(actor, routine, symbol)

    def misbehaves(self, routine: RoutineSymbol) -> bool:
        return self.around.misbehaves(routine)

    def constant(self, node: s.ExprNode, scope: Scope) -> int:
        return self.around.constant(node, scope)

    def default(self, kind: Type) -> Value:
        return values.default(kind)

    def result_symbol(self, callee: RoutineSymbol, kind: Type) -> LocalSymbol:
        """The nameless local that a procedure's result is kept in until the caller takes it."""
        if callee not in self._results:
            self._results[callee] = LocalSymbol(f"{callee.name} result", callee.place, kind, mutable=True)
        return self._results[callee]

    def word(self, value: Value) -> str | None:
        """The word that a value surely is, if it is one."""
        if isinstance(value, Scalar) and value.expr.is_constant and isinstance(value.type, VariantType):
            return value.type.labels[value.expr.value]
        return None

    def write(self, path: Path, evaluator: Evaluator, recorder: Recorder, target: s.ExprNode, value: Value) -> None:
        """Assigns to a variable, or to whichever of several the target means."""
        name = show(target)
        for condition, layout in self._places(evaluator, target):
            fitted = evaluator.fit(value, layout.type, target.place)
            store(layout, fitted, recorder.writer(condition, name, target.place))

    def check_locks_released(self, path: Path, recorder: Recorder, actor: int | None, place: Place) -> None:
        """A call that returns holds no lock any more, and has ended its acquire context."""
        if actor is None:
            return
        self._acquire.check_closed(path, recorder, actor, place)
        for lock in self.around.locks:
            message = f"returns while it holds `{lock.name}`"
            recorder.check("lock_held_at_return", not_(_holds(lock, actor, path)), message, place)

    # ------------------------------------------------------------------ one case for each statement

    def run(
        self, node: s.Statement, path: Path, evaluator: Evaluator, recorder: Recorder, actor: int | None
    ) -> Results:
        """The ways in which the statement can go on from here; none where it blocks."""
        match node:
            case s.Lock(context=None):
                return self._lock(node, path, evaluator, actor)
            case s.Lock():
                if not node.tries:
                    self._may_sleep(node, path, recorder, actor)
                locks = self._locks(evaluator, node)
                return self._acquire.arrive(node, path, evaluator, recorder, _need(actor, node), locks)
            case s.Acquire():
                self._acquire.context(node, path, evaluator, recorder, _need(actor, node))
            case s.Unlock(target=target):
                return self._unlock(node, target, path, evaluator, actor)
            case s.WaitUntil(condition=condition):
                self._may_sleep(node, path, recorder, actor)
                return self._block_until(node, path, evaluator.truth(condition), show(condition), ())
            case s.WaitFor(target=target):
                self._may_sleep(node, path, recorder, actor)
                return self._wait_for(node, target, path, evaluator)
            case s.Complete(target=target, everyone=everyone):
                self._complete(target, path, evaluator, recorder, everyone=everyone)
            case s.Get(target=target):
                message = f"a reference is taken although '{show(target)}' is already zero"
                self._count(node, target, 1, "get_from_zero", message, path, evaluator, recorder)
            case s.Put(target=target):
                return self._put(node, target, path, evaluator, recorder)
            case s.Alloc():
                self._may_sleep(node, path, recorder, actor)
                return self._alloc(node, path, evaluator, recorder, actor)
            case s.Free(value=value):
                self._free(node, value, path, evaluator, recorder)
            case s.Add(value=value, target=target):
                self._add(node, value, target, path, evaluator, recorder)
            case s.Remove(value=value, target=target):
                self._remove(node, value, target, path, evaluator, recorder)
            case s.Pop(target=target):
                self._pop(node, target, path, evaluator, recorder)
            case _:
                raise AssertionError(f"no meaning for {type(node).__name__}")
        return [(path, "done")]

    def wait_for_lock(
        self, node: s.Lock, path: Path, evaluator: Evaluator, recorder: Recorder, actor: int | None
    ) -> Results:
        """Goes on waiting for a lock that is taken in an acquire context."""
        locks = self._locks(evaluator, node)
        return self._acquire.wait(node, path, evaluator, recorder, _need(actor, node), locks)

    def _locks(self, evaluator: Evaluator, node: s.Lock) -> list[tuple[Expr, LockCells]]:
        return [(condition, _lock_cells(layout, node)) for condition, layout in self._places(evaluator, node.target)]

    def _places(self, evaluator: Evaluator, target: s.ExprNode) -> Places:
        places = evaluator.locate(target)
        if places is None:
            raise AssertionError(f"{target.place}: not a variable")
        return places

    # ------------------------------------------------------------------ waiting

    def _block_until(
        self,
        node: s.Lock | s.WaitUntil | s.WaitFor,
        path: Path,
        ready: Expr,
        resource: str,
        holders: tuple[tuple[str, Expr], ...],
    ) -> Results:
        """Goes on where `ready`; otherwise waits, and each `or` branch is a way to give up."""
        results: Results = []
        fork = path.fork()
        fork.waits.append(Wait(resource, holders))
        if fork.require(ready):
            results.append((fork, "done"))
        for position, alternative in enumerate(node.alternatives):
            given_up = path.fork()
            # A signal may never come, so it is nothing to rely on; a time-out always comes.
            given_up.spontaneous = alternative.outcome is not None and alternative.outcome.kind == "interrupted"
            if given_up.require(not_(ready)):
                results.append((given_up, str(position)))
        return results

    def _lock(self, node: s.Lock, path: Path, evaluator: Evaluator, actor: int | None) -> Results:
        me = _need(actor, node)
        places = self._places(evaluator, node.target)
        name = show(node.target)
        free: list[Expr] = []
        holders: list[tuple[str, Expr]] = []
        sleeps = False
        for condition, layout in places:
            lock = _lock_cells(layout, node)
            sleeps = sleeps or lock.type.kind != "spinlock"
            unowned = eq(_now(lock.owner, path), number(0))
            if node.access != "read":
                unowned = and_(unowned, *(not_(_now(reader, path)) for reader in lock.readers))
            free.append(implies(condition, unowned))
            holders += [
                (name_of, and_(condition, _holds(lock, other, path)))
                for other, name_of in enumerate(self.around.actors)
            ]
        recorder = evaluator.recorder
        if sleeps and not node.tries and recorder is not None:
            self._may_sleep(node, path, recorder, actor)

        def take(fork: Path) -> None:
            taker = (
                self.around.recorder(fork, "") if recorder is None else self.around.recorder(fork, recorder.routine)
            )
            for condition, layout in places:
                lock = _lock_cells(layout, node)
                write = taker.writer(condition, name, node.place)
                if node.access == "read":
                    write(lock.readers[me], TRUE)
                else:
                    write(lock.owner, number(me + 1))

        kind = _lock_cells(places[0][1], node).type.kind
        if node.tries:
            got, busy = path.fork(), path.fork()
            results: Results = []
            if got.require(and_(*free)):
                take(got)
                results.append((got, "done"))
            if busy.require(not_(and_(*free))):
                results.append((busy, "0" if node.alternatives else "done"))
            return results
        results = self._block_until(node, path, and_(*free), f"{kind} `{name}`", tuple(holders))
        for fork, which in results:
            if which == "done":
                take(fork)
        return results

    def _unlock(
        self, node: s.Unlock, target: s.ExprNode, path: Path, evaluator: Evaluator, actor: int | None
    ) -> Results:
        me = _need(actor, node)
        recorder = evaluator.recorder
        if recorder is None:
            raise AssertionError("a statement always records")
        name = show(target)
        for condition, layout in self._places(evaluator, target):
            lock = _lock_cells(layout, node)
            mine = implies(condition, _holds(lock, me, path))
            recorder.check(
                "unlock_not_held", mine, f"`{name}` is released by an actor that does not hold it", node.place
            )
            owned = eq(_now(lock.owner, path), number(me + 1))
            write = recorder.writer(condition, name, node.place)
            if lock.readers:
                reading = _now(lock.readers[me], path)
                write(lock.readers[me], and_(reading, owned))
                write(lock.owner, ite(owned, number(0), _now(lock.owner, path)))
            else:
                write(lock.owner, number(0))
            if lock.within is not None:
                write(lock.within, FALSE)
        return [(path, "done")]

    def _may_sleep(self, node: s.Statement, path: Path, recorder: Recorder, actor: int | None) -> None:
        if actor is None:
            return
        spinning = [_holds(lock, actor, path) for lock in self.around.locks if lock.type.kind == "spinlock"]
        message = f"'{node.text}' may sleep while a spinlock is held"
        recorder.check("sleep_under_spinlock", not_(or_(*spinning)), message, node.place)

    def _wait_for(self, node: s.WaitFor, target: s.ExprNode, path: Path, evaluator: Evaluator) -> Results:
        everyone = len(self.around.actors) + 1
        places = self._places(evaluator, target)
        ready = and_(*(implies(condition, lt(number(0), _now(_cell(layout), path))) for condition, layout in places))
        results = self._block_until(node, path, ready, f"completion `{show(target)}`", ())
        recorder = evaluator.recorder
        for fork, which in results:
            if which != "done" or recorder is None:
                continue
            for condition, layout in places:
                cell = _cell(layout)
                current = _now(cell, fork)
                left = ite(eq(current, number(everyone)), current, add(current, number(-1)))
                self.around.recorder(fork, recorder.routine).writer(condition, show(target), node.place)(cell, left)
        return results

    def _complete(
        self, target: s.ExprNode, path: Path, evaluator: Evaluator, recorder: Recorder, *, everyone: bool
    ) -> None:
        most = len(self.around.actors) + 1
        for condition, layout in self._places(evaluator, target):
            cell = _cell(layout)
            if not isinstance(cell.type, CompletionType):
                raise AssertionError(f"{target.place}: not a completion")
            current = _now(cell, path)
            value: Expr = number(most)
            if not everyone:
                room = or_(not_(condition), lt(current, number(most - 1)), eq(current, number(most)))
                message = f"'{show(target)}' is completed more often than there are actors to wait for it"
                recorder.check("range", room, message, target.place)
                value = ite(eq(current, number(most)), current, add(current, number(1)))
            recorder.writer(condition, show(target), target.place)(cell, value)

    # ------------------------------------------------------------------ counts

    def _count(
        self,
        node: s.Statement,
        target: s.ExprNode,
        change: int,
        hazard: str,
        message: str,
        path: Path,
        evaluator: Evaluator,
        recorder: Recorder,
    ) -> Expr:
        """Adds to a reference count that must not be zero; returns whether it is zero afterwards."""
        zero: list[Expr] = []
        for condition, layout in self._places(evaluator, target):
            cell = _cell(layout)
            if not isinstance(cell.type, KrefType):
                raise AssertionError(f"{node.place}: not a count")
            current = _now(cell, path)
            recorder.check(hazard, implies(condition, lt(number(0), current)), message, node.place)
            changed = add(current, number(change))
            zero.append(and_(condition, eq(changed, number(0))))
            # The check above already says that it does not go below zero.
            guarded = changed if change > 0 else ite(lt(number(0), current), changed, number(0))
            recorder.writer(condition, show(target), node.place)(cell, guarded)
        return or_(*zero)

    def _put(self, node: s.Put, target: s.ExprNode, path: Path, evaluator: Evaluator, recorder: Recorder) -> Results:
        message = f"a reference is put although '{show(target)}' is already zero"
        last = self._count(node, target, -1, "refcount_underflow", message, path, evaluator, recorder)
        if not node.at_zero:
            return [(path, "done")]
        results: Results = []
        for condition, which in ((last, "zero"), (not_(last), "done")):
            fork = path.fork()
            if fork.require(condition):
                results.append((fork, which))
        return results

    # ------------------------------------------------------------------ objects

    def _alloc(
        self, node: s.Alloc, path: Path, evaluator: Evaluator, recorder: Recorder, actor: int | None
    ) -> Results:
        symbol = node.symbol
        if not (isinstance(symbol, TypeSymbol) and isinstance(symbol.type, RoleType)):
            raise AssertionError(f"{node.place}: not checked")
        kind = symbol.type
        results: Results = []
        for position, _ in enumerate(node.alternatives):
            results.append((path.fork(), str(position)))
        own = self.around.own_object(kind.name, actor, node.place)
        pool = range(kind.size) if own is None else (own,)
        live = [_now(self.around.object_live(kind.name, i), path) for i in pool]
        message = f"there are only {len(pool)} of {kind.name}: make the pool larger"
        recorder.check("pool_exhausted", not_(and_(*live)), message, node.place)
        reference: Expr = number(pool[-1] + 1)
        for position in reversed(range(len(pool) - 1)):
            reference = ite(live[position], reference, number(pool[position] + 1))
        fresh = Scalar(reference, RoleType(kind.name, kind.size, is_object=True, optional=True))
        for position, instance in enumerate(pool):
            chosen = and_(*live[:position], not_(live[position]))
            write = recorder.writer(chosen, kind.name, node.place)
            write(self.around.object_live(kind.name, instance), TRUE)
            for layout, first in self.around.object_parts(kind.name, instance):
                store(layout, first, write)
        # A fresh instance is never none, so no check is needed where the target cannot be none.
        target = node.target
        if isinstance(target, s.Name) and isinstance(target.symbol, LocalSymbol):
            path.bindings.pop(target.symbol, None)
        places = evaluator.locate(target)
        if places is None:
            if not (isinstance(target, s.Name) and isinstance(target.symbol, LocalSymbol)):
                raise AssertionError(f"{node.place}: not a variable")
            path.bindings[target.symbol] = _as(fresh, target.symbol.type)
        else:
            for condition, layout in places:
                store(layout, _as(fresh, layout.type), recorder.writer(condition, show(target), node.place))
        return [(path, "done"), *results]

    def _free(self, node: s.Free, value: s.ExprNode, path: Path, evaluator: Evaluator, recorder: Recorder) -> None:
        reference = evaluator.scalar(value)
        kind = reference.type
        if not isinstance(kind, RoleType):
            raise AssertionError(f"{node.place}: not a reference")
        shift = int(kind.optional)
        exists = not_(eq(reference.expr, number(0))) if shift else TRUE
        message = f"'{show(value)}' is freed although it was freed before"
        recorder.check("double_free", implies(exists, evaluator.live(reference)), message, node.place)
        for instance in range(kind.size):
            chosen = eq(reference.expr, number(instance + shift))
            if chosen == FALSE:
                continue
            write = recorder.writer(chosen, kind.name, node.place)
            write(self.around.object_live(kind.name, instance), FALSE)
            for layout, first in self.around.object_parts(kind.name, instance):
                store(layout, first, write)

    # ------------------------------------------------------------------ sets and queues

    def _add(
        self,
        node: s.Add,
        value: s.ExprNode,
        target: s.ExprNode,
        path: Path,
        evaluator: Evaluator,
        recorder: Recorder,
    ) -> None:
        new, name = evaluator.value(value), show(target)
        for condition, layout in self._places(evaluator, target):
            write = recorder.writer(condition, name, node.place)
            if isinstance(layout, SetCells):
                self._put_member(layout, evaluator.fit(new, layout.type.element, node.place), path, write, TRUE)
                continue
            queue, kind = _queue(layout, path)
            item = evaluator.fit(new, kind.element, node.place)
            room = implies(condition, lt(queue.length, number(kind.capacity)))
            recorder.check("range", room, f"'{name}' would hold more than {kind.capacity}", node.place)
            if isinstance(kind.element, RoleType) and kind.element.is_object:
                twice = or_(
                    *(and_(lt(number(i), queue.length), equal(slot, item)) for i, slot in enumerate(queue.slots))
                )
                message = f"'{show(value)}' is put on '{name}' although it is on it"
                recorder.check("list_corruption", implies(condition, not_(twice)), message, node.place)
            slots = tuple(choose(eq(queue.length, number(i)), item, slot) for i, slot in enumerate(queue.slots))
            full = eq(queue.length, number(kind.capacity))
            longer = ite(full, queue.length, add(queue.length, number(1)))
            store(layout, QueueValue(longer, slots, kind), write)

    def _put_member(self, layout: SetCells, item: Value, path: Path, write: Write, inside: Expr) -> None:
        for candidate, member in zip(every(layout.type.element), layout.members, strict=True):
            same = equal(item, candidate)
            if same != FALSE:
                write(member, ite(same, inside, _now(member, path)))

    def _remove(
        self,
        node: s.Remove,
        value: s.ExprNode,
        target: s.ExprNode,
        path: Path,
        evaluator: Evaluator,
        recorder: Recorder,
    ) -> None:
        old, name = evaluator.value(value), show(target)
        for condition, layout in self._places(evaluator, target):
            write = recorder.writer(condition, name, node.place)
            if isinstance(layout, SetCells):
                self._put_member(layout, evaluator.fit(old, layout.type.element, node.place), path, write, FALSE)
                continue
            queue, kind = _queue(layout, path)
            item = evaluator.fit(old, kind.element, node.place)
            here = [and_(lt(number(i), queue.length), equal(slot, item)) for i, slot in enumerate(queue.slots)]
            message = f"'{show(value)}' is taken off '{name}' although it is not on it"
            recorder.check("list_corruption", implies(condition, or_(*here)), message, node.place)
            self._store_shifted(layout, queue, kind, here, write)

    def _pop(self, node: s.Pop, target: s.ExprNode, path: Path, evaluator: Evaluator, recorder: Recorder) -> None:
        name = show(target)
        for condition, layout in self._places(evaluator, target):
            queue, kind = _queue(layout, path)
            filled = implies(condition, lt(number(0), queue.length))
            recorder.check("empty_queue", filled, f"something is taken from '{name}', which is empty", node.place)
            first = [lt(number(0), queue.length), *[FALSE] * (len(queue.slots) - 1)]
            write = recorder.writer(condition, name, node.place)
            self._store_shifted(layout, queue, kind, first, write)

    def _store_shifted(
        self, layout: Layout, queue: QueueValue, kind: QueueType, here: list[Expr], write: Write
    ) -> None:
        """Closes the gap at the first position where `here` holds."""
        slots: list[Value] = []
        filler = values.default(kind.element)
        for position, slot in enumerate(queue.slots):
            behind = queue.slots[position + 1] if position + 1 < len(queue.slots) else filler
            slots.append(choose(or_(*here[: position + 1]), behind, slot))
        shorter = ite(or_(*here), add(queue.length, number(-1)), queue.length)
        store(layout, QueueValue(shorter, tuple(slots), kind), write)


def _need(actor: int | None, node: s.Statement) -> int:
    if actor is None:
        raise AssertionError(f"{node.place}: nobody does this")
    return actor


def _now(cell: Cell, path: Path) -> Expr:
    value = load(cell, path.env)
    if not isinstance(value, Scalar):
        raise AssertionError("a variable holds a single value")
    return value.expr


def _holds(lock: LockCells, actor: int, path: Path) -> Expr:
    owner = eq(_now(lock.owner, path), number(actor + 1))
    return or_(owner, _now(lock.readers[actor], path)) if lock.readers else owner


def _lock_cells(layout: Layout, node: s.Statement) -> LockCells:
    if not isinstance(layout, LockCells):
        raise AssertionError(f"{node.place}: not a lock")
    return layout


def _cell(layout: Layout) -> Cell:
    if not isinstance(layout, Cell):
        raise AssertionError("not a single variable")
    return layout


def _queue(layout: Layout, path: Path) -> tuple[QueueValue, QueueType]:
    if not isinstance(layout, QueueCells):
        raise AssertionError("not a queue")
    value = load(layout, path.env)
    if not isinstance(value, QueueValue):
        raise AssertionError("not a queue")
    return value, layout.type


def _as(fresh: Scalar, kind: Type) -> Scalar:
    """A reference that is surely an instance, as one of the given type."""
    if isinstance(kind, RoleType) and not kind.optional:
        return Scalar(add(fresh.expr, number(-1)), kind)
    return fresh
