"""A small specification with a lock, a count and a failure branch, and its mutants by what they are."""

from __future__ import annotations

from pathlib import Path

from custody.language import Program, load
from custody.mutation.operators import Mutant, mutants

COUNTER = """\
model counter
    "Two threads count up, each once, under a lock."

param LOCKED = true

role Thread[2] is user

object Note[2]
    written: bool

state
    total: 0..4
    done[Thread]: bool
    guard: mutex

procedure count_up by Thread
    requires not done[self]
    local seen: 0..4
    local note: Note? = none
    note = alloc Note
        or fails ENOMEM
            return ENOMEM
    note.written = true
    lock guard
    seen = total
    total = seen + 1
    unlock guard
    free note
    done[self] = true
    return OK

action look by Thread
    when done[self] and total > 0
    assert total <= 2, "too many"

terminal forall t: Thread . done[t]

invariant both_count
    (forall t: Thread . done[t] and idle(t)) => total == 2
"""


def program(folder: Path, text: str = COUNTER) -> Program:
    file = folder / "counter.custody"
    file.write_text(text, encoding="utf-8")
    return load(str(file))


def by_what(found: list[Mutant]) -> dict[str, Mutant]:
    return {f"{mutant.operator}: {mutant.what}": mutant for mutant in found}


def all_mutants(folder: Path, text: str = COUNTER) -> dict[str, Mutant]:
    return by_what(list(mutants(program(folder, text))))
