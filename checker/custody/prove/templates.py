"""Lemmas that authors of contracts keep writing, tried for them.

What the language knows of a variable says what may be worth saying of it: a counter may count the instances that
are in certain states, two instances may exclude each other, a word of one variable may imply a word of another, a
lock may be held just where its holder stands.  Those that no proof needs are never shown; what a proof rests on is
offered as source text.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from custody.prove.offer import Word, counted, excluded, is_lock
from custody.symmetry.detect import find
from custody.system.expression import Expr, Sort, add, eq, ite, le, not_, number, or_, read
from custody.system.model import State, System

LEMMA = "lemma: "
JUST = " just where "

MOST_PAIRS = 4_000
"""More pairs of words are not tried."""

MOST_COUNTERS = 400

MOST_HOLDINGS = 1_000


@dataclass(frozen=True, slots=True)
class Template:
    """A candidate: as an expression, as a term of SMT-LIB, and in words for people.

    Words that begin with LEMMA are source text: what follows can stand below `lemma NAME` in the specification.
    """

    expression: Expr
    term: str
    source: str


def templates(system: System, seen: Sequence[State] = ()) -> list[Template]:
    """The candidates for a system, without repetition; some states that were `seen` say where locks are held."""
    found: dict[Expr, Template] = {}
    for candidate in [*_counters(system), *_holdings(system, seen), *_exclusions(system)]:
        found.setdefault(candidate.expression, candidate)
    return list(found.values())


def _families(system: System) -> dict[str, list[int]]:
    """The variables that a declaration makes one of for each instance, by its name and role."""
    instances = {name: role for role, names in system.roles for name in names}
    families: defaultdict[str, list[int]] = defaultdict(list[int])
    for index, variable in enumerate(system.variables):
        if len(variable.indices) == 1 and variable.indices[0] in instances and not variable.control:
            tail = variable.name.partition("]")[2]
            families[f"{variable.base}{tail}[{instances[variable.indices[0]]}]"].append(index)
    return {name: members for name, members in families.items() if len(members) > 1}


def _words(system: System, members: list[int]) -> list[tuple[int, bool]]:
    """What a member may be: for each value, whether it is that or is not that."""
    domain = system.variables[members[0]].domain
    if domain.size > 12:
        return []
    values = [1] if domain.boolean else list(range(domain.low, domain.high + 1))
    return [(value, negated) for value in values for negated in (False, True)]


def _counters(system: System) -> list[Template]:
    """`references == K + the number of instances that are (not) so`, and at least that."""
    found: list[Template] = []
    plain = [
        index
        for index, variable in enumerate(system.variables)
        if not variable.domain.boolean and variable.domain.labels is None and not variable.control
        and variable.domain.size > 2 and not variable.indices
    ]  # fmt: skip
    for counter, members in itertools.product(plain, _families(system).values()):
        shown = system.variables[counter].name
        for value, negated in _words(system, members):
            for base in (0, 1):
                tests = [_is(system, index, value, negated) for index in members]
                total = add(number(base), *(ite(test, number(1), number(0)) for test, _ in tests))
                count = read(counter, Sort.INT)
                text = " ".join(f"(ite {smt} 1 0)" for _, smt in tests)
                word = (members[0], value, negated)
                same = _counted(system, counter, "==", word, base)
                more = _counted(system, counter, ">=", word, base)
                equal = Template(eq(count, total), f"(= |{shown}| (+ {base} {text}))", same)
                least = Template(le(total, count), f"(<= (+ {base} {text}) |{shown}|)", more)
                found += [equal, least]
    return found[:MOST_COUNTERS]


def _exclusions(system: System) -> list[Template]:
    """Of two variables' words no two together: implication of words, and exclusion of instances."""
    words: list[tuple[int, Expr, str, int]] = []
    for index, variable in enumerate(system.variables):
        if variable.domain.size <= 8:
            values = [0, 1] if variable.domain.boolean else list(range(variable.domain.low, variable.domain.high + 1))
            for value in values if variable.domain.size > 1 else []:
                test, smt = _is(system, index, value, False)
                words.append((index, test, smt, value))
    if len(words) ** 2 // 2 > MOST_PAIRS:
        return []
    symmetric = {role.name for role in find(system, ()).roles}
    return [
        Template(
            or_(not_(a), not_(b)), f"(not (and {s} {t}))", _excluded(system, symmetric, (i, x, False), (j, y, False))
        )
        for (i, a, s, x), (j, b, t, y) in itertools.combinations(words, 2)
        if i != j
    ]


def _holdings(system: System, seen: Sequence[State]) -> list[Template]:
    """Where in its calls an actor holds a lock: at just these positions, and at each of them by itself."""
    by_name = {variable.name: index for index, variable in enumerate(system.variables)}
    whole: list[Template] = []
    single: list[Template] = []
    for lock, variable in enumerate(system.variables):
        labels = variable.domain.labels if is_lock(variable) else None
        for holder, name in enumerate(labels or ()):
            at = by_name.get(f"{name}.at")
            if holder == 0 or at is None:
                continue
            inside = {state[at] for state in seen if state[lock] == holder}
            outside = {state[at] for state in seen if state[lock] != holder}
            if not inside:
                continue
            has, smt = _is(system, lock, holder, False)
            show = system.variables[at].domain.show
            for place in sorted(inside ^ outside):
                here, there = _is(system, at, place, False)
                sign, negated = ("", has) if place in inside else ("not ", not_(has))
                text = smt if place in inside else f"(not {smt})"
                said = f"{sign}{_shown(system, lock, holder)} where {_shown(system, at, place)}"
                single.append(Template(or_(not_(here), negated), f"(or (not {there}) {text})", said))
            if inside & outside:
                continue
            places = [_is(system, at, place, False) for place in sorted(inside)]
            where = ", ".join(show(place) for place in sorted(inside))
            said = f"{_shown(system, lock, holder)}{JUST}{system.variables[at].name} is in {{{where}}}"
            whole.append(
                Template(
                    eq(has, or_(*(here for here, _ in places))),
                    f"(= {smt} (or {' '.join(there for _, there in places)}))",
                    said,
                )
            )
    return [*whole, *single][:MOST_HOLDINGS]


def _is(system: System, index: int, value: int, negated: bool) -> tuple[Expr, str]:
    variable = system.variables[index]
    name = f"|{variable.name}|"
    if variable.domain.boolean:
        positive = bool(value) is not negated
        test = read(index, Sort.BOOL)
        return (test, name) if positive else (not_(test), f"(not {name})")
    test, smt = eq(read(index, Sort.INT), number(value)), f"(= {name} {value if value >= 0 else f'(- {-value})'})"
    return (not_(test), f"(not {smt})") if negated else (test, smt)


def _shown(system: System, index: int, value: int) -> str:
    variable = system.variables[index]
    if variable.domain.boolean:
        return variable.name if value else f"not {variable.name}"
    return f"{variable.name} == {variable.domain.show(value)}"


def _excluded(system: System, symmetric: Collection[str], one: Word, other: Word) -> str:
    """In the words of the language, where it has them."""
    text = excluded(system, symmetric, one, other)
    if text is not None:
        return LEMMA + text
    return f"never {_shown(system, *one[:2])} and {_shown(system, *other[:2])}"


def _counted(system: System, counter: int, sign: str, word: Word, base: int) -> str:
    text = counted(system, counter, sign, word, base)
    if text is not None:
        return LEMMA + text
    return (
        f"{system.variables[counter].name} {sign} the number of those like {_shown(system, *word[:2])}, plus {base}"
    )
