"""The system in z3, once: formulas over one step, copied for each step of a run.

The variables before and after a step and one selector for each action make a template; a copy of it for a step is
a substitution, which z3 does far faster than Python builds terms.  A variable after the step is what the selected
action writes, or what it was when the selected action does not write it; exactly one action is selected.  An
integer variable is an unsigned bit-vector just wide enough for its domain, holding the value less the lowest.

No post-state is assumed to be in its domain.  A state after a step is in its domain exactly when the step does
not *escape*; whether one can is a question like any other, and until it is answered with never, nothing is proved.

Measured on the core dma-buf contract (24 variables, 242 actions, 18 steps): this takes 2.1 s in QF_FD and 2.4 s in
QF_BV; a whole frame condition in each action 8.8 and 16.8 s; z3's default solver 3.2 s here, but six to eight times
QF_FD's time on other protocols.  Hence QF_FD, z3's incremental SAT solver over bits; `reports/encodings.md` compares
it with others, integers among them, on twenty families of models.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

from typing import Any

import z3

from custody.symbolic.terms import Number, Term, apply, conjunction, disjunction, width
from custody.system.expression import Expr, Op, nodes
from custody.system.model import State, System


class Encoding:
    """The formulas of one system, in a z3 context of its own.

    Expressions given to it are those of the system, which keeps them alive: terms are remembered by identity,
    because comparing deep expressions would recurse.  TooWideError when one has numbers beyond all measure.
    """

    def __init__(self, system: System) -> None:
        self.context: Any = z3.Context()
        self.system = system
        self._before = self._variables("v")
        self._after = self._variables("w")
        self._selectors = self._booleans("a")
        self._copies: list[list[Any]] = []
        self._known: dict[int, Term] = {}
        self.guards: list[Any] = [self.holds(action.guard) for action in system.actions]
        self.proper: list[Any] = [
            self.all([guard, *(self.holds(check.condition) for check in action.checks)])
            for guard, action in zip(self.guards, system.actions, strict=True)
        ]
        self._writes: list[dict[int, Term]] = [
            {effect.variable: self._term(effect.value) for effect in action.effects} for action in system.actions
        ]
        self._step: Any = self._transition()
        self._first: Any = self._first_state()

    # ------------------------------------------------------------------ formulas of the template

    def all(self, parts: list[Any]) -> Any:
        """Every part holds."""
        return conjunction(parts, self.context)

    def any(self, parts: list[Any]) -> Any:
        """Some part holds."""
        return disjunction(parts, self.context)

    def holds(self, root: Expr) -> Any:
        """The Boolean expression in the state before the step."""
        return self._term(root)

    def holds_after(self, root: Expr, action: int) -> Any:
        """The Boolean expression over the step of the action, of which NEXT reads what it writes."""
        writes = self._writes[action]
        over_step: dict[int, Term] = {}
        for node in nodes(root):
            if node.op is Op.NEXT:
                over_step[id(node)] = writes[node.value] if node.value in writes else self._read(node.value)
            elif any(id(arg) in over_step for arg in node.args):
                args = [over_step[id(arg)] if id(arg) in over_step else self._term(arg) for arg in node.args]
                over_step[id(node)] = apply(node, args, self.context)
        return over_step[id(root)] if id(root) in over_step else self._term(root)

    def breaks(self, action: int, check: int) -> Any:
        """The action is enabled, and the check is the first that its step breaks."""
        conditions = [self.holds(each.condition) for each in self.system.actions[action].checks[: check + 1]]
        return self.all([self.guards[action], *conditions[:-1], z3.Not(conditions[-1])])

    def escapes(self) -> Any:
        """Some step that breaks no check gives a variable a value outside its domain."""
        cases: list[Any] = []
        for proper, writes in zip(self.proper, self._writes, strict=True):
            for index, term in writes.items():
                domain = self.system.variables[index].domain
                if isinstance(term, Number) and not domain.low <= term.low <= term.high <= domain.high:
                    size = max(term.bits.size(), width(domain.low, domain.high))
                    value = term.within(size)
                    low, high = (z3.BitVecVal(end, size, self.context) for end in (domain.low, domain.high))
                    cases.append(z3.And(proper, z3.Or(value < low, value > high)))
        return self.any(cases)

    # ------------------------------------------------------------------ copies for the steps of a run

    def at(self, formula: Any, step: int) -> Any:
        """A formula of the template over the state after `step` steps."""
        return z3.substitute(formula, *zip(self._before, self._copy(step), strict=True))

    def first(self, step: int) -> Any:
        """The state after `step` steps is a first state."""
        return self.at(self._first, step)

    def in_domain(self, step: int) -> Any:
        """Every variable has a value of its domain after `step` steps."""
        limits: list[Any] = []
        for variable, term in zip(self.system.variables, self._copy(step), strict=True):
            size = variable.domain.size
            if not variable.domain.boolean and size != 1 << _bits(size):
                limits.append(z3.ULE(term, z3.BitVecVal(size - 1, _bits(size), self.context)))
        return self.all(limits)

    def step(self, number: int) -> Any:
        """One action leads from the state after `number` steps to the next, breaking no check."""
        return z3.substitute(
            self._step,
            *zip(self._before, self._copy(number), strict=True),
            *zip(self._after, self._copy(number + 1), strict=True),
            *zip(self._selectors, self._booleans("a", number), strict=True),
        )

    def different(self, one: int, other: int) -> Any:
        """The states after `one` and after `other` steps are not the same."""
        pairs = zip(self._copy(one), self._copy(other), strict=True)
        return self.any([a != b for a, b in pairs])

    # ------------------------------------------------------------------ reading models

    def state(self, model: Any, step: int) -> State:
        """The state that the model has after `step` steps."""
        values: list[int] = []
        for variable, term in zip(self.system.variables, self._copy(step), strict=True):
            value = model.eval(term, model_completion=True)
            if variable.domain.boolean:
                values.append(int(z3.is_true(value)))
            else:
                values.append(value.as_long() + variable.domain.low)
        return tuple(values)

    def action(self, model: Any, step: int) -> int:
        """The action of the step that leads on from there."""
        for index, selector in enumerate(self._booleans("a", step)):
            if z3.is_true(model.eval(selector, model_completion=True)):
                return index
        raise AssertionError("a step without an action")

    # ------------------------------------------------------------------ building

    def _variables(self, prefix: str) -> list[Any]:
        terms: list[Any] = []
        for index, variable in enumerate(self.system.variables):
            if variable.domain.boolean:
                terms.append(z3.Bool(f"{prefix}{index}", self.context))
            else:
                terms.append(z3.BitVec(f"{prefix}{index}", _bits(variable.domain.size), self.context))
        return terms

    def _booleans(self, prefix: str, step: int | None = None) -> list[Any]:
        suffix = "" if step is None else f"_{step}"
        return [z3.Bool(f"{prefix}{index}{suffix}", self.context) for index in range(len(self.system.actions))]

    def _copy(self, step: int) -> list[Any]:
        while len(self._copies) <= step:
            self._copies.append(self._variables(f"s{len(self._copies)}_"))
        return self._copies[step]

    def _term(self, root: Expr) -> Term:
        for node in nodes(root):
            if id(node) not in self._known:
                if node.op is Op.READ:
                    term = self._read(node.value)
                else:
                    term = apply(node, [self._known[id(arg)] for arg in node.args], self.context)
                self._known[id(node)] = term
        return self._known[id(root)]

    def _read(self, index: int) -> Term:
        domain, term = self.system.variables[index].domain, self._before[index]
        if domain.boolean:
            return term
        size = width(domain.low, domain.high)
        value = z3.ZeroExt(size - _bits(domain.size), term) if size > _bits(domain.size) else term
        if domain.low:
            value = value + z3.BitVecVal(domain.low, size, self.context)
        return Number(value, domain.low, domain.high)

    def _stored(self, index: int, term: Term) -> Any:
        """What the variable holds when it has the value; only its lowest bits when the step escapes."""
        domain = self.system.variables[index].domain
        if domain.boolean:
            return term
        value = term.within(_bits(domain.size))
        return value - z3.BitVecVal(domain.low, _bits(domain.size), self.context) if domain.low else value

    def _transition(self) -> Any:
        parts: list[Any] = [self.any(self._selectors)]
        if len(self._selectors) > 1:
            parts.append(z3.AtMost(*self._selectors, 1))
        for selector, proper, writes in zip(self._selectors, self.proper, self._writes, strict=True):
            body = [proper, *(self._after[index] == self._stored(index, term) for index, term in writes.items())]
            parts.append(z3.Implies(selector, self.all(body)))
        for index, (before, after) in enumerate(zip(self._before, self._after, strict=True)):
            writers = [
                selector for selector, writes in zip(self._selectors, self._writes, strict=True) if index in writes
            ]
            parts.append(self.any([after == before, *writers]))
        return self.all(parts)

    def _first_state(self) -> Any:
        parts: list[Any] = [self.holds(self.system.where)]
        for variable, term in zip(self.system.variables, self._before, strict=True):
            domain = variable.domain
            choices: list[Any] = []
            for value in variable.initial:
                if domain.boolean:
                    choices.append(term if value else z3.Not(term))
                else:
                    choices.append(term == z3.BitVecVal(value - domain.low, _bits(domain.size), self.context))
            parts.append(self.any(choices))
        return self.all(parts)


def _bits(size: int) -> int:
    return max(1, (size - 1).bit_length())
