"""The comparison of two versions of one specification: instances paired, behaviour, verdicts and statements compared.

Behaviour is compared exactly: both versions of an instance are explored together until there is nothing left, or a
limit is reached, and then the result says so.  Where both unfold to the same system nothing has to be explored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.change.behaviour import Pair, described
from custody.change.beside import beside
from custody.change.category import Level
from custody.change.lockstep import never_differ
from custody.change.meaning import compare_meaning
from custody.change.normal import alike, behave_alike, same_contract
from custody.change.product import Comparison
from custody.change.product import compare as product
from custody.change.properties import compare_statements, compare_verdicts
from custody.change.result import Change, Cost, Result
from custody.change.waiting import compare_waiting
from custody.change.witness import witness
from custody.explore.choose import explore
from custody.language import Program, SpecError
from custody.language.elaborate import named_instances
from custody.observe.label import SAME, Names, renamed, stepwise
from custody.observe.observer import Alphabet, Observer
from custody.properties.check import check
from custody.properties.result import RunResult
from custody.system.finding import Limits, Verdict
from custody.system.model import System

SMALL = 20_000
"""States of each version that are compared in Python before anything is compiled: one or two seconds."""
SHALLOW = 30_000
"""States of all instances together that are compared on a request; what is larger is left to a wide run."""


@dataclass(frozen=True)
class Effort:
    """How far to go. `points` are states of one version of one instance, `seconds` the time for one instance.

    Without `wide` the smaller instances are compared, as far as `SHALLOW` goes, and models whose contract alone
    changed in their smallest ones; the result says what was left.  A number of states and not of seconds, so that the
    answer is the same everywhere.
    """

    points: int | None = 1_000_000
    seconds: float | None = 300.0
    wide: bool = True

    def deadline(self) -> float | None:
        """When an instance that is begun now has to be done, in terms of `time.monotonic`."""
        return None if self.seconds is None else time.monotonic() + self.seconds

    @staticmethod
    def is_over(deadline: float | None) -> bool:
        return deadline is not None and time.monotonic() > deadline

    @staticmethod
    def of(points: int | None, seconds: float | None) -> Effort:
        """The given limits, and the usual ones where none is given."""
        return Effort(points or Effort.points, seconds or Effort.seconds)


@dataclass(slots=True)
class _Findings:
    changes: list[Change] = field(default_factory=list[Change])
    costs: list[Cost] = field(default_factory=list[Cost])
    limits: list[str] = field(default_factory=list[str])
    how: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])

    def result(self, spec: str, model: str) -> Result:
        changes = _merged(self.changes)
        rest = (tuple(self.costs), tuple(self.limits), tuple(self.how), tuple(self.left))
        return Result(spec, model, changes, *rest)


@dataclass(slots=True)
class _Budget:
    """How many states of each version may still be looked at; None is no limit."""

    states: int | None

    def spend(self, states: int) -> None:
        if self.states is not None:
            self.states = max(0, self.states - states)


def compare_programs(
    old: Program, new: Program, settings: Mapping[str, str], effort: Effort = Effort(), spec: str = ""
) -> Result:
    """Everything that the change from `old` to `new` means; SpecError, LimitError as `instances` raises them."""
    found = _Findings()
    with beside(lambda: named_instances(old, settings, observed=True)) as unfolded:
        after = named_instances(new, settings, observed=True)
        before = unfolded()
    pairs = _pairs(before, after, new, found)
    smallest = min(len(other.actions) for _, other in pairs.values())
    budget = _Budget(None if effort.wide else SHALLOW)
    for name, (one, other) in sorted(pairs.items(), key=lambda pair: len(pair[1][1].actions)):
        _compare(name, one, other, effort, budget, found, is_small=len(other.actions) == smallest)
    if len(found.left) == len(pairs):
        found.limits.append(f"every instance has more than {SHALLOW:,} states; --wide compares them")
    first_old, first_new = next(iter(pairs.values()))
    names = renamed(first_new)
    found.changes += compare_statements(first_old, first_new, names)
    found.changes += compare_meaning(first_old, first_new)
    found.changes += compare_waiting(first_old, first_new, names)
    if not found.changes and not found.limits:
        found.changes += [_cost(cost, new.file) for cost in found.costs]
    return found.result(spec or new.file, new.name)


def paired(old: Program, new: Program, settings: Mapping[str, str]) -> dict[str, tuple[System, System]]:
    """The instances that `compare_programs` compares, by name; raises as it does."""
    before = named_instances(old, settings, observed=True)
    return _pairs(before, named_instances(new, settings, observed=True), new, _Findings())


def compare_contract(old: Callable[[], Program], new: Program, effort: Effort = Effort(), spec: str = "") -> Result:
    """The same of a model whose own text is the same in both versions, and whose contract's is not.

    Only its smallest instances are held against the new contract, and `old` is read only where one breaks it.
    """
    found = _Findings()
    after = named_instances(new, {}, observed=True)
    before: Mapping[str, System] | None = None
    smallest = min(len(system.actions) for system in after.values())
    told: set[int] = set()
    for name, system in after.items():
        if id(system) in told:
            continue
        told.add(id(system))
        title = name or "the only instance"
        found.how.append(f"{title}: both versions are the same text")
        if len(system.actions) != smallest:
            found.left.append(f"{title}: not compared with the changed contract")
            continue
        deadline = effort.deadline()
        if not _still_implements(system, deadline):
            before = before or named_instances(old(), {}, observed=True)
            _verdicts(name, before[name], system, deadline, found, ["implements"])
    return found.result(spec or new.file, new.name)


def _pairs(
    before: Mapping[str, System], after: Mapping[str, System], new: Program, found: _Findings
) -> dict[str, tuple[System, System]]:
    """The instances that belong together, those of NEW with OLD's numbers of role instances."""
    pairs: dict[str, tuple[System, System]] = {}
    done: set[tuple[int, int]] = set()
    if len(before) == 1 and len(after) == 1:
        [(_, one)], [(name, other)] = before.items(), after.items()
        matched = {name: (one, other)}
    else:
        matched = {name: (before[name], after[name]) for name in before if name in after}
        if not matched:
            name = next(iter(before))
            matched = {name: (before[name], next(iter(after.values())))}
        for name, system in before.items():
            if name not in after and name and not any(system is one for one, _ in matched.values()):
                found.changes.append(_instance("INSTANCE-REMOVED", name, system, new.file))
        for name, system in after.items():
            if name not in before and name and not any(system is other for _, other in matched.values()):
                found.changes.append(_instance("INSTANCE-ADDED", name, system, new.file))
    for name, (one, other) in matched.items():
        if (id(one), id(other)) in done:
            continue
        done.add((id(one), id(other)))
        pairs[name] = (one, _with_old_sizes(name, one, other, new, found))
    return pairs


def _cost(cost: Cost, file: str) -> Change:
    message = f"nothing that can be seen changed; {cost.old_states:,} states became {cost.new_states:,}"
    instances = (cost.instance,) if cost.instance else ()
    return Change("COST-CHANGED", "states", message, file, 1, instances=instances)


def _instance(id: str, name: str, system: System, file: str) -> Change:  # noqa: A002
    values = ", ".join(f"{key} = {value}" for key, value in system.parameters)
    what = "is not checked any more" if id == "INSTANCE-REMOVED" else "is checked as well"
    return Change(id, name, f"the instance {name} ({values}) {what}", file, 1, harmed=("everyone",))


def _with_old_sizes(name: str, old: System, new: System, program: Program, found: _Findings) -> System:
    """NEW as it is, or, where it has other numbers of role instances, with the parameters that OLD has."""
    earlier = {entry.name: entry.before for entry in new.renamings if entry.kind == "parameter"}
    before = dict(old.parameters)
    changed = {
        key: (before[earlier.get(key, key)], value)
        for key, value in new.parameters
        if earlier.get(key, key) in before and before[earlier.get(key, key)] != value
    }
    for key, (was, now) in changed.items():
        message = f"{key} is {_said(now)}, and was {_said(was)}"
        change = Change("PARAMETER-CHANGED", key, message, new.file, 1, harmed=("everyone",))
        found.changes.append(replace(change, instances=(name,) if name else ()))
    if not changed or _sizes(old) == _sizes(new):
        return new
    settings = {key: _said(was) for key, (was, _) in changed.items() if isinstance(was, int) and was is not True}
    try:
        resized = named_instances(program, settings, observed=True)
    except SpecError:
        return new
    return resized.get(name) or next(iter(resized.values()))


def _sizes(system: System) -> list[int]:
    return sorted(len(members) for _, members in system.roles)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _compare(
    name: str, old: System, new: System, effort: Effort, budget: _Budget, found: _Findings, *, is_small: bool
) -> None:
    title = name or "the only instance"
    names = renamed(new)
    deadline = effort.deadline()
    if alike(old, new, names):
        found.how.append(f"{title}: both versions unfold to the same system")
        if same_contract(old, new):
            return
        if not (effort.wide or is_small):
            found.left.append(f"{title}: not compared with the changed contract")
        elif not _still_implements(new, deadline):
            _verdicts(name, old, new, deadline, found, ["implements"])
        return
    if behave_alike(old, new, names):
        found.how.append(f"{title}: both versions unfold to the same actions")
        if budget.states is not None and _is_larger(new, budget.states):
            found.left.append(f"{title}: its properties were not checked, for it is large")
        else:
            _verdicts(name, old, new, deadline, found)
        return
    # Small systems are compared before a compiler could have begun; large ones that never differ, in C.
    most = SMALL if budget.states is None else min(SMALL, budget.states)
    pair, behaviour = _observed(old, new, names, effort, deadline, most)
    budget.spend(max(pair.old.points, pair.new.points))
    if behaviour.limit is not None and not effort.wide and not effort.is_over(deadline):
        found.changes += [described(pair, witness(pair.old, pair.new, d), name) for d in behaviour.differences]
        looked = f"behaviour was compared up to {behaviour.limit}" if most else "not compared"
        if is_small:
            _verdicts(name, old, new, deadline, found)
            found.left.append(f"{title}: {looked}")
        else:
            found.left.append(f"{title}: {looked}{', and its properties were not checked' if most else ''}")
        budget.spend(SHALLOW)
        return
    if behaviour.limit is not None:
        if names == SAME and (states := never_differ(old, new, _limits(effort, deadline))) is not None:
            text = (
                f"no reachable state tells the versions apart: {states:,} were looked at"
                if states
                else "the same steps"
            )
            found.how.append(f"{title}: {text}")
            _verdicts(name, old, new, deadline, found)
            return
        pair, behaviour = _observed(old, new, names, effort, deadline, effort.points)
    changes = [described(pair, witness(pair.old, pair.new, d), name) for d in behaviour.differences]
    told = _verdicts(name, old, new, deadline, found)
    found.changes += [c for c in changes if not (c.id.startswith("HAZARD") and c.subject.partition(": ")[2] in told)]
    if behaviour.limit is not None:
        found.limits.append(f"{title}: behaviour was compared up to {behaviour.limit} only")
    else:
        found.how.append(f"{title}: compared exactly, {behaviour.pairs:,} pairs of what can be known of both")


def _is_larger(system: System, states: int) -> bool:
    """Whether the system has more states than so many."""
    return not explore(system, Limits(max_states=states), []).complete


def _observed(
    old: System, new: System, names: Names, effort: Effort, deadline: float | None, most: int | None
) -> tuple[Pair, Comparison]:
    """Both versions under observation, and how they differ, of `most` states of each."""
    split = stepwise(old) | stepwise(new, names)
    alphabet = Alphabet()
    most = min((limit for limit in (most, effort.points) if limit is not None), default=None)
    pair = Pair(Observer(old, alphabet, SAME, split, most), Observer(new, alphabet, names, split, most))
    return pair, product(pair.old, pair.new, deadline)


def _verdicts(
    name: str,
    old: System,
    new: System,
    deadline: float | None,
    found: _Findings,
    properties: Sequence[str] | None = None,
) -> set[str]:
    """Compares the verdicts, and what they cost; returns the properties whose verdict changed."""
    with beside(lambda: _checked(old, deadline, properties)) as checked:
        after = _checked(new, deadline, properties)
        before = checked()
    verdicts, limits = compare_verdicts(before, after, name)
    found.changes += verdicts
    found.limits += [f"{name or 'the only instance'}: {limit}" for limit in limits]
    _costs(name, before, after, found)
    return {change.subject for change in verdicts}


def _still_implements(new: System, deadline: float | None) -> bool:
    """Whether the new version is known to implement its contract; then nobody is broken, whatever the old one did."""
    return all(r.finding.verdict is Verdict.HOLDS for r in _checked(new, deadline, ["implements"]).properties)


def _checked(system: System, deadline: float | None, properties: Sequence[str] | None) -> RunResult:
    left = None if deadline is None else max(1.0, deadline - time.monotonic())
    known = None if properties is None else [p.name for p in system.properties if p.name in properties]
    return check(system, system.file, limits=Limits(timeout=left), properties=known)


def _limits(effort: Effort, deadline: float | None) -> Limits:
    left = None if deadline is None else max(1.0, deadline - time.monotonic())
    return Limits(max_states=effort.points, timeout=left)


def _costs(name: str, before: RunResult, after: RunResult, found: _Findings) -> None:
    one, other = before.counted, after.counted
    if one is None or other is None or not (one.complete and other.complete):
        return
    sizes = (one.states or 0, other.states or 0, one.transitions or 0, other.transitions or 0)
    if sizes[0] != sizes[1] or sizes[2] != sizes[3]:
        found.costs.append(Cost(name, *sizes))


def _merged(changes: list[Change]) -> tuple[Change, ...]:
    """One change for all instances that show it, with the shortest trace; the heaviest first."""
    merged: dict[tuple[str, str, str], Change] = {}
    for change in changes:
        key = (change.id, change.subject, change.only)
        known = merged.get(key)
        if known is None:
            merged[key] = change
            continue
        shorter = change if 0 < len(change.rows) < len(known.rows) else known
        instances = tuple(dict.fromkeys((*known.instances, *change.instances)))
        merged[key] = replace(shorter, instances=instances)
    heaviest = list(reversed(Level))
    return tuple(sorted(merged.values(), key=lambda change: (heaviest.index(change.level), len(change.rows))))
