"""The guarded transition system: the one meeting point of language, engines and presentation.

A state is a tuple of integers, one for each variable (a Boolean is 0 or 1, a label its position in the
domain).  An action is deterministic: nondeterminism, of arguments or of outcomes, is several actions.
A step of an action whose guard holds evaluates all its checks and effects in the old state.  The first check
that is false is a hazard: the step counts as a transition, it ends the trace, and it has no successor.
Effects never leave their variable's domain when all checks hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from custody.system.display import View
from custody.system.expression import FALSE, TRUE, Expr, Sort
from custody.system.place import NOWHERE, Place

State: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """The finite set of values of a variable: the integers from `low` to `high`, both included.

    `labels` names the values of an enumeration (then `low` is 0).  `role` is the role whose instances the
    labels are, when they are; with `optional`, value 0 is "none" and instance i has value i + 1.
    """

    low: int
    high: int
    labels: tuple[str, ...] | None = None
    boolean: bool = False
    role: str | None = None
    optional: bool = False

    @property
    def size(self) -> int:
        return self.high - self.low + 1

    @property
    def sort(self) -> Sort:
        return Sort.BOOL if self.boolean else Sort.INT

    def show(self, value: int) -> str:
        if self.boolean:
            return "true" if value else "false"
        if self.labels is not None and 0 <= value < len(self.labels):
            return self.labels[value]
        return str(value)


BOOLEAN = Domain(0, 1, boolean=True)


@dataclass(frozen=True, slots=True)
class Variable:
    """One finite variable.

    `name` is unique and reads as in the spec (`view[Device.0]`); `base` is the declared name, `indices` the
    role instances or numbers in brackets.  `control` marks procedure positions and locals, which belong to
    `actor`; the others are shared.  `initial` lists the possible first values, more than one for a free choice.
    """

    name: str
    domain: Domain
    initial: tuple[int, ...]
    base: str
    indices: tuple[str, ...] = ()
    control: bool = False
    actor: str | None = None
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class Effect:
    """After the step, `variable` has the value that `value` had before it."""

    variable: int
    value: Expr


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold when the step is taken; where it does not, property `property` is violated."""

    condition: Expr
    property: str
    message: str
    place: Place


@dataclass(frozen=True, slots=True)
class Wait:
    """What a step waits for: a resource by name and, for each actor, when that actor holds it."""

    resource: str
    holders: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of an action's guard as it was written: a duty of the caller, or else a promise of whoever answers.

    `message` says in words what it means that it does not hold.
    """

    expression: Expr
    text: str
    place: Place
    duty: bool = False
    rules: tuple[str, ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returns: the value, over the state before its last step, and how it is shown."""

    value: Expr
    domain: Domain


@dataclass(frozen=True, slots=True)
class Action:
    """One deterministic step of one actor.

    `name` is the action or procedure of the spec, `label` this step of it in words, `arguments` the values it
    was called with, `outcome` the branch taken (such as "fails ENOMEM") when there is more than one.
    `control` is the part of `guard` that says that the actor stands before this step; what remains is what it
    waits for.  `begins` marks a client's free choice to start a call: nobody is obliged to take it.
    `spontaneous` marks steps of the hardware (write-back, prefetch, a time-out): they are no progress, so a
    state where only such steps remain counts as deadlocked.

    `clauses` are the parts of `guard` that the specification states; what is left of it are branches taken.  `ends`
    marks the step that a procedure ends with, which may be the one that it begins with; `answer` is what it then
    returns.  `waived` are duties that are no part of the guard, since their side is declared to misbehave.  An
    `inner` step goes on with what its actor has begun.  `blocking` is what the specification says.
    """

    name: str
    actor: str
    label: str
    place: Place
    guard: Expr
    effects: tuple[Effect, ...]
    checks: tuple[Check, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    outcome: str | None = None
    control: Expr = TRUE
    waits: tuple[Wait, ...] = ()
    begins: bool = False
    spontaneous: bool = False
    side: str | None = None
    clauses: tuple[Clause, ...] = ()
    waived: tuple[Clause, ...] = ()
    ends: bool = False
    answer: Answer | None = None
    inner: bool = False
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Performed:
    """A call of a contract: the action, its arguments over the model's state, who performs it where the contract
    leaves that open (None: whoever acts in the model), and what it answers (None: success)."""

    action: str
    arguments: tuple[Answer, ...]
    performer: Answer | None
    outcome: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Performance:
    """What a call of the model that answers so (None: success) amounts to: calls of the contract, in order."""

    outcome: str | None
    calls: tuple[Performed, ...]


@dataclass(frozen=True, slots=True)
class Implementation:
    """The contract that a model implements, and what the model's calls are in it.

    `watched` is the model with every result of a call kept until the call is over; its actions are the model's.
    `side` is whose part the model plays; None is everybody's.  `performances` are by action: of those that begin a
    call or are one, with arguments over the state before; of others they are empty.
    """

    contract: System
    watched: System
    side: str | None
    performances: tuple[tuple[Performance, ...], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Renaming:
    """What the specification says that something was called before.

    `kind` is routine, property, role or parameter; of an enumeration's words, `words` has all of them in order, and
    `argument` and `value` one of them, behind the routine and the argument's position, or the parameter, that has it.
    """

    kind: str
    name: str
    before: str


class Form(StrEnum):
    """What a property says, as the engines see it."""

    INVARIANT = "invariant"  # expression holds in every reachable state
    STEP = "step"  # expression holds over every transition (READ before, NEXT after)
    REACHABLE = "reachable"  # expression holds in some reachable state
    HAZARD = "hazard"  # no check that names this property fails
    DEADLOCK = "deadlock"  # every state is terminal or has an action that is not spontaneous
    PROGRESS = (
        "progress"  # from every state, each actor of `resting` can still come to rest, or to a hazard of its own
    )
    EVENTUALLY = "eventually"  # on every fair run, expression holds at some time
    IMPLEMENTS = "implements"  # every behaviour is one that the contract allows; no engine is asked
    LEADS_TO = "leads_to"  # on every fair run, whenever expression holds, goal holds then or later


SAFETY = frozenset({Form.INVARIANT, Form.STEP, Form.HAZARD, Form.DEADLOCK})
LIVENESS = frozenset({Form.EVENTUALLY, Form.LEADS_TO})


class Kind(StrEnum):
    """What a property is about, for people and for the result JSON."""

    COHERENCY = "coherency"
    LIFETIME = "lifetime"
    DEADLOCK = "deadlock"
    LEAK = "leak"
    PROTOCOL = "protocol"
    LIVENESS = "liveness"
    REACHABILITY = "reachability"
    INVARIANT = "invariant"


@dataclass(frozen=True, slots=True)
class Conjunct:
    """A part of a property whose truth can be reported on its own, with the values bound around it."""

    expression: Expr
    text: str
    bindings: tuple[tuple[str, str], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the spec says the verdict will be; `length` is the number of steps of the shortest trace.

    `doc` is the author's argument: why what is modelled really does that, and what would refute it.
    """

    violated: bool
    length: int | None
    place: Place
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Property:
    """One thing to be checked. Which of the expressions are used depends on `form`.

    `premises` are the conditions under which the property says anything at all: one that never holds in a
    reachable state makes the property vacuous.  `resting` gives, for PROGRESS, each actor and when it rests.
    """

    name: str
    form: Form
    kind: Kind
    place: Place
    expression: Expr = TRUE
    goal: Expr = TRUE
    doc: str = ""
    text: str = ""
    rules: tuple[str, ...] = ()
    implicit: bool = False
    expected: Expectation | None = None
    conjuncts: tuple[Conjunct, ...] = ()
    premises: tuple[Conjunct, ...] = ()
    resting: tuple[tuple[str, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class Fairness:
    """A promise about runs: if the actions together stay enabled (weak) or are enabled again and again
    (strong), one of them is taken again and again."""

    name: str
    strong: bool
    actions: tuple[int, ...]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True)
class System:
    """The whole: variables, actions, properties. `where` restricts the first states.

    `instance` is what the specification calls these parameters, empty where it gives them no name.
    """

    name: str
    file: str
    variables: tuple[Variable, ...]
    actions: tuple[Action, ...]
    properties: tuple[Property, ...]
    where: Expr = TRUE
    terminal: Expr = FALSE
    fairness: tuple[Fairness, ...] = ()
    views: tuple[View, ...] = ()
    parameters: tuple[tuple[str, int | bool | str], ...] = ()
    roles: tuple[tuple[str, tuple[str, ...]], ...] = ()
    symmetric: frozenset[str] = field(default=frozenset[str]())
    doc: str = ""
    instance: str = ""
    renamings: tuple[Renaming, ...] = ()
    implementation: Implementation | None = None

    def property_named(self, name: str) -> Property:
        """The property; KeyError when there is none of that name."""
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        raise KeyError(name)
