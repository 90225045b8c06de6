"""A counterexample to induction as a sequence chart: the state that nothing excludes, and the step out of it.

It has the form of a counterexample, so that nobody has to learn another; what it does not have is a run that leads to
its first state, and it says so.
"""

from __future__ import annotations

from custody.present.draw.chart import chart, read_by
from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.table import Table
from custody.present.obstacle import MOST_NAMES, sentences
from custody.properties.result import PropertyResult
from custody.prove.result import Obstacle
from custody.system.display import variables
from custody.system.finding import Finding, Verdict
from custody.system.model import System


def picture(system: System, obstacle: Obstacle, links: Links = NO_LINKS) -> Table:
    """The chart; its columns are what the property looks at and what is not as in a first state."""
    subject, trace = obstacle.property, obstacle.trace
    asked, differs = read_by(system, subject, trace), frozenset(obstacle.differs)
    shown = [view for view in system.views if not view.hidden]
    both = [view for view in shown if not (asked | differs).isdisjoint(variables(view.shape))]
    # What is unusual and asked for first, then what is unusual; what the step changes is told in any case.
    ranked = sorted(both, key=lambda view: -len(differs.intersection(variables(view.shape))))
    watched = [view for view in both if view in ranked[:MOST_NAMES]]
    first, *rest = sentences(system, obstacle)
    message = ". ".join(f"{text[0].upper()}{text[1:]}" for text in (first, *rest)) + "."
    result = PropertyResult(subject, Finding(subject.name, Verdict.VIOLATED, trace), "", message)
    title = f"{system.name}: what induction on {subject.name} needs to exclude"
    return chart(system, result, watched, links, title=title, begin="assumed")
