"""An inductive invariant over counters: how many instances of some roles are in each local state, at any size.

The proof brings a system over counters.  Nothing of it is believed:

* of its properties it is shown, at the sizes 1 to 3, that whatever the specification forbids is forbidden in it, in
  every state, reachable or not;
* of its steps, at the same sizes, that it can follow each step from each state that can be reached (of more than
  `EVERY` states, from one for all that have the same counts);
* its numbers are no larger than those sizes tell apart, so that it cannot treat a larger size as a case of its own;
* at every size, as formulas over integers: the invariant holds at first, is kept, and excludes what is forbidden.

What is left to believe is that the specification does at larger sizes what it does at these: that is for the
language, which unfolds a quantifier in the same way for any number of instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import custody.system.expression as e
from custody.system.bounds import bounds
from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, Sort
from custody.system.fast import moves, truths
from custody.system.model import Action, Check, Domain, Effect, Form, State, System, Variable
from custody.system.place import NOWHERE
from custody.verify.proof import Proof, RefusedError, Sizes, equals, unpacked
from custody.verify.sizes import LARGEST, sized, vectors
from custody.verify.solve import find, solvers
from custody.verify.steps import breaks, decide, obligations
from custody.verify.terms import parse

EVERY = 60_000
_MINE, _OWN = " is mine[{}]", " is its own"
"""End the names of columns that are truth values: a variable of all holds the instance; one of its own holds itself
or its object instead of none."""


def check(system: System, proof: Proof, sizes: Sizes) -> str:
    """RefusedError with the obligation that fails."""
    counts = _Counts(system, proof)
    looked_at = 0
    for vector in vectors(len(counts.roles)):
        at = sizes(dict(zip(counts.roles.values(), vector, strict=True)))
        looked_at += counts.compare(sized(at, counts.roles, vector), f"at sizes {vector}")
    counts.decide()
    return (
        f"any number of {' and of '.join(counts.roles)}: init, step and safe by {' and '.join(solvers())};"
        f" {looked_at:,} states at sizes up to {LARGEST}"
    )


class _Counts:
    def __init__(self, system: System, proof: Proof) -> None:
        self.roles: dict[str, str] = {str(role): str(name) for role, name in proof.data["roles"].items()}
        self._data: Any = unpacked(proof.data["counts"])
        shared = {str(each["name"]): each for each in self._data["shared"]}
        names = [f"#{role}" for role in self.roles] + [str(each["name"]) for each in self._data["shared"]]
        names += [f"#{role}({i})" for i, (role, _) in enumerate(self._data["counters"])]
        self._index = {name: i for i, name in enumerate(names)}
        if len(self._index) < len(names):
            raise RefusedError("format", "two variables have one name")
        truth = [name in shared and bool(shared[name]["boolean"]) for name in names]
        each_ = zip(names, truth, strict=True)
        self.system = System("", "", tuple(Variable(n, Domain(0, 1, boolean=b), (0,), n) for n, b in each_), (), ())
        # What is no truth value, no name and not one of a few numbers may grow with the size.
        self._domains = {v.name: v.domain for v in system.variables}
        few = [name for name, each in shared.items() if each["boolean"] or each["labels"] or each["few"]]
        self._ranges = {self._index[name]: (self._domains[name].low, self._domains[name].high) for name in few}
        self._growing = frozenset(self._index.values()) - self._ranges.keys()
        self._looked_at: set[Expr] = set()
        self.system = replace(self.system, actions=tuple(map(self._action, self._data["actions"])))
        self._first = self._term(self._data["first"])
        self._bad = {name: self._forbidden(name, system.property_named(name).form) for name in proof.properties}
        self._parts = [parse(self.system, str(text)) for text in proof.data["invariant"]]

    # ------------------------------------------------------------------ reading

    def _term(self, text: Any, variable: int | None = None) -> Expr:
        """What is true, or what a variable becomes; no sizes are told apart that are not looked at."""
        sort = Sort.BOOL if variable is None else self.system.variables[variable].domain.sort
        found = parse(self.system, str(text), sort)
        written = found if sort is Sort.BOOL or variable is None else e.eq(e.read(variable, sort), found)
        for node in e.nodes(written):
            if node not in self._looked_at and e.reads(node) & self._growing:
                self._looked_at.add(node)
                self._tells_apart(node, text)
        return found

    def _tells_apart(self, node: Expr, text: Any) -> None:
        """RefusedError where beside what grows there stands a larger number than the sizes that are looked at."""
        large = any(arg.op is Op.CONST and abs(arg.value) >= LARGEST for arg in node.args)
        if node.op in (Op.EQ, Op.LT, Op.LE) and node.args[0].sort is Sort.INT:
            # What is added on both sides, where there is nobody and where there is one of some kind.
            difference, growing = e.sub(*node.args), self._growing & e.reads(node)
            most = LARGEST if all(self._growing & e.reads(arg) for arg in node.args) else LARGEST - 1
            for one in (None, *growing):
                ranges = {**self._ranges, **{i: (1, 1) if i == one else (0, 0) for i in growing}}
                ends = bounds(difference, ranges)[id(difference)]
                large = large or max(map(abs, ends)) > most + (one is not None)
        if large:
            raise RefusedError("format", f"a number is larger than sizes up to {LARGEST} tell apart: {text}"[:200])

    def _action(self, data: Any) -> Action:
        checks = tuple(Check(self._term(text), str(name), "", NOWHERE) for name, text in data["checks"])
        written = [(self._index[str(name)], text) for name, text in data["effects"]]
        effects = tuple(Effect(variable, self._term(text, variable)) for variable, text in written)
        name = str(data["name"])
        return Action(name, "", name, NOWHERE, self._term(data["guard"]), effects, checks)

    def _forbidden(self, name: str, form: Form) -> Expr:
        if form in (Form.HAZARD, Form.STEP):
            return self._broken(name)
        return self._term(self._data["forbidden"][name])

    def _broken(self, name: str) -> Expr:
        broken = ((a.guard, each) for a in self.system.actions for each in a.checks if each.property == name)
        return e.or_(*(e.and_(guard, e.not_(each.condition)) for guard, each in broken))

    # ------------------------------------------------------------------ one size

    def compare(self, system: System, where: str) -> int:
        """How many states were looked at. RefusedError where the counters do not follow the specification."""
        terms, fixed = self._terms(system)
        for name, bad in self._bad.items():
            allowed = e.not_(e.substitute(bad, dict(enumerate(terms))))
            state = find(system, e.and_(fixed, breaks(system, system.property_named(name)), allowed))
            if state is not None:
                raise RefusedError("safe", f"{where} the counters forbid less than {name} does", system, state)
        return self._follow(system, [*terms, fixed], where)

    def _terms(self, system: System) -> tuple[list[Expr], Expr]:
        """What each variable of the counters is in the specification's system, and what is left out as always so."""
        index, names = {v.name: i for i, v in enumerate(system.variables)}, dict(system.roles)
        kind = {name: role for role in self.roles for name in names[role]}
        found: list[Expr] = [e.number(len(names[role])) for role in self.roles]
        for shared in self._data["shared"]:
            at = index[str(shared["name"])]
            domain = system.variables[at].domain
            labels = [kind.get(label, label) for label in domain.labels or ()]
            if shared["few"] and not labels and domain != self._domains[str(shared["name"])]:
                raise RefusedError("sizes", f"{shared['name']} has another domain at other sizes")
            term, place = e.read(at, domain.sort), list(shared["labels"])
            if labels and labels != place:
                values = [(e.eq(term, e.number(value)), place.index(label)) for value, label in enumerate(labels)]
                term = e.add(*(e.ite(here, e.number(there), e.number(0)) for here, there in values))
            found.append(term)
        counted: list[Expr] = []
        for role, state in self._data["counters"]:
            columns = self._data["columns"][role]
            here = [_all(system, index, zip(columns, state, strict=True), name) for name in names[role]]
            counted.append(e.add(*(e.ite(each, e.number(1), e.number(0)) for each in here)))
        same = [_all(system, index, self._data["same"][role], name) for role in self.roles for name in names[role]]
        everybody = e.eq(e.add(*counted), e.number(len(kind)))
        return found + counted, e.and_(everybody, _all(system, index, self._data["fixed"], ""), *same)

    def _follow(self, system: System, terms: list[Expr], where: str) -> int:
        view, mine, steps = truths(terms), moves(self.system), moves(system)
        holds, begins = truths(self._parts), truths([self._first])
        seen: dict[State, State] = {state: view(state) for state in initial_states(system)}
        for state, counts in seen.items():
            if begins(counts) != (1,):
                raise RefusedError("sizes", f"{where} a first state is none of the counters'", system, state)
        waiting = list(seen)
        known: dict[State, frozenset[State]] = {}
        while waiting:
            state = waiting.pop()
            counts = seen[state]
            if counts in known and len(seen) > EVERY:
                continue
            if not counts[-1]:
                raise RefusedError("sizes", f"{where} a local state is not counted", system, state)
            if counts not in known:
                known[counts] = frozenset((*after, 1) for _, broken, after in mine(counts[:-1]) if broken < 0)
                if not all(holds(counts[:-1])):
                    raise RefusedError("init", f"{where} a reachable state is outside the invariant", system, state)
            for index, broken, after in steps(state):
                if broken >= 0:
                    continue
                to = seen.get(after) or view(after)
                if to not in known[counts]:
                    words = f"{where} the counters do not follow '{system.actions[index].label}'"
                    raise RefusedError("sizes", words, system, state)
                if after not in seen and (len(seen) <= EVERY or to not in known):
                    seen[after] = to
                    waiting.append(after)
        return len(seen)

    # ------------------------------------------------------------------ every size

    def decide(self) -> None:
        """RefusedError where the invariant is none, or excludes too little, at some size."""
        start = len(self.system.variables) - len(self._data["counters"])
        least = [(1, range(len(self.roles))), (0, range(start, len(self.system.variables)))]
        natural = [e.le(e.number(low), e.read(i, Sort.INT)) for low, some in least for i in some]
        bad = {**self._bad, "what counts everybody": self._broken("")}
        first = e.and_(self._first, *natural)
        decide(self.system, obligations(self.system, first, self._parts, bad, bounded=False), integers=True)


def _all(system: System, index: Mapping[str, int], pairs: Iterable[tuple[Any, Any]], name: str) -> Expr:
    """That the instance has the value in each column."""
    return e.and_(*(_is(system, index, str(column), name, int(value)) for column, value in pairs))


def _is(system: System, index: Mapping[str, int], column: str, name: str, value: int) -> Expr:
    at = index[column.removesuffix(_MINE).removesuffix(_OWN).replace("{}", name)]
    labels = system.variables[at].domain.labels or ()
    if column.endswith(_MINE):
        mine = equals(system, at, labels.index(name))
        return mine if value else e.not_(mine)
    if column.endswith(_OWN) and value:
        value = next(i for i, label in enumerate(labels) if label == name or label.endswith(f"[{name}]"))
    return equals(system, at, value)
