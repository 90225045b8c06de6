"""Bodies as graphs of small steps.

Each statement becomes one or more nodes; running a node on a path continues the path, or splits it, and says
which node comes next.  Calls are written out where they stand.  A node is `shared` when it touches what others
can see or change: between two such nodes others may run, except inside a region (`atomic`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from custody.language import syntax as s
from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.show import show
from custody.language.symbols import LocalSymbol, RoutineSymbol
from custody.language.types import UNKNOWN, QueueType, RoleType, SetType, Type
from custody.language.unfold.evaluate import Evaluator
from custody.language.unfold.join import is_plain, joined
from custody.language.unfold.operations import Operations, Results
from custody.language.unfold.path import MAX_PATH, Path, Recorder
from custody.language.unfold.shared import block_is_shared, can_wait, is_shared
from custody.language.unfold.storage import LAYOUTS, Layout, store
from custody.language.unfold.value import QueueValue, Scalar, SetValue, Value, VariantValue, every
from custody.system.expression import FALSE, TRUE, Expr, eq, lt, not_, number, or_
from custody.system.model import Clause
from custody.system.place import Place

END = -1
"""The node after the last: the routine is over."""

MAX_NODES = 200_000
"""How many steps the bodies of one routine may unfold to, calls and loops written out."""

Forks = list[tuple[Path, int]]


@dataclass(slots=True)
class Node:
    """One small step. `chooses` marks free choices, which belong to the step that follows them; `blocks` what may
    have to wait, and so cannot stand in the middle of a region."""

    run: Callable[[Path], Forks]
    shared: bool
    region: int | None
    text: str
    place: Place
    chooses: bool = False
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """The call that a statement belongs to: its names, where it returns to, and where its result goes."""

    routine: RoutineSymbol
    names: dict[LocalSymbol, Layout | Value]
    return_to: int
    result: LocalSymbol | None
    is_entry: bool
    region: int | None
    text: str = ""


class Flow:
    """The graph of one routine for one actor (`None` for an action that nobody in particular performs)."""

    def __init__(
        self, operations: Operations, routine: RoutineSymbol, actor: int | None, self_value: Scalar | None
    ) -> None:
        self.nodes: list[Node] = []
        self.rest_points: list[int] = []
        self._deferred: dict[int, int | tuple[s.Block, int, Frame]] = {}
        self._operations = operations
        self._around = operations.around
        self._routine = routine
        self._actor = actor
        self._self = self_value
        self._regions = 0
        self._takes_locks = False
        self._takes_steps = True

    # ------------------------------------------------------------------ the outermost routine

    def lower(self, names: dict[LocalSymbol, Layout | Value]) -> int:
        """Builds the whole graph; returns the first node."""
        declaration = self._routine.declaration
        single_step = declaration.kind == "action" or "atomic" in declaration.modifiers
        self._takes_steps = not single_step
        region = self._new_region() if single_step else None
        frame = Frame(self._routine, dict(names), END, None, True, region)

        def fall_off(path: Path) -> Forks:
            return self._leave(path, frame, None)

        closing = self._add(fall_off, False, frame, "", declaration.place)
        frame = replace(frame, return_to=closing)
        return self._block(declaration.body, closing, frame)

    def _leave(self, path: Path, frame: Frame, node: s.Return | None) -> Forks:
        if frame.routine.declaration.kind == "procedure" and self._takes_locks:
            place = node.place if node is not None else frame.routine.place
            self._operations.check_locks_released(path, self._recorder(path, frame), self._actor, place)
        return [(path, END)]

    # ------------------------------------------------------------------ building blocks

    def _new_region(self) -> int:
        self._regions += 1
        return self._regions

    def _add(
        self,
        run: Callable[[Path], Forks],
        shared: bool,
        frame: Frame,
        text: str,
        place: Place,
        *,
        chooses: bool = False,
    ) -> int:
        if len(self.nodes) - len(self._deferred) >= MAX_NODES:
            raise LimitError(place, f"'{self._routine.name}' unfolds to more than {MAX_NODES} steps")
        self.nodes.append(Node(run, shared, frame.region, text, place, chooses))
        return len(self.nodes) - 1

    def _recorder(self, path: Path, frame: Frame) -> Recorder:
        return self._operations.recorder(path, frame.routine.path)

    def _evaluator(self, path: Path, frame: Frame) -> Evaluator:
        names: dict[LocalSymbol, Layout | Value] = {**frame.names, **path.bindings}
        return Evaluator(self._around, path.env, names, self._self, self._recorder(path, frame))

    def _bind(self, path: Path, frame: Frame, symbol: LocalSymbol, value: Value, place: Place) -> None:
        """Gives a local its value: in variables of the actor, or, where nothing can come between, just so."""
        if not isinstance(value, Scalar) or isinstance(symbol.type, RoleType):
            value = self._evaluator(path, frame).fit(value, symbol.type, place)
        layout = frame.names.get(symbol)
        if isinstance(layout, LAYOUTS) and symbol not in path.bindings:
            store(layout, value, self._recorder(path, frame).writer(TRUE, symbol.name, place))
        else:
            path.bindings[symbol] = value

    def _declare(self, frame: Frame, symbol: LocalSymbol | None) -> LocalSymbol:
        """Makes room for a local before the code that uses it is built."""
        if symbol is None:
            raise AssertionError("a name was not checked")
        if frame.region is None and self._actor is not None and not isinstance(symbol.type, type(UNKNOWN)):
            frame.names[symbol] = self._operations.local(self._actor, self._routine, symbol)
        return symbol

    def _block(self, statements: s.Block, after: int, frame: Frame) -> int:
        # Names first, in order; code last to first, since each statement has to know what follows it.
        for statement in statements:
            if isinstance(statement, (s.Local, s.Choose)):
                self._declare(frame, statement.symbol)
        for statement in reversed(statements):
            after = self._statement(statement, after, frame)
        return after

    def _later(self, statements: s.Block, after: int, frame: Frame) -> int:
        """The same, built when it is come to where that makes no difference: of what a step could do, with all that
        it calls, the parameters exclude the most."""
        if frame.region is None or not can_wait(statements, self._takes_steps):
            return self._block(statements, after, frame)
        self.nodes.append(Node(_unbuilt, False, frame.region, "", frame.routine.place))
        self._deferred[len(self.nodes) - 1] = statements, after, frame
        return len(self.nodes) - 1

    def forget(self) -> None:
        """Gives up the graph, which refers to itself: it is gone without a search for garbage."""
        self.nodes.clear()
        self._deferred.clear()

    def at(self, number_of: int) -> int:
        """The node that stands there, which for a block that had to wait is the first of that."""
        while (found := self._deferred.get(number_of)) is not None:
            if isinstance(found, tuple):
                found = self._deferred[number_of] = self._block(*found)
            number_of = found
        return number_of

    # ------------------------------------------------------------------ statements

    def _statement(self, node: s.Statement, after: int, frame: Frame) -> int:
        def simple(run: Callable[[Path], None], *, shared: bool) -> int:
            def step(path: Path) -> Forks:
                run(path)
                return [(path, after)]

            return self._add(step, shared, frame, node.text, node.place)

        match node:
            case s.Skip():
                return after
            case s.Assign(target=target, value=s.Call(symbol=RoutineSymbol() as callee) as call):
                return self._call_with_result(node, callee, call, target, after, frame)
            case s.Local(value=s.Call(symbol=RoutineSymbol() as callee) as call):
                return self._call_with_result(node, callee, call, node.symbol, after, frame)
            case s.Assign(target=target, value=value):
                shared = is_shared(target) or is_shared(value)
                return simple(lambda path: self._assign(path, frame, target, value), shared=shared)
            case s.Local(value=value):
                symbol = self._declare(frame, node.symbol)
                place = node.place
                return simple(
                    lambda path: self._first_value(path, frame, symbol, value, place), shared=is_shared(value)
                )
            case s.Choose():
                return self._choose(node, after, frame)
            case s.CallStatement(symbol=symbol, arguments=arguments):
                if not isinstance(symbol, RoutineSymbol):
                    raise AssertionError(f"{node.place}: not checked")
                return self._call(symbol, arguments, None, after, frame, node.text, node.place)
            case s.If(branches=branches, otherwise=otherwise):
                join = after if frame.region is not None and is_plain(node) else None
                no = self._later(otherwise, after, frame)
                for condition, body in reversed(branches):
                    yes = self._later(body, after, frame)
                    text = node.text if condition is branches[0][0] else ""
                    no = self._branch(condition, yes, no, frame, text, join)
                return no
            case s.Match():
                return self._match(node, after, frame)
            case s.Either(alternatives=alternatives):
                return self._either(node, alternatives, after, frame)
            case s.ForEach() | s.ForIn():
                return self._for(node, after, frame)
            case s.While():
                return self._while(node, after, frame)
            case s.Loop(body=body):
                head = self._add(lambda path: [(path, END)], False, frame, node.text, node.place)
                first = self._block(body, head, frame)
                self.nodes[head].run = lambda path: [(path, first)]
                self.rest_points.append(head)
                return head
            case s.Atomic(body=body):
                text = body[0].text if body else node.text
                return self._in_region(lambda f, end: self._block(body, end, f), after, frame, text, node.place)
            case s.Return(value=value):
                return self._return(node, value, frame)
            case s.Fails(errno=errno):

                def fails(path: Path) -> Forks:
                    path.outcome = f"fails {errno}"
                    return [(path, frame.return_to)]

                return self._add(fails, False, frame, node.text, node.place)
            case s.Requires():
                return simple(lambda path: self._requires(path, frame, node), shared=False)
            case s.When(condition=condition):
                return self._when(node, condition, after, frame)
            case s.Assert(condition=condition, message=message):
                shared = is_shared(condition)
                return simple(lambda path: self._assert(path, frame, condition, message, node), shared=shared)
            case _:
                return self._operation(node, after, frame)

    def _operation(self, node: s.Statement, after: int, frame: Frame) -> int:
        """Locks, waits, counts, objects and lists: `operations` knows what they mean."""
        self._takes_locks = self._takes_locks or isinstance(node, (s.Lock, s.Acquire))
        alternatives = getattr(node, "alternatives", ())
        entries = [(alternative.outcome, self._block(alternative.body, after, frame)) for alternative in alternatives]
        zero = self._block(node.at_zero, after, frame) if isinstance(node, s.Put) else after

        queue = after

        def go_on(found: Results) -> Forks:
            results: Forks = []
            for fork, which in found:
                if which in places:
                    results.append((fork, places[which]))
                else:
                    outcome, entry = entries[int(which)]
                    fork.outcome = outcome.words if outcome else None
                    results.append((fork, entry))
            return results

        def run(path: Path) -> Forks:
            evaluator, recorder = self._evaluator(path, frame), self._recorder(path, frame)
            return go_on(self._operations.run(node, path, evaluator, recorder, self._actor))

        waits = isinstance(node, (s.WaitUntil, s.WaitFor)) or (isinstance(node, s.Lock) and not node.tries)
        if isinstance(node, s.Lock) and node.context is not None and waits:
            queue, waits = self._waiting(node, go_on, frame), False
        places = {"done": after, "zero": zero, "queue": queue}
        number_of = self._add(run, True, frame, node.text, node.place)
        self.nodes[number_of].blocks = waits
        return number_of

    def _waiting(self, node: s.Lock, go_on: Callable[[Results], Forks], frame: Frame) -> int:
        """Where an actor stands that waits for a lock in an acquire context: to begin to wait is a step of its own,
        since others see it."""
        if frame.region is not None:
            message = "a lock in an acquire context takes two steps where it has to wait"
            hint = "it cannot be part of an 'atomic' block"
            raise SpecError([Diagnostic(node.place, "atomic", message, hint, len(node.text))])

        def run(path: Path) -> Forks:
            evaluator, recorder = self._evaluator(path, frame), self._recorder(path, frame)
            return go_on(self._operations.wait_for_lock(node, path, evaluator, recorder, self._actor))

        number_of = self._add(run, True, frame, f"{node.text} (waiting)", node.place)
        self.nodes[number_of].blocks = True
        return number_of

    def _assign(self, path: Path, frame: Frame, target: s.ExprNode, value: s.ExprNode) -> None:
        result = self._evaluator(path, frame).value(value)
        self._write(path, frame, target, result)

    def _write(self, path: Path, frame: Frame, target: s.ExprNode, value: Value) -> None:
        symbol = target.symbol if isinstance(target, s.Name) else None
        if isinstance(symbol, LocalSymbol):
            self._bind(path, frame, symbol, value, target.place)
            return
        self._operations.write(path, self._evaluator(path, frame), self._recorder(path, frame), target, value)

    def _first_value(
        self, path: Path, frame: Frame, symbol: LocalSymbol, value: s.ExprNode | None, place: Place
    ) -> None:
        evaluator = self._evaluator(path, frame)
        first = evaluator.value(value) if value is not None else self._operations.default(symbol.type)
        path.bindings.pop(symbol, None)
        self._bind(path, frame, symbol, first, place)

    def _requires(self, path: Path, frame: Frame, node: s.Requires) -> None:
        parts: list[tuple[s.ExprNode, Expr]] = []
        truth = self._evaluator(path, frame).conjuncts(node.condition, parts)
        if not frame.is_entry:
            message = f"'{frame.routine.name}' is called although what it requires does not hold"
            self._recorder(path, frame).check("requires", truth, message, node.place)
        elif self._operations.misbehaves(frame.routine):
            path.waived += _clauses(node, parts)
        else:
            path.clauses += _clauses(node, parts)
            path.require(truth)

    def _when(self, node: s.When, condition: s.ExprNode, after: int, frame: Frame) -> int:
        def run(path: Path) -> Forks:
            parts: list[tuple[s.ExprNode, Expr]] = []
            truth = self._evaluator(path, frame).conjuncts(condition, parts)
            path.clauses += _clauses(node, parts)
            return [(path, after)] if path.require(truth) else []

        return self._add(run, is_shared(condition), frame, node.text, node.place)

    def _assert(
        self, path: Path, frame: Frame, condition: s.ExprNode, message: str | None, node: s.Statement
    ) -> None:
        truth = self._evaluator(path, frame).truth(condition)
        text = message or f"'{node.text.removeprefix('assert ')}' is false"
        self._recorder(path, frame).check("assertion", truth, text, node.place)

    # ------------------------------------------------------------------ branching

    def _split(self, path: Path, condition: Expr, yes: int, no: int) -> Forks:
        forks: Forks = []
        for truth, target in ((condition, yes), (not_(condition), no)):
            fork = path.fork()
            if fork.require(truth):
                forks.append((fork, target))
        return forks

    def _branch(
        self, condition: s.ExprNode, yes: int, no: int, frame: Frame, text: str, join: int | None = None
    ) -> int:
        """Goes on at `yes` or at `no`. Where both ways lead to `join` without another choice, they are one way again
        from there on, with values that depend on the condition: else n branches in a row would be 2^n actions."""
        shared = is_shared(condition)

        def run(path: Path) -> Forks:
            truth = self._evaluator(path, frame).truth(condition)
            forks = self._split(path, truth, yes, no)
            if join is not None:
                ends = [self._straight_to(join, fork, target) for fork, target in forks]
                if not ends:
                    # What the routine requires is plainly false: it is never here.
                    return []
                return [(joined(path, truth, *ends) if len(ends) == 2 else ends[0], join)]
            if shared:
                for fork, target in forks:
                    if fork.label == text and yes != no:
                        fork.label = f"{text}: {'yes' if target == yes else 'no'}"
            return forks

        text = text or f"elif {show(condition)}"
        return self._add(run, shared, frame, text, condition.place)

    def _straight_to(self, join: int, path: Path, current: int) -> Path:
        """The one way from here to the node where two branches meet."""
        while (current := self.at(current)) != join:
            node = self.nodes[current]
            path.steps += 1
            if path.steps > MAX_PATH:
                raise LimitError(node.place, f"more than {MAX_PATH} small steps run without interruption")
            [(path, current)] = node.run(path)
        return path

    def _match(self, node: s.Match, after: int, frame: Frame) -> int:
        entries: list[int] = []
        for case in node.cases:
            for symbol in case.symbols:
                self._declare(frame, symbol)
            entries.append(self._later(case.body, after, frame))
        otherwise = self._later(node.otherwise, after, frame) if node.otherwise is not None else None

        def run(path: Path) -> Forks:
            evaluator = self._evaluator(path, frame)
            subject = evaluator.value(node.subject)
            forks: Forks = []
            conditions: list[Expr] = []
            for case, entry in zip(node.cases, entries, strict=True):
                condition, payload = _case(subject, case.label)
                conditions.append(condition)
                fork = path.fork()
                if fork.require(condition):
                    for symbol, value in zip(case.symbols, payload, strict=False):
                        fork.bindings.pop(symbol, None)
                        self._bind(fork, frame, symbol, value, case.place)
                    if fork.label == node.text:
                        fork.label = f"{node.text}: {case.label}"
                    forks.append((fork, entry))
            rest = path.fork()
            if rest.require(not_(or_(*conditions))):
                if otherwise is None:
                    message = "no case of 'match' fits"
                    self._recorder(rest, frame).check("failed_match", FALSE, message, node.place)
                forks.append((rest, after if otherwise is None else otherwise))
            return forks

        return self._add(run, is_shared(node.subject), frame, node.text, node.place)

    def _either(self, node: s.Either, alternatives: tuple[s.Alternative, ...], after: int, frame: Frame) -> int:
        entries = [(alternative, self._later(alternative.body, after, frame)) for alternative in alternatives]

        def run(path: Path) -> Forks:
            forks: Forks = []
            for alternative, entry in entries:
                fork = path.fork()
                if alternative.outcome is not None:
                    fork.outcome = alternative.outcome.words
                    if not fork.label or fork.label == node.text:
                        fork.label = alternative.outcome.words
                elif fork.label == node.text and alternative.body:
                    # Which of them, said by what it begins with.
                    fork.label = f"{node.text}: {alternative.body[0].text}"
                forks.append((fork, entry))
            return forks

        return self._add(run, False, frame, node.text, node.place, chooses=True)

    def _choose(self, node: s.Choose, after: int, frame: Frame) -> int:
        symbol = self._declare(frame, node.symbol)

        def run(path: Path) -> Forks:
            forks: Forks = []
            for value in every(symbol.type):
                fork = path.fork()
                fork.bindings.pop(symbol, None)
                self._bind(fork, frame, symbol, value, node.place)
                condition = self._evaluator(fork, frame).truth(node.where) if node.where is not None else TRUE
                if fork.require(condition):
                    forks.append((fork, after))
            return forks

        return self._add(run, is_shared(node.where), frame, node.text, node.place, chooses=True)

    # ------------------------------------------------------------------ loops

    def _for(self, node: s.ForEach | s.ForIn, after: int, frame: Frame) -> int:
        symbol = node.symbol
        if symbol is None:
            raise AssertionError(f"{node.place}: not checked")
        if isinstance(node, s.ForEach):
            for value in reversed(every(symbol.type)):
                inner = replace(frame, names={**frame.names, symbol: value})
                body = self._block(node.body, after, inner)
                if node.where is None:
                    after = body
                else:
                    join = after if frame.region is not None and all(map(is_plain, node.body)) else None
                    after = self._branch(node.where, body, after, inner, node.text, join)
            return after
        kind = node.collection.type
        if isinstance(kind, SetType):
            return self._for_members(node, symbol, kind, after, frame)
        if not isinstance(kind, QueueType):
            raise AssertionError(f"{node.place}: not checked")
        self._declare(frame, symbol)
        exit_to = after
        for position in reversed(range(kind.capacity)):
            body = self._block(node.body, after, frame)
            after = self._at_position(node, symbol, position, body, exit_to, frame)
        return after

    def _at_position(
        self, node: s.ForIn, symbol: LocalSymbol, position: int, body: int, exit_to: int, frame: Frame
    ) -> int:
        def run(path: Path) -> Forks:
            queue = self._evaluator(path, frame).value(node.collection)
            if not isinstance(queue, QueueValue):
                raise AssertionError(f"{node.place}: not a queue")
            forks = self._split(path, lt(number(position), queue.length), body, exit_to)
            for fork, target in forks:
                if target == body:
                    fork.bindings.pop(symbol, None)
                    self._bind(fork, frame, symbol, queue.slots[position], node.place)
            return forks

        return self._add(run, is_shared(node.collection), frame, node.text, node.place)

    def _for_members(self, node: s.ForIn, symbol: LocalSymbol, kind: SetType, after: int, frame: Frame) -> int:
        for position, value in reversed(list(enumerate(every(kind.element)))):
            inner = replace(frame, names={**frame.names, symbol: value})
            body = self._block(node.body, after, inner)

            def run(path: Path, position: int = position, body: int = body, skip: int = after) -> Forks:
                members = self._evaluator(path, frame).value(node.collection)
                if not isinstance(members, SetValue):
                    raise AssertionError(f"{node.place}: not a set")
                return self._split(path, members.members[position], body, skip)

            after = self._add(run, is_shared(node.collection), frame, node.text, node.place)
        return after

    def _while(self, node: s.While, after: int, frame: Frame) -> int:
        limit = self._operations.constant(node.limit, frame.routine.scope)

        def too_often(path: Path) -> Forks:
            message = f"the loop would run more than {limit} times"
            self._recorder(path, frame).check("loop_bound", FALSE, message, node.place)
            return [(path, after)]

        following = self._add(too_often, False, frame, node.text, node.place)
        following = self._branch(node.condition, following, after, frame, node.text)
        for _ in range(limit):
            body = self._block(node.body, following, frame)
            following = self._branch(node.condition, body, after, frame, node.text)
        return following

    # ------------------------------------------------------------------ regions and calls

    def _in_region(
        self, build: Callable[[Frame, int], int], after: int, frame: Frame, text: str, place: Place
    ) -> int:
        """What `build` makes becomes one step, or stays part of the step that it is in already."""
        in_action = self._routine.declaration.kind == "action"
        if frame.region is not None and not in_action:
            return build(frame, after)
        inner = replace(frame, region=frame.region or self._new_region())

        def leave(path: Path) -> Forks:
            if in_action and not path.simultaneous and path.ordered == 1:
                self._recorder(path, frame).end_of_order(place)
                path.simultaneous = True
            path.ordered -= 1
            return [(path, after)]

        end = self._add(leave, False, inner, text, place)
        first = build(inner, end)

        def enter(path: Path) -> Forks:
            path.simultaneous = False
            path.ordered += 1
            return [(path, first)]

        return self._add(enter, True, inner, text, place)

    def _call(
        self,
        callee: RoutineSymbol,
        arguments: tuple[s.ExprNode, ...],
        result: LocalSymbol | None,
        after: int,
        frame: Frame,
        text: str,
        place: Place,
    ) -> int:
        def build(caller: Frame, end: int) -> int:
            inner = Frame(callee, {}, end, result, False, caller.region, text)
            for parameter in callee.parameters:
                self._declare(inner, parameter)
            if result is not None and result in caller.names:
                inner.names[result] = caller.names[result]
            body = self._later(callee.declaration.body, end, inner)

            def enter(path: Path) -> Forks:
                evaluator = self._evaluator(path, caller)
                values = [evaluator.value(argument) for argument in arguments]
                for parameter, value in zip(callee.parameters, values, strict=True):
                    path.bindings.pop(parameter, None)
                    self._bind(path, inner, parameter, value, place)
                return [(path, body)]

            return self._add(enter, any(map(is_shared, arguments)), caller, text, place)

        if "atomic" in callee.declaration.modifiers:
            if not block_is_shared(callee.declaration.body):
                return build(frame, after)
            return self._in_region(build, after, frame, text, place)
        return build(frame, after)

    def _call_with_result(
        self,
        node: s.Statement,
        callee: RoutineSymbol,
        call: s.Call,
        target: s.ExprNode | LocalSymbol | None,
        after: int,
        frame: Frame,
    ) -> int:
        kind = callee.result or UNKNOWN
        if isinstance(target, LocalSymbol):
            self._declare(frame, target)
        result = self._operations.result_symbol(callee, kind)
        self._declare(frame, result)

        def keep(path: Path) -> Forks:
            value = self._read_local(path, frame, result)
            if isinstance(target, LocalSymbol):
                path.bindings.pop(target, None)
                self._bind(path, frame, target, value, node.place)
            elif target is not None:
                self._write(path, frame, target, value)
            return [(path, after)]

        shared = isinstance(target, s.ExprNode) and is_shared(target)
        after_call = self._add(keep, shared, frame, node.text, node.place)
        return self._call(callee, call.arguments, result, after_call, frame, node.text, node.place)

    def _read_local(self, path: Path, frame: Frame, symbol: LocalSymbol) -> Value:
        name = s.Name(symbol.place, symbol.name)
        name.symbol, name.type = symbol, symbol.type
        return self._evaluator(path, frame).value(name)

    def _return(self, node: s.Return, value: s.ExprNode | None, frame: Frame) -> int:
        def run(path: Path) -> Forks:
            if value is not None:
                result = self._evaluator(path, frame).value(value)
                if frame.result is not None:
                    path.bindings.pop(frame.result, None)
                    self._bind(path, frame, frame.result, result, node.place)
                elif frame.is_entry:
                    path.answer = result if isinstance(result, Scalar) else None
                    word = self._operations.word(result)
                    if word is not None and word != "OK":
                        path.outcome = f"fails {word}"
            if frame.is_entry:
                return self._leave(path, frame, node)
            return [(path, frame.return_to)]

        return self._add(run, is_shared(value), frame, node.text, node.place)


def _clauses(node: s.Requires | s.When, parts: list[tuple[s.ExprNode, Expr]]) -> list[Clause]:
    """The conjuncts of a condition, each for itself, without those that always hold."""
    duty = isinstance(node, s.Requires)
    return [
        Clause(truth, show(part), part.place, duty, node.rules, node.message)
        for part, truth in parts
        if truth != TRUE
    ]


def _unbuilt(path: Path) -> Forks:
    raise AssertionError("a block is built before it is run")


def _case(subject: Value, label: str) -> tuple[Expr, tuple[Value, ...]]:
    """When a word is `label`, and what it then carries."""
    match subject:
        case VariantValue(tag, payloads, kind):
            position = kind.labels.index(label)
            return eq(tag, number(position)), payloads[position]
        case Scalar(expr, kind):
            return eq(expr, number(_labels(kind).index(label))), ()
        case _:
            raise AssertionError("'match' looks at words")


def _labels(kind: Type) -> tuple[str, ...]:
    return getattr(kind, "labels", ())
