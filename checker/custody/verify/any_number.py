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
from typing import Any

import custody.system.expression as e
from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, Sort
from custody.system.fast import moves, truths
from custody.system.forbidden import forbidden
from custody.system.model import Action, Check, Domain, Effect, Form, State, System, Variable
from custody.system.place import NOWHERE
from custody.verify.proof import Proof, RefusedError, Sizes, shown, unpacked
from custody.verify.script import Integers, Script
from custody.verify.solve import ask, solvers
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
    asked = solvers()
    for name, script in counts.obligations():
        for solver in asked:
            values = ask(solver, script)
            if values is not None:
                state = [values.get(f"v{i}", 0) for i in range(len(counts.system.variables))]
                told = [f"{v.name} = {n}" for v, n in zip(counts.system.variables, state, strict=True) if n]
                raise RefusedError(*name, tuple(state), tuple(told or ["every count is 0"]))
    return (
        f"any number of {' and of '.join(counts.roles)}: init, step and safe by {' and '.join(asked)};"
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
        names = [(f"#{role}", False) for role in self.roles]
        names += [(str(shared["name"]), bool(shared["boolean"])) for shared in self._data["shared"]]
        names += [(f"#{role}({i})", False) for i, (role, _) in enumerate(self._data["counters"])]
        variables = (Variable(n, Domain(0, 1, boolean=b), (0,), n) for n, b in names)
        self.system = System("", "", tuple(variables), (), ())
        self._index = {name: i for i, (name, _) in enumerate(names)}
        if len(self._index) < len(names):
            raise RefusedError("format", "two variables have one name")
        actions = tuple(map(self._action, self._data["actions"]))
        self.system = System("", "", self.system.variables, actions, ())
        self._parts = [self._term(text) for text in proof.data["invariant"]]
        self._bad = {p.name: self._forbidden(p.name, p.form) for p in self._claimed}

    # ------------------------------------------------------------------ reading

    def _term(self, text: Any) -> Expr:
        found = parse(self.system, str(text))
        for node in e.nodes(found):
            large = any(arg.op is Op.CONST and abs(arg.value) >= LARGEST for arg in node.args)
            if large and any(self._counts(read) for read in e.reads(node)):
                raise RefusedError(
                    "format", f"a number is larger than sizes up to {LARGEST} tell apart: {text}"[:200]
                )
        return found

    def _counts(self, variable: int) -> bool:
        shared = self._data["shared"]
        at = variable - len(self.roles)
        return not 0 <= at < len(shared) or not (shared[at]["labels"] or shared[at]["boolean"] or shared[at]["few"])

    def _action(self, data: Any) -> Action:
        checks = tuple(Check(self._term(text), str(name), "", NOWHERE) for name, text in data["checks"])
        effects = tuple(
            Effect(self._index[str(name)], self._number(text, self._index[str(name)]))
            for name, text in data["effects"]
        )
        name = str(data["name"])
        return Action(name, "", name, NOWHERE, self._term(data["guard"]), effects, checks)

    def _number(self, text: Any, variable: int) -> Expr:
        """A term of any sort, read as what it is compared with."""
        if self.system.variables[variable].domain.boolean:
            return self._term(text)
        zero = self.system.variables[variable].name
        found = self._term(f"(<= |{zero}| {text})")
        return found.args[1] if found.op is Op.LE else e.read(variable, Sort.INT)

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
            wrong = _violated(system, subject.name) if p.form is Form.STEP else forbidden(system, subject)
            missed = e.and_(wrong, e.not_(e.substitute(self._bad[p.name], dict(enumerate(terms)))))
            script = Script(system, missed, fixed)
            text = script.text(script.term(e.and_(fixed, missed)))
            for solver in solvers():
                if (values := ask(solver, text)) is not None:
                    words = f"at sizes {vector} the counters forbid less than {p.name} does"
                    raise RefusedError("safe", words, None, shown(system, script.state(values)))
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
        holds = truths(self._parts)
        seen: dict[State, State] = {state: view(state) for state in initial_states(system)}
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

    def obligations(self) -> Iterator[tuple[tuple[str, str], str]]:
        """What fails if the script can be true, and the script."""
        whole = e.and_(e.TRUE, *self._parts)
        first = self._term(self._data["first"])
        natural = [e.le(e.number(1), e.read(i, Sort.INT)) for i in range(len(self.roles))]
        start = len(self.system.variables) - len(self._data["counters"])
        natural += [e.le(e.number(0), e.read(i, Sort.INT)) for i in range(start, len(self.system.variables))]
        yield ("init", "a first state is outside the invariant"), self._script(first, *natural, e.not_(whole))
        for action in self.system.actions:
            after = {effect.variable: effect.value for effect in action.effects}
            lost = e.or_(*(e.not_(e.substitute(part, after)) for part in self._parts))
            taken = e.and_(action.guard, *(c.condition for c in action.checks))
            words = f"'{action.label}' leads out of the invariant"
            yield ("step", words), self._script(whole, taken, lost)
        for name, bad in self._bad.items():
            yield ("safe", f"the invariant allows what {name} forbids"), self._script(whole, bad)
        left = e.or_(*self._broken(""))
        yield ("safe", "the invariant allows local states that are not counted"), self._script(whole, left)

    def _script(self, *asserted: Expr) -> str:
        script = Integers(self.system)
        return script.text(script.term(e.and_(*asserted)))


def _is(system: System, index: dict[str, int], column: str, name: str, value: int) -> Expr:
    """That the instance has the value in a column."""
    if column.endswith(_MINE):
        at = index[column.removesuffix(_MINE)]
        holder = list(system.variables[at].domain.labels or ()).index(name)
        mine = e.eq(e.read(at, Sort.INT), e.number(holder))
        return mine if value else e.not_(mine)
    if column.endswith(_OWN):
        at = index[column.removesuffix(_OWN).replace("{}", name)]
        labels = list(system.variables[at].domain.labels or ())
        own = next(i for i, label in enumerate(labels) if label == name or label.endswith(f"[{name}]"))
        return e.eq(e.read(at, Sort.INT), e.number(own if value else 0))
    at = index[column.replace("{}", name)]
    term = e.read(at, system.variables[at].domain.sort)
    return e.eq(term, e.boolean(bool(value)) if term.sort is Sort.BOOL else e.number(value))


def _violated(system: System, name: str) -> Expr:
    """That some step violates a property of steps, as a condition of the state before it."""
    stated = system.property_named(name).expression
    cases: list[Expr] = []
    for action in system.actions:
        after = {effect.variable: effect.value for effect in action.effects}
        known: dict[Expr, Expr] = {}
        for node in e.nodes(stated):
            if node.op is Op.NEXT:
                known[node] = after.get(node.value, e.read(node.value, node.sort))
            else:
                known[node] = e.rebuild(node, tuple(known[arg] for arg in node.args)) if node.args else node
        taken = e.and_(action.guard, *(c.condition for c in action.checks))
        cases.append(e.and_(taken, e.not_(known[stated])))
    return e.or_(*cases)
