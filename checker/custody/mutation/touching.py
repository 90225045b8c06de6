"""Which names a statement reads and writes: two that have nothing to do with each other may change places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custody.language import syntax as s
from custody.mutation.tree import below


@dataclass(frozen=True, slots=True)
class Touch:
    """Names of variables, fields and routines; a name stands for every variable that is called so."""

    reads: frozenset[str]
    writes: frozenset[str]

    def disturbs(self, other: Touch) -> bool:
        """Whether the order of the two could matter."""
        return bool(self.writes & (other.reads | other.writes) or other.writes & self.reads)


class Touching:
    """Knows the routines of a specification by name, for what calls touch."""

    def __init__(self, routines: Mapping[str, s.Routine]) -> None:
        self._routines = routines
        self._called: dict[str, Touch] = {}

    def of(self, statement: s.Statement) -> Touch:
        reads: set[str] = set()
        writes: set[str] = set()
        for node in below(statement):
            match node:
                case s.Name(text=text):
                    reads.add(text)
                case s.Field(name=name):
                    reads.add(name)
                case s.Assign(target=target):
                    writes.add(_written(target))
                case s.Local(name=name) | s.Choose(name=name) | s.ForEach(name=name) | s.ForIn(name=name):
                    writes.add(name)
                case s.Alloc() | s.Free() | s.Get() | s.Put() | s.Add() | s.Remove() | s.Pop():
                    writes |= _names(node)
                case s.Lock() | s.Unlock() | s.WaitUntil() | s.WaitFor() | s.Complete():
                    writes |= _names(node)
                case s.Return() | s.Fails() | s.Assert():
                    # Whether anything else happens at all depends on these.
                    writes.add("return")
                    reads.add("return")
                case s.CallStatement(function=function) | s.Call(function=function):
                    called = self._of_routine(_called(function))
                    reads |= called.reads
                    writes |= called.writes
                case _:
                    pass
        return Touch(frozenset(reads), frozenset(writes))

    def _of_routine(self, name: str) -> Touch:
        if name not in self._called:
            self._called[name] = Touch(frozenset(), frozenset())
            routine = self._routines.get(name)
            parts = [self.of(statement) for statement in routine.body] if routine is not None else []
            # What a callee returns ends the callee only.
            ends = frozenset({"return"})
            self._called[name] = Touch(
                frozenset[str]().union(*(part.reads for part in parts)) - ends,
                frozenset[str]().union(*(part.writes for part in parts)) - ends,
            )
        return self._called[name]


def _names(node: s.Node) -> set[str]:
    found = {inner.text for inner in below(node) if isinstance(inner, s.Name)}
    found |= {inner.name for inner in below(node) if isinstance(inner, s.Field)}
    if isinstance(node, s.Alloc):
        found.add(node.object_name)
    return found


def _written(target: s.ExprNode) -> str:
    match target:
        case s.Name(text=text):
            return text
        case s.Field(name=name):
            return name
        case s.Index(base=base):
            return _written(base)
        case _:
            return ""


def _called(function: s.ExprNode) -> str:
    return _written(function)
