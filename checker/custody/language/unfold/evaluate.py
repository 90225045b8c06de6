"""What an expression of the language means: a symbolic value over the variables before the step.

Conditions are short-circuit as in C: what could go wrong in `b` of `a and b` only matters where `a` holds.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from custody.language import syntax as s
from custody.language.diagnostic import LimitError
from custody.language.show import show
from custody.language.symbols import (
    ConstantSymbol,
    DefineSymbol,
    LocalSymbol,
    RoutineSymbol,
    StateSymbol,
    Symbol,
)
from custody.language.types import (
    BOOL,
    NUMBER,
    BoolType,
    IntType,
    RecordType,
    RoleType,
    SetType,
    Type,
    VariantType,
    is_scalar,
)
from custody.language.unfold.path import Recorder
from custody.language.unfold.storage import (
    LAYOUTS,
    ArrayCells,
    Cell,
    Layout,
    LockCells,
    RecordCells,
    VariantCells,
    load,
)
from custody.language.unfold.value import (
    MAX_VALUES,
    ArrayValue,
    QueueValue,
    RecordValue,
    Scalar,
    SetValue,
    Value,
    VariantValue,
    WrittenSet,
    choose,
    constant,
    default,
    equal,
    every,
    low,
)
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    add,
    and_,
    div,
    eq,
    implies,
    ite,
    le,
    lt,
    mod,
    mul,
    not_,
    number,
    or_,
    sub,
    substitute,
)
from custody.system.place import NOWHERE, Place

_T = TypeVar("_T")


class Surroundings(Protocol):
    """What the evaluator has to know about the system under construction."""

    def layout(self, symbol: StateSymbol) -> Layout: ...

    def object_part(self, name: str, instance: int, part: str) -> Layout: ...

    def object_live(self, name: str, instance: int) -> Cell: ...

    def actor(self, role: str, instance: int) -> int: ...

    def resting(self, actor: int) -> Expr: ...

    def in_call(self, actor: int, entry: RoutineSymbol) -> Expr: ...


Places = list[tuple[Expr, Layout]]
"""Where a thing may be kept: conditions, of which exactly one holds, with the layout then meant."""


class Evaluator:
    """Evaluates expressions at one point of one routine, or in a property.

    `env` has what was written before, `locals` what local names stand for (variables or values); `recorder`
    takes the checks, and is None in properties, where an impossible part has its type's first value.
    """

    def __init__(
        self,
        around: Surroundings,
        env: Mapping[int, Expr],
        names: Mapping[LocalSymbol, Layout | Value],
        actor: Scalar | None,
        recorder: Recorder | None,
        old_env: Mapping[int, Expr] | None = None,
    ) -> None:
        self._around = around
        self._env = dict(env) if not isinstance(env, dict) else env
        self._names: Mapping[LocalSymbol, Layout | Value] = names
        self._actor = actor
        self.recorder = recorder
        self._old_env = dict(old_env) if old_env is not None else None
        self._assumed: list[Expr | tuple[str, tuple[Expr, ...]]] = []

    # ------------------------------------------------------------------ entry points

    def truth(self, node: s.ExprNode) -> Expr:
        return self.scalar(node).expr

    def conjuncts(self, node: s.ExprNode, found: list[tuple[s.ExprNode, Expr]]) -> Expr:
        """The same of a condition; the truth of each part that `and` joins is added to `found`."""
        if not (isinstance(node, s.Connective) and node.operator == "and"):
            truth = self.truth(node)
            found.append((node, truth))
            return truth
        known: list[Expr] = []
        for part in node.parts:
            self._assumed.append(("and", tuple(known)))
            known.append(self.conjuncts(part, found))
            self._assumed.pop()
        return and_(*known)

    def scalar(self, node: s.ExprNode) -> Scalar:
        value = self.value(node)
        if not isinstance(value, Scalar):
            raise AssertionError(f"{node.place}: expected a single value")
        return value

    def value(self, node: s.ExprNode) -> Value:
        match node:
            case s.Number(value=value):
                return constant(value, NUMBER)
            case s.Truth(value=value):
                return constant(int(value), BOOL)
            case s.NoneLiteral():
                kind = node.type
                return Scalar(number(0), kind if isinstance(kind, RoleType) else NUMBER)
            case s.SelfRef():
                if self._actor is None:
                    raise AssertionError(f"{node.place}: no self")
                return self._actor
            case s.Name():
                return self._name(node)
            case s.Field() | s.Index():
                places = self.locate(node)
                if places is not None:
                    return self._load(places)
                return self._part(node)
            case s.Call():
                return self._call(node)
            case s.Unary(operator="-", operand=operand):
                return Scalar(sub(number(0), self.scalar(operand).expr), NUMBER)
            case s.Unary(operand=operand):
                return Scalar(not_(self.truth(operand)), BOOL)
            case s.Connective(operator=operator, parts=parts):
                return Scalar(self._connective(operator, parts), BOOL)
            case s.Binary():
                return self._binary(node)
            case s.InRange(operand=operand, low=first, high=last):
                middle = self.scalar(operand).expr
                inside = and_(le(self.scalar(first).expr, middle), le(middle, self.scalar(last).expr))
                return Scalar(inside, BOOL)
            case s.Is(operand=operand, label=label):
                return Scalar(self._is(self.value(operand), label), BOOL)
            case s.Quantified():
                return self._quantified(node)
            case s.SetLiteral(items=items):
                return WrittenSet(tuple(self.value(item) for item in items))
            case s.EmptyQueue():
                return default(_known(node))
            case s.Conditional(condition=condition, yes=yes, no=no):
                when = self.truth(condition)
                with self._assuming(when):
                    first = self.value(yes)
                with self._assuming(not_(when)):
                    second = self.value(no)
                return choose(when, first, second)
            case s.Old(operand=operand):
                env, self._env = self._env, self._old_env or {}
                value = self.value(operand)
                self._env = env
                return value
            case _:
                raise AssertionError(f"no value for {type(node).__name__}")

    # ------------------------------------------------------------------ where things are kept

    def locate(self, node: s.ExprNode) -> Places | None:
        """The variables that `node` names, with conditions where an index or reference decides; None if none."""
        match node:
            case s.Name(symbol=symbol) | s.Field(symbol=symbol) if isinstance(symbol, StateSymbol):
                return [(TRUE, self._around.layout(symbol))]
            case s.Name(symbol=LocalSymbol() as symbol):
                known = self._names.get(symbol)
                return [(TRUE, known)] if isinstance(known, LAYOUTS) else None
            case s.Index(base=base, indices=indices):
                places = self.locate(base)
                for index in indices:
                    if places is None:
                        return None
                    places = self._indexed(places, index)
                return places
            case s.Field(base=base, name=name, symbol=None):
                if isinstance(base.type, RoleType):
                    return self._through(base, base.type, name, node.place)
                places = self.locate(base)
                return None if places is None else self._parts(places, base, name, node.place)
            case _:
                return None

    def _indexed(self, places: Places, index: s.ExprNode) -> Places:
        position = self.scalar(index)
        found: Places = []
        for condition, layout in places:
            if not isinstance(layout, ArrayCells):
                raise AssertionError(f"{index.place}: not an array")
            for when, item in self._select(layout.type.index, position, layout.items, index.place):
                both = and_(condition, when)
                if both != FALSE:
                    found.append((both, item))
        return found

    def _select(self, kind: Type, position: Scalar, items: tuple[_T, ...], place: Place) -> list[tuple[Expr, _T]]:
        """The item at `position` of an index type: each item with the condition that it is the one."""
        shift = low(kind)
        expr = position.expr
        if isinstance(position.type, RoleType) and position.type.optional:
            self.check("null_dereference", not_(eq(expr, number(0))), "none is used as an index", place)
            shift = 1
        if isinstance(kind, BoolType):
            return [(not_(expr), items[0]), (expr, items[1])]
        if expr.is_constant:
            offset = expr.value - shift
            if 0 <= offset < len(items):
                return [(TRUE, items[offset])]
        if isinstance(kind, IntType):
            inside = and_(le(number(kind.low), expr), le(expr, number(kind.high)))
            if not (
                isinstance(position.type, IntType)
                and kind.low <= position.type.low <= position.type.high <= kind.high
            ):
                self.check("range", inside, f"the index would leave {kind}", place)
        return [(eq(expr, number(offset + shift)), item) for offset, item in enumerate(items)]

    def _through(self, base: s.ExprNode, kind: RoleType, name: str, place: Place) -> Places:
        """A part of the object that a reference means."""
        reference = self.scalar(base)
        shift = int(isinstance(reference.type, RoleType) and reference.type.optional)
        text = show(base)
        if shift:
            exists = not_(eq(reference.expr, number(0)))
            self.check("null_dereference", exists, f"'{text}' is none and is used", place)
        alive = [
            implies(
                eq(reference.expr, number(instance + shift)),
                self._read(self._around.object_live(kind.name, instance)),
            )
            for instance in range(kind.size)
        ]
        self.check("use_after_free", and_(*alive), f"'{text}' is used although the {kind.name} was freed", place)
        places: Places = []
        for instance in range(kind.size):
            condition = eq(reference.expr, number(instance + shift))
            if condition != FALSE:
                places.append((condition, self._around.object_part(kind.name, instance, name)))
        return places or [(TRUE, self._around.object_part(kind.name, 0, name))]

    def _parts(self, places: Places, base: s.ExprNode, name: str, place: Place) -> Places:
        found: Places = []
        for condition, layout in places:
            match layout:
                case RecordCells(fields, kind):
                    position = [known for known, _ in kind.fields].index(name)
                    found.append((condition, fields[position]))
                case VariantCells(tag, payloads, kind):
                    position = kind.labels.index(name)
                    fits = eq(self._read(tag), number(position))
                    message = f"'{show(base)}' is not {name}"
                    self.check("failed_match", implies(condition, fits), message, place)
                    found.append((condition, payloads[position][0]))
                case _:
                    raise AssertionError(f"{place}: no parts")
        return found

    def _load(self, places: Places) -> Value:
        value = load(places[-1][1], self._env)
        for condition, layout in reversed(places[:-1]):
            value = choose(condition, load(layout, self._env), value)
        return value

    def _read(self, cell: Cell) -> Expr:
        value = load(cell, self._env)
        if not isinstance(value, Scalar):
            raise AssertionError("a variable holds a single value")
        return value.expr

    # ------------------------------------------------------------------ checks

    def check(self, hazard: str, condition: Expr, message: str, place: Place) -> None:
        """Records that `condition` must hold wherever this point is reached."""
        if self.recorder is not None and condition != TRUE:
            self.recorder.check(hazard, implies(and_(*map(_assumption, self._assumed)), condition), message, place)

    @contextmanager
    def _assuming(self, condition: Expr) -> Generator[None, None, None]:
        self._assumed.append(condition)
        yield
        self._assumed.pop()

    # ------------------------------------------------------------------ names and calls

    def _name(self, node: s.Name) -> Value:
        symbol = node.symbol
        match symbol:
            case None:
                return self._word(node.type, node.text, ())
            case ConstantSymbol(value=value, type=kind):
                if isinstance(value, str):
                    return self._word(kind, value, ())
                return constant(int(value), BOOL if isinstance(value, bool) else NUMBER)
            case LocalSymbol():
                known = self._names[symbol]
                return load(known, self._env) if isinstance(known, LAYOUTS) else known
            case DefineSymbol():
                return self._define(symbol, ())
            case StateSymbol():
                return load(self._around.layout(symbol), self._env)
            case _:
                raise AssertionError(f"{node.place}: '{node.text}' has no value")

    def _word(self, kind: Type | None, label: str, arguments: tuple[Value, ...]) -> Value:
        if not isinstance(kind, VariantType):
            raise AssertionError(f"'{label}' is no word")
        position = kind.labels.index(label)
        if is_scalar(kind):
            return constant(position, kind)
        value = default(kind)
        if not isinstance(value, VariantValue):
            raise AssertionError("a variant starts with a variant")
        payloads = list(value.payloads)
        if arguments:
            wanted = kind.alternatives[position].payload
            payloads[position] = tuple(self.fit(a, k, NOWHERE) for a, k in zip(arguments, wanted, strict=True))
        return VariantValue(number(position), tuple(payloads), kind)

    def fit(self, value: Value, kind: Type, place: Place) -> Value:
        """`value` as one of type `kind`: a reference that may be none must not be where an instance is needed."""
        if isinstance(value, Scalar) and isinstance(kind, RoleType) and isinstance(value.type, RoleType):
            if value.type.optional and not kind.optional:
                self.check("null_dereference", not_(eq(value.expr, number(0))), "none is used as an instance", place)
                return Scalar(add(value.expr, number(-1)), kind)
            if kind.optional and not value.type.optional:
                return Scalar(add(value.expr, number(1)), kind)
        if isinstance(value, WrittenSet) and isinstance(kind, SetType):
            fitted = tuple(self.fit(item, kind.element, place) for item in value.items)
            return WrittenSet(fitted)
        return value

    def _define(self, symbol: DefineSymbol, arguments: tuple[Value, ...]) -> Value:
        names = self._names
        self._names = dict(zip(symbol.parameters, arguments, strict=True))
        value = self.value(symbol.declaration.body)
        self._names = names
        return value

    def _call(self, node: s.Call) -> Value:
        symbol = node.symbol
        if symbol is None:
            name = node.function.text if isinstance(node.function, s.Name) else ""
            return self._word(node.type, name, tuple(self.value(argument) for argument in node.arguments))
        if isinstance(symbol, DefineSymbol):
            arguments = tuple(
                self.fit(self.value(argument), parameter.type, argument.place)
                for argument, parameter in zip(node.arguments, symbol.parameters, strict=True)
            )
            return self._define(symbol, arguments)
        return self._builtin(node, symbol)

    def _builtin(self, node: s.Call, symbol: Symbol) -> Value:
        name = symbol.name
        if name == "in_call":
            return Scalar(self._in_call(node), BOOL)
        if name in ("held", "held_by"):
            return Scalar(self._held(node), BOOL)
        if name == "waited_by":
            return Scalar(self._waited_by(node), BOOL)
        first = self.value(node.arguments[0])
        match name:
            case "len" | "empty":
                length = _length(first)
                return Scalar(length, NUMBER) if name == "len" else Scalar(eq(length, number(0)), BOOL)
            case "head" | "last":
                return self._end(first, name, node.place)
            case "min" | "max":
                a, b = _expr(first), self.scalar(node.arguments[1]).expr
                smaller = le(a, b)
                return Scalar(ite(smaller, a, b) if name == "min" else ite(smaller, b, a), NUMBER)
            case "abs":
                a = _expr(first)
                return Scalar(ite(lt(a, number(0)), sub(number(0), a), a), NUMBER)
            case "completed" | "acquiring":
                return Scalar(lt(number(0), _expr(first)), BOOL)
            case "older":
                a, b = _expr(first), self.scalar(node.arguments[1]).expr
                return Scalar(and_(lt(number(0), a), lt(a, b)), BOOL)
            case "live":
                return Scalar(self.live(first), BOOL)
            case "number":
                return Scalar(_expr(first), NUMBER)
            case _:
                return Scalar(
                    self._for_actor(first, lambda actor: self._state_now(self._around.resting(actor))), BOOL
                )

    def live(self, reference: Value) -> Expr:
        """Whether the object that a reference means is allocated; false for none."""
        if not (isinstance(reference, Scalar) and isinstance(reference.type, RoleType)):
            raise AssertionError("not a reference")
        kind, shift = reference.type, int(reference.type.optional)
        return or_(
            *(
                and_(eq(reference.expr, number(i + shift)), self._read(self._around.object_live(kind.name, i)))
                for i in range(kind.size)
            )
        )

    def _for_actor(self, who: Value, asks: Callable[[int], Expr]) -> Expr:
        if not (isinstance(who, Scalar) and isinstance(who.type, RoleType)):
            raise AssertionError("not an actor")
        kind, shift = who.type, int(who.type.optional)
        return or_(
            *(and_(eq(who.expr, number(i + shift)), asks(self._around.actor(kind.name, i))) for i in range(kind.size))
        )

    def _state_now(self, expr: Expr) -> Expr:
        """An expression over variables, as of this point of the path."""
        return substitute(expr, self._env) if self._env else expr

    def _in_call(self, node: s.Call) -> Expr:
        entry = node.arguments[1]
        symbol = entry.symbol if isinstance(entry, (s.Name, s.Field)) else None
        if not isinstance(symbol, RoutineSymbol):
            raise AssertionError(f"{node.place}: no entry point")
        who = self.value(node.arguments[0])
        return self._for_actor(who, lambda actor: self._state_now(self._around.in_call(actor, symbol)))

    def _held(self, node: s.Call) -> Expr:
        places = self.locate(node.arguments[0]) or []
        who = self.scalar(node.arguments[1]) if len(node.arguments) > 1 else None
        cases: list[Expr] = []
        for condition, layout in places:
            if not isinstance(layout, LockCells):
                raise AssertionError(f"{node.place}: not a lock")
            owner = self._read(layout.owner)
            if who is None:
                anybody = or_(not_(eq(owner, number(0))), *(self._read(reader) for reader in layout.readers))
                cases.append(and_(condition, anybody))
                continue

            def holds(actor: int, layout: LockCells = layout, owner: Expr = owner) -> Expr:
                reading = self._read(layout.readers[actor]) if layout.readers else FALSE
                return or_(eq(owner, number(actor + 1)), reading)

            cases.append(and_(condition, self._for_actor(who, holds)))
        return or_(*cases)

    def _waited_by(self, node: s.Call) -> Expr:
        who = self.scalar(node.arguments[1])
        cases: list[Expr] = []
        for condition, layout in self.locate(node.arguments[0]) or []:
            if not isinstance(layout, LockCells):
                raise AssertionError(f"{node.place}: not a lock")
            waiting = dict(layout.waiting)

            def waits(actor: int, waiting: dict[int, Cell] = waiting) -> Expr:
                return self._read(waiting[actor]) if actor in waiting else FALSE

            cases.append(and_(condition, self._for_actor(who, waits)))
        return or_(*cases)

    def _end(self, queue: Value, which: str, place: Place) -> Value:
        if not isinstance(queue, QueueValue):
            raise AssertionError(f"{place}: not a queue")
        self.check("empty_queue", lt(number(0), queue.length), f"the {which} of an empty queue is used", place)
        if which == "head":
            return queue.slots[0]
        value = queue.slots[0]
        for position, slot in enumerate(queue.slots[1:], 2):
            value = choose(eq(queue.length, number(position)), slot, value)
        return value

    # ------------------------------------------------------------------ parts of values, operators

    def _part(self, node: s.Field | s.Index) -> Value:
        """A part of something that is not kept in variables, or a qualified word."""
        if isinstance(node, s.Index):
            value = self.value(node.base)
            for index in node.indices:
                if not isinstance(value, ArrayValue):
                    raise AssertionError(f"{node.place}: not an array")
                options = self._select(value.type.index, self.scalar(index), value.items, index.place)
                value = options[-1][1]
                for condition, item in reversed(options[:-1]):
                    value = choose(condition, item, value)
            return value
        if isinstance(node.symbol, DefineSymbol):
            return self._define(node.symbol, ())
        if isinstance(node.symbol, ConstantSymbol):
            known = node.symbol.value
            if isinstance(known, str):
                return self._word(node.symbol.type, known, ())
            return constant(int(known), BOOL if isinstance(known, bool) else NUMBER)
        if node.base.type is None:
            return self._word(node.type, node.name, ())
        value = self.value(node.base)
        match value:
            case RecordValue(fields, RecordType(_, kinds)):
                return fields[[name for name, _ in kinds].index(node.name)]
            case VariantValue(tag, payloads, kind):
                position = kind.labels.index(node.name)
                message = f"'{show(node.base)}' is not {node.name}"
                self.check("failed_match", eq(tag, number(position)), message, node.place)
                return payloads[position][0]
            case _:
                raise AssertionError(f"{node.place}: no parts")

    def _is(self, value: Value, label: str) -> Expr:
        match value:
            case VariantValue(tag, _, kind):
                return eq(tag, number(kind.labels.index(label)))
            case Scalar(expr, VariantType() as kind):
                return eq(expr, number(kind.labels.index(label)))
            case _:
                raise AssertionError(f"'{label}' is no word of this value")

    def _connective(self, operator: str, parts: tuple[s.ExprNode, ...]) -> Expr:
        known: list[Expr] = []
        for part in parts:
            # What was known before is put together where something is checked, which is seldom.
            self._assumed.append((operator, tuple(known)))
            known.append(self.truth(part))
            self._assumed.pop()
        return and_(*known) if operator == "and" else or_(*known)

    def _binary(self, node: s.Binary) -> Scalar:
        operator = node.operator
        if operator == "=>":
            premise = self.truth(node.left)
            with self._assuming(premise):
                return Scalar(implies(premise, self.truth(node.right)), BOOL)
        if operator == "in":
            return Scalar(self._member(self.value(node.left), self.value(node.right)), BOOL)
        if operator in ("==", "!=", "<=>"):
            same = equal(self.value(node.left), self.value(node.right))
            return Scalar(not_(same) if operator == "!=" else same, BOOL)
        a, b = self.scalar(node.left).expr, self.scalar(node.right).expr
        if operator in ("/", "%"):
            self.check("division", lt(number(0), b), "the divisor is not positive", node.place)
        match operator:
            case "+":
                return Scalar(add(a, b), NUMBER)
            case "-":
                return Scalar(sub(a, b), NUMBER)
            case "*":
                return Scalar(mul(a, b), NUMBER)
            case "/":
                return Scalar(div(a, b), NUMBER)
            case "%":
                return Scalar(mod(a, b), NUMBER)
            case "<":
                return Scalar(lt(a, b), BOOL)
            case "<=":
                return Scalar(le(a, b), BOOL)
            case ">":
                return Scalar(lt(b, a), BOOL)
            case _:
                return Scalar(le(b, a), BOOL)

    def _member(self, value: Value, group: Value) -> Expr:
        match group:
            case WrittenSet(items):
                return or_(*(equal(value, item) for item in items))
            case SetValue(members, kind):
                candidates = zip(every(kind.element), members, strict=True)
                return or_(*(and_(equal(value, candidate), inside) for candidate, inside in candidates))
            case QueueValue(length, slots):
                return or_(*(and_(lt(number(i), length), equal(value, slot)) for i, slot in enumerate(slots)))
            case _:
                raise AssertionError("not a set or queue")

    def _quantified(self, node: s.Quantified) -> Scalar:
        outer = self._names
        conditions: list[tuple[Expr, Expr]] = []
        for names, inside in self._bindings(node.binders):
            self._names = {**outer, **names}
            with self._assuming(inside):
                conditions.append((inside, self.scalar(node.body).expr))
        self._names = outer
        match node.kind:
            case "forall":
                return Scalar(and_(*(implies(inside, body) for inside, body in conditions)), BOOL)
            case "exists":
                return Scalar(or_(*(and_(inside, body) for inside, body in conditions)), BOOL)
            case "count":
                ones = (ite(and_(inside, body), number(1), number(0)) for inside, body in conditions)
                return Scalar(add(*ones), NUMBER)
            case _:
                terms = (ite(inside, body, number(0)) for inside, body in conditions)
                return Scalar(add(*terms), NUMBER)

    def _bindings(self, binders: tuple[s.Binder, ...]) -> Iterator[tuple[dict[LocalSymbol, Layout | Value], Expr]]:
        """Every combination of what the binders run through, with the condition that it takes part."""
        choices: list[list[tuple[Value, Expr]]] = []
        for binder in binders:
            if binder.collection is None:
                choices.append([(value, TRUE) for value in every(_bound(binder))])
                continue
            match self.value(binder.collection):
                case SetValue(members, kind):
                    choices.append(list(zip(every(kind.element), members, strict=True)))
                case QueueValue(length, slots):
                    choices.append([(slot, lt(number(i), length)) for i, slot in enumerate(slots)])
                case _:
                    raise AssertionError(f"{binder.place}: not a set or queue")
        if math.prod(map(len, choices)) > MAX_VALUES:
            raise LimitError(binders[0].place, f"more than {MAX_VALUES} combinations to run through")
        symbols = [binder.symbol for binder in binders if binder.symbol is not None]
        for combination in itertools.product(*choices):
            names: dict[LocalSymbol, Layout | Value] = {
                symbol: value for symbol, (value, _) in zip(symbols, combination, strict=True)
            }
            yield names, and_(*(inside for _, inside in combination))


def _assumption(what: Expr | tuple[str, tuple[Expr, ...]]) -> Expr:
    """What holds where the next part of a connective is looked at: all before it do, or none does."""
    if isinstance(what, Expr):
        return what
    operator, known = what
    return and_(*known) if operator == "and" else not_(or_(*known))


def _bound(binder: s.Binder) -> Type:
    if binder.type is None:
        raise AssertionError(f"{binder.place}: not checked")
    return binder.type


def _known(node: s.ExprNode) -> Type:
    if node.type is None:
        raise AssertionError(f"{node.place}: not checked")
    return node.type


def _expr(value: Value) -> Expr:
    if not isinstance(value, Scalar):
        raise AssertionError("expected a single value")
    return value.expr


def _length(value: Value) -> Expr:
    match value:
        case QueueValue(length):
            return length
        case SetValue(members):
            return add(*(ite(member, number(1), number(0)) for member in members))
        case _:
            raise AssertionError("not a set or queue")
