"""Certificates as files: what a run proved, bound to the text, the system, the instance and the versions.

The bytes depend on the proofs alone.  What reads them is `custody.verify`, which shares nothing with this room.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from custody import __version__
from custody.language import Program
from custody.system.digest import digest
from custody.system.model import SAFETY, Form, System

SUFFIX = ".certificate.json"
CERTIFIED = SAFETY | {Form.REACHABLE, Form.PROGRESS}
"""The forms of property that can have a proof or a trace in a certificate; of LIVENESS only what is violated."""
_TOOLS = ("z3-solver", "python-sat")


def file_name(spec: str, system: System, settings: dict[str, str], roles: Sequence[str] = ()) -> str:
    """Such as `udmabuf-noncoherent.certificate.json`; parameters set by hand are part of the name, and so are the
    roles of which a proof is for any number."""
    stem = "-".join([Path(spec.removeprefix("spec:")).stem, *([system.instance] if system.instance else [])])
    values = dict(system.parameters)
    chosen = "".join(f"-{name.lower()}{_text(values.get(name, ''))}" for name in sorted(settings))
    counted = f".any-{'-'.join(role.lower() for role in sorted(roles))}" if roles else ""
    return f"{stem}{chosen}{counted}{SUFFIX}"


def settings_of(system: System) -> dict[str, str]:
    """The parameters of a system as texts as on the command line."""
    return {name: _text(value) for name, value in system.parameters}


def document(program: Program, spec: str, system: System, proofs: Iterable[dict[str, Any]]) -> str:
    """The certificate as JSON."""
    content = {
        "custody_certificate": 1,
        "spec": spec,
        "parameters": settings_of(system),
        "text_digest": program.digest,
        "system_digest": digest(system),
        "made_by": {"custody": __version__, **{tool: found for tool in _TOOLS if (found := _version(tool))}},
        "proofs": list(proofs),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def up_to_date(file: Path, system: System, wanted: Iterable[str]) -> bool:
    """Whether the file is a certificate of just this system for all of the properties that can have a proof."""
    try:
        data: dict[str, Any] = json.loads(file.read_bytes())
        covered = {str(name) for proof in data["proofs"] for name in proof["properties"]}
        counted = any(proof["kind"] in ("any-number", "quantified") for proof in data["proofs"])
        forms = SAFETY if counted else CERTIFIED
        needed = {p.name for p in system.properties if p.name in set(wanted) and p.form in forms}
        return data["system_digest"] == digest(system) and needed <= covered
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _text(value: int | bool | str) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _version(tool: str) -> str | None:
    try:
        return version(tool)
    except PackageNotFoundError:
        return None
