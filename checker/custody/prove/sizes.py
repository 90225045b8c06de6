"""The engine of proofs for any number of instances, and how far one gets where such a proof fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from custody.counting.problem import NotCountableError
from custody.prove.any_number import AnyNumber, Sizes, parameters, prove
from custody.prove.portfolio import Portfolio, Proofs
from custody.system.finding import Exploration, Finding, Limits, Stopwatch, Verdict
from custody.system.model import SAFETY, System

ENGINE = "counters"
DEFAULT_SECONDS = 300.0
LARGEST = 4
"""What could not be shown for any number is looked at with so many of each at most."""


class AnyNumberEngine:
    """Settles safety properties for any number of instances of some roles; `proofs` has the certificate's entry.

    What fails stays inconclusive, with the largest size up to which it was proved the ordinary way.
    """

    def __init__(
        self, sizes: Callable[[System], Sizes], roles: Sequence[str], allowed: Callable[[System], Sizes] | None = None
    ) -> None:
        """`sizes` makes a system of any size or refuses what it says of large ones; `allowed`, where it is given, one
        of a size that the specification allows, NotCountableError otherwise."""
        self._sizes, self._roles, self._allowed = sizes, tuple(roles), allowed or sizes
        self.proofs = Proofs()
        self.result: AnyNumber | None = None

    def __call__(
        self, system: System, limits: Limits, properties: Collection[str], progress: object = None
    ) -> Exploration:
        del progress
        clock = Stopwatch()
        seconds = limits.timeout or DEFAULT_SECONDS
        sizes = self._sizes(system)
        names = [p.name for p in system.properties if p.name in properties]
        self.result = result = prove(system, sizes, self._roles, names, seconds)
        findings = {finding.property: finding for finding in result.findings}
        if result.proof is not None:
            self.proofs.entries.append({**result.proof, "found_by": ENGINE})
        open_ = [name for name in names if name not in findings]
        stated = [name for name in open_ if system.property_named(name).form in SAFETY]
        reasons = self._reasons(result, stated)
        if stated:
            up_to = self._up_to(system, self._allowed(system), stated, max(1.0, seconds - clock.seconds))
            reasons = {name: f"{reasons[name]}; {up_to[name]}" for name in stated}
        for name in open_:
            reason = reasons.get(name, "counting says nothing of a property of this form")
            findings[name] = Finding(name, Verdict.INCONCLUSIVE, reason=reason)
        return Exploration(
            ENGINE,
            {name: findings[name] for name in names},
            complete=not open_,
            limit=None,
            seconds=clock.seconds,
            peak_bytes=0,
        )

    def _reasons(self, result: AnyNumber, names: list[str]) -> dict[str, str]:
        if result.refusal is not None:
            where = f"{result.place}: " if result.place is not None and result.place.line else ""
            return dict.fromkeys(names, f"{where}{result.refusal}")
        found = dict.fromkeys(names, "no invariant over counters was found")
        for each in result.unproved:
            found[each.name] = (
                f"no invariant over counters was found; in the way is {', '.join(each.state) or 'a first state'}"
            )
        return found

    def _up_to(self, system: System, sizes: Sizes, names: list[str], seconds: float) -> dict[str, str]:
        """For each property the largest size at which it was proved."""
        clock = Stopwatch()
        told = dict.fromkeys(names, "nothing was proved at any size")
        try:
            by_role = parameters(system, sizes, self._roles)
        except NotCountableError:
            return told
        going = list(names)
        for size in range(1, LARGEST + 1):
            left = seconds - clock.seconds
            if left < 1.0 or not going:
                break
            try:
                at = sizes(dict.fromkeys(by_role.values(), size))
            except NotCountableError:
                break
            found = Portfolio()(at, Limits(timeout=left), going).findings
            for name in list(going):
                verdict = found[name].verdict if name in found else Verdict.INCONCLUSIVE
                if verdict is Verdict.HOLDS:
                    told[name] = f"proved with up to {size} of each"
                else:
                    going.remove(name)
                    if verdict is Verdict.VIOLATED:
                        told[name] = f"violated with {size} of each"
        return told
