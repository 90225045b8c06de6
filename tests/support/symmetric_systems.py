"""Symmetric systems of every kind that is treated differently: written in our language, and at random."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import strategies as st

from custody.language import instances, load
from custody.system.expression import (
    FALSE,
    TRUE,
    Expr,
    Sort,
    add,
    after,
    and_,
    boolean,
    eq,
    ite,
    le,
    not_,
    number,
    or_,
    read,
)
from custody.system.model import BOOLEAN, Action, Conjunct, Domain, Effect, Form, Kind, Property, System, Variable
from support.small_systems import FILE, at, in_range

PROTOCOLS = Path(__file__).parent.parent / "protocols"

QUEUE = """model queue
    "A server takes clients in the order in which they asked."
param N = 3 in 2..5
role Client[N] is user
state
    asked[Client]: bool
    waiting: queue of Client? max N
    served: Client?
    times: 0..2
action ask by Client
    when not asked[self]
    asked[self] = true
    add self to waiting
action serve by core
    when served == none and not empty(waiting)
    served = head(waiting)
    pop waiting
action finish by Client
    when served == self
    served = none
    asked[self] = false
    times = (times + 1) % 3
invariant one_at_a_time
    forall c: Client . served == c => asked[c]
reachable all_wait
    forall c: Client . asked[c]
"""
HOLDERS = """model holders
    "Processes take buffers in any order, and give them all back at once."
param P = 3 in 2..4
param B = 2 in 2..4
role Process[P] is user
role Buffer[B] is exporter
state
    holder[Buffer]: Process?
    wants[Process]: Buffer?
    done[Process]: bool
action want(b: Buffer) by Process
    when not done[self] and wants[self] == none and holder[b] != self
    wants[self] = b
action take(b: Buffer) by Process
    when wants[self] == b and holder[b] == none
    holder[b] = self
    wants[self] = none
action give_back by Process
    when wants[self] == none and (exists b: Buffer . holder[b] == self)
    for b: Buffer where holder[b] == self
        holder[b] = none
    done[self] = true
terminal forall p: Process . done[p]
invariant a_holder_is_not_done
    forall p: Process . done[p] => (forall b: Buffer . holder[b] != p)
reachable one_has_all
    exists p: Process . (forall b: Buffer . holder[b] == p)
"""
FRIENDS = """model friends
    "People who get to know one another, and one who is told about it."
param N = 3 in 2..4
role Person[N] is user
state
    knows[Person, Person]: bool
    best[Person]: Person?
    loud[Person]: bool
action meet(other: Person) by Person
    when other != self and not knows[self, other]
    knows[self, other] = true
    loud[self] = not loud[self]
action choose_best(other: Person) by Person
    when knows[self, other] and knows[other, self] and best[self] == none
    best[self] = other
    assert best[other] != self or loud[other], "two quiet friends"
action forget by Person
    when best[self] != none and loud[self]
    best[self] = none
    for p: Person
        knows[self, p] = false
invariant nobody_is_their_own_friend
    forall p: Person . best[p] != p
"""
TABLE = """model table
    "Devices see pages, and a page may be pinned by one device."
param D = 2 in 2..4
param P = 2 in 2..4
role Device[D] is importer
role Page[P] is exporter
state
    view[Device, Page]: absent | clean | dirty
    pin[Page]: Device?
    busy: bool
    current: Device?
action map(d: Device, p: Page) by d
    when view[d, p] == absent and (current == none or current == d)
    view[d, p] = clean
    current = d
action write(d: Device, p: Page) by d
    when view[d, p] == clean and pin[p] == none
    view[d, p] = dirty
    pin[p] = d
action unmap(d: Device, p: Page) by d
    when view[d, p] == dirty
    view[d, p] = absent
    pin[p] = none
    current = none
    busy = not busy
invariant one_writer
    forall p: Page . count(d: Device . view[d, p] == dirty) <= 1
"""
STUCK = """model stuck
    "Workers who may wait for what never happens, while the others go on."
param N = 3 in 2..9
role Worker[N] is user
state
    waits[Worker]: bool
    never: bool
procedure work by Worker
    either
        waits[self] = false
    or
        waits[self] = true
        wait until never
        never = false
    return OK
deadlock_free every_call_returns of Worker
"""


def protocol(name: str, **settings: str) -> System:
    """A specification from the folder of protocols."""
    return instances(load(str(PROTOCOLS / f"{name}.custody")), settings)[0]


def written(text: str, **settings: str) -> System:
    """A specification by its text."""
    return instances(load("symmetric.custody", text), settings)[0]


def german(**settings: str) -> System:
    """German's protocol without a first client: as it is published, instance 0 is that, which is not symmetric."""
    path = PROTOCOLS / "german.custody"
    text = path.read_text().replace("client: Cache\n", "client: Cache?\n")
    return instances(load(str(path), text), settings)[0]


def symmetric_systems() -> st.SearchStrategy[System]:
    """Two or three instances of one role with variables of their own, shared ones, and perhaps some that name an
    instance, belong to two instances, or belong to one and name another."""
    return st.integers(0, 2**32).map(random_symmetric_system)


def random_symmetric_system(seed: int) -> System:
    """The one that belongs to a number."""
    return _Dice(Random(seed)).system()


class _Dice:
    """Throws one system: each action as a pattern, which is then said of every instance or pair of instances."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._n = dice.choice((2, 3, 3))
        self._names = tuple(f"One.{i}" for i in range(self._n))
        self._variables: list[Variable] = []
        everyone = range(self._n)
        self._low = dice.choice((0, -1))
        self._own = [self._add(f"own[{name}]", Domain(self._low, self._low + 2)) for name in self._names]
        self._flag = [self._add(f"flag[{name}]", BOOLEAN) for name in self._names] if dice.random() < 0.5 else []
        self._shared = self._add("shared", Domain(0, 2))
        some = Domain(0, self._n, ("none", *self._names), role="One", optional=True)
        self._named = self._add("named", some) if dice.random() < 0.6 else None
        self._pairs = (
            [[self._add(f"pair[{a}, {b}]", BOOLEAN) for b in self._names] for a in self._names]
            if dice.random() < 0.3
            else []
        )
        self._other = [self._add(f"other[{name}]", some) for name in self._names] if dice.random() < 0.3 else []
        self._everyone = everyone

    def system(self) -> System:
        patterns = [self._pattern(f"act{k}") for k in range(self._dice.randint(3, 5))]
        invariants = [self._condition_seed() for _ in range(2)]
        properties = tuple(
            Property(
                f"always{k}",
                Form.INVARIANT,
                Kind.INVARIANT,
                at(4),
                and_(*(self._condition(seed, i, (i + 1) % self._n) for i in self._everyone))
                if self._n == 2
                else and_(*(self._condition(seed, i, j) for i in self._everyone for j in self._everyone)),
                premises=tuple(Conjunct(self._condition(seed, i, i), "premise", (), at(5)) for i in self._everyone),
            )
            for k, seed in enumerate(invariants)
        )
        rests, moves, comes = (self._condition_seed() for _ in range(3))
        others = (
            Property("range", Form.HAZARD, Kind.INVARIANT, at(4)),
            Property("goes_on", Form.DEADLOCK, Kind.DEADLOCK, at(4)),
            Property(
                "can_rest",
                Form.PROGRESS,
                Kind.DEADLOCK,
                at(4),
                resting=tuple((self._names[i], self._condition(rests, i, i)) for i in self._everyone),
            ),
            Property(
                "each_step",
                Form.STEP,
                Kind.INVARIANT,
                at(4),
                and_(*(self._kept(moves, i) for i in self._everyone)),
            ),
            Property(
                "possible",
                Form.REACHABLE,
                Kind.REACHABILITY,
                at(4),
                or_(*(and_(self._condition(comes, i, i), self._condition(rests, i, i)) for i in self._everyone)),
            ),
        )
        return System(
            "random",
            FILE,
            tuple(self._variables),
            tuple(made for pattern in patterns for made in pattern),
            (*properties, *others),
            roles=(("One", self._names),),
        )

    def _add(self, name: str, domain: Domain) -> int:
        self._variables.append(Variable(name, domain, (domain.low,), name.split("[", maxsplit=1)[0], place=at(1)))
        return len(self._variables) - 1

    def _pattern(self, name: str) -> list[Action]:
        dice = self._dice
        guards = [self._condition_seed() for _ in range(dice.randint(1, 2))]
        effects = [dice.randint(0, 2**32) for _ in range(dice.randint(1, 2))]
        paired = dice.random() < 0.4
        spontaneous = dice.random() < 0.2
        made: list[Action] = []
        for i in self._everyone:
            for j in self._everyone:
                if (i == j) == paired:
                    continue
                guard = and_(*(self._condition(seed, i, j) for seed in guards))
                done: dict[int, Effect] = {}
                for seed in effects:
                    effect = self._effect(seed, i, j)
                    done.setdefault(effect.variable, effect)
                checks = [
                    in_range(domain, effect.value)
                    for effect in done.values()
                    if not (domain := self._variables[effect.variable].domain).boolean
                ]
                made.append(
                    Action(
                        name,
                        self._names[i],
                        name,
                        at(2),
                        guard,
                        tuple(done.values()),
                        tuple(checks),
                        (("j", self._names[j]),),
                        spontaneous=spontaneous,
                    )
                )
        return made

    def _condition_seed(self) -> int:
        return self._dice.randint(0, 2**32)

    def _condition(self, seed: int, i: int, j: int) -> Expr:
        """A truth about instances i and j; the same one of others for the same seed."""
        dice = Random(seed)
        parts = [self._atom(dice, i, j) for _ in range(2)]
        return or_(*parts) if dice.random() < 0.6 else and_(*parts)

    def _atom(self, dice: Random, i: int, j: int) -> Expr:
        me = i if dice.random() < 0.7 else j
        value = dice.randint(0, 2)
        negated = dice.random() < 0.5
        match dice.randrange(8):
            case 0 | 1:
                found = eq(read(self._own[me], Sort.INT), number(self._low + value))
            case 2:
                found = le(read(self._shared, Sort.INT), number(value))
            case 3:
                count = add(*(ite(self._has(k, value), number(1), number(0)) for k in self._everyone))
                found = le(count, number(1))
            case 4:
                found = or_(*(self._has(k, value) for k in self._everyone if k != me))
            case 5 if self._named is not None:
                found = eq(read(self._named, Sort.INT), number(me + 1))
            case 6 if self._pairs:
                found = read(self._pairs[i][j], Sort.BOOL)
            case 7 if self._other:
                found = eq(read(self._other[i], Sort.INT), number(j + 1 if value else 0))
            case _:
                found = read(self._flag[me], Sort.BOOL) if self._flag else TRUE
        return not_(found) if negated and found not in (TRUE, FALSE) else found

    def _kept(self, seed: int, i: int) -> Expr:
        """What some states say of an instance stays so, for one value."""
        own, value = self._own[i], self._low + seed % 3
        stays = eq(after(own, Sort.INT), number(value))
        return or_(not_(and_(eq(read(own, Sort.INT), number(value)), self._condition(seed, i, i))), stays)

    def _has(self, instance: int, value: int) -> Expr:
        return eq(read(self._own[instance], Sort.INT), number(self._low + value))

    def _effect(self, seed: int, i: int, j: int) -> Effect:
        dice = Random(seed)
        me = i if dice.random() < 0.7 else j
        change, value = dice.choice((-1, 1, 1)), dice.randint(0, 1)
        match dice.randrange(8):
            case 0 | 1:
                return Effect(self._own[me], add(read(self._own[me], Sort.INT), number(change)))
            case 2:
                return Effect(self._shared, add(read(self._shared, Sort.INT), number(change)))
            case 3 | 4 if self._named is not None:
                return Effect(self._named, number(me + 1 if value else 0))
            case 5 if self._pairs:
                return Effect(self._pairs[i][j], boolean(bool(value)))
            case 6 if self._other:
                return Effect(self._other[i], number(j + 1 if value else 0))
            case 7 if self._flag:
                return Effect(self._flag[me], not_(read(self._flag[me], Sort.BOOL)))
            case _:
                return Effect(self._own[me], number(self._low + 2 * value))
