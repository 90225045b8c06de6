"""`custody verify`: check a certificate again, believing nothing of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from custody.cli.codes import Code, heaviest
from custody.cli.complaints import TooLargeError, complain
from custody.cli.paths import locate
from custody.language.diagnostic import LimitError, SpecError
from custody.system.finding import Verdict
from custody.system.model import Form, System
from custody.verify.certificate import Certificate, Outcome, read, sizes, subject, verify
from custody.verify.inductive import cases
from custody.verify.proof import RefusedError
from custody.verify.script import script
from custody.verify.steps import grouped

SUFFIX = ".certificate.json"
_WORDS = {True: "accepted", False: "REFUSED", None: "undecided"}
_OTHER = "it was made for another version of the specification"
_CODES = {True: Code.PASSED, False: Code.VIOLATED, None: Code.INCONCLUSIVE}


@click.command(name="verify")
@click.argument("certificate", metavar="CERTIFICATE")
@click.argument("spec", required=False, metavar="[SPEC]")
@click.option(
    "--smallest",
    type=click.IntRange(min=0),
    metavar="N",
    help="Of a folder, check only the N smallest in full; of the others, that they are up to date.",
)
@click.option("--smt2", "folder", metavar="DIR", help="Write the obligations of inductive invariants there.")
@click.option("-v", "--verbose", is_flag=True, help="Name every property.")
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
def command(
    certificate: str,
    spec: str | None,
    smallest: int | None,
    folder: str | None,
    verbose: bool,
    json_file: str | None,
) -> int:
    """Check a certificate again, by code that shares nothing with what made it.

    CERTIFICATE is a file or a folder of them, SPEC the specification that it is to be about; without it, the one
    that the certificate names. Exit code 1 when a proof is refused: the obligation that fails is named, with a state
    that shows it.
    """
    path = Path(certificate)
    files = sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]
    if not files:
        raise click.UsageError(f"there is no certificate (*{SUFFIX}) in {certificate}")
    by_size = sorted(files, key=lambda file: (file.stat().st_size if file.is_file() else 0, file))
    in_full = set(by_size if smallest is None else by_size[:smallest])
    err = json_file == "-"
    results = [_check(str(file), spec, folder, err=err, verbose=verbose, in_full=file in in_full) for file in files]
    if json_file is not None:
        text = json.dumps({"version": 1, "certificates": [found for _, found in results]}, indent=1) + "\n"
        if json_file == "-":
            sys.stdout.write(text)
        else:
            _write(Path(json_file), text)
    return heaviest(code for code, _ in results)


def _check(
    file: str, spec: str | None, folder: str | None, *, err: bool, verbose: bool, in_full: bool
) -> tuple[Code, dict[str, Any]]:
    try:
        certificate = read(file)
        found = locate(spec or certificate.spec)
        system, same, untouched = subject(certificate, found)
        at_sizes = sizes(certificate, found)
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from None
    except RefusedError as error:
        click.echo(f"{file}\n  REFUSED   {error}", err=err)
        return Code.VIOLATED, {"file": file, "accepted": False, "reason": str(error), "proofs": []}
    except SpecError as error:
        complain(error.diagnostics)
        return Code.WRONG_REQUEST, {"file": file, "accepted": None, "reason": "no specification", "proofs": []}
    except LimitError as error:
        raise TooLargeError(error) from None
    click.echo(_title(certificate, system), err=err)
    if folder is not None:
        _write_obligations(Path(folder), certificate, system)
    outcomes = [verify(system, proof, at_sizes) for proof in certificate.proofs if in_full]
    if not in_full and same:
        click.echo("  up to date, not checked in full", err=err)
    for outcome in outcomes:
        for line in _lines(system, outcome, verbose=verbose):
            click.echo(line, err=err)
    if not same:
        click.echo(f"  {_WORDS[False]:<9} {_OTHER}", err=err)
    elif not untouched:
        click.echo("  note: the text has changed since, what it means has not", err=err)
    codes = [_CODES[outcome.accepted] for outcome in outcomes] + [Code.VIOLATED] * (not same)
    code = heaviest(codes) if certificate.proofs else Code.VIOLATED
    return code, {
        "file": file,
        "spec": certificate.spec,
        "accepted": code is Code.PASSED if in_full else None,
        "reason": None if same else _OTHER,
        "proofs": [
            {
                "kind": outcome.proof.kind,
                "verdicts": verdicts(system, outcome),
                "accepted": outcome.accepted,
                "words": outcome.words,
                "state": list(outcome.state),
            }
            for outcome in outcomes
        ],
    }


def verdicts(system: System, outcome: Outcome) -> dict[str, str]:
    """What the proof shows of each property, if it is accepted."""
    by_trace = outcome.proof.kind == "trace"
    known = {p.name: p.form for p in system.properties}
    return {
        name: (Verdict.HOLDS if (known.get(name) is Form.REACHABLE) is by_trace else Verdict.VIOLATED).value
        for name in outcome.proof.properties
    }


def _title(certificate: Certificate, system: System) -> str:
    values = ", ".join(f"{name} = {value}" for name, value in certificate.parameters.items())
    return f"{certificate.file}\n{system.name} ({certificate.spec}){': ' + values if values else ''}"


def _lines(system: System, outcome: Outcome, *, verbose: bool) -> list[str]:
    found: dict[str, list[str]] = {}
    for name, verdict in verdicts(system, outcome).items():
        found.setdefault(verdict, []).append(name)
    lines = [f"  {_WORDS[outcome.accepted]:<9} {outcome.proof.kind}: {outcome.words}"]
    if not outcome.accepted:
        return lines + [f"            {line}" for line in outcome.state]
    for verdict, names in found.items():
        told = names if verbose or len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
        lines.append(f"            {verdict}: {', '.join(told)}")
    return lines


def _write_obligations(folder: Path, certificate: Certificate, system: System) -> None:
    for number, proof in enumerate(certificate.proofs):
        if proof.kind == "inductive":
            try:
                about, some = cases(system, proof)
            except (RefusedError, KeyError):
                continue
            stem = Path(certificate.file).name.removesuffix(SUFFIX)
            for name, condition, _ in grouped(some):
                _write(folder / f"{stem}.{number}.{name}.smt2", script(about, condition))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from None
