"""What must be true of findings about liveness and partial deadlocks, whoever made them."""

from __future__ import annotations

from collections.abc import Mapping

from custody.properties.replay import replay
from custody.system.finding import Finding
from custody.system.model import Form, System
from support.naive import changes_of_actor, is_fair_violation


def must_agree(system: System, ours: Mapping[str, Finding], theirs: Mapping[str, Finding]) -> None:
    """The same verdicts and subjects, by traces as short, each of which the plain evaluator confirms."""
    for name, finding in ours.items():
        p, other = system.property_named(name), theirs[name]
        assert (finding.verdict, finding.subject) == (other.verdict, other.subject), name
        replay(system, p, finding)
        assert (finding.trace is None) == (other.trace is None), name
        if finding.trace is None or other.trace is None:
            continue
        if p.form is Form.PROGRESS:
            assert finding.trace.length == other.trace.length, name
            assert changes_of_actor(system, finding.trace) == changes_of_actor(system, other.trace), name
        else:
            assert is_fair_violation(system, p, finding.trace), name
            assert finding.trace.loop_at == other.trace.loop_at, name
