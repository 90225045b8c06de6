"""The heap helpers with walks in one step are those of the specification, and reach what they reach."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from custody.graph.build import reachable
from custody.language import load
from custody.language.elaborate import sized
from custody.system.model import System
from support.at_once import AT_ONCE, SPEC, WALKS, at_once, changed

_WITHOUT = (
    # What the walks have nothing to do with is left out, so that there are fewer states to compare.
    ("    requires live_buffer and not has_page[self]\n", "    requires false\n"),
    ("    requires attached(self) and use_of[self] == unused [DB-ATT-01]\n",
     "    requires attached(self) and use_of[self] == unused [DB-ATT-01]\n    requires dir == bidirectional\n"),
)  # fmt: skip


def test_the_text_is_made_from_the_specification() -> None:
    assert AT_ONCE.read_text(encoding="utf-8") == at_once(SPEC.read_text(encoding="utf-8"))


@pytest.mark.parametrize("coherent", ["false", "true"])
def test_walks_in_one_step_reach_what_walks_in_steps_reach(coherent: str) -> None:
    text = changed(SPEC.read_text(encoding="utf-8"), _WITHOUT)
    settings = {"DEVICES": "2", "THREADS": "1", "COHERENT": coherent}
    in_steps = sized(load(str(SPEC), text), settings, {})
    in_one = sized(load(str(SPEC), changed(text, WALKS)), settings, {})
    # Only walks in steps have a place in the list, and positions within the walk.
    names = sorted(v.name for v in in_one.variables)
    assert set(names) <= {v.name for v in in_steps.variables}
    one, other = set(_shown(in_one, names)), set(_shown(in_steps, names))
    at = names.index("Thread.0.at")
    positions = {state[at] for state in one}
    assert one == {state for state in other if state[at] in positions}
    assert one < other


def _shown(system: System, names: list[str]) -> Iterator[tuple[str, ...]]:
    """The states that are reached, as the values of the named variables in the order of the names."""
    index = {v.name: i for i, v in enumerate(system.variables)}
    places = [(index[name], system.variables[index[name]].domain) for name in names]
    for state in reachable(system).states:
        yield tuple(domain.show(state[i]) for i, domain in places)
