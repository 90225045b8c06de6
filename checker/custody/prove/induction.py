"""The way of IC3: no state is looked at for its own sake, so it goes on where there are too many to look at."""

from __future__ import annotations

from collections.abc import Callable

from custody.prove.orbits import orbits
from custody.prove.plausible import plausible, sample
from custody.prove.templates import Template, templates
from custody.prove.words import sentences, term
from custody.symbolic.ic3 import Bad, Ic3, OutOfTimeError
from custody.symbolic.minimal import needed
from custody.symbolic.needs import Needs
from custody.symbolic.relation import Relation
from custody.symbolic.replay import Run, shown
from custody.symbolic.task import Ended, Message, Proved, Task, stopped_at
from custody.system.expression import not_
from custody.system.finding import Finding, Stopwatch, Verdict
from custody.system.forbidden import forbidden
from custody.system.model import SAFETY, Form, Property


def settle(task: Task, send: Callable[[Message], None]) -> Ended:
    """Sends findings with their proofs: first what needs no search, then all the rest together."""
    system, clock = task.system, Stopwatch()
    wanted = [p for p in system.properties if p.name in task.names and p.form in SAFETY]
    # What the author stated is of use for the others, whether it is asked for or not.
    stated = [p for p in system.properties if p.form in SAFETY and p.form is not Form.STEP]
    seen = sample(system)
    guesses = plausible(templates(system, seen), seen)
    relation = Relation(system)
    candidates = [*(not_(forbidden(system, p)) for p in stated), *(guess.expression for guess in guesses)]
    try:
        search = Ic3(relation, candidates, orbits(relation, [p.name for p in stated]), task.seconds)
        kept = search.houdini()
        proved = [stated[number] for number in kept if number < len(stated)]
        rest = [p for p in wanted if p not in proved]
        while True:
            bad = relation.gates.any([*(relation.bad(p) for p in rest), relation.escape])
            found = search.run(bad)
            if not isinstance(found, Bad):
                break
            rest = _refuted(task, rest, Run(found.states, found.actions), send)
    except OutOfTimeError:
        return stopped_at(f"timeout {task.seconds:g} s")
    claimed = [p for p in wanted if p in proved or p in rest]
    used_numbers, cubes = needed(
        relation, candidates, kept, found.cubes, [relation.bad(p) for p in claimed] + [relation.escape]
    )
    used = [guesses[number - len(stated)] for number in used_numbers if number >= len(stated)]
    proof: dict[str, object] = {
        "kind": "inductive",
        "properties": [p.name for p in claimed],
        "uses": [stated[number].name for number in used_numbers if number < len(stated)],
        "invariant": [*(guess.term for guess in used), *(term(relation, cube) for cube in cubes)],
        "readable": [*(guess.source for guess in used), *sentences(relation, cubes)],
    }
    rests = {stated[n].name: candidates[n] for n in used_numbers if n < len(stated)}
    bad = {p.name: relation.bad(p) for p in claimed}
    needs = Needs(relation, rests, [guess.expression for guess in used], cubes, bad)
    implicit = {p.name for p in stated if p.implicit}
    needed_for: dict[str, list[str]] = {}
    for name in rests:
        # A proof that comes too late to say what it needs is none.
        if name not in implicit and clock.seconds < task.seconds / 2:
            needed_for[name] = list(needs.lost_without([name]))
    proof["needed_for"] = needed_for
    words = _words(len(cubes), used)
    send(Proved(tuple(Finding(p.name, Verdict.HOLDS, reason=words) for p in claimed), proof, "ic3"))
    return Ended()


def _words(clauses: int, used: list[Template]) -> str:
    text = f"an inductive invariant of {clauses + len(used)} clauses"
    return text if not used else f"{text}, among them {used[0].source}"


def _refuted(task: Task, rest: list[Property], run: Run, send: Callable[[Message], None]) -> list[Property]:
    """The properties without those that the run violates; ValueError when it violates none."""
    left: list[Property] = []
    for p in rest:
        try:
            finding = shown(task.system, p, run)
        except Exception:  # it shows something else
            left.append(p)
        else:
            send(Proved((Finding(p.name, finding.verdict, finding.trace, shortest=False),), None, "ic3"))
    if len(left) == len(rest):
        raise ValueError("a run of IC3 shows nothing")
    return left
