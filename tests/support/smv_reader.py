"""A reader of the SMV that we write, to count its states where no nuXmv is installed: a second opinion of the text.

It knows the grammar of SMV expressions and nothing of the exporter.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lark import Lark, Transformer

_GRAMMAR = r"""
?start: choice
?choice: either | either "?" choice ":" choice -> ite
?either: both ("|" both)* -> either
?both: comparison ("&" comparison)* -> both
?comparison: total | total "=" total -> eq | total "<" total -> lt | total "<=" total -> le | total ">" total -> gt
           | total ">=" total -> ge | total "in" "{" choice ("," choice)* "}" -> among
?total: product | total "+" product -> add | total "-" product -> sub
?product: unary | product "*" unary -> mul | product "/" unary -> div
?unary: "!" unary -> not_ | "-" unary -> neg | atom
?atom: NUMBER -> number | "TRUE" -> yes | "FALSE" -> no | "next" "(" NAME ")" -> after | NAME -> name | "(" choice ")"
NAME: /[A-Za-z_][A-Za-z0-9_]*/
NUMBER: /[0-9]+/
%ignore /\s+/
"""

Value = int
Env = Mapping[str, Value]
Meaning = Callable[[Env, Env], Value]


class _Meaning(Transformer[Any, Any]):
    """Each expression as a function of the values before and after the step."""

    def number(self, items: list[Any]) -> Meaning:
        value = int(items[0])
        return lambda now, then: value

    def yes(self, _items: list[Any]) -> Meaning:
        return lambda now, then: 1

    def no(self, _items: list[Any]) -> Meaning:
        return lambda now, then: 0

    def name(self, items: list[Any]) -> Meaning:
        name = str(items[0])
        return lambda now, then: now[name]

    def after(self, items: list[Any]) -> Meaning:
        name = str(items[0])
        return lambda now, then: then[name]

    def not_(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(not items[0](now, then))

    def neg(self, items: list[Any]) -> Meaning:
        return lambda now, then: -items[0](now, then)

    def either(self, items: list[Any]) -> Meaning:
        return lambda now, then: (
            int(any(item(now, then) for item in items)) if len(items) > 1 else items[0](now, then)
        )

    def both(self, items: list[Any]) -> Meaning:
        return lambda now, then: (
            int(all(item(now, then) for item in items)) if len(items) > 1 else items[0](now, then)
        )

    def ite(self, items: list[Any]) -> Meaning:
        return lambda now, then: items[1](now, then) if items[0](now, then) else items[2](now, then)

    def among(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) in [item(now, then) for item in items[1:]])

    def eq(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) == items[1](now, then))

    def lt(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) < items[1](now, then))

    def le(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) <= items[1](now, then))

    def gt(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) > items[1](now, then))

    def ge(self, items: list[Any]) -> Meaning:
        return lambda now, then: int(items[0](now, then) >= items[1](now, then))

    def add(self, items: list[Any]) -> Meaning:
        return lambda now, then: items[0](now, then) + items[1](now, then)

    def sub(self, items: list[Any]) -> Meaning:
        return lambda now, then: items[0](now, then) - items[1](now, then)

    def mul(self, items: list[Any]) -> Meaning:
        return lambda now, then: items[0](now, then) * items[1](now, then)

    def div(self, items: list[Any]) -> Meaning:
        """Towards zero."""

        def divided(now: Env, then: Env) -> int:
            low, by = items[0](now, then), items[1](now, then)
            return abs(low) // abs(by) * (1 if (low < 0) == (by < 0) else -1)

        return divided


class Model:
    """The module of the text: its variables' values, the first states, the steps, what is claimed of states."""

    def __init__(self, text: str) -> None:
        parser = Lark(_GRAMMAR, parser="lalr", transformer=_Meaning())
        parts: dict[str, list[str]] = {}
        section = ""
        self.claims: list[Meaning] = []
        for line in (re.sub(r"--.*", "", line).strip() for line in text.splitlines()):
            word = line.split(" ")[0] if line else ""
            if word == "INVARSPEC":
                self.claims.append(self._meaning(parser, line.removeprefix("INVARSPEC").rstrip(";")))
            elif word in ("MODULE", "VAR", "DEFINE", "INIT", "TRANS"):
                section = word
            elif line:
                parts.setdefault(section, []).append(line)
        self.domains = dict(self._domain(line) for line in parts.get("VAR", []))
        self._defines: dict[str, Meaning] = {}
        for line in parts.get("DEFINE", []):
            name, _, body = line.rstrip(";").partition(":=")
            self._defines[name.strip()] = self._meaning(parser, body)
        self.first = self._meaning(parser, " ".join(parts["INIT"]))
        self.step = self._meaning(parser, " ".join(parts["TRANS"]))

    def _meaning(self, parser: Lark, text: str) -> Meaning:
        found: Any = parser.parse(text)
        return lambda now, then: found(_Defining(self, now, then), then)

    @staticmethod
    def _domain(line: str) -> tuple[str, range]:
        name, _, kind = line.rstrip(";").partition(":")
        low, _, high = kind.strip().partition("..")
        return name.strip(), range(2) if low == "boolean" else range(int(low), int(high) + 1)

    def states(self) -> Iterator[dict[str, int]]:
        for values in itertools.product(*self.domains.values()):
            yield dict(zip(self.domains, values, strict=True))

    def define(self, name: str) -> Meaning:
        return self._defines[name]

    def reachable(self) -> set[tuple[int, ...]]:
        """By trying every pair of states: for small models only."""
        everything = list(self.states())
        found = [state for state in everything if self.first(state, state)]
        seen = {tuple(state.values()) for state in found}
        while found:
            state = found.pop()
            for after in everything:
                key = tuple(after.values())
                if key not in seen and self.step(state, after):
                    seen.add(key)
                    found.append(after)
        return seen


class _Defining(Mapping[str, int]):
    """The variables before the step, and the definitions over them."""

    def __init__(self, model: Model, now: Env, then: Env) -> None:
        self._model, self._now, self._then = model, now, then

    def __getitem__(self, name: str) -> int:
        return self._now[name] if name in self._now else self._model.define(name)(self._now, self._then)

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)
