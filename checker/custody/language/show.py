"""Expressions as text again, for messages: in the words of the specification, on one line."""

from __future__ import annotations

from functools import lru_cache

from custody.language import syntax as s

_STRENGTH = {
    "<=>": 1, "=>": 2, "or": 3, "and": 4, "not": 5, "==": 7, "!=": 7, "<": 7, "<=": 7, ">": 7, ">=": 7, "in": 7,
    "is": 7, "+": 8, "-": 8, "*": 9, "/": 9, "%": 9,
}  # fmt: skip
_ATOM = 11


def show(node: s.ExprNode) -> str:
    """The expression as it could have been written."""
    return _show(node)[0]


@lru_cache(1 << 12)  # a condition is shown for every actor and choice of arguments
def _show(node: s.ExprNode) -> tuple[str, int]:
    """The text, and how strongly it holds together."""
    match node:
        case s.Number(value=value):
            return str(value), _ATOM
        case s.Truth(value=value):
            return ("true" if value else "false"), _ATOM
        case s.NoneLiteral():
            return "none", _ATOM
        case s.SelfRef():
            return "self", _ATOM
        case s.Name(text=text):
            return text, _ATOM
        case s.Field(base=base, name=name):
            return f"{_at_least(base, _ATOM)}.{name}", _ATOM
        case s.Index(base=base, indices=indices):
            return f"{_at_least(base, _ATOM)}[{', '.join(map(show, indices))}]", _ATOM
        case s.Call(function=function, arguments=arguments):
            return f"{_at_least(function, _ATOM)}({', '.join(map(show, arguments))})", _ATOM
        case s.Unary(operator="-", operand=operand):
            return f"-{_at_least(operand, 10)}", 10
        case s.Unary(operator="not", operand=s.Is(operand=operand, label=label)):
            return f"{_at_least(operand, 8)} is not {label}", 7
        case s.Unary(operator="not", operand=s.Binary(operator="in", left=left, right=right)):
            return f"{_at_least(left, 8)} not in {_at_least(right, 8)}", 7
        case s.Unary(operand=operand):
            return f"not {_at_least(operand, 5)}", 5
        case s.Connective(operator=operator, parts=parts):
            strength = _STRENGTH[operator]
            return f" {operator} ".join(_at_least(part, strength + 1) for part in parts), strength
        case s.Binary(operator=operator, left=left, right=right):
            strength = _STRENGTH[operator]
            # `=>` groups to the right, the arithmetic ones and `<=>` to the left, comparisons not at all.
            first = strength + (operator not in ("+", "-", "*", "/", "%", "<=>"))
            second = strength + (operator != "=>")
            return f"{_at_least(left, first)} {operator} {_at_least(right, second)}", strength
        case s.InRange(operand=operand, low=low, high=high):
            return f"{_at_least(operand, 8)} in {_at_least(low, 8)}..{_at_least(high, 8)}", 7
        case s.Is(operand=operand, label=label):
            return f"{_at_least(operand, 8)} is {label}", 7
        case s.Quantified(kind=kind, binders=binders, body=body):
            head = ", ".join(map(_binder, binders))
            if kind in ("count", "sum"):
                return f"{kind}({head} . {show(body)})", _ATOM
            return f"{kind} {head} . {show(body)}", 0
        case s.SetLiteral(items=items):
            return f"{{{', '.join(map(show, items))}}}", _ATOM
        case s.EmptyQueue():
            return "[]", _ATOM
        case s.Conditional(condition=condition, yes=yes, no=no):
            return f"if {show(condition)} then {show(yes)} else {show(no)}", 0
        case s.Old(operand=operand):
            return f"old({show(operand)})", _ATOM
        case _:
            raise AssertionError(f"no text for {type(node).__name__}")


def _at_least(node: s.ExprNode, strength: int) -> str:
    text, own = _show(node)
    return text if own >= strength else f"({text})"


def _binder(binder: s.Binder) -> str:
    if binder.type_name is not None:
        return f"{binder.name}: {binder.type_name}"
    if binder.bounds is not None:
        return f"{binder.name} in {show(binder.bounds[0])}..{show(binder.bounds[1])}"
    return f"{binder.name} in {binder.collection.text if binder.collection else ''}"
