"""What a command has to tell in the end: the runs, and what kept other runs from happening.

Every format is made from one `Report`, so that a specification that could not be read, or a fault of ours, is
in each of them: a run that did not happen never looks like one in which nothing was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from custody.language.diagnostic import Diagnostic
from custody.properties.replay import steps
from custody.properties.result import Notice, Outcome, PropertyResult, RunResult
from custody.properties.vacuity import standing
from custody.system.display import Difference, changes, differences, show, variables
from custody.system.finding import Trace, Verdict
from custody.system.model import Action, Property, System
from custody.why.result import Explanation


@dataclass(frozen=True, slots=True)
class Report:
    """Runs in the order they were asked for; `errors` are complaints about what was not run.

    `explanations` are those that were asked for, by the position of the run and the name of the property.
    """

    runs: tuple[RunResult, ...]
    errors: tuple[Diagnostic, ...] = ()
    explanations: Mapping[int, Mapping[str, Explanation]] = field(
        default_factory=dict[int, Mapping[str, Explanation]]
    )

    def results(self) -> Iterator[tuple[RunResult, PropertyResult]]:
        for run in self.runs:
            for result in run.properties:
                yield run, result

    def warnings(self) -> Iterator[tuple[str, Notice]]:
        """What no run of its file refutes, with the name of the file that was checked."""
        for spec, notices in standing(self.runs).items():
            for notice in notices:
                yield spec, notice


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a trace: who does what, and which declared things it changes (name -> old, new).

    `told` says the same for a person, with only those fields of a record that change. `breaks` is the message of the
    check that the step breaks; such a step changes nothing.
    """

    action: Action
    changes: dict[str, tuple[str, str]]
    told: tuple[Difference, ...] = ()
    breaks: str | None = None


def trace_steps(system: System, trace: Trace) -> tuple[Step, ...]:
    """The trace as a person reads it."""
    found: list[Step] = []
    for before, index, after in steps(trace):
        action = system.actions[index]
        if after is None:
            found.append(Step(action, {}, breaks=action.checks[trace.broken or 0].message))
        else:
            told = tuple(differences(system.views, before, after))
            found.append(Step(action, changes(system.views, before, after), told))
    return tuple(found)


def start(system: System, trace: Trace) -> dict[str, str]:
    """The declared things in the trace's first state, by name."""
    return {view.name: show(view.shape, trace.states[0]) for view in system.views if not view.hidden}


def free_start(system: System, trace: Trace) -> dict[str, str]:
    """Those of them whose first value was a choice."""
    free = {index for index, variable in enumerate(system.variables) if len(set(variable.initial)) > 1}
    return {
        view.name: show(view.shape, trace.states[0])
        for view in system.views
        if not view.hidden and not free.isdisjoint(variables(view.shape))
    }


def step_words(action: Action) -> str:
    """What the step is: the call with its arguments, the step in words where it says more, the outcome."""
    arguments = ", ".join(f"{name}: {value}" for name, value in action.arguments)
    call = f"{action.name}({arguments})" if arguments else action.name
    if action.label in ("", action.name) or action.label.startswith(f"{action.name}("):
        words = call
    elif action.label.startswith(f"calls {action.name}("):
        words = f"calls {call}"
    else:
        words = f"{call}: {action.label}"
    # A branch that does nothing but fail is called after its outcome.
    return f"{words} ({action.outcome})" if action.outcome not in (None, "", action.label) else words


def statement(subject: Property) -> str:
    """What the property says, such as `never lamp == blown`."""
    forbidden = [part.text for part in subject.conjuncts] == [f"not ({subject.text})"]
    return f"never {subject.text}" if forbidden else subject.text


def verdict_words(result: PropertyResult) -> str:
    """The verdict measured by the expectation, such as `violated, as expected`."""
    verdict = result.finding.verdict
    expected = result.subject.expected
    if expected is None or verdict is Verdict.INCONCLUSIVE:
        return verdict.value
    wanted = "violated" if expected.violated else "holds"
    if result.outcome is Outcome.PASSED:
        return f"{verdict}, as expected" if expected.violated else verdict.value
    if verdict.value != wanted:
        return f"{verdict}, expected {wanted}"
    length = result.finding.trace.length if result.finding.trace else 0
    return f"{verdict} in {length} steps, expected {expected.length}"


def instance_words(run: RunResult) -> str:
    """The parameters of the run, such as `DEVICES = 2, COHERENT = false`; empty when there are none."""
    return ", ".join(f"{name} = {_value(value)}" for name, value in run.system.parameters)


def _value(value: int | bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
