"""The comparison of two versions of one specification: instances paired, behaviour, verdicts and statements compared.

Behaviour is compared exactly: both versions of an instance are explored together until there is nothing left, or a
limit is reached, and then the result says so.  Where both unfold to the same system nothing has to be explored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from custody.change.beside import beside
from custody.change.category import Level
from custody.change.effort import USUAL, Budget, Effort
from custody.change.instance import Findings, compare_instance, still_implements, titled, verdicts
from custody.change.meaning import compare_meaning
from custody.change.properties import compare_statements
from custody.change.result import Change, Cost, Result
from custody.change.waiting import compare_waiting
from custody.language import Program, SpecError
from custody.language.elaborate import named_instances
from custody.observe.label import renamed, renamings
from custody.system.model import System


@dataclass(frozen=True, slots=True)
class Paired:
    """The instances that belong together, by name, and what came of looking for them."""

    new: Program
    pairs: Mapping[str, tuple[System, System]]
    found: Findings


def compare_programs(
    old: Program,
    new: Program,
    settings: Mapping[str, str],
    effort: Effort = USUAL,
    spec: str = "",
    enough: Callable[[Change], bool] | None = None,
) -> Result:
    """Everything that the change from `old` to `new` means; SpecError, LimitError as `instances` raises them.

    On a request, which is not wide, nothing large is compared any more once `enough` says so of a change; the result
    says what was left.
    """
    return compare_paired(paired(old, new, settings), effort, spec, enough)


def compare_paired(
    both: Paired, effort: Effort = USUAL, spec: str = "", enough: Callable[[Change], bool] | None = None
) -> Result:
    """The same of what was unfolded."""
    new, pairs, found = both.new, both.pairs, both.found
    smallest = min(len(other.actions) for _, other in pairs.values())
    budget = Budget.of(effort)
    brief = Budget.brief() if effort.brief else budget
    for name, (one, other) in sorted(pairs.items(), key=lambda pair: len(pair[1][1].actions)):
        is_small = len(other.actions) == smallest
        compare_instance(name, one, other, effort, budget if is_small else brief, found, is_small=is_small)
        if enough is not None and not effort.wide and any(map(enough, found.changes)):
            found.is_enough = True
    if len(found.left) == len(pairs):
        found.limits.append("no instance was compared to its end: what was left says how far; --wide goes further")
    first_old, first_new = next(iter(pairs.values()))
    names = renamed(first_new, first_old)
    found.changes += compare_statements(first_old, first_new, names)
    found.changes += compare_meaning(first_old, first_new)
    found.changes += compare_waiting(first_old, first_new, names)
    if not (found.changes or found.limits or found.left):
        found.changes += [_cost(cost, new.file) for cost in found.costs]
    return _result(found, spec or new.file, new.name)


def paired(old: Program, new: Program, settings: Mapping[str, str]) -> Paired:
    """The instances that `compare_programs` compares; raises as it does."""
    found = Findings()
    with beside(lambda: named_instances(old, settings, observed=True)) as unfolded:
        after = named_instances(new, settings, observed=True)
        before = unfolded()
    return Paired(new, _pairs(before, after, new, found), found)


def compare_contract(old: Callable[[], Program], new: Program, effort: Effort = USUAL, spec: str = "") -> Result:
    """The same of a model whose own text is the same in both versions, and whose contract's is not.

    Only its smallest instances are held against the new contract, and `old` is read only where one breaks it.
    """
    found = Findings()
    after = named_instances(new, {}, observed=True)
    before: Mapping[str, System] | None = None
    smallest = min(len(system.actions) for system in after.values())
    told: set[int] = set()
    for name, system in after.items():
        if id(system) in told:
            continue
        told.add(id(system))
        title = titled(name)
        found.how.append(f"{title}: both versions are the same text")
        if len(system.actions) != smallest:
            found.left.append(f"{title}: not compared with the changed contract")
            continue
        deadline = effort.deadline()
        if still_implements(system, deadline):
            found.how[-1] += ", and it implements the contract as that is now"
        else:
            before = before or named_instances(old(), {}, observed=True)
            verdicts(name, before[name], system, deadline, found, ["implements"])
    return _result(found, spec or new.file, new.name)


def _pairs(
    before: Mapping[str, System], after: Mapping[str, System], new: Program, found: Findings
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


def _with_old_sizes(name: str, old: System, new: System, program: Program, found: Findings) -> System:
    """NEW as it is, or, where it has other numbers of role instances, with the parameters that OLD has."""
    entries = renamings(new, old)
    earlier = {entry.name: entry.before for entry in entries if entry.kind == "parameter"}
    words = {entry.name: entry.before for entry in entries if entry.kind == "value"}
    before = dict(old.parameters)
    changed = {
        key: (before[earlier.get(key, key)], value)
        for key, value in new.parameters
        if earlier.get(key, key) in before and before[earlier.get(key, key)] != words.get(f"{key} {value}", value)
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


def _result(found: Findings, spec: str, model: str) -> Result:
    rest = (tuple(found.costs), tuple(found.limits), tuple(found.how), tuple(found.left))
    return Result(spec, model, _merged(found.changes), *rest)


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
