"""Which expressions look at what other actors can change: only these make a step of their own. And which blocks can
be built later than what stands around them."""

from __future__ import annotations

from functools import lru_cache

from custody.language import syntax as s
from custody.language.symbols import DefineSymbol, RoutineSymbol, StateSymbol
from custody.language.types import RoleType

_LOOKING = ("held", "held_by", "waited_by", "acquiring", "older", "completed", "live", "idle", "in_call")
"""Built-in functions that look at what others can change, whatever they are asked about."""


@lru_cache(1 << 14)  # asked again in every turn of a loop
def is_shared(node: s.ExprNode | None) -> bool:
    """Whether the value of `node` depends on anything but constants, parameters and locals."""
    match node:
        case None:
            return False
        case s.Name(symbol=symbol):
            return _symbol_is_shared(symbol)
        case s.Field(base=base, symbol=symbol):
            if symbol is not None:
                return _symbol_is_shared(symbol)
            return (isinstance(base.type, RoleType) and base.type.is_object) or is_shared(base)
        case s.Index(base=base, indices=indices):
            return is_shared(base) or any(map(is_shared, indices))
        case s.Call(symbol=symbol, arguments=arguments):
            if isinstance(symbol, DefineSymbol):
                return _symbol_is_shared(symbol) or any(map(is_shared, arguments))
            looks = symbol is not None and symbol.name in _LOOKING
            return looks or any(map(is_shared, arguments))
        case s.Unary(operand=operand) | s.Is(operand=operand) | s.Old(operand=operand):
            return is_shared(operand)
        case s.Binary(left=left, right=right):
            return is_shared(left) or is_shared(right)
        case s.Connective(parts=parts) | s.SetLiteral(items=parts):
            return any(map(is_shared, parts))
        case s.InRange(operand=operand, low=low, high=high):
            return is_shared(operand) or is_shared(low) or is_shared(high)
        case s.Conditional(condition=condition, yes=yes, no=no):
            return is_shared(condition) or is_shared(yes) or is_shared(no)
        case s.Quantified(binders=binders, body=body):
            return is_shared(body) or any(is_shared(binder.collection) for binder in binders)
        case _:
            return False


def _symbol_is_shared(symbol: object) -> bool:
    if isinstance(symbol, DefineSymbol):
        return is_shared(symbol.declaration.body)
    return isinstance(symbol, StateSymbol)


def block_is_shared(statements: s.Block) -> bool:
    """Whether anything in the block could be seen by others; calls count as if they did."""
    return any(not isinstance(statement, (s.Skip, s.Return, s.Fails)) for statement in statements)


@lru_cache(1 << 14)
def can_wait(statements: s.Block, in_steps: bool) -> bool:
    """Whether a block inside one step may be built when it is first come to, with the same outcome.

    It must not be empty, for it has to begin with a node of its own.  What takes locks says by being built that the
    routine does, loops complain about their bounds, and a result is kept where the caller has a place for it by then,
    which in a routine that is `in_steps` may change.
    """
    return any(map(_makes_node, statements)) and all(_can_wait(statement, in_steps) for statement in statements)


def _makes_node(node: s.Statement) -> bool:
    return not isinstance(node, (s.Skip, s.ForEach, s.ForIn, s.Atomic))


@lru_cache(1 << 14)
def _can_wait(node: s.Statement, in_steps: bool) -> bool:
    def all_can(*blocks: s.Block) -> bool:
        return all(_can_wait(statement, in_steps) for block in blocks for statement in block)

    match node:
        case s.Assign(value=s.Call(symbol=RoutineSymbol() as callee)):
            return not in_steps and all_can(callee.declaration.body)
        case s.Local(value=s.Call(symbol=RoutineSymbol() as callee)):
            return not in_steps and all_can(callee.declaration.body)
        case s.CallStatement(symbol=RoutineSymbol() as callee):
            return all_can(callee.declaration.body)
        case s.Assign() | s.Local() | s.Choose() | s.Skip() | s.Return() | s.Fails():
            return True
        case s.Requires() | s.When() | s.Assert():
            return True
        case s.If(branches=branches, otherwise=otherwise):
            return all_can(otherwise, *(body for _, body in branches))
        case s.Match(cases=cases, otherwise=otherwise):
            return all_can(otherwise or (), *(case.body for case in cases))
        case s.Either(alternatives=alternatives):
            return all_can(*(alternative.body for alternative in alternatives))
        case s.ForEach(body=body) | s.Atomic(body=body):
            return all_can(body)
        case _:
            return False
