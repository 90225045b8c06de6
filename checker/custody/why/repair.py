"""Small changes of a specification that might have prevented a failure: one sync, one check, one guard, one order.

They are what reviews of such code ask for: the other direction, the sync that is missing or the wrong way round, the
error that is looked at before the result is used, locks in one order, a step that comes earlier, something given back
on an error path, a lock around what races, a condition on when a call may begin.  What is put in is taken from the
specification itself, as far as its names are known at the place.  Whether a change repairs anything is for `trial`.

The text of modules that a specification uses is left alone: how caches or queues behave is not up to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from custody.language import syntax as s
from custody.language.program import Program
from custody.mutation.tree import below
from custody.system.place import Place
from custody.why.changes import DIRECTIONS, MAKERS, Site, conditions
from custody.why.edits import Change, applied, calls, distinct, mentions, routines
from custody.why.order import locked, ordered, released
from custody.why.result import KINDS


@dataclass(frozen=True, slots=True)
class Repair:
    """A change, or several that belong together; `kind` is one of KINDS, `near` how far its routines are from what
    mattered, and `inserts` says that something is put in, and nothing replaced."""

    kind: str
    changes: tuple[Change, ...]
    near: int = 0
    inserts: bool = False
    transcribed: bool = True
    """Whether it is in what the specification says to be somebody's code, where it says that of anything."""

    @property
    def what(self) -> str:
        """All that is changed, in words."""
        return "; ".join(dict.fromkeys(change.what for change in self.changes))

    @property
    def place(self) -> Place:
        """Where the first change is."""
        return self.changes[0].place

    def program(self, program: Program) -> Program:
        """The amended specification."""
        return applied(program, self.changes)


def repairs(program: Program, names: Collection[str], lines: dict[int, int], *, stuck: bool = False) -> list[Repair]:
    """Candidates in the routines of those names and in what they call, the likeliest first.

    `lines` gives how far from what mattered a line of the root file is: 0 is what the violation rests on.  Where
    somebody is `stuck`, it is likely to be for a lock that is held during a call.
    """
    known = routines(program)
    chosen = _called(known, names)
    roles = {d.name for trees in program.library.trees().values() for d in trees if isinstance(d, s.RoleDecl)}
    payloads = frozenset(
        node.label for trees in program.library.trees().values() for node in below(tuple(trees))
        if isinstance(node, s.AlternativeNode) and node.payload
    )  # fmt: skip
    declared = _declared(program)
    optional = frozenset(
        variable.name for trees in program.library.trees().values() for d in trees if isinstance(d, s.StateDecl)
        for variable in d.variables if isinstance(variable.declared, s.NamedTypeNode) and variable.declared.optional
    )  # fmt: skip
    some_code = any(routine.sources for routine in known.values() if routine.name in chosen)
    found: dict[str, Repair] = {}

    def add(kind: str, changes: Sequence[Change]) -> None:
        near = min(_near(lines, known.get(change.position)) for change in changes)
        code = not some_code or all(c.position not in known or known[c.position].sources for c in changes)
        repair = Repair(kind, tuple(changes), near, any(change.inserts for change in changes), bool(code))
        found.setdefault(f"{repair.place} {repair.what}", repair)

    for position, routine in known.items():
        if routine.name not in chosen:
            continue
        asked = distinct(_asked(known, routine, roles))
        site = Site(position, routine, [c for c in asked if _is_known(c, declared, routine)], payloads, optional)
        for kind, make in MAKERS.items():
            for change in make(site):
                add(kind, [change])
    for changes in ordered(program, chosen):
        add("order", changes)
    for changes in released(program, chosen):
        add("release", changes)
    for changes in locked(program, chosen):
        add("lock", changes)
    order = list(KINDS)
    last = ("lock", "guard")

    def rank(repair: Repair) -> tuple[bool, int, bool, int, int, int, bool, int, str]:
        line = repair.place.line
        kind = repair.kind
        late = last.index(kind) + 1 if kind in last else 0
        own = lines.get(line, 3)
        last_ = not (stuck and kind == "release")
        return (
            last_,
            late,
            not repair.transcribed,
            repair.near,
            order.index(kind),
            own,
            repair.inserts,
            line,
            repair.what,
        )

    return sorted(found.values(), key=rank)


def _near(lines: dict[int, int], routine: s.Routine | None) -> int:
    """How far from what mattered the routine is: its nearest line."""
    return min((lines[n.place.line] for n in below(routine) if n.place.line in lines), default=3)


def _called(known: dict[int, s.Routine], names: Collection[str]) -> frozenset[str]:
    """The names, and those of what is called from there."""
    by_name = {routine.name: routine for routine in known.values()}
    waiting, found = [name for name in names if name in by_name], dict[str, None]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting += [called for called in calls(by_name[name].body) if called in by_name]
    return frozenset(found)


def _declared(program: Program) -> frozenset[str]:
    """What is known by name everywhere: state, definitions, parameters, roles, words."""
    kinds = (s.VariableDecl, s.Define, s.Param, s.Const, s.AlternativeNode, s.RoleDecl, s.ObjectDecl, s.TypeDecl)
    found: set[str] = set(DIRECTIONS)
    for declarations in program.library.trees().values():
        for node in below(tuple(declarations)):
            if isinstance(node, kinds):
                found.add(node.label if isinstance(node, s.AlternativeNode) else node.name)
    return frozenset(found)


def _is_known(condition: s.ExprNode, declared: frozenset[str], routine: s.Routine) -> bool:
    bound = {node.name for node in below(condition) if isinstance(node, s.Binder)}
    own = {parameter.name for parameter in routine.parameters}
    return all(name in declared or name in own or name in bound or name.isupper() for name in mentions(condition))


def _asked(known: dict[int, s.Routine], routine: s.Routine, roles: Collection[str]) -> Iterator[s.ExprNode]:
    """What is asked in any routine, as far as it means the same in this one."""
    for other in known.values():
        for condition in conditions(other.body):
            about_self = any(isinstance(node, s.SelfRef) for node in below(condition))
            if not about_self or (other.actor == routine.actor and routine.actor in roles):
                yield condition
