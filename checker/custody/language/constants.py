"""Expressions whose value is known before the system exists: parameters, constants, bounds, sizes."""

from __future__ import annotations

from custody.language import syntax as s
from custody.language.problems import Problems
from custody.language.symbols import Constant, ConstantSymbol, Scope, TypeSymbol
from custody.language.types import VariantType

MAX_MAGNITUDE = 2**31 - 1
"""No constant may be larger than this, or smaller than its negative."""


def constant(expression: s.ExprNode, scope: Scope, problems: Problems) -> Constant | None:
    """The value, or None after a complaint. Words stand for themselves as strings."""
    try:
        value = _value(expression, scope)
    except _NotConstantError as error:
        problems.error(error.node, "constant", str(error), error.hint)
        return None
    if isinstance(value, int) and abs(value) > MAX_MAGNITUDE:
        problems.error(expression, "number", f"the value {value} is beyond ±{MAX_MAGNITUDE}")
        return None
    return value


def constant_number(expression: s.ExprNode, scope: Scope, problems: Problems) -> int | None:
    """The value of an expression that must be a number."""
    value = constant(expression, scope, problems)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        problems.error(expression, "type", f"expected a number, found {_show(value)}")
        return None
    return value


class _NotConstantError(Exception):
    def __init__(self, node: s.ExprNode, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.node = node
        self.hint = hint


def _show(value: Constant) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'"


def _value(node: s.ExprNode, scope: Scope) -> Constant:
    match node:
        case s.Number(value=value) | s.Truth(value=value):
            return value
        case s.Name(text=text):
            symbol = scope.find(text)
            if isinstance(symbol, ConstantSymbol):
                return symbol.value
            if symbol is None:
                return text  # a word of an enumeration, or a mistake: the type decides
            raise _NotConstantError(node, f"'{text}' is not a constant")
        case s.Field(base=s.Name(text=text), name=name) if isinstance(scope.find(text), TypeSymbol):
            return _qualified(node, text, name, scope)
        case s.Unary(operator="-", operand=operand):
            return -_number(operand, scope)
        case s.Unary(operand=operand):
            return not _truth(operand, scope)
        case s.Binary(operator=operator, left=left, right=right):
            return _binary(node, operator, left, right, scope)
        case s.Connective(operator="and", parts=parts):
            # Every part is looked at, so that a mistake in a later one is not hidden by an earlier one.
            return [_truth(part, scope) for part in parts].count(False) == 0
        case s.Connective(parts=parts):
            return [_truth(part, scope) for part in parts].count(True) > 0
        case s.Conditional(condition=condition, yes=yes, no=no):
            return _value(yes if _truth(condition, scope) else no, scope)
        case s.InRange(operand=operand, low=low, high=high):
            return _number(low, scope) <= _number(operand, scope) <= _number(high, scope)
        case s.Binary() | _:
            raise _NotConstantError(node, "this must be known before the model runs: only parameters and constants")


def _qualified(node: s.ExprNode, text: str, name: str, scope: Scope) -> str:
    symbol = scope.find(text)
    if isinstance(symbol, TypeSymbol) and isinstance(symbol.type, VariantType) and name in symbol.type.labels:
        return name
    raise _NotConstantError(node, f"'{text}' has no word '{name}'")


def _number(node: s.ExprNode, scope: Scope) -> int:
    value = _value(node, scope)
    if isinstance(value, bool) or not isinstance(value, int):
        if isinstance(value, str):
            near = scope.near(value)
            raise _NotConstantError(node, f"unknown name '{value}'", f"did you mean '{near}'?" if near else None)
        raise _NotConstantError(node, f"expected a number, found {_show(value)}")
    return value


def _truth(node: s.ExprNode, scope: Scope) -> bool:
    value = _value(node, scope)
    if not isinstance(value, bool):
        if isinstance(value, str):
            near = scope.near(value)
            raise _NotConstantError(node, f"unknown name '{value}'", f"did you mean '{near}'?" if near else None)
        raise _NotConstantError(node, f"expected true or false, found {_show(value)}")
    return value


def _binary(node: s.ExprNode, operator: str, left: s.ExprNode, right: s.ExprNode, scope: Scope) -> Constant:
    if operator in ("==", "!="):
        return (_value(left, scope) == _value(right, scope)) == (operator == "==")
    if operator == "=>":
        return not _truth(left, scope) or _truth(right, scope)
    if operator == "<=>":
        return _truth(left, scope) == _truth(right, scope)
    if operator == "in":
        if not isinstance(right, s.SetLiteral):
            raise _NotConstantError(right, "only a written set can be looked into here")
        return _value(left, scope) in [_value(item, scope) for item in right.items]
    a, b = _number(left, scope), _number(right, scope)
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "/" | "%" if b <= 0:
            raise _NotConstantError(node, f"division by {b}: the divisor must be positive")
        case "/":
            return a // b
        case "%":
            return a % b
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case _:
            return a >= b
