"""The engines by name, each imported only when it is used: z3 alone costs half a second.

An engine answers for the properties it is given and says in its findings what it could not settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Final, Protocol

from custody.system.finding import Exploration, Limits, Means, ProgressHook
from custody.system.model import System


class EngineChoice(StrEnum):
    """What a user may ask for. ALL runs every engine and compares what they say."""

    EXPLICIT = "explicit"
    NETWORKX = "networkx"
    Z3 = "z3"
    ALL = "all"


def begin() -> None:
    """Lets the explicit engine begin with what it will need for any system."""
    from custody.explore.engine_library import begin

    begin()


def prepare(liveness: bool) -> None:
    """Waits for what was begun, so that all processes that are forked now have it; with what liveness needs."""
    from custody.explore.engine_library import finish

    finish(with_graphs=liveness)


class Engine(Protocol):
    """Settles the named properties of a system within the limits; reports progress now and then."""

    def __call__(
        self, system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None
    ) -> Exploration: ...


def _explicit(
    system: System,
    limits: Limits,
    properties: tuple[str, ...],
    progress: ProgressHook | None,
    means: Means | None = None,
) -> Exploration:
    from custody.explore.choose import explore

    return explore(system, limits, properties, progress, means)


def _networkx(
    system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None
) -> Exploration:
    from custody.graph.engine import analyse

    return analyse(system, limits, properties, progress)


def _z3(system: System, limits: Limits, properties: tuple[str, ...], progress: ProgressHook | None) -> Exploration:
    from custody.symbolic.engine import analyse

    return analyse(system, limits, properties, progress)


ENGINES: Final[Mapping[EngineChoice, Engine]] = MappingProxyType(
    {EngineChoice.EXPLICIT: _explicit, EngineChoice.NETWORKX: _networkx, EngineChoice.Z3: _z3}
)


def searching(means: Means) -> Mapping[EngineChoice, Engine]:
    """The engines, the explicit one with these means."""
    return {**ENGINES, EngineChoice.EXPLICIT: partial(_explicit, means=means)}
