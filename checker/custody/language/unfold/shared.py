"""Which expressions look at what other actors can change: only these make a step of their own."""

from __future__ import annotations

from functools import lru_cache

from custody.language import syntax as s
from custody.language.symbols import DefineSymbol, StateSymbol
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
