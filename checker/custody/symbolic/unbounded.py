"""Questions about sorts of any size, asked of z3 as text. What it gives up on is known by nobody."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import z3


def impossible(script: str, seconds: float) -> bool | None:
    """Whether what the script asserts cannot be; None where z3 does not know within the time."""
    context = z3.Context()
    solver = z3.SolverFor("UFLIA", ctx=context)
    solver.set("timeout", max(1, int(seconds * 1000)))
    try:
        solver.from_string(script)
        answer = solver.check()
    except z3.Z3Exception:
        # Such as a remainder by the number of members, which this logic has not.
        return None
    return None if answer == z3.unknown else bool(answer == z3.unsat)
