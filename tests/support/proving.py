"""Certificates of small specifications, made in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from custody.language import instances, load
from custody.prove.explicit import settle
from custody.prove.portfolio import traced
from custody.prove.written import document
from custody.symbolic.task import Message, Proved, Task
from custody.system.model import System

GUARDED = """
model guarded
    "Devices that hold a buffer while they are attached; a count of references."

param MOST = 3 in 3..4

role Device[2] is importer

state
    attached[Device]: bool
    references: 0..4 = 1
    released: bool

action attach by Device
    when not attached[self] and not released and references < MOST
    attached[self] = true
    references = references + 1

action detach by Device
    when attached[self]
    attached[self] = false
    references = references - 1

action release by core
    when references == 1 and not released
    released = true

terminal released

invariant held
    forall d: Device . attached[d] => not released
invariant never_idle
    references >= 1
reachable both
    forall d: Device . attached[d]
"""


def system_of(text: str, **settings: str) -> System:
    """The first instance of a specification."""
    return instances(load("guarded.custody", text), settings)[0]


def proofs(system: System) -> list[dict[str, Any]]:
    """What looking at every state proves."""
    sent: list[Message] = []
    settle(Task(system, tuple(p.name for p in system.properties), None, 60.0, None, "set"), sent.append)
    entries: list[dict[str, Any]] = []
    for message in sent:
        assert isinstance(message, Proved)
        if message.proof is not None:
            entries.append(message.proof)
        entries += [traced(f, f.trace, "set") for f in message.findings if f.trace is not None]
    return entries


def certificate(folder: Path, text: str = GUARDED, **changes: Any) -> Path:
    """A certificate in the folder, with the specification beside it; `changes` replace what it says."""
    spec = folder / "guarded.custody"
    if not spec.exists():
        spec.write_text(text, encoding="utf-8")
    program = load(str(spec), text)
    system = instances(program, {})[0]
    data = json.loads(document(program, str(spec), system, proofs(system)))
    data.update(changes)
    file = folder / "guarded.certificate.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    return file
