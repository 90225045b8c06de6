"""Can a condition be true? Asked of each solver in a process of its own, which has never seen a prover."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from threading import Timer

from custody.system.expression import Expr
from custody.system.model import State, System
from custody.verify.proof import UndecidedError
from custody.verify.script import script

SECONDS = 300
"""How long a solver may think about one obligation."""

_Z3 = """
import json, sys, z3
for line in sys.stdin:
    t = json.loads(line); s = z3.SolverFor(t[11:17].strip("( )"), ctx=z3.Context()); s.from_string(t)
    r = str(s.check()); m = s.model() if r == "sat" else []
    n = lambda x: int(z3.is_true(x)) if z3.is_bool(x) else x.as_signed_long() if z3.is_bv(x) else x.as_long()
    print(json.dumps([r, {d.name(): n(m[d]) for d in m if d.name()[0] == "v"}]), flush=True)
"""
_CVC5 = """
import json, sys, cvc5
for line in sys.stdin:
    t = cvc5.TermManager(); s = cvc5.Solver(t); m = cvc5.SymbolManager(t); p = cvc5.InputParser(s, m); r = ""
    x = json.loads(line); "QF_BV" in x and s.setOption("bitblast", "eager")
    p.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, x, "script")
    while not (c := p.nextCommand()).isNull(): r = str(c.invoke(s, m)).strip() or r
    v = {str(d): s.getValue(d) for d in m.getDeclaredTerms()} if r == "sat" else {}
    b = lambda bits: int(bits, 2) - (int(bits[0]) << len(bits))
    print(json.dumps([r, {n: b(x.getBitVectorValue(2)) if x.isBitVectorValue() else int(x.getIntegerValue())
                          if x.isIntegerValue() else int(x.getBooleanValue()) for n, x in v.items()}]), flush=True)
"""
_PROGRAMS = {"z3": _Z3, "cvc5": _CVC5}
_RUNNING: dict[str, subprocess.Popen[str]] = {}


def solvers() -> list[str]:
    """Those that are installed."""
    return [name for name in _PROGRAMS if find_spec(name) is not None]


def find(system: System, condition: Expr, *, integers: bool = False) -> State | None:
    """A state in which it is true; None when every solver says that there is none. UndecidedError when one gives up.

    A variable that a solver left open may be anything: it is the lowest of its domain then.
    """
    text = script(system, condition, integers=integers)
    for solver in solvers():
        values = ask(solver, text)
        if values is not None:
            return tuple(values.get(f"v{i}", v.domain.low) for i, v in enumerate(system.variables))
    return None


def ask(solver: str, text: str) -> dict[str, int] | None:
    """What the numbers and truth values called `v…` can be, so that the script is true; None when it cannot be."""
    if solver not in _RUNNING:
        program = [sys.executable, "-P", "-c", _PROGRAMS[solver]]
        _RUNNING[solver] = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process = _RUNNING[solver]
    assert process.stdin is not None and process.stdout is not None
    watch = Timer(SECONDS, process.kill)
    watch.start()
    try:
        process.stdin.write(json.dumps(text) + "\n")
        process.stdin.flush()
        answer, values = json.loads(process.stdout.readline())
    except (ValueError, OSError):
        _RUNNING.pop(solver).kill()
        raise UndecidedError(f"{solver} gave no answer within {SECONDS} s") from None
    finally:
        watch.cancel()
    if answer not in ("sat", "unsat"):
        raise UndecidedError(f"{solver} answered {answer}")
    return values if answer == "sat" else None
