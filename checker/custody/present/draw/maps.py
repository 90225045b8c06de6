"""A specification's map by its system: the reachable graph where it is small, else its states put into groups."""

from __future__ import annotations

from collections.abc import Sequence

from custody.graph.build import reachable
from custody.graph.quotient import project, telling_views
from custody.present.draw.dot import Map
from custody.present.draw.graph_view import graph_view
from custody.present.draw.lifecycle import lifecycle
from custody.system.display import View
from custody.system.finding import Limits
from custody.system.model import System

MOST_NODES = {"lifecycle": 12, "graph": 24}
"""How many groups of states a picture may have before fewer things tell them apart."""

MOST_ARROWS = 32
"""How many arrows a lifecycle may have before fewer things tell states apart."""

MOST_STATES = 100_000
"""How many states are looked at; the picture says so where there are more."""


def map_of(system: System, name: str, kind: str, views: Sequence[View] = (), most_states: int = MOST_STATES) -> Map:
    """The map of `kind`, one of MOST_NODES; `views` are what tells states apart, where the user chose that."""
    graph = reachable(system, Limits(max_states=most_states))
    if views:
        return lifecycle(system, graph, project(system, graph, views), name)
    whole = graph_view(system, graph, name) if kind == "graph" else None
    if whole is not None:
        return whole
    telling = telling_views(system, graph, MOST_NODES[kind])
    telling = telling or [view for view in system.views if not view.hidden][:1]
    drawn = lifecycle(system, graph, project(system, graph, telling), name)
    while kind == "lifecycle" and len(drawn.edges) > MOST_ARROWS and len(telling) > 1:
        telling = telling[:-1]
        drawn = lifecycle(system, graph, project(system, graph, telling), name)
    return drawn
