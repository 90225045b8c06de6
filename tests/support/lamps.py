"""Small hand-built systems and a plain engine, to test verdicts and reports without any language or engine."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from custody.system.display import ScalarShape, View
from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states, is_deadlocked
from custody.system.expression import FALSE, TRUE, Expr, Sort, after, eq, implies, not_, number, read
from custody.system.finding import Exploration, Finding, Limits, ProgressHook, Trace, Verdict
from custody.system.model import (
    Action,
    Check,
    Conjunct,
    Domain,
    Effect,
    Expectation,
    Form,
    Kind,
    Property,
    State,
    System,
    Variable,
)
from custody.system.place import Place

FILE = "lamp.custody"
LABELS = ("off", "on", "blown")
LAMP = 0
OFF, ON, BLOWN = (eq(read(LAMP, Sort.INT), number(value)) for value in range(3))


def at(line: int) -> Place:
    return Place(FILE, line)


def action(label: str, guard: Expr, value: int, line: int, checks: tuple[Check, ...] = ()) -> Action:
    """A step of the user that gives the lamp a new value."""
    return Action(
        name="press",
        actor="User.0",
        label=label,
        place=at(line),
        guard=guard,
        effects=(Effect(LAMP, number(value)),),
        checks=checks,
        arguments=(("finger", "thumb"),),
    )


def conjunct(expression: Expr, text: str, line: int) -> Conjunct:
    return Conjunct(expression, text, (("t", "Thread.0"),), at(line))


NEVER_BLOWN = Property(
    name="never_blown",
    form=Form.INVARIANT,
    kind=Kind.COHERENCY,
    place=at(20),
    expression=not_(BLOWN),
    doc="The fuse survives.",
    text="lamp != blown",
    rules=("DB-CPU-05",),
    conjuncts=(conjunct(TRUE, "true", 21), conjunct(not_(BLOWN), "lamp != blown", 22)),
)
CAN_SHINE = Property(
    name="can_shine", form=Form.REACHABLE, kind=Kind.REACHABILITY, place=at(30), expression=ON, text="lamp == on"
)
NO_SHORT = Property(name="no_short", form=Form.HAZARD, kind=Kind.LIFETIME, place=at(1), implicit=True)
NO_DEADLOCK = Property(name="deadlock", form=Form.DEADLOCK, kind=Kind.DEADLOCK, place=at(40))
NO_RELIGHT = Property(
    name="no_relight",
    form=Form.STEP,
    kind=Kind.PROTOCOL,
    place=at(50),
    expression=implies(ON, not_(eq(after(LAMP, Sort.INT), number(0)))),
    text="lamp == on => lamp' != off",
    premises=(conjunct(ON, "lamp == on", 51), conjunct(FALSE, "false", 52)),
)


def lamp(*properties: Property, start: tuple[int, ...] = (0,), shorts: bool = False) -> System:
    """Off, on, blown, each by a press; a press on the blown lamp is a hazard where `shorts`."""
    actions = [action("switch on", OFF, 1, 10), action("blow the fuse", ON, 2, 11)]
    if shorts:
        check = Check(not_(BLOWN), NO_SHORT.name, "the lamp is pressed after it is blown", at(12))
        actions.append(action("press again", BLOWN, 2, 12, (check,)))
    actions.append(replace(action("melt", FALSE, 0, 13), outcome="fails EIO"))
    return System(
        name="lamp",
        file=FILE,
        variables=(Variable("lamp", Domain(0, 2, LABELS), start, "lamp"),),
        actions=tuple(actions),
        properties=properties,
        terminal=BLOWN,
        views=(View("lamp", ScalarShape(LAMP, 0, LABELS)),),
        parameters=(("WATTS", 60), ("DIMMED", False)),
    )


def expecting(subject: Property, violated: bool, length: int | None = None) -> Property:
    return replace(subject, expected=Expectation(violated, length, at(60)))


def search(
    system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None = None
) -> Exploration:
    """Breadth-first search by the evaluator: an engine as slow and plain as can be, for safety properties."""
    del progress
    parents: dict[State, tuple[State, int] | None] = dict.fromkeys(initial_states(system))
    depth = dict.fromkeys(parents, 0)
    queue = deque(parents)
    wanted = [system.property_named(name) for name in properties]
    findings: dict[str, Finding] = {}
    premises = {subject.name: [False] * len(subject.premises) for subject in wanted}
    fired = [0] * len(system.actions)
    complete = True

    def run_to(state: State) -> Trace:
        states, actions = [state], list[int]()
        while (parent := parents[states[0]]) is not None:
            states.insert(0, parent[0])
            actions.insert(0, parent[1])
        return Trace(tuple(states), tuple(actions))

    def settle(subject: Property, trace: Trace) -> None:
        verdict = Verdict.HOLDS if subject.form is Form.REACHABLE else Verdict.VIOLATED
        findings.setdefault(subject.name, Finding(subject.name, verdict, trace))

    while queue:
        state = queue.popleft()
        for subject in wanted:
            for number_, premise in enumerate(subject.premises):
                premises[subject.name][number_] |= bool(evaluate(premise.expression, state))
            if subject.form in (Form.INVARIANT, Form.REACHABLE):
                holds = bool(evaluate(subject.expression, state))
                if holds is (subject.form is Form.REACHABLE):
                    settle(subject, run_to(state))
            if subject.form is Form.DEADLOCK and is_deadlocked(system, state):
                settle(subject, run_to(state))
        for index in enabled(system, state):
            fired[index] += 1
            here = run_to(state)
            broken = failed_check(system.actions[index], state)
            if broken is not None:
                for subject in wanted:
                    if broken.property == subject.name:
                        position = system.actions[index].checks.index(broken)
                        settle(subject, Trace(here.states, (*here.actions, index), broken=position))
                continue
            following = fire(system.actions[index], state)
            for subject in wanted:
                if subject.form is Form.STEP and not evaluate(subject.expression, state, following):
                    settle(subject, Trace((*here.states, following), (*here.actions, index)))
            if following in parents:
                continue
            if limits.max_states is not None and len(parents) >= limits.max_states:
                complete = False
                continue
            parents[following] = (state, index)
            depth[following] = depth[state] + 1
            queue.append(following)
    for subject in wanted:
        unseen = Verdict.VIOLATED if subject.form is Form.REACHABLE else Verdict.HOLDS
        verdict = unseen if complete else Verdict.INCONCLUSIVE
        reason = None if complete else "not every state was seen"
        findings.setdefault(subject.name, Finding(subject.name, verdict, reason=reason))
    return Exploration(
        engine="explicit",
        findings=findings,
        complete=complete,
        states=len(parents),
        transitions=sum(fired),
        depth=max(depth.values()),
        limit=None if complete else f"{limits.max_states} states",
        fired=tuple(fired),
        premises={name: tuple(values) for name, values in premises.items()},
        seconds=0.25,
        peak_bytes=4096,
    )
