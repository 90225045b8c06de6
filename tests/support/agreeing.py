"""What must be true of findings about liveness, whoever made them."""

from __future__ import annotations

from collections.abc import Mapping

from custody.properties.replay import replay
from custody.system.finding import Finding
from custody.system.model import System
from support.naive import is_fair_violation


def must_agree(system: System, ours: Mapping[str, Finding], theirs: Mapping[str, Finding]) -> None:
    """The same verdicts, by stems as short, each of which the plain evaluator confirms with its loop."""
    for name, finding in ours.items():
        p, other = system.property_named(name), theirs[name]
        assert finding.verdict == other.verdict, name
        replay(system, p, finding)
        assert (finding.trace is None) == (other.trace is None), name
        if finding.trace is None or other.trace is None:
            continue
        assert is_fair_violation(system, p, finding.trace), name
        assert finding.trace.loop_at == other.trace.loop_at, name
