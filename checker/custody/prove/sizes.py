"""The engine of proofs for any number of instances, and how far one gets where such a proof fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from custody.counting.problem import NotCountableError
from custody.prove import any_number, quantified
from custody.prove.any_number import AnyNumber, Sizes, parameters
from custody.prove.portfolio import Portfolio, Proofs
from custody.system.finding import Exploration, Finding, Limits, Stopwatch, Verdict
from custody.system.model import SAFETY, System

ENGINE = "any number"
COUNTERS, QUANTIFIED = "counters", "quantifiers"
"""The ways, in the order in which they are tried."""

DEFAULT_SECONDS = 300.0
LARGEST = 4
"""What could not be shown for any number is looked at with so many of each at most."""

_COUNTING = 0.6
"""The part of the time that counting may take; some of the rest is for saying up to which size a property holds."""


class AnyNumberEngine:
    """Settles safety properties for any number of instances of some roles; `proofs` has the certificate's entries.

    Counting is exact and comes first; what it cannot express or does not show is tried with quantifiers.  What fails
    stays inconclusive, with the largest size up to which it was proved the ordinary way.
    """

    def __init__(
        self, sizes: Callable[[System], Sizes], roles: Sequence[str], allowed: Callable[[System], Sizes] | None = None
    ) -> None:
        """`sizes` makes a system of any size or refuses what it says of large ones; `allowed`, where it is given, one
        of a size that the specification allows, NotCountableError otherwise."""
        self._sizes, self._roles, self._allowed = sizes, tuple(roles), allowed or sizes
        self.proofs = Proofs()
        self.results: list[AnyNumber] = []

    def __call__(
        self, system: System, limits: Limits, properties: Collection[str], progress: object = None
    ) -> Exploration:
        del progress
        clock = Stopwatch()
        seconds = limits.timeout or DEFAULT_SECONDS
        sizes = self._sizes(system)
        names = [p.name for p in system.properties if p.name in properties]
        counting = any_number.prove(system, sizes, self._roles, names, seconds * _COUNTING)
        findings = self._taken(counting, COUNTERS)
        rest = [name for name in names if name not in findings and system.property_named(name).form in SAFETY]
        self.results = [counting]
        if rest:
            left = max(1.0, (seconds - clock.seconds) * _COUNTING)
            quantifying = quantified.prove(system, sizes, self._roles, rest, left)
            findings.update(self._taken(quantifying, QUANTIFIED))
            self.results.append(quantifying)
        open_ = [name for name in names if name not in findings]
        stated = [name for name in open_ if system.property_named(name).form in SAFETY]
        reasons = self._reasons(stated)
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

    def _taken(self, result: AnyNumber, way: str) -> dict[str, Finding]:
        if result.proof is not None:
            self.proofs.entries.append({**result.proof, "found_by": way})
        return {finding.property: finding for finding in result.findings}

    def _reasons(self, names: list[str]) -> dict[str, str]:
        """Why each way did not show a property, in the order in which they were tried."""
        told = dict.fromkeys(names, "")
        for way, result in zip((COUNTERS, QUANTIFIED), self.results, strict=False):
            found = dict.fromkeys(names, f"no invariant over {way} was found")
            if result.refusal is not None:
                where = f"{result.place}: " if result.place is not None and result.place.line else ""
                found = dict.fromkeys(names, f"not by {way}: {where}{result.refusal}")
            for each in result.unproved:
                if each.state or way == COUNTERS:
                    state = ", ".join(each.state) or "a first state"
                    found[each.name] = f"no invariant over {way} was found; in the way is {state}"
            told = {name: f"{text}; {found[name]}" if text else found[name] for name, text in told.items()}
        return told

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
                continue
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
