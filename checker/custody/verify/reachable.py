"""A set of states that has all first states and every state that a step leads to: all that can ever be.

`levels` is the set as a decision diagram with a level for each variable, in the order of `order`: a node is a list
of values, each followed by which node of the next level it leads to: 0 is one that nothing has led to so far, k the
k-th latest of the others.  The program in `look.c`, with the steps of the system written for it, looks at every state
of the set: whether it is forbidden, whether a step leads out of the set, and whether everybody can come to rest.

Of a run on which something promised never happens all states are among those without it that can be reached without
it.  States are taken away from these from which some promise of fairness can no more be kept, as long as there are
any (E. A. Emerson, C.-L. Lei, Science of Computer Programming 8, 1987); none may be left.  A strong promise is taken
for a weak one, which allows more runs.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from os import environ
from pathlib import Path

from custody.system.evaluate import initial_states
from custody.system.expression import Expr, Op, nodes
from custody.system.forbidden import forbidden
from custody.system.model import LIVENESS, Form, Property, State, System
from custody.verify.proof import Proof, RefusedError, Sizes, UndecidedError, first, unpacked

LOOK = Path(__file__).with_name("look.c")

MOST = 100_000_000
"""A larger set is refused: it would not fit this machine."""

QUICKLY = 200_000
"""Of a larger set it is worth the compiler's time to be quick."""

AT_ONCE = 64
"""So many actors are followed to their rest in one run: a bit each."""


def check(system: System, proof: Proof, _: Sizes) -> str:
    """RefusedError with a state of the set that shows what is wrong with it."""
    claimed = [system.property_named(name) for name in proof.properties]
    whole = [p for p in claimed if p.form in LIVENESS]
    steps = [p for p in claimed if p.form is Form.STEP]
    plain = [p for p in claimed if p.form not in (Form.STEP, Form.PROGRESS, *LIVENESS)]
    order, tables, count = _diagram(system, proof)
    for state in initial_states(system):
        if not _has(system, order, tables, state):
            raise RefusedError("init", "a first state is outside the set", system, state)
    resting = [(p.name, actor, rests) for p in claimed if p.form is Form.PROGRESS for actor, rests in p.resting]
    if len(system.fairness) > AT_ONCE:
        raise UndecidedError(f"there are more than {AT_ONCE} promises of fairness")
    for begin in range(0, len(resting) or 1, AT_ONCE):
        some = resting[begin : begin + AT_ONCE]
        found = _run(_program(system, order, plain, steps, some, whole), tables, count)
        if found is None:
            continue
        what, index, state = found
        if what == "rest":
            told = f"{some[index][1]} can never come to rest from here ({some[index][0]})"
        elif what == "stay":
            told = f"a run that keeps all promises can go on from here without what {whole[index].name} promises"
        elif what == "step":
            told = f"'{system.actions[index].label}' leads out of the set"
        else:
            told = f"the set has a state {'from which a step breaks' if what == 'over' else 'that breaks'} "
            told += (steps if what == "over" else plain)[index].name
        raise RefusedError("safe" if what == "over" else what, told, system, state)
    return f"all of {count:,} states, one by one"


Tables = list[tuple["array[int]", "array[int]"]]
"""For each level, by node and value less the lowest: the node that follows, or -1; how many states come before."""


def _diagram(system: System, proof: Proof) -> tuple[list[int], Tables, int]:
    """The variables in the order of the levels, the tables, and how many states there are."""
    order, levels = [int(i) for i in proof.data["order"]], unpacked(proof.data["levels"])
    if sorted(order) != list(range(len(system.variables))) or len(levels) != len(order):
        raise RefusedError("format", "the set has other variables than the system")
    tables: Tables = []
    following = 1
    for variable, level in zip((system.variables[i] for i in order), levels, strict=True):
        domain, new = variable.domain, 0
        if len(level) != following:
            raise RefusedError("format", f"there are not as many nodes as lead to {variable.name}")
        child = array("q", [-1]) * (len(level) * domain.size)
        for place, node in enumerate(level):
            for value, back in zip(node[::2], node[1::2], strict=True):
                at = place * domain.size + value - domain.low
                if not domain.low <= value <= domain.high or child[at] >= 0 or not 0 <= back <= new:
                    raise RefusedError("format", f"a node of {variable.name} is not one")
                child[at] = new - back
                new += not back
        tables.append((child, array("q")))
        following = new
    counts = [1] * following
    if following != 1:
        raise RefusedError("format", "the set has not one end")
    for at in reversed(range(len(tables))):
        child, _ = tables[at]
        size = system.variables[order[at]].domain.size
        below = [counts[node] if node >= 0 else 0 for node in child]
        rows = [below[begin : begin + size] for begin in range(0, len(below), size)]
        counts = [sum(row) for row in rows]
        if max(counts) > MOST:
            raise RefusedError("format", f"the set has more than {MOST:,} states")
        tables[at] = child, array("q", (n for row in rows for n in accumulate(row[:-1], initial=0)))
    return order, tables, counts[0]


def _has(system: System, order: list[int], tables: Tables, state: State) -> bool:
    node = 0
    for i, (child, _) in zip(order, tables, strict=True):
        domain = system.variables[i].domain
        if not domain.low <= state[i] <= domain.high or node < 0:
            return False
        node = child[node * domain.size + state[i] - domain.low]
    return node >= 0


def _run(program: tuple[str, str], tables: Tables, count: int) -> tuple[str, int, State] | None:
    """What is wrong, which one, and the state; None when nothing is. UndecidedError without a C compiler."""
    binary = Path(_compiled(program, "-O1" if count > QUICKLY else "-O0").name, "look")
    data = array("q", [len(child) for child, _ in tables]).tobytes()
    data += b"".join(child.tobytes() + skip.tobytes() for child, skip in tables)
    done = subprocess.run([binary], input=data, capture_output=True, check=False)
    words = done.stdout.decode().split()
    if done.returncode != 0 or not words or (words[0] == "all" and words != ["all", str(count)]):
        raise UndecidedError(f"looking at every state ended with {done.returncode}")
    return None if words[0] == "all" else (words[0], int(words[1]), tuple(map(int, words[2:])))


@cache
def _compiled(program: tuple[str, str], option: str) -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory()
    for name, text in zip(("model.h", "model.c"), program, strict=True):
        Path(folder.name, name).write_text(text, encoding="utf-8")
    # An overflow ends the program, and is no answer.
    options = ["-std=c11", option, "-fsanitize=signed-integer-overflow", "-fsanitize-undefined-trap-on-error"]
    options += ["-I", folder.name, "-o", str(Path(folder.name, "look"))]
    command = [*shlex.split(environ.get("CC", "cc")), *options, str(LOOK)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UndecidedError(f"to look at every state needs a C compiler, such as gcc: {error}") from None
    return folder


def _program(
    system: System,
    order: list[int],
    plain: Sequence[Property],
    steps: Sequence[Property],
    resting: Sequence[tuple[str, str, Expr]],
    whole: Sequence[Property],
) -> tuple[str, str]:
    """What the program in `look.c` includes: `model.h` and `model.c`."""
    level_of = {variable: level for level, variable in enumerate(order)}
    domains = [system.variables[i].domain for i in order]
    bad, over = ([forbidden(system, p) for p in some] for some in (plain, steps))
    goals = [p.expression if p.form is Form.EVENTUALLY else p.goal for p in whole]
    triggers = [first(system) if p.form is Form.EVENTUALLY else p.expression for p in whole]
    lines, known = ["static void look(num here) {"], dict[Expr, str]()
    rests = [expression for _, _, expression in resting]
    _write(lines, known, *(a.guard for a in system.actions), *bad, *rests, *goals, *triggers)
    lines += [f'if (mode == SAFE && {known[each]}) wrong("safe", {i});' for i, each in enumerate(bad)]
    lines += ["set can = good && mode != MARK ? good[here] : 0, asked = 0;", "if (mode == REST) {"]
    lines += [f"can |= (set){known[each]} << {bit};" for bit, each in enumerate(rests)]
    there = [
        [*(f"(property == {k} && {known[each]})" for k, each in enumerate(some)), "0"] for some in (goals, triggers)
    ]
    lines += ["}", f"if (mode == MARK && !enter(here, {', '.join(' || '.join(each) for each in there)})) return;"]
    promised = [
        sum(1 << j for j, f in enumerate(system.fairness) if k in f.actions) for k in range(len(system.actions))
    ]
    lines += ["if (mode == PRUNE) {"]
    lines += [
        f"if ({known[action.guard]}) asked |= {bits}ull;"
        for action, bits in zip(system.actions, promised, strict=True)
        if bits
    ]
    lines += ['if (!asked) wrong("stay", property);', "idle = promises & ~asked;", "}"]
    for index, action in enumerate(system.actions):
        lines.append(f"if ({known[action.guard]}) {{")
        inside = dict(known)
        _write(lines, inside, *(c.condition for c in action.checks), *(e.value for e in action.effects))
        ends = sum(1 << bit for bit, (_, actor, _) in enumerate(resting) if actor == action.actor)
        lines.append(f"if ({' && '.join([*(inside[c.condition] for c in action.checks), '1'])}) {{")
        lines += [f"t[{e.variable}] = {inside[e.value]};" for e in action.effects]
        changed = [level_of[e.variable] for e in action.effects] or [0]
        lines.append(f"can |= step({index}, {min(changed)}, {max(changed)}, {promised[index]}ull);")
        lines += [f"t[{e.variable}] = s[{e.variable}];" for e in action.effects]
        lines += [f"}} else if (mode == REST) can |= {ends}ull;", "}"]
    lines += ["if ((mode == REST || mode == PRUNE) && can != good[here]) good[here] = can, more = 1;", "}"]
    lines += ["static void over(void) {"]
    _write(lines, after := dict[Expr, str](), *over)
    lines += [f'if ({after[each]}) wrong("over", {i});' for i, each in enumerate(over)] + ["}"]
    head = [f"enum {{ N = {len(order)}, PROPERTIES = {len(whole)} }};"]
    head += [f"static const set all = {(1 << len(resting)) - 1}ull;"]
    head += [f"static const set promises = {(1 << len(system.fairness)) - 1}ull;"]
    for name, values in {
        "variable": order,
        "low": [domain.low for domain in domains],
        "size": [domain.size for domain in domains],
    }.items():
        head.append(f"static const num {name}[] = {{{', '.join(map(str, values))}, 0}};")
    return "\n".join([*head, ""]), "\n".join([*lines, ""])


def _write(lines: list[str], known: dict[Expr, str], *roots: Expr) -> None:
    for node in nodes(*roots, known=known):
        known[node] = f"n{len(known)}"
        lines.append(f"num {known[node]} = {_term(node, [known[arg] for arg in node.args])};")


def _term(node: Expr, args: list[str]) -> str:
    match node.op:
        case Op.CONST:
            return f"{node.value}ll"
        case Op.READ | Op.NEXT:
            return f"{'s' if node.op is Op.READ else 't'}[{node.value}]"
        case Op.NOT:
            return f"!{args[0]}"
        case Op.MOD | Op.DIV:
            a, b = args
            rest = f"({a} % {b} + {b}) % {b}"
            return f"{b} > 0 ? {rest if node.op is Op.MOD else f'({a} - {rest}) / {b}'} : 0"
        case Op.ITE:
            return f"{args[0]} ? {args[1]} : {args[2]}"
        case _:
            return f" {_SIGNS[node.op]} ".join(args)


_SIGNS = {
    Op.AND: "&&", Op.OR: "||", Op.EQ: "==", Op.LT: "<", Op.LE: "<=", Op.ADD: "+", Op.SUB: "-", Op.MUL: "*",
}  # fmt: skip
