"""A certificate: which specification it is about, what it claims, and a proof for each claim.

It is JSON. `proofs` is a list of objects with a `kind`, the `properties` that the proof settles, and what the kind
needs.  To add a kind, write a function from a system and a proof to complaints and add it to `KINDS`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from custody.language.diagnostic import LimitError, SpecError
from custody.language.elaborate import beyond, load, sized
from custody.system.digest import digest
from custody.system.model import System
from custody.verify import any_number, inductive, quantified, reachable, trace
from custody.verify.proof import Proof, RefusedError, Sizes, UndecidedError

KINDS: Final[Mapping[str, Callable[[System, Proof, Sizes], str]]] = MappingProxyType(
    {
        "inductive": inductive.check,
        "reachable-set": reachable.check,
        "trace": trace.check,
        "any-number": any_number.check,
        "quantified": quantified.check,
    }
)
"""What checks a proof: a function that says in a few words how it was checked, or raises."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """As it was read; nothing of it is believed. `parameters` are texts as on the command line."""

    file: str
    spec: str
    parameters: dict[str, str]
    text_digest: str
    system_digest: str
    made_by: dict[str, str]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one proof; `state` shows a refusal, in the words of the specification."""

    proof: Proof
    accepted: bool | None
    words: str
    state: tuple[str, ...] = ()


def read(file: str) -> Certificate:
    """RefusedError when it is no certificate; OSError when it cannot be read."""
    try:
        data: Any = json.loads(Path(file).read_bytes())
        if data["custody_certificate"] != 1:
            raise RefusedError("format", "its version is not 1")
        proofs = tuple(Proof(str(p["kind"]), tuple(map(str, p["properties"])), p) for p in data["proofs"])
        texts = [str(data[key]) for key in ("spec", "text_digest", "system_digest")]
        maps = [{str(k): str(v) for k, v in data[key].items()} for key in ("parameters", "made_by")]
        return Certificate(file, texts[0], maps[0], texts[1], texts[2], maps[1], proofs)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RefusedError("format", f"it is no certificate: {error!r}") from None


def sizes(certificate: Certificate, spec: str) -> Sizes:
    """The specification's systems at other sizes."""
    program = load(spec)

    def at(given: Mapping[str, int]) -> System:
        try:
            return beyond(program, certificate.parameters, given)
        except (LimitError, SpecError) as error:
            raise RefusedError("sizes", str(error)) from None

    return at


def subject(certificate: Certificate, spec: str) -> tuple[System, bool, bool]:
    """The system that the specification now means, whether it is the certificate's, and whether the text is."""
    program = load(spec)
    system = sized(program, certificate.parameters, {})
    return system, digest(system) == certificate.system_digest, program.digest == certificate.text_digest


def unknown(_: Mapping[str, int]) -> System:
    """The sizes of a system whose specification is not there."""
    raise RefusedError("format", "without its specification the proof says nothing")


def verify(system: System, proof: Proof, sizes: Sizes = unknown) -> Outcome:
    """Checks one proof against the system, whatever the certificate says of digests."""
    try:
        check = KINDS.get(proof.kind)
        if check is None:
            raise RefusedError("format", f"no proof is of the kind '{proof.kind}'")
        known = {p.name for p in system.properties}
        if missing := [name for name in proof.properties if name not in known]:
            raise RefusedError("format", f"there is no property '{missing[0]}'")
        return Outcome(proof, True, check(system, proof, sizes))
    except UndecidedError as error:
        return Outcome(proof, None, str(error))
    except RefusedError as error:
        return Outcome(proof, False, str(error), error.shown)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        return Outcome(proof, False, f"format: the proof cannot be read: {error!r}")
