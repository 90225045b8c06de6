"""One sentence on each verdict, in the words of the specification.

A violated invariant names the conjunct that is false, the values that it is false for and the variables that it
reads; a hazard says what was done; a deadlock and a stuck actor say who waits for what held by whom; a liveness
violation says what goes on for ever instead.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.system.display import show, variables
from custody.system.evaluate import enabled, evaluate
from custody.system.expression import Expr, reads
from custody.system.finding import Exploration, Finding, Trace, Verdict
from custody.system.model import Conjunct, Form, Property, State, System

MOST_VALUES = 4
"""How many variables a sentence quotes at most."""


def failed_conjuncts(subject: Property, trace: Trace | None) -> tuple[Conjunct, ...]:
    """The parts of an invariant or transition property that are false at the end of the trace."""
    if trace is None or subject.form not in (Form.INVARIANT, Form.STEP):
        return ()
    before, after = _ends(subject, trace)
    return tuple(part for part in subject.conjuncts if not evaluate(part.expression, before, after))


def explain(system: System, subject: Property, finding: Finding, found: Exploration) -> str:
    """The sentence; it starts in lower case and ends without a full stop, to be set after a property's name."""
    match finding.verdict:
        case Verdict.INCONCLUSIVE:
            return finding.reason or found.limit or "the engine could not tell"
        case Verdict.HOLDS:
            return _explain_success(subject, finding, found)
        case Verdict.VIOLATED:
            return _explain_violation(system, subject, finding)


def _explain_success(subject: Property, finding: Finding, found: Exploration) -> str:
    if subject.form is Form.REACHABLE and finding.trace is not None:
        return f"reached in {_count(finding.trace.length, 'step')}"
    if finding.reason is not None:
        return finding.reason
    if found.states is not None:
        return f"in all of {_count(found.states, 'reachable state')}"
    if found.explored is not None:
        return f"in every reachable state; {_count(found.explored, 'state')} sufficed to tell"
    return f"by the {found.engine} engine"


def _explain_violation(system: System, subject: Property, finding: Finding) -> str:
    trace = finding.trace
    if trace is None:
        return f"no reachable state has {_quoted(subject)}"
    match subject.form:
        case Form.INVARIANT | Form.STEP:
            return _explain_false(system, subject, trace)
        case Form.HAZARD:
            action = system.actions[trace.actions[-1]]
            check = action.checks[trace.broken or 0]
            values = _values(system, check.condition, trace.states[-1], None)
            return f"{action.actor}, in `{action.name}`: {check.message}{_where(values)}"
        case Form.DEADLOCK:
            last = trace.states[-1]
            return f"nobody can go on{_waiting(system, last)}{_hardware(system, last)}"
        case Form.PROGRESS:
            return f"{finding.subject} can never come to rest{_waiting(system, trace.states[-1])}"
        case Form.EVENTUALLY:
            return f"{_quoted(subject)} need never become true: {_forever(system, trace)}"
        case Form.LEADS_TO:
            return f"{_quoted(subject)} can fail{_bound(subject.premises)}: {_forever(system, trace)}"
        case Form.IMPLEMENTS:
            raise ValueError("`implements` explains itself where it is settled")
        case Form.REACHABLE:
            raise ValueError("a trace shows that a state is reachable, not that it is not")


def _explain_false(system: System, subject: Property, trace: Trace) -> str:
    before, after = _ends(subject, trace)
    failed = failed_conjuncts(subject, trace)
    if not failed:
        values = _values(system, subject.expression, before, after)
        return f"{_falsehood(subject.text or subject.name)}{_where(values)}"
    first = failed[0]
    values = _values(system, first.expression, before, after)
    others = len(failed) - 1
    more = f" (and {_count(others, 'more part')})" if others else ""
    return f"{_falsehood(first.text)}{_bound(failed[:1])}{_where(values)}{more}"


def _bound(parts: Sequence[Conjunct]) -> str:
    """The values bound around the first of the parts."""
    bindings = ", ".join(f"{name} = {value}" for part in parts[:1] for name, value in part.bindings)
    return f" for {bindings}" if bindings else ""


def _falsehood(text: str) -> str:
    """That `text` is false, without a double negation."""
    negated = text.removeprefix("not (").removesuffix(")")
    if len(negated) != len(text) - len("not ()") or not _balanced(negated):
        return f"`{text}` is false"
    return f"`{negated}` is true"


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0


def _ends(subject: Property, trace: Trace) -> tuple[State, State | None]:
    """The state that the property is false in, or the two states of the step that it is false over."""
    if subject.form is Form.STEP:
        return trace.states[-2], trace.states[-1]
    return trace.states[-1], None


def _values(system: System, expression: Expr, before: State, after: State | None) -> list[str]:
    """The declared things that the expression reads, as `name is value`, in the order of declaration."""
    wanted = reads(expression)
    quoted: list[str] = []
    for view in system.views:
        if view.hidden or wanted.isdisjoint(variables(view.shape)):
            continue
        old = show(view.shape, before)
        new = old if after is None else show(view.shape, after)
        quoted.append(f"{view.name} is {old}" if old == new else f"{view.name} goes from {old} to {new}")
    return quoted


def _where(values: Sequence[str]) -> str:
    if not values:
        return ""
    shown = ", ".join(values[:MOST_VALUES])
    return f", where {shown}" + (", …" if len(values) > MOST_VALUES else "")


def _waiting(system: System, state: State) -> str:
    from custody.graph.waits import describe

    waits = describe(system, state)
    return f": {waits}" if waits else ""


def _hardware(system: System, state: State) -> str:
    """The steps that a deadlock leaves, which are no progress."""
    left = dict.fromkeys(system.actions[index].name for index in enabled(system, state))
    return f"; what remains is spontaneous ({', '.join(left)})" if left else ""


def _forever(system: System, trace: Trace) -> str:
    if trace.stutters or trace.loop_at is None:
        return f"the run ends after {_count(trace.length, 'step')} and nothing obliges anybody to go on"
    repeated = [system.actions[index] for index in trace.actions[trace.loop_at :]]
    actors = sorted({action.actor for action in repeated})
    which = (
        f"step {trace.length} repeats"
        if len(repeated) == 1
        else f"steps {trace.loop_at + 1} to {trace.length} repeat"
    )
    return f"{which} for ever, with steps of {_listed(actors)} only"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _quoted(subject: Property) -> str:
    return f"`{subject.text or subject.name}`"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")
