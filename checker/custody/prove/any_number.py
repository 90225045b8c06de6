"""Proofs for any number of instances: the system over counters, looked at by small sizes, and then shown at all.

Which parameter makes how many instances of a role is found out by making one more.  The counters are compared with
the specification state by state at small sizes before anything is shown; where they differ nothing is.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from custody.counting.agree import agree
from custody.counting.counted import Counted, counted
from custody.counting.flat import LEFT, Kept
from custody.counting.guess import Clauses, always, equations, samples
from custody.counting.problem import NotCountableError
from custody.counting.written import data, first, term
from custody.prove.diagram import packed
from custody.symbolic.strengthen import OutOfTimeError, Strengthen, Strengthened
from custody.system.expression import Expr, Op, Sort, and_, le, not_, number, or_, read
from custody.system.fast import truths
from custody.system.finding import Finding, Stopwatch, Verdict
from custody.system.model import SAFETY, Form, State, System
from custody.system.place import Place

Sizes: TypeAlias = Callable[[Mapping[str, int]], System]
"""The specification's system with these values of its parameters."""

BASE = 3
"""Counters are made of this size and the next: two instances beside the one that acts are enough to tell all from
some, three to tell all from two."""
FAR = 7
"""A size at which the counters have to be the same: what small numbers add up to differs from a size before that."""

MOST_SAMPLES = 250_000
MOST_COMPARED = 40_000
SMALL = 3
"""The largest size at which the counters are compared with the specification."""


@dataclass(frozen=True, slots=True)
class Unproved:
    """A property for which the proof fails, with the counts that are in the way."""

    name: str
    state: tuple[str, ...]


@dataclass(slots=True)
class AnyNumber:
    """What was found: `proof` is an entry of a certificate's `proofs`; `refusal` says why there is none."""

    roles: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list[Finding])
    proof: dict[str, Any] | None = None
    unproved: list[Unproved] = field(default_factory=list[Unproved])
    skipped: tuple[str, ...] = ()
    refusal: str | None = None
    place: Place | None = None
    looked_at: int = 0
    seconds: float = 0.0


def parameters(system: System, sizes: Sizes, roles: Sequence[str]) -> dict[str, str]:
    """By role the parameter that says how many instances there are. NotCountableError where none does."""
    found: dict[str, str] = {}
    names = dict(system.roles)
    for role in roles:
        if role not in names:
            known = ", ".join(names)
            raise NotCountableError(f"there is no role '{role}': there are {known}", Place(system.file, 1))
        refused: NotCountableError | None = None
        for parameter, value in system.parameters:
            if isinstance(value, bool) or not isinstance(value, int):
                continue
            try:
                change, other = _other_size(sizes, parameter, value)
            except NotCountableError as error:
                refused = error
                continue
            if len(dict(other.roles).get(role, ())) == len(names[role]) + change:
                found[role] = parameter
                break
        else:
            raise refused or NotCountableError(
                f"no parameter says how many of {role} there are", Place(system.file, 1)
            )
    if len(set(found.values())) < len(found):
        raise NotCountableError(f"{' and '.join(found)} have the same size", Place(system.file, 1))
    return found


def _other_size(sizes: Sizes, parameter: str, value: int) -> tuple[int, System]:
    """The system with one more, or, where there can be no more, with one less."""
    try:
        return 1, sizes({parameter: value + 1})
    except NotCountableError:
        return -1, sizes({parameter: value - 1})


def prove(system: System, sizes: Sizes, roles: Sequence[str], names: Sequence[str], seconds: float) -> AnyNumber:
    """What can be shown of the named safety properties for any number of instances of all of these roles."""
    clock = Stopwatch()
    result = AnyNumber(tuple(roles))
    try:
        by_role = parameters(system, sizes, roles)
        kept = _reached(_counted(sizes, by_role, BASE), by_role)
        counters = _counted(sizes, by_role, BASE, kept)
        if _counted(sizes, by_role, FAR, kept).means() != counters.means():
            raise NotCountableError(f"with {FAR} of each the specification is another than with {BASE}")
        result.skipped = tuple(p.name for p in system.properties if p.name in names and p.form not in SAFETY)
        for vector in small(len(roles)):
            given = dict(zip(by_role.values(), vector, strict=True))
            agreement = agree(sizes(given), counters, MOST_COMPARED)
            if agreement.complaint is not None:
                shown = ", ".join(f"{key} = {value}" for key, value in given.items())
                raise NotCountableError(f"with {shown} counting says something else: {agreement.complaint}")
            result.looked_at += agreement.looked_at
        _show(result, system, counters, by_role, names, seconds - clock.seconds)
    except NotCountableError as error:
        result.refusal, result.place = error.reason, error.place if error.place.line else Place(system.file, 1)
    except OutOfTimeError:
        result.refusal = f"stopped at timeout {seconds:g} s"
    result.seconds = clock.seconds
    return result


def small(roles: int) -> list[tuple[int, ...]]:
    """The sizes that are looked at, the smallest first."""
    every = itertools.product(range(1, SMALL + 1), repeat=roles)
    return sorted((vector for vector in every if sum(vector) - roles < SMALL), key=lambda v: (sum(v), v))


def _reached(counters: Counted, by_role: Mapping[str, str]) -> Kept:
    """The local states that somebody is in at small sizes; that nobody is in another one, a proof has to show."""
    found = {role: set(counters.begins[role]) for role in by_role}
    for vector in small(len(by_role)):
        states = samples(counters.at(dict(zip(by_role, vector, strict=True))), MOST_SAMPLES)
        for index, (role, local) in counters.counters.items():
            if local not in found[role] and any(state[index] for state in states):
                found[role].add(local)
    return {role: frozenset(local) for role, local in found.items()}


def _counted(sizes: Sizes, by_role: Mapping[str, str], size: int, kept: Kept | None = None) -> Counted:
    base = dict.fromkeys(by_role.values(), size)
    every = [base, *({**base, parameter: size + 1} for parameter in by_role.values())]
    systems: list[tuple[System, dict[str, int]]] = []
    for values in every:
        system = sizes(values)
        systems.append((system, {role: len(dict(system.roles)[role]) for role in by_role}))
    return counted(systems, list(by_role), kept)


def _show(
    result: AnyNumber,
    system: System,
    counters: Counted,
    by_role: Mapping[str, str],
    names: Sequence[str],
    seconds: float,
) -> None:
    found: list[State] = []
    # With one more than is compared, so that few guesses tell exactly that many from more.
    more = [tuple(SMALL + 1 if role == one else 1 for role in by_role) for one in by_role]
    for vector in (*small(len(by_role)), *more):
        found += samples(counters.at(dict(zip(by_role, vector, strict=True))), MOST_SAMPLES - len(found))
    flat = counters.system
    stated = [p for p in flat.properties if p.name in names or p.name == LEFT]
    goals = {p.name: p.expression for p in stated if p.form is Form.INVARIANT}
    bad = {
        p.name: [
            and_(action.guard, not_(check.condition))
            for action in flat.actions
            for check in action.checks
            if check.property == p.name
        ]
        for p in stated
        if p.form is Form.HAZARD
    }  # fmt: skip
    for each in (*goals, *bad):
        wrong = or_(*bad[each]) if each in bad else not_(goals[each])
        state = next(
            (state for state, (found_,) in zip(found, map(truths([wrong]), found), strict=True) if found_), None
        )
        if state is not None:
            result.unproved.append(Unproved(each, tuple(_told(counters, state))))
            goals.pop(each, None)
            bad.pop(each, None)
    natural = [le(number(1), read(index, Sort.INT)) for index in range(len(by_role))]
    natural += [le(number(0), read(index, Sort.INT)) for index in counters.counters]
    facts = [*always(counters), *equations(counters, found)]
    block = Clauses(counters, found).block
    begin = and_(first(counters), *natural)

    def attempt(known: Sequence[Expr], names: Collection[str], seconds: float) -> Strengthened:
        wanted = {name: goal for name, goal in goals.items() if name in names}
        unwanted = {name: cases for name, cases in bad.items() if name in names}
        return Strengthen(flat, begin, known, wanted, unwanted, block, seconds).run()

    shown = _in_some_order([*goals, *bad], facts, attempt, seconds)
    for failed, state in shown.failed.items():
        told = () if state is None else tuple(_told(counters, state))
        result.unproved.append(Unproved(failed, told))
    if LEFT not in shown.proved:
        return
    invariant = [part for part in shown.invariant if not part.is_constant]
    proved = [p.name for p in system.properties if p.name in shown.proved]
    if not proved:
        return
    words = f"for any number of {' and of '.join(by_role)}: an invariant of {len(invariant)} conditions"
    result.findings = [Finding(each, Verdict.HOLDS, reason=words) for each in proved]
    result.proof = {
        "kind": "any-number",
        "properties": proved,
        "roles": dict(by_role),
        "counts": packed(data(counters)),
        "invariant": [term(counters, part) for part in invariant],
        "readable": [sentence(counters, part) for part in invariant],
    }


def _in_some_order(
    names: list[str],
    facts: list[Expr],
    attempt: Callable[[Sequence[Expr], Collection[str], float], Strengthened],
    seconds: float,
) -> Strengthened:
    """All together; where that takes too long one after the other, each with what was shown so far as lemmas, until
    none is shown any more."""
    clock = Stopwatch()
    try:
        return attempt(facts, names, seconds / 2)
    except OutOfTimeError:
        pass
    known: list[Expr] = []
    proved: list[str] = []
    open_ = sorted(names, key=lambda name: name != LEFT)
    changed = True
    while changed and open_:
        changed = False
        for name in list(open_):
            left = (seconds - clock.seconds) / (len(open_) + 1)
            try:
                shown = attempt([*known, *facts], [name], left)
            except OutOfTimeError:
                continue
            if name in shown.proved:
                known = list(dict.fromkeys([*known, *shown.invariant]))
                proved.append(name)
                open_.remove(name)
                changed = True
    return Strengthened(known, proved, dict.fromkeys(open_))


def _told(counters: Counted, state: State) -> list[str]:
    return [
        f"{variable.name} = {variable.domain.show(value)}"
        for variable, value in zip(counters.system.variables, state, strict=True)
        if value
    ]


def sentence(counters: Counted, root: Expr) -> str:
    """A condition in the words of the specification; a number of instances as `#Role(what they are)`."""
    variables = counters.system.variables
    args = root.args
    match root.op:
        case Op.READ:
            return variables[root.value].name
        case Op.CONST:
            return str(root.value) if root.sort is Sort.INT else str(bool(root.value)).lower()
        case Op.NOT if args[0].op is Op.AND:
            return f"never {' and '.join(sentence(counters, arg) for arg in args[0].args)}"
        case Op.NOT:
            return f"not {sentence(counters, args[0])}"
        case Op.EQ if args[0].op is Op.READ and args[1].is_constant:
            value = variables[args[0].value].domain.show(args[1].value)
            return f"{sentence(counters, args[0])} = {value}"
        case Op.ITE if args[1] == number(1) and args[2] == number(0):
            return f"[{sentence(counters, args[0])}]"
        case Op.ITE:
            condition, yes, no = (sentence(counters, arg) for arg in args)
            return f"(if {condition} then {yes} else {no})"
        case _:
            sign = {
                Op.AND: " and ", Op.OR: " or ", Op.EQ: " = ", Op.LT: " < ", Op.LE: " <= ", Op.ADD: " + ",
                Op.SUB: " - ", Op.MUL: " * ",
            }.get(root.op, " ? ")  # fmt: skip
            text = sign.join(sentence(counters, arg) for arg in args)
            return f"({text})" if root.op in (Op.OR, Op.AND) else text
