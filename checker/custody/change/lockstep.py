"""Large versions compared in lock-step: one leads, the other answers each step with its own, in C or in z3.

Where the follower always can, it allows all that the leader does.  Where it cannot, the run there is a candidate for
a difference: whether no other run of the follower shows the same is found out by following all of them along it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from custody.change.behaviour import Pair
from custody.change.beside import beside
from custody.change.joint import Flag, Joint, joint
from custody.change.product import Difference, Direction
from custody.change.side import Side, apart, counterparts
from custody.change.witness import Leg, Witness, shown
from custody.explore.choose import explore
from custody.observe.label import SAME, Label, Labels, Names, Seen, stepwise
from custody.observe.observer import Alphabet, Observer, TooLargeError
from custody.system.evaluate import evaluate, failed_check, fire
from custody.system.finding import Finding, Limits, Means, Trace, Verdict
from custody.system.model import State, System

MOST_FOLLOWED = 40_000
"""States of one version that are looked at to find out whether it has a run like one of the other's."""
Z3_DEPTH = 30
"""How many steps deep z3 looks where there are too many states for C."""
Z3_SECONDS = 30.0
"""How long z3 looks at most."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What was found; `pairs` of states were looked at, and `unsettled` says what is not known."""

    pair: Pair
    witnesses: tuple[Witness, ...]
    pairs: int
    unsettled: tuple[str, ...]
    by_z3: bool


@dataclass(frozen=True, slots=True)
class _Searched:
    """Runs to flags by name, where there are any; `limit` says how far the search came, where it is not complete."""

    traces: dict[str, Trace]
    states: int
    limit: str | None = None
    by_z3: bool = False


def compare_in_step(
    old: System, new: System, names: Names, limits: Limits, *, deeper: bool = True, means: Means | None = None
) -> Compared | None:
    """All differences, or those that were found; None where the versions begin differently.

    Of the limits, `max_states` are pairs of states; beyond these z3 looks, where it may go `deeper`.
    """
    split = stepwise(old) | stepwise(new, names)
    labels = Labels(old, SAME, split), Labels(new, names, split)
    cut = apart(*labels, (old, new))
    sides = Side.of(old, labels[0], SAME, cut), Side.of(new, labels[1], names, cut)
    own = counterparts(*sides)
    gone = joint(sides[0], sides[1], own)
    added = joint(sides[1], sides[0], {b: a for a, b in own.items()})
    if gone is None or added is None:
        return None
    with beside(lambda: _searched(gone, limits, deeper, means)) as other:
        found_added = _searched(added, limits, deeper, means)
        found_gone = other()
    alphabet = Alphabet()
    pair = Pair(
        Observer(old, alphabet, SAME, split, MOST_FOLLOWED), Observer(new, alphabet, names, split, MOST_FOLLOWED)
    )
    witnesses: list[Witness] = []
    unsettled: list[str] = []
    for direction, system, side, found in (
        (Direction.GONE, gone, sides[0], found_gone),
        (Direction.ADDED, added, sides[1], found_added),
    ):
        if found.limit is not None:
            here, there = ("OLD", "NEW") if direction is Direction.GONE else ("NEW", "OLD")
            unsettled.append(f"whether {there} allows all that {here} does was looked at up to {found.limit} only")
        for flag in system.flags:
            trace = found.traces.get(flag.name)
            if trace is None:
                continue
            shown_here, why = _confirmed(pair, direction, system, side, flag, trace)
            witnesses += [shown_here] if shown_here is not None else []
            unsettled += [why] if why is not None else []
    pairs = max(found_gone.states, found_added.states)
    by_z3 = found_gone.by_z3 or found_added.by_z3
    return Compared(pair, tuple(witnesses), pairs, tuple(dict.fromkeys(unsettled)), by_z3)


# ------------------------------------------------------------------ the search


def _searched(both: Joint, limits: Limits, deeper: bool, means: Means | None) -> _Searched:
    if not both.flags:
        return _Searched({}, 0)
    begun = time.monotonic()
    found = explore(both.system, limits, [flag.name for flag in both.flags], means=means)
    traces = _traces(found.findings)
    states = found.states or 0
    if found.complete:
        return _Searched(traces, states)
    left = None if limits.timeout is None else limits.timeout - (time.monotonic() - begun)
    rest = [flag.name for flag in both.flags if flag.name not in traces]
    seconds = Z3_SECONDS if left is None else min(left, Z3_SECONDS)
    if not deeper or not rest or seconds < 1:
        return _Searched(traces, states, _words(found.limit, states))
    from custody.symbolic.engine import analyse

    bounded = analyse(both.system, replace(limits, timeout=seconds), rest, max_depth=Z3_DEPTH)
    traces |= _traces(bounded.findings)
    if all(f.verdict is not Verdict.INCONCLUSIVE for f in bounded.findings.values()):
        # What was found before the limit says nothing of whether the rest of it is shown by shortest runs.
        return _Searched(traces, states, by_z3=True)
    looked = f"every run of up to {bounded.looked} steps" if bounded.looked is not None else "no run to its end"
    return _Searched(traces, states, f"{_words(found.limit, states)}, and by z3 {looked}", by_z3=True)


def _words(limit: str | None, states: int) -> str:
    return f"{states:,} pairs of states ({limit})"


def _traces(findings: dict[str, Finding]) -> dict[str, Trace]:
    return {
        name: finding.trace
        for name, finding in findings.items()
        if finding.verdict is Verdict.HOLDS and finding.trace is not None
    }


# ------------------------------------------------------------------ from candidates to differences


def _confirmed(
    pair: Pair, direction: Direction, both: Joint, leader: Side, flag: Flag, trace: Trace
) -> tuple[Witness | None, str | None]:
    """The difference, and what is not known beside it."""
    observer, other, words = (
        (pair.old, pair.new, "NEW") if direction is Direction.GONE else (pair.new, pair.old, "OLD")
    )
    legs, after = _run(both, leader, flag, trace)
    told = str(legs[-1].label)
    path: list[Label] = []
    try:
        belief = other.initial()
        for number, leg in enumerate(legs):
            if leg.label is None:
                continue
            following = other.after(belief).get(observer.alphabet.number(leg.label))
            if following is None:
                beliefs = {"old": -1, "new": belief} if direction is Direction.GONE else {"old": belief, "new": -1}
                difference = Difference(direction, tuple(path), leg.label, **beliefs)
                state = after if number + 1 == len(legs) else legs[number + 1].before
                found = shown(pair.old, pair.new, difference, legs[: number + 1], state)
                # A broken check is the end of a run: nothing comes after it.
                is_settled = flag.is_exact or leg.label.seen is Seen.HAZARD
                return found, None if is_settled else f"what comes after `{told}` where {words} allows it as well"
            path.append(leg.label)
            belief = following
    except TooLargeError as reached:
        return None, f"whether {words} allows `{told}` after {len(path)} steps: it takes more than {reached.limit}"
    return None, f"what follows where {words} comes to `{told}` in another way"


def _run(both: Joint, leader: Side, flag: Flag, trace: Trace) -> tuple[tuple[Leg, ...], State | None]:
    """The leader's run to the flag, with the step that is flagged, and the state after that."""
    width = len(leader.system.variables)
    legs: list[Leg] = []
    for state, action in zip(trace.states, trace.actions, strict=False):
        move = both.moves[action]
        if move.leads is not None:
            legs += _legs(leader, move.leads, state[:width])
    last = trace.states[-1]
    part = next(part for part, when in flag.parts if evaluate(when, last))
    before = last[:width]
    index = leader.parts[part].action
    if flag.broken is not None:
        check = failed_check(leader.system.actions[index], before)
        if check is None:
            raise AssertionError("a check that was found to fail does not")
        return (*legs, Leg(index, before, leader.labels.hazard(index, check))), None
    ending = _legs(leader, part, before)
    began = ending[-1].label is not None and ending[-1].label.seen is Seen.CALL and leader.labels.halves[index]
    return (*legs, *ending), before if began else fire(leader.system.actions[index], before)


def _legs(side: Side, number: int, before: State) -> list[Leg]:
    """What is seen of a part: nothing, one thing, or the beginning and the end of a call."""
    part = side.parts[number]
    index, labels = part.action, side.labels
    if not part.is_seen:
        return [Leg(index, before, None)]
    if part.whole and part.key[0] is Seen.WHOLE:
        return [Leg(index, before, labels.of(index, before)), Leg(index, before, labels.end(index, before))]
    if labels.halves[index] and part.key[0] is Seen.RETURN:
        return [Leg(index, before, labels.end(index, before))]
    return [Leg(index, before, labels.of(index, before))]
