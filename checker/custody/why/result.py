"""What is said of a violation, in terms that the presentation knows; nothing here computes anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from custody.system.finding import Trace

if TYPE_CHECKING:
    from custody.properties.result import PropertyResult
    from custody.why.repair import Repair

KINDS: Final = {
    "direction": "another direction",
    "sync": "a sync the other way round, or one more",
    "check": "a check before something is done",
    "order": "another order",
    "release": "a lock given back around a call",
    "clean-up": "something given back on an error path",
    "lock": "a lock around it",
    "guard": "a condition on when it may happen",
}
"""Each kind of repair in words, the first the likeliest to be meant."""


@dataclass(frozen=True, slots=True)
class Mattered:
    """`steps` (numbers from 0) store what the violation rests on, of `variables`; of these, `initial` still have the
    value that they began with.  `enabling` are further steps without which these could not have been taken."""

    steps: tuple[int, ...]
    enabling: tuple[int, ...]
    variables: tuple[int, ...]
    initial: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Passing:
    """The run `trace` shares its first `shared` steps with the counterexample; `ends` says in words how it ends.

    Where `nearest` is false, the search was cut short somewhere, and one may share more.
    """

    trace: Trace
    shared: int
    ends: str
    nearest: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """What a repair does: properties by name. `reason` says why nothing is known of some."""

    repair: Repair
    fixes: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    """Violated now, and not before."""
    unreachable: tuple[str, ...] = ()
    """Could be reached before."""
    vacuous: tuple[str, ...] = ()
    """Warnings that there were not before: a call that never happens, a premise that is never true."""
    idle: tuple[str, ...] = ()
    """Steps of the changed routines that are of no use any more, such as a check that comes too late."""
    left: tuple[str, ...] = ()
    """Violated before and now."""
    lengths: Mapping[str, int] = field(default_factory=dict[str, int])
    """How long the shortest counterexample of each violated property is now."""
    reason: str = ""

    @property
    def clean(self) -> bool:
        """Whether it repairs something and spoils nothing, as far as that is known of every property."""
        return bool(self.fixes) and not (self.breaks or self.unreachable or self.vacuous or self.reason)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is to be said of one violation.

    `mattered` is None where the property is none of single states, `passing` where no such run was found.  `tried`
    counts the changes that were looked at; `cut` says that a limit kept further ones from it.
    """

    result: PropertyResult
    mattered: Mattered | None
    passing: Passing | None
    repairs: tuple[Tried, ...]
    tried: int
    cut: bool
