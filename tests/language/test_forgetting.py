"""Locals that nobody reads any more are forgotten, and nothing else is."""

from __future__ import annotations

from custody.explore.search import explore
from custody.language import instances, load
from custody.system.finding import Verdict

KEPT = """model kept

role Thread[1] is user

object Vmap[1]
    there: bool = true

state
    n: 0..1
    vaddr: Vmap?
    page[Thread]: Vmap?
    m: mutex

procedure get_it returns Vmap?
    local new: Vmap? = none
    new = alloc Vmap
    vaddr = new
    n = 1
    return vaddr

procedure up by Thread
    requires n == 0
    local new: Vmap? = none
    lock m
    new = get_it()
    unlock m
    page[self] = new
    return OK

procedure down by Thread
    requires n == 1
    page[self] = none
    lock m
    n = 0
    free vaddr
    vaddr = none
    unlock m
    return OK

reachable x
    n == 1
"""


def test_shared_state_that_a_local_is_set_to_stays() -> None:
    """A local that takes its value from shared state must not make that state one of its actor's locals."""
    (system,) = instances(load("kept.custody", KEPT), {})
    found = explore(system)
    assert found.states == 15
    wrong = [p.name for p in system.properties if found.findings[p.name].verdict is not Verdict.HOLDS]
    assert wrong == []
