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

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import custody.system.expression as e
from custody.system.bounds import bounds
from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, Sort
from custody.system.fast import moves, truths
from custody.system.forbidden import forbidden
from custody.system.model import Action, Check, Domain, Effect, Form, State, System, Variable
from custody.system.place import NOWHERE
from custody.verify.proof import Proof, RefusedError, Sizes, equals, shown, unpacked
from custody.verify.solve import find, solvers
from custody.verify.steps import leaves, violates
from custody.verify.terms import parse

LARGEST = 3
"""So many instances of a role are looked at."""

EVERY = 60_000
_MINE, _OWN = " is mine[{}]", " is its own"
"""End the names of columns that are truth values: a variable of all holds the instance; one of its own holds itself
or its object instead of none."""


def check(system: System, proof: Proof, sizes: Sizes | None) -> str:
    """RefusedError with the obligation that fails."""
    if sizes is None:
        raise RefusedError("format", "without its specification the proof says nothing")
    counts = _Counts(system, proof)
    looked_at = sum(counts.compare(sizes, vector) for vector in _vectors(len(counts.roles)))
    for (obligation, words), condition in counts.obligations():
        state = find(counts.system, condition, integers=True)
        if state is not None:
            told = [f"{v.name} = {n}" for v, n in zip(counts.system.variables, state, strict=True) if n]
            raise RefusedError(obligation, words, state, tuple(told or ["every count is 0"]))
    return (
        f"any number of {' and of '.join(counts.roles)}: init, step and safe by {' and '.join(solvers())};"
        f" {looked_at:,} states at sizes up to {LARGEST}"
    )


def _vectors(roles: int) -> list[tuple[int, ...]]:
    every = itertools.product(range(1, LARGEST + 1), repeat=roles)
    return [vector for vector in every if sum(vector) - roles < LARGEST]


class _Counts:
    def __init__(self, system: System, proof: Proof) -> None:
        self.roles: dict[str, str] = {str(role): str(name) for role, name in proof.data["roles"].items()}
        self._data: Any = unpacked(proof.data["counts"])
        self._claimed = [system.property_named(name) for name in proof.properties]
        shared = [(str(each["name"]), each) for each in self._data["shared"]]
        names = [(f"#{role}", False) for role in self.roles]
        names += [(name, bool(each["boolean"])) for name, each in shared]
        names += [(f"#{role}({i})", False) for i, (role, _) in enumerate(self._data["counters"])]
        variables = tuple(Variable(n, Domain(0, 1, boolean=b), (0,), n) for n, b in names)
        self._index = {name: i for i, (name, _) in enumerate(names)}
        if len(self._index) < len(names):
            raise RefusedError("format", "two variables have one name")
        # What is no truth value, no name and not one of a few numbers may grow with the size.
        self._domains = {v.name: v.domain for v in system.variables}
        few = [name for name, each in shared if each["boolean"] or each["labels"] or each["few"]]
        self._ranges = {self._index[name]: (self._domains[name].low, self._domains[name].high) for name in few}
        self._growing = frozenset(self._index.values()) - self._ranges.keys()
        self._looked_at: set[Expr] = set()
        self.system = System("", "", variables, (), ())
        self.system = replace(self.system, actions=tuple(map(self._action, self._data["actions"])))
        self._first = self._term(self._data["first"])
        self._bad = {p.name: self._forbidden(p.name, p.form) for p in self._claimed}
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
            return e.or_(*self._broken(name))
        return self._term(self._data["forbidden"][name])

    def _broken(self, name: str) -> Iterator[Expr]:
        for action in self.system.actions:
            for check_ in action.checks:
                if check_.property == name:
                    yield e.and_(action.guard, e.not_(check_.condition))

    # ------------------------------------------------------------------ one size

    def compare(self, sizes: Sizes, vector: tuple[int, ...]) -> int:
        """How many states were looked at. RefusedError where the counters do not follow the specification."""
        system = sizes(dict(zip(self.roles.values(), vector, strict=True)))
        names = dict(system.roles)
        if [len(names.get(role, ())) for role in self.roles] != list(vector):
            raise RefusedError(
                "sizes", f"{', '.join(self.roles.values())} are not the sizes of {', '.join(self.roles)}"
            )
        terms, fixed = self._terms(system, names)
        for p in self._claimed:
            subject = system.property_named(p.name)
            step = p.form is Form.STEP
            wrong = (
                [violates(a, subject.expression) for a in system.actions] if step else [forbidden(system, subject)]
            )
            counted = e.substitute(self._bad[p.name], dict(enumerate(terms)))
            state = find(system, e.and_(fixed, e.or_(*wrong), e.not_(counted)))
            if state is not None:
                words = f"at sizes {vector} the counters forbid less than {p.name} does"
                raise RefusedError("safe", words, None, shown(system, state))
        return self._follow(system, [*terms, fixed], vector)

    def _terms(self, system: System, names: dict[str, tuple[str, ...]]) -> tuple[list[Expr], Expr]:
        """What each variable of the counters is in the specification's system, and what is left out as always so."""
        index = {v.name: i for i, v in enumerate(system.variables)}
        kind = {name: role for role in self.roles for name in names[role]}
        found: list[Expr] = [e.number(len(names[role])) for role in self.roles]
        for shared in self._data["shared"]:
            at = index[str(shared["name"])]
            domain = system.variables[at].domain
            labels = [kind.get(label, label) for label in domain.labels or ()]
            if shared["few"] and not labels and domain != self._domains[str(shared["name"])]:
                raise RefusedError("sizes", f"{shared['name']} has another domain at other sizes")
            term = e.read(at, domain.sort)
            if labels and labels != shared["labels"]:
                place = [list(shared["labels"]).index(label) for label in labels]
                cases = e.number(place[-1])
                for value in reversed(range(len(place) - 1)):
                    cases = e.ite(e.eq(term, e.number(value)), e.number(place[value]), cases)
                term = cases
            found.append(term)
        for role, state in self._data["counters"]:
            here = [
                e.and_(
                    *(
                        _is(system, index, str(c), name, int(v))
                        for c, v in zip(self._data["columns"][role], state, strict=True)
                    )
                )
                for name in names[role]
            ]
            found.append(e.add(*(e.ite(each, e.number(1), e.number(0)) for each in here)))
        same = [_is(system, index, str(column), "", int(v)) for column, v in self._data["fixed"]]
        for role in self.roles:
            for column, value in self._data["same"][role]:
                same += [_is(system, index, str(column), name, int(value)) for name in names[role]]
        everybody = e.add(*found[len(found) - len(self._data["counters"]) :])
        return found, e.and_(e.eq(everybody, e.number(sum(map(len, (names[role] for role in self.roles))))), *same)

    def _follow(self, system: System, terms: list[Expr], vector: tuple[int, ...]) -> int:
        view, mine, steps = truths(terms), moves(self.system), moves(system)
        holds, begins = truths(self._parts), truths([self._first])
        seen: dict[State, State] = {state: view(state) for state in initial_states(system)}
        for state, counts in seen.items():
            if begins(counts) != (1,):
                raise RefusedError("sizes", "a first state is none of the counters'", state, shown(system, state))
        waiting = list(seen)
        known: dict[State, frozenset[State]] = {}
        while waiting:
            state = waiting.pop()
            counts = seen[state]
            if counts in known and len(seen) > EVERY:
                continue
            if not counts[-1]:
                raise RefusedError("sizes", "a local state is not counted", state, shown(system, state))
            if counts not in known:
                known[counts] = frozenset((*after, 1) for _, broken, after in mine(counts[:-1]) if broken < 0)
                if not all(holds(counts[:-1])):
                    raise RefusedError(
                        "init", "a reachable state is outside the invariant", state, shown(system, state)
                    )
            for index, broken, after in steps(state):
                if broken >= 0:
                    continue
                to = seen.get(after) or view(after)
                if to not in known[counts]:
                    words = f"at sizes {vector} the counters do not follow '{system.actions[index].label}'"
                    raise RefusedError("sizes", words, state, shown(system, state))
                if after not in seen and (len(seen) <= EVERY or to not in known):
                    seen[after] = to
                    waiting.append(after)
        return len(seen)

    # ------------------------------------------------------------------ every size

    def obligations(self) -> Iterator[tuple[tuple[str, str], Expr]]:
        """Which fails if the condition can be true, and what that would mean."""
        whole = e.and_(*self._parts)
        start = len(self.system.variables) - len(self._data["counters"])
        least = [(1, range(len(self.roles))), (0, range(start, len(self.system.variables)))]
        natural = [e.le(e.number(low), e.read(i, Sort.INT)) for low, some in least for i in some]
        begin = e.and_(self._first, *natural)
        yield ("init", "a first state is outside the invariant"), e.and_(begin, e.not_(whole))
        for action in self.system.actions:
            words = f"'{action.label}' leads out of the invariant"
            yield ("step", words), e.and_(whole, leaves(action, self._parts))
        for name, bad in self._bad.items():
            yield ("safe", f"the invariant allows what {name} forbids"), e.and_(whole, bad)
        words = "the invariant allows local states that are not counted"
        yield ("safe", words), e.and_(whole, e.or_(*self._broken("")))


def _is(system: System, index: dict[str, int], column: str, name: str, value: int) -> Expr:
    """That the instance has the value in a column."""
    at = index[column.removesuffix(_MINE).removesuffix(_OWN).replace("{}", name)]
    labels = system.variables[at].domain.labels or ()
    if column.endswith(_MINE):
        mine = equals(system, at, labels.index(name))
        return mine if value else e.not_(mine)
    if column.endswith(_OWN) and value:
        value = next(i for i, label in enumerate(labels) if label == name or label.endswith(f"[{name}]"))
    return equals(system, at, value)
