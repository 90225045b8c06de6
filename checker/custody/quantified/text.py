"""Expressions without a size as SMT-LIB, and back: each role is a sort of which nothing is known.

A cell is a function called `|name|`, as in `(|copy[{Cache}]| m0)`; members are `m0`, `m1`, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import custody.system.expression as e
from custody.quantified.atoms import At, Atoms, Cell, Every, Size, Var
from custody.quantified.uniform import Uniform
from custody.system.expression import Expr, Op, Sort

_NAMES = {
    Op.NOT: "not", Op.AND: "and", Op.OR: "or", Op.EQ: "=", Op.LT: "<", Op.LE: "<=", Op.ADD: "+", Op.SUB: "-",
    Op.MUL: "*", Op.DIV: "div", Op.MOD: "mod", Op.ITE: "ite",
}  # fmt: skip
_TOKEN = re.compile(r"\s*(?:([()])|\|([^|\\]*)\||([^\s()|\\\";]+))")
_OPERATORS: dict[str, Callable[..., Expr]] = {
    "not": e.not_, "and": e.and_, "or": e.or_, "=": e.eq, "<": e.lt, "<=": e.le, "+": e.add, "-": e.sub, "ite": e.ite,
}  # fmt: skip


def symbol(cell: Cell) -> str:
    """What the cell is called, which is never what a member is called."""
    return f"{cell.name}'" if re.fullmatch(r"[a-z][0-9]+", cell.name) else cell.name


def written(atoms: Atoms, root: Expr) -> str:
    """The term in SMT-LIB."""
    known: dict[Expr, str] = {}
    for node in e.nodes(root):
        known[node] = _atom(atoms, node) if node.op is Op.READ else _term(node, [known[arg] for arg in node.args])
    return known[root]


def _atom(atoms: Atoms, node: Expr) -> str:
    match atoms[node]:
        case Var(name, _):
            return name
        case At(cell, args, _):
            name = f"|{symbol(atoms.cells[cell])}|"
            return f"({name} {' '.join(written(atoms, arg) for arg in args)})" if args else name
        case Every(variables, body):
            bound = " ".join(f"({written(atoms, v)} |{atoms.role(v)}|)" for v in variables)
            return f"(forall ({bound}) {written(atoms, body)})"
        case Size(role):
            return f"|#{role}|"


def _term(node: Expr, args: Sequence[str]) -> str:
    if node.op is Op.CONST:
        if node.sort is Sort.BOOL:
            return "true" if node.value else "false"
        return str(node.value) if node.value >= 0 else f"(- {-node.value})"
    return f"({_NAMES[node.op]} {' '.join(args)})"


def script(uniform: Uniform, members: Sequence[Expr], *asserted: Expr) -> str:
    """The question whether all of this can be true together, of members that are distinct."""
    atoms = uniform.atoms
    lines = ["(set-logic UFLIA)", *(f"(declare-sort |{role}| 0)" for role in uniform.layout.roles)]
    for role in uniform.layout.roles:
        # How many there are is a number of which no more is known: more numbers than can be are no harm.
        lines += [f"(declare-const |#{role}| Int)", f"(assert (<= 1 |#{role}|))"]
    for cell in atoms.cells:
        value = f"|{cell.holds}|" if cell.holds is not None else "Bool" if cell.sort is Sort.BOOL else "Int"
        lines.append(f"(declare-fun |{symbol(cell)}| ({' '.join(f'|{role}|' for role in cell.roles)}) {value})")
    lines += [f"(declare-const {written(atoms, m)} |{atoms.role(m)}|)" for m in members]
    for role in uniform.layout.roles:
        mine = [written(atoms, m) for m in members if atoms.role(m) == role]
        if len(mine) > 1:
            lines.append(f"(assert (distinct {' '.join(mine)}))")
    lines += [f"(assert {written(atoms, each)})" for each in asserted]
    return "\n".join([*lines, "(check-sat)", ""])


def parsed(uniform: Uniform, text: str) -> Expr:
    """A Boolean term as `written` writes it. ValueError for anything else."""
    position, tokens = 0, list[tuple[str, bool]]()
    text = text.rstrip()
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            raise ValueError(f"this is no term: {text[:80]}")
        position = token.end()
        bracket, quoted, word = token.groups()
        tokens.append((bracket or (word if quoted is None else quoted), quoted is not None))
    reader = _Reader(uniform, tokens[::-1])
    found = reader.term({})
    if reader.tokens or found.sort is not Sort.BOOL:
        raise ValueError(f"this is not one Boolean term: {text[:80]}")
    return found


class _Reader:
    def __init__(self, uniform: Uniform, tokens: list[tuple[str, bool]]) -> None:
        self.tokens, self._uniform = tokens, uniform
        self._cells = {symbol(cell): index for index, cell in enumerate(uniform.atoms.cells)}

    def term(self, bound: Mapping[str, Expr]) -> Expr:
        name, quoted = self._next()
        if name == "(" and not quoted:
            found = self._applied(bound)
            self._require(")")
            return found
        if quoted:
            return self._cell(name, ())
        if name in bound:
            return bound[name]
        if name in ("true", "false"):
            return e.boolean(name == "true")
        if re.fullmatch(r"[0-9]{1,18}", name):
            return e.number(int(name))
        raise ValueError(f"nothing is called '{name}'")

    def _applied(self, bound: Mapping[str, Expr]) -> Expr:
        name, quoted = self._next()
        if not quoted and name == "forall":
            return self._forall(bound)
        args: list[Expr] = []
        while self.tokens and self.tokens[-1] != (")", False):
            args.append(self.term(bound))
        if quoted:
            return self._cell(name, tuple(args))
        roles = {self._role(arg) for arg in (args[1:] if name == "ite" else args)}
        sorts = {arg.sort for arg in (args[1:] if name == "ite" else args)}
        logical = name in ("not", "and", "or")
        counts = {"not": (1,), "=": (2,), "<": (2,), "<=": (2,), "-": (1, 2), "ite": (3,)}
        fits = len(args) in counts[name] if name in counts else name in _OPERATORS and bool(args)
        if not fits or len(roles) > 1 or len(sorts) > 1 or (roles != {""} and name not in ("=", "ite")):
            raise ValueError(f"'{name}' is not understood, or has arguments that do not fit")
        if name not in ("=", "ite") and logical is not (sorts == {Sort.BOOL}):
            raise ValueError(f"'{name}' has arguments that do not fit")
        if name == "ite" and args[0].sort is not Sort.BOOL:
            raise ValueError("the condition of 'ite' is no truth value")
        if name == "-" and len(args) == 1:
            return e.sub(e.number(0), args[0])
        return _OPERATORS[name](*args)

    def _forall(self, bound: Mapping[str, Expr]) -> Expr:
        atoms = self._uniform.atoms
        self._require("(")
        variables: dict[str, Expr] = {}
        while self.tokens and self.tokens[-1] == ("(", False):
            self._next()
            (name, quoted), (role, _) = self._next(), self._next()
            self._require(")")
            if quoted or not re.fullmatch(r"[mz][0-9]{1,3}", name) or name in {**bound, **variables}:
                raise ValueError(f"a member is called '{name}'")
            if role not in self._uniform.layout.roles:
                raise ValueError(f"there is no role '{role}'")
            variables[name] = atoms.member(name, role)
        self._require(")")
        body = self.term({**bound, **variables})
        if not variables or body.sort is not Sort.BOOL or self._role(body):
            raise ValueError("what is said of all is no truth value")
        return body if body.is_constant else atoms.of(Every(tuple(variables.values()), body), Sort.BOOL)

    def _cell(self, name: str, args: tuple[Expr, ...]) -> Expr:
        if name.removeprefix("#") in self._uniform.layout.roles and name.startswith("#") and not args:
            return self._uniform.atoms.of(Size(name[1:]), Sort.INT)
        if name not in self._cells:
            raise ValueError(f"nothing is called '{name}'")
        index = self._cells[name]
        cell = self._uniform.atoms.cells[index]
        if tuple(map(self._role, args)) != cell.roles:
            raise ValueError(f"'{name}' has arguments that do not fit")
        return self._uniform.atoms.of(At(index, args), cell.sort)

    def _role(self, term: Expr) -> str:
        """The role of a member; nothing of a truth value or a number."""
        if term.op is Op.ITE:
            return self._role(term.args[1])
        if term.op is not Op.READ or isinstance(atom := self._uniform.atoms[term], (Every, Size)):
            return ""
        return atom.role if isinstance(atom, Var) else self._uniform.atoms.cells[atom.cell].holds or ""

    def _next(self) -> tuple[str, bool]:
        if not self.tokens:
            raise ValueError("a bracket is not closed")
        return self.tokens.pop()

    def _require(self, token: str) -> None:
        if self._next() != (token, False):
            raise ValueError(f"'{token}' is missing")
