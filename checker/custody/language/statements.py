"""Checks the bodies of actions, procedures and processes, statement by statement."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from custody.language import syntax as s
from custody.language.declare import ERRNO, World
from custody.language.infer import Inference
from custody.language.symbols import LocalSymbol, RoutineSymbol, Scope, StateSymbol, TypeSymbol
from custody.language.types import (
    BOOL,
    UNKNOWN,
    CompletionType,
    ContextType,
    KrefType,
    LockType,
    QueueType,
    RoleType,
    SetType,
    Type,
    UnknownType,
    VariantType,
    agrees,
    is_scalar,
)

_ONLY_STEPS = (
    s.Lock, s.Unlock, s.Acquire, s.WaitUntil, s.WaitFor, s.While, s.Loop, s.Return, s.Local,
)  # fmt: skip
"""Statements that need a sequence of steps: procedures have one, the single step of an action has not."""


def check_routine(world: World, symbol: RoutineSymbol) -> None:
    """Types the whole body of a routine and complains about what does not fit."""
    _Body(world, symbol).check()


class _Body:
    def __init__(self, world: World, routine: RoutineSymbol) -> None:
        self.world = world
        self.routine = routine
        self.problems = world.problems
        self.scope = Scope(routine.scope)
        self.is_action = routine.declaration.kind == "action"
        for parameter in routine.parameters:
            self.scope.declare(parameter.name, parameter)
        # In an action, statements inside `atomic` take effect in order and may call procedures.
        self.ordered = not self.is_action

    def check(self) -> None:
        declaration = self.routine.declaration
        if declaration.kind == "action" and declaration.modifiers & {"atomic"}:
            self.problems.error(declaration, "modifier", "an action is a single step already: leave out 'atomic'")
        if declaration.kind == "procedure" and declaration.modifiers & {"spontaneous", "blocking"}:
            self.problems.error(declaration, "modifier", "only an action can be 'spontaneous' or 'blocking'")
        for parameter in self.routine.parameters:
            called_from_outside = self.is_action or declaration.actor is not None
            if called_from_outside and not (is_scalar(parameter.type) or isinstance(parameter.type, UnknownType)):
                message = f"'{parameter.name}' must be a single value: the caller chooses among all of them"
                self.problems.error(parameter.place, "type", message)
        self._block(declaration.body)

    # ------------------------------------------------------------------ blocks and names

    def _types(self) -> Inference:
        return Inference(self.world, self.scope, self.routine.actor)

    def _block(self, statements: Iterable[s.Statement]) -> None:
        outer = self.scope
        self.scope = Scope(outer)
        ended: s.Statement | None = None
        for statement in statements:
            if ended is not None:
                self.problems.error(statement, "unreachable", f"nothing after '{ended.text}' is ever reached")
                ended = None
            self._statement(statement)
            if isinstance(statement, (s.Return, s.Fails)):
                ended = statement
        self.scope = outer

    def _bind(self, node: s.Node, name: str, kind: Type, *, mutable: bool) -> LocalSymbol:
        symbol = LocalSymbol(name, node.place, kind, mutable)
        if self.scope.declare(name, symbol) is not None:
            self.problems.error(node, "duplicate", f"'{name}' is declared twice")
        return symbol

    # ------------------------------------------------------------------ statements

    def _statement(self, node: s.Statement) -> None:
        if not self.ordered and isinstance(node, _ONLY_STEPS):
            self.problems.error(node, "step", "an action is a single step: this statement belongs in a procedure")
            return
        match node:
            case s.Skip():
                pass
            case s.Assign(target=target, value=value):
                self._assign(node, target, value)
            case s.Alloc():
                self._alloc(node)
            case s.CallStatement(function=function, arguments=arguments):
                node.symbol = self._call(node, function, arguments)
            case s.If(branches=branches, otherwise=otherwise):
                for condition, body in branches:
                    self._types().expect(condition, BOOL)
                    self._block(body)
                self._block(otherwise)
            case s.Match():
                self._match(node)
            case s.Either(alternatives=alternatives):
                self._alternatives(alternatives, ("fails",))
            case s.ForEach() | s.ForIn():
                self._for(node)
            case s.While(condition=condition, limit=limit, body=body):
                self._types().expect(condition, BOOL)
                count = self.world.constant_number(limit, self.scope)
                if count is not None and count < 1:
                    self.problems.error(limit, "range", f"a loop runs at most 1 time or more, not {count}")
                self._block(body)
            case s.Loop(body=body):
                if self.routine.declaration.kind != "process":
                    self.problems.error(node, "loop", "only a process may loop for ever", "use 'while … max N'")
                self._block(body)
            case s.Atomic(body=body):
                before, self.ordered = self.ordered, True
                self._block(body)
                self.ordered = before
            case s.Local() | s.Choose():
                self._local(node)
            case s.Return(value=value):
                self._return(node, value)
            case s.Fails(errno=errno):
                self._errno(node, errno)
                if not self.is_action:
                    self.problems.error(node, "step", "'fails' ends an action; a procedure says 'return'")
            case s.Requires(condition=condition, rules=rules):
                self._types().expect(condition, BOOL)
                self.world.check_rules(node, rules)
                self._at_entry(node, "requires")
            case s.When(condition=condition, rules=rules):
                self._types().expect(condition, BOOL)
                self.world.check_rules(node, rules)
                if not self.is_action:
                    self.problems.error(node, "step", "'when' guards an action; a procedure says 'wait until'")
            case s.WaitUntil(condition=condition, alternatives=alternatives):
                self._types().expect(condition, BOOL)
                self._alternatives(alternatives, ("timeout", "interrupted"))
            case s.WaitFor(target=target, alternatives=alternatives):
                self._target(target, CompletionType, "a completion")
                self._alternatives(alternatives, ("timeout", "interrupted"))
            case s.Lock():
                self._lock(node)
            case s.Unlock(target=target):
                self._target(target, LockType, "a lock")
                self._needs_actor(node)
            case s.Acquire(target=target):
                self._target(target, ContextType, "an acquire context")
                self._needs_actor(node)
            case s.Complete(target=target):
                self._target(target, CompletionType, "a completion")
            case s.Get(target=target):
                self._target(target, KrefType, "a reference count")
            case s.Put(target=target, at_zero=body):
                self._target(target, KrefType, "a reference count")
                if body and not self.ordered:
                    self.problems.error(node, "step", "'at zero' in an action belongs inside 'atomic'")
                self._block(body)
            case s.Free(value=value):
                kind = self._types().infer(value)
                if not (isinstance(kind, UnknownType) or (isinstance(kind, RoleType) and kind.is_object)):
                    self.problems.error(value, "type", f"only an object can be freed, not {kind}")
            case s.Add(value=value, target=target) | s.Remove(value=value, target=target):
                kind = self._target(target, (SetType, QueueType), "a queue or set")
                element = kind.element if isinstance(kind, (SetType, QueueType)) else UNKNOWN
                self._types().expect(value, element)
            case s.Pop(target=target):
                self._target(target, QueueType, "a queue")
            case s.Assert(condition=condition):
                self._types().expect(condition, BOOL)
            case _:
                raise AssertionError(f"no check for {type(node).__name__}")

    def _at_entry(self, node: s.Statement, what: str) -> None:
        """`requires` speaks of the moment of the call, so it stands at the top."""
        body = self.routine.declaration.body
        leading = list(body[: body.index(node)]) if node in body else [s.Skip(node.place)]
        if any(not isinstance(before, (s.Requires, s.When, s.Choose)) for before in leading):
            self.problems.error(node, "step", f"'{what}' belongs at the top of the routine")

    def _needs_actor(self, node: s.Statement) -> None:
        declaration = self.routine.declaration
        if self.is_action and self.routine.actor is None:
            self.problems.error(node, "actor", f"nobody is named who does this: write '{declaration.name} … by ROLE'")

    def _errno(self, node: s.Node, errno: str | None) -> None:
        if errno is not None and ERRNO.alternative(errno) is None:
            near = difflib.get_close_matches(errno, ERRNO.labels, 1)
            hint = f"did you mean '{near[0]}'?" if near else None
            self.problems.error(node, "errno", f"'{errno}' is not an error number that is known here", hint)

    def _alternatives(self, alternatives: tuple[s.Alternative, ...], kinds: tuple[str, ...]) -> None:
        for alternative in alternatives:
            outcome = alternative.outcome
            if outcome is not None:
                if outcome.kind not in kinds:
                    allowed = " or ".join(f"'or {kind}'" for kind in kinds)
                    self.problems.error(outcome, "outcome", f"'or {outcome.words}' does not fit here: only {allowed}")
                self._errno(outcome, outcome.errno)
            self._block(alternative.body)

    def _assign(self, node: s.Assign, target: s.ExprNode, value: s.ExprNode) -> None:
        kind = self._target(target)
        if isinstance(kind, (LockType, ContextType, CompletionType, KrefType)) and not (
            isinstance(kind, KrefType) and isinstance(value, s.Number)
        ):
            self.problems.error(
                node, "type", f"nothing is assigned to what is of type {kind}", "use its own statements"
            )
            return
        if isinstance(value, s.Call) and isinstance(self._types().callee(value.function), RoutineSymbol):
            self._call_for(value, kind)
            return
        self._types().expect(value, kind)

    def _call_for(self, value: s.Call, kind: Type) -> None:
        """A procedure call whose result is kept."""
        value.symbol = self._call(value, value.function, value.arguments)
        result = value.symbol.result if isinstance(value.symbol, RoutineSymbol) else None
        value.type = result or UNKNOWN
        if isinstance(value.symbol, RoutineSymbol) and result is None:
            self.problems.error(value, "call", f"'{value.symbol.name}' returns nothing", "declare 'returns TYPE'")
        elif result is not None and not agrees(result, kind):
            self.problems.error(value, "type", f"expected {kind}, but the procedure returns {result}")

    def _call(self, node: s.Node, function: s.ExprNode, arguments: tuple[s.ExprNode, ...]) -> RoutineSymbol | None:
        types = self._types()
        symbol = types.callee(function)
        if not isinstance(symbol, RoutineSymbol):
            name = getattr(function, "text", getattr(function, "name", "this"))
            near = self.scope.near(name)
            hint = f"did you mean '{near}'?" if near and near != name else None
            self.problems.error(node, "call", f"'{name}' is not a procedure", hint)
            for argument in arguments:
                types.infer(argument)
            return None
        if symbol.declaration.kind != "procedure":
            self.problems.error(node, "call", f"'{symbol.name}' is a {symbol.declaration.kind} and cannot be called")
        if not self.ordered:
            self.problems.error(node, "step", "an action may call procedures only inside 'atomic'")
        if symbol.actor is not None and symbol.actor != self.routine.actor:
            message = f"'{symbol.name}' is performed by {symbol.actor}, this routine is not"
            self.problems.error(node, "actor", message)
        self.world.note_call(self.routine, symbol, node)
        types.arguments(node, symbol.name, tuple(p.type for p in symbol.parameters), arguments)
        return symbol

    def _is_one_step(self) -> bool:
        return self.is_action or "atomic" in self.routine.declaration.modifiers

    def _target(
        self, node: s.ExprNode, kinds: type[Type] | tuple[type[Type], ...] | None = None, what: str = ""
    ) -> Type:
        """Types something that is changed; complains when it is not of one of `kinds` or cannot be changed."""
        kind = self._types().infer(node)
        root = node
        while isinstance(root, (s.Field, s.Index)) and not (isinstance(root, s.Field) and root.symbol is not None):
            base = root.base
            if isinstance(root, s.Field) and isinstance(base.type, RoleType):
                root = base
                break
            if isinstance(root, s.Field) and isinstance(base.type, VariantType):
                self.problems.error(node, "target", "a payload cannot be changed alone: assign the whole word")
                return UNKNOWN
            root = base
        symbol = root.symbol if isinstance(root, (s.Name, s.Field)) else None
        through_reference = isinstance(root.type, RoleType) and root is not node
        if not through_reference and not isinstance(kind, UnknownType):
            if isinstance(symbol, LocalSymbol) and not symbol.mutable:
                self.problems.error(node, "target", f"'{symbol.name}' cannot be changed here")
                return UNKNOWN
            if isinstance(symbol, LocalSymbol) and kinds is not None and self._is_one_step():
                # Its locals are values that are worked out, not cells that can be written.
                message = f"'{symbol.name}' is a local of a single step, where a queue or set can only be assigned"
                self.problems.error(node, "target", message)
                return UNKNOWN
            if not isinstance(symbol, (LocalSymbol, StateSymbol)):
                self.problems.error(node, "target", "this cannot be changed: it is not a variable")
                return UNKNOWN
        if kinds is not None and not isinstance(kind, UnknownType) and not isinstance(kind, kinds):
            self.problems.error(node, "type", f"expected {what}, found {kind}")
            return UNKNOWN
        return kind

    def _alloc(self, node: s.Alloc) -> None:
        symbol = self.scope.find(node.object_name)
        kind = self._target(node.target)
        if isinstance(symbol, TypeSymbol) and isinstance(symbol.type, RoleType) and symbol.type.is_object:
            node.symbol = symbol
            if not agrees(symbol.type, kind):
                self.problems.error(node, "type", f"{kind} cannot refer to a {node.object_name}")
        else:
            near = self.scope.near(node.object_name)
            hint = f"did you mean '{near}'?" if near else None
            self.problems.error(node, "name", f"there is no object '{node.object_name}'", hint)
        self._alternatives(node.alternatives, ("fails",))

    def _match(self, node: s.Match) -> None:
        kind = self._types().infer(node.subject)
        seen: dict[str, None] = {}
        for case in node.cases:
            payload: tuple[Type, ...] = ()
            if isinstance(kind, VariantType):
                alternative = kind.alternative(case.label)
                if alternative is None:
                    near = difflib.get_close_matches(case.label, kind.labels, 1)
                    hint = f"did you mean '{near[0]}'?" if near else f"its words are {', '.join(kind.labels)}"
                    self.problems.error(case, "name", f"'{case.label}' is not a word of this type", hint)
                else:
                    payload = alternative.payload
                    if case.names and len(case.names) != len(payload):
                        message = f"'{case.label}' carries {len(payload)} values, not {len(case.names)}"
                        self.problems.error(case, "call", message)
            elif not isinstance(kind, UnknownType):
                self.problems.error(node.subject, "type", f"'match' looks at words, not at {kind}")
                kind = UNKNOWN
            if case.label in seen:
                self.problems.error(case, "duplicate", f"the case '{case.label}' appears twice")
            seen[case.label] = None
            outer = self.scope
            self.scope = Scope(outer)
            kinds = (*payload, *[UNKNOWN] * len(case.names))
            case.symbols = tuple(
                self._bind(case, name, part, mutable=False) for name, part in zip(case.names, kinds, strict=False)
            )
            self._block(case.body)
            self.scope = outer
        if node.otherwise is not None:
            self._block(node.otherwise)

    def _for(self, node: s.ForEach | s.ForIn) -> None:
        outer = self.scope
        self.scope = Scope(outer)
        if isinstance(node, s.ForEach):
            kind = self.world.named_type(node, node.type_name, self.scope)
            if not isinstance(kind, UnknownType) and not is_scalar(kind):
                self.problems.error(node, "type", f"cannot run through {kind}")
            node.symbol = self._bind(node, node.name, kind, mutable=False)
            if node.where is not None:
                self._types().expect(node.where, BOOL)
        else:
            collection = self._types().infer(node.collection)
            element = UNKNOWN
            if isinstance(collection, (QueueType, SetType)):
                element = collection.element
            elif not isinstance(collection, UnknownType):
                self.problems.error(node.collection, "type", f"cannot run through {collection}")
            node.symbol = self._bind(node, node.name, element, mutable=False)
        self._block(node.body)
        self.scope = outer

    def _local(self, node: s.Local | s.Choose) -> None:
        kind = self.world.type_of(node.declared, self.scope)
        if isinstance(kind, (LockType, ContextType, CompletionType)):
            self.problems.error(node.declared, "type", f"a local cannot be of type {kind}")
        if isinstance(node, s.Choose):
            if not is_scalar(kind) and not isinstance(kind, UnknownType):
                self.problems.error(node.declared, "type", f"only a single value can be chosen, not {kind}")
            node.symbol = self._bind(node, node.name, kind, mutable=not self.is_action)
            if node.where is not None:
                self._types().expect(node.where, BOOL)
            return
        if node.value is not None:
            if isinstance(node.value, s.Call) and isinstance(
                self._types().callee(node.value.function), RoutineSymbol
            ):
                self._call_for(node.value, kind)
            else:
                self._types().expect(node.value, kind)
        node.symbol = self._bind(node, node.name, kind, mutable=True)

    def _return(self, node: s.Return, value: s.ExprNode | None) -> None:
        result = self.routine.result
        if value is None:
            if result is not None:
                self.problems.error(node, "call", f"'{self.routine.name}' returns {result}: a value is missing")
            return
        if result is not None:
            self._types().expect(value, result)
            return
        if self.routine.declaration.actor is not None:
            # An entry point may answer with an error number without saying so first.
            self._types().expect(value, ERRNO)
        else:
            self._types().infer(value)
            self.problems.error(node, "call", f"'{self.routine.name}' returns nothing", "declare 'returns TYPE'")

    def _lock(self, node: s.Lock) -> None:
        kind = self._target(node.target, LockType, "a lock")
        self._needs_actor(node)
        if isinstance(kind, LockType):
            if kind.kind == "rwlock" and node.access is None:
                self.problems.error(node, "lock", "say 'for read' or 'for write'")
            elif kind.kind != "rwlock" and node.access is not None:
                self.problems.error(node, "lock", f"a {kind} has no readers and writers")
            if kind.kind != "ww_mutex" and node.context is not None:
                self.problems.error(node, "lock", f"only a ww_mutex is taken in an acquire context, not a {kind}")
        outcomes = ("busy",) if node.tries else ("interrupted", "timeout")
        if node.context is not None:
            self._target(node.context, ContextType, "an acquire context")
            outcomes = outcomes if node.tries else ("deadlock", "already", "interrupted")
        self._alternatives(node.alternatives, outcomes)
