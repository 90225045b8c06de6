"""One buffer of a recording, followed through its contract: the set of states that the lines so far still allow.

This is the subset construction, on the fly: after each line all states that some explanation of it leads to, with the
unseen steps that the explanation needs and no others; steps that nobody needs yet may still happen later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from custody.evidence.history import Broken, Entry, Gap, Misuse, Remark, Stop
from custody.evidence.instance import Sized, Sizes, Slots, Step, variables_read
from custody.evidence.meaning import Event
from custody.evidence.recording import Value
from custody.evidence.said import begins_unseen, given, has_outcome, recorded_value
from custody.evidence.search import UNTOLD, Explanation, Limits, Unseen, Way, explain, narrowed
from custody.language.events import EventRule, Meaning, Slot
from custody.system.model import Clause, State

MOST_STATES = 4096
"""How many states one buffer may be in at the same time before it is given up."""

NOTHING = Limits(depth=0, lost=0)
"""Nothing unseen at all."""

INITIATIVE = frozenset({"user", "importer"})
"""Who calls functions of its own accord; what the others do, they do when asked."""

PAST = Limits(depth=14, lost=14, lost_cost=30, invent=True)
"""What may have happened before the recording begins: nearly anything, at the price of a verdict."""


@dataclass(slots=True)
class Run:
    """One buffer. `generation` counts the buffers that had the same pointer before."""

    key: Value | None
    generation: int
    sizes: Sizes
    sized: Sized
    exporter: str
    visible: frozenset[str]
    states: tuple[State, ...]
    slots: dict[str, Slots]
    lossy: bool = False
    past: bool = False
    history: list[Entry] = field(default_factory=list[Entry])
    misuses: list[Misuse] = field(default_factory=list[Misuse])
    gaps: list[Gap] = field(default_factory=list[Gap])
    remarks: dict[str, Remark] = field(default_factory=dict[str, Remark])
    stop: Stop | None = None
    silent_functions: dict[str, None] = field(default_factory=dict[str, None])
    covered: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool])
    """Actions and outcomes that happened; True for those that a line showed."""
    changed: dict[int, Event] = field(default_factory=dict[int, Event])
    unnamed: list[tuple[str, Value]] = field(default_factory=list[tuple[str, Value]])
    """What the event at hand shows for the first time."""

    @property
    def finished(self) -> bool:
        """Whether the buffer is gone, in every state that is possible."""
        return all(self.sized.terminal(state) for state in self.states)

    def copy(self) -> Run:
        """The same run, to be followed another way."""
        slots = {role: Slots(dict(known.bound), known.count) for role, known in self.slots.items()}
        return replace(
            self,
            slots=slots,
            history=list(self.history),
            misuses=list(self.misuses),
            gaps=list(self.gaps),
            remarks={name: replace(remark) for name, remark in self.remarks.items()},
            stop=None,
            silent_functions=dict(self.silent_functions),
            covered=dict(self.covered),
            changed=dict(self.changed),
            unnamed=[],
        )

    # ------------------------------------------------------------------ following

    def follow(self, event: Event, limits: Limits) -> bool:
        """Explains the event; False where that is impossible (and nothing has changed)."""
        found = self.explanation(event, limits)
        if not self.history:
            found = found if found.ways else self.explanation(event, PAST)
            self.past = bool(found.ways) and begins_unseen(found.ways[0])
        elif not found.ways and self.past:
            found = self.explanation(event, PAST)
        if not found.ways:
            self.stop = Stop(event, self.states, found.cut)
            return False
        self.accept(event, found)
        return True

    def can(self, event: Event, limits: Limits) -> Explanation:
        """How the event would be explained, without following it."""
        return self.copy().explanation(event, limits)

    def explanation(self, event: Event, limits: Limits) -> Explanation:
        found = Explanation((), False)
        for adopt in (False, True):
            sequences = self.sequences(event, adopt=adopt)
            if not limits.slack:
                # Mostly the line says it all.
                found = explain(self.states, sequences, Unseen(), NOTHING)
                if found.ways and not found.ways[0].misuses:
                    return found
            found = explain(
                self.states, sequences, self.unseen(event, invent=limits.invent), self._priced(event, limits)
            )
            if found.ways or not self.unnamed:
                break
        return found

    def _priced(self, event: Event, limits: Limits) -> Limits:
        """A call that failed unseen is hard to believe where programs tell of their calls, and this one did not."""
        marks = {m.action for r in self.sizes.contract.rules if r.sighting == "mark" for m in r.meanings}
        told = not self.visible.isdisjoint(marks) and event.errno is None
        return replace(limits, failure=UNTOLD) if told else limits

    def accept(self, event: Event, found: Explanation) -> None:
        """Takes the explanation, which was found for this event just now."""
        best = found.ways[0]
        ways = self._bind(event, found.ways)
        before = self.history[-1].event if self.history else None
        if best.misuses:
            self.misuses.append(Misuse(event, tuple(self._broken(ways))))
        if best.lost:
            self.gaps.append(Gap(event, before, best.lost, self.past))
        for part in best.parts:
            what = (part.step.action.name, part.step.action.outcome or "")
            self.covered[what] = self.covered.get(what, False) or part.kind == "seen"
            if part.kind in ("silent", "call") and part.step.action.name in self.mapped:
                self.silent_functions[part.step.action.name] = None
        for way in ways:
            for part in way.parts:
                for effect in part.step.action.effects:
                    if part.step.action.name in self.mapped:
                        self.changed[effect.variable] = event
        self.states = tuple(dict.fromkeys(way.state for way in ways))
        self._remark(event)
        bound = {role: dict(slots.bound) for role, slots in self.slots.items()}
        self.history.append(Entry(event, best, self.states, self.sized, bound))

    def _remark(self, event: Event) -> None:
        for situation in self.sized.situations:
            known = self.remarks.get(situation.name)
            if situation.is_sure(self.states):
                if known is None:
                    known = self.remarks[situation.name] = Remark(event, situation.words, situation.rules)
                known.times += not known.lasts
                known.lasts = True
            elif known is not None:
                known.lasts = False

    def _bind(self, event: Event, ways: Sequence[Way]) -> Sequence[Way]:
        """Gives what is new the instance that it has in the best way, and keeps the ways that agree."""
        for role, value in self.unnamed:
            names = self.sized.names[role]
            chosen = given(event, ways[0], role, value)
            if chosen is not None:
                slot = names.index(chosen)
                bound = {other: at for other, at in self.slots[role].bound.items() if at != slot}
                self.slots[role].bound = {**bound, value: slot}
                ways = [way for way in ways if given(event, way, role, value) in (None, chosen)]
        self.unnamed.clear()
        return ways

    def _broken(self, ways: Sequence[Way]) -> Iterator[Broken]:
        told: set[str] = set()
        for way in ways:
            for part in way.misuses:
                for condition in part.broken:
                    message = condition.message or condition.text
                    if message not in told:
                        told.add(message)
                        since = self.since((condition,), way.start)
                        action = part.step.action
                        yield Broken(condition, action.name, action.side or "", since)

    def since(self, conditions: Sequence[Clause], state: State) -> Event | None:
        """The last line that changed something by which the conditions fail in the state."""
        known = [
            self.changed[variable]
            for variable in variables_read(conditions)
            if variable in self.changed and state[variable] != self.sized.start[variable]
        ]
        return max(known, key=lambda event: event.line.number, default=None)

    # ------------------------------------------------------------------ what a line may mean

    @property
    def mapped(self) -> frozenset[str]:
        """The actions that some line of some recording could show."""
        return self.sizes.mapped

    @property
    def calls(self) -> frozenset[str]:
        """Those among them that the entry of a function shows."""
        return self.sizes.calls

    def sequences(self, event: Event, *, adopt: bool = False) -> tuple[tuple[tuple[Step, ...], ...], ...]:
        """What the event may mean, as sequences of positions with the actions that would do.

        `adopt` lets things that are seen for the first time be those that unseen steps brought about.
        """
        while True:
            for role, value in self.unnamed:
                self.slots[role].bound.pop(value, None)
            self.unnamed.clear()
            sized = self.sized
            found = tuple(
                tuple(self._steps(event, rule, meaning, adopt=adopt) for meaning in rule.meanings)
                for rule in event.rules
            )
            # Where the system had to grow on the way, the first ones are of the smaller one.
            if self.sized is sized:
                return found

    def _steps(self, event: Event, rule: EventRule, meaning: Meaning, *, adopt: bool) -> tuple[Step, ...]:
        fixed: dict[str, str] = {}
        for slot in meaning.slots:
            value = self._argument(event, slot, adopt=adopt)
            if value is not None:
                fixed[slot.parameter] = value
        steps = self.sized.by_name.get(meaning.action, [])
        fitting = [s for s in steps if all(s.arguments.get(name) == value for name, value in fixed.items())]
        allowed = self._allowed()
        if adopt:
            # What is seen for the first time is nothing that has a name and is still there.
            named = {slot.parameter: slot.role for slot in meaning.slots if slot.role is not None}
            taken = {parameter: self._taken(role) for parameter, role in named.items() if parameter not in fixed}
            fitting = [s for s in fitting if all(s.arguments.get(name) not in of for name, of in taken.items())]
        return tuple(s for s in narrowed(fitting, allowed) if has_outcome(s, event, rule, steps))

    def _taken(self, role: str) -> frozenset[str]:
        """The instances that stand for something that is there."""
        names = self.sized.names[role]
        bound = self.slots[role].bound.values()
        return frozenset(names[n] for n in bound if not self.sized.is_clean(role, n, self.states))

    def _argument(self, event: Event, slot: Slot, *, adopt: bool) -> str | None:
        """The value of a parameter in the contract's words; None where it may be anything."""
        value = recorded_value(event, slot)
        if value is None:
            return None
        if slot.role is not None:
            return self._slot(slot.role, value, adopt=adopt)
        if slot.labels is not None:
            if isinstance(value, int):
                return slot.labels[value] if 0 <= value < len(slot.labels) else f"{value} (unknown)"
            word = value.lower().removeprefix("dma_")
            return "no_direction" if word == "none" and "no_direction" in slot.labels else word
        return str(value)

    def _slot(self, role: str, value: Value, *, adopt: bool) -> str | None:
        """The instance that stands for `value`; a new one where it is seen for the first time."""
        slots = self.slots[role]
        at = slots.bound.get(value)
        if at is None:
            self.unnamed.append((role, value))
            if adopt:
                return None
            at = self._free(role)
            slots.bound = {other: slot for other, slot in slots.bound.items() if slot != at}
            slots.bound[value] = at
        return self.sized.names[role][at]

    def _free(self, role: str) -> int:
        """A slot that is as good as new: one that nobody has, else one whose owner is gone, else a larger system."""
        taken = set(self.slots[role].bound.values())
        clean = [n for n in range(self.sized.sizes[role]) if self.sized.is_clean(role, n, self.states)]
        for slot in clean:
            if slot not in taken:
                return slot
        if clean:
            return clean[0]
        older = self.sized
        self.sized = self.sizes.grown(older, role)
        self.states = tuple(self.sized.carry(older, state) for state in self.states)
        names = {variable.name: index for index, variable in enumerate(self.sized.system.variables)}
        self.changed = {names[older.system.variables[v].name]: event for v, event in self.changed.items()}
        return older.sizes[role]

    def _allowed(self) -> dict[str, frozenset[str]]:
        """For each role the instances that are in use, and one that is not: the others are like that one."""
        found: dict[str, frozenset[str]] = {}
        for role, names in self.sized.names.items():
            bound = set(self.slots[role].bound.values())
            used = [n for n in range(len(names)) if n in bound or not self.sized.is_clean(role, n, self.states)]
            fresh = next((n for n in range(len(names)) if n not in used), None)
            found[role] = frozenset(names[n] for n in (*used, *(() if fresh is None else (fresh,))))
        return found

    # ------------------------------------------------------------------ what no line shows

    def unseen(self, event: Event, *, invent: bool = False) -> Unseen:
        """What may have happened before the event that no line shows.

        A function that no line shows may have been inlined; but a program's or a driver's call of one, which is its
        own free choice, is believed only where the event is a part of that call.
        """
        allowed = self._allowed()
        tasks = self.tasks(event)
        for role, names in tasks.items():
            allowed[role] = allowed[role] & names
        silent: list[Step] = []
        calls: list[Step] = []
        losable: list[Step] = []
        meanings = [meaning for rule in event.rules for meaning in rule.meanings]
        # A line that names no task, such as a program's own load or store, is part of no call.
        within = any(slot.field == "task" for meaning in meanings for slot in meaning.slots)
        is_call = not within or any(self._is_initiative(meaning.action) for meaning in meanings)
        for step in narrowed(self.sized.steps, allowed):
            action = step.action
            if any(duty.expression.is_constant and not duty.expression.value for duty in step.waived):
                continue
            initiative = self._is_initiative(action.name)
            seen = action.name in self.mapped and action.name in self.visible
            if seen or initiative:
                if invent or not (initiative and is_call):
                    losable.append(step)
                if initiative and not (seen or is_call):
                    calls.append(step)
            else:
                silent.append(step)
        return Unseen(silent, calls, losable)

    def _is_initiative(self, action: str) -> bool:
        """Whether the action is somebody's call of a function."""
        steps = self.sized.by_name.get(action)
        return action in self.calls and bool(steps) and steps[0].action.side in INITIATIVE

    def tasks(self, event: Event) -> dict[str, frozenset[str]]:
        """Of tasks only the event's own, and those that are in the middle of something."""
        found: dict[str, frozenset[str]] = {}
        for rule in event.rules:
            for meaning in rule.meanings:
                for slot in meaning.slots:
                    if slot.role is not None and slot.field == "task":
                        names = self.sized.names[slot.role]
                        mine = self.slots[slot.role].bound.get(event.task)
                        busy = [
                            name
                            for n, name in enumerate(names)
                            if n == mine or not self.sized.is_clean(slot.role, n, self.states)
                        ]
                        found[slot.role] = frozenset(busy)
        return found


def begin(
    key: Value | None,
    generation: int,
    sizes: Sizes,
    exporter: str,
    visible: frozenset[str],
    limits: Mapping[str, int] | None = None,
) -> Run:
    """A run of the contract from its first states."""
    sized = sizes.sized(dict(limits or {}))
    slots = {role: Slots() for role in sized.names}
    return Run(key, generation, sizes, sized, exporter, visible, sized.first, slots)
