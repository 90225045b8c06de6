"""The changes that may be made of one routine, a kind at a time; `repair` puts them in order.

Each looks at every place of the routine that it can be made in, and takes what it puts in from the specification.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from custody.language import syntax as s
from custody.language.show import show
from custody.mutation.tree import Path, Spot, below, blocks, walk
from custody.system.place import Place
from custody.why.edits import (
    Change,
    both,
    clone,
    distinct,
    held_before,
    locals_of,
    mentions,
    negation,
    returning,
    unlock,
    where,
    with_inserted,
    with_replaced,
)

DIRECTIONS = ("to_device", "from_device", "bidirectional")
_SYNCS = ("for_cpu", "for_device", "sync", "flush", "invalidate")
_GIVING_BACK = (s.Put, s.Free, s.Unlock, s.Remove)


@dataclass(frozen=True, slots=True)
class Site:
    """A routine that was on the way to the failure, and what may be said there."""

    position: int
    routine: s.Routine
    conditions: Sequence[s.ExprNode]
    payloads: frozenset[str]
    """Words that have a payload."""
    optional: frozenset[str]
    """State that may be none."""


def conditions(tree: object) -> Iterator[s.ExprNode]:
    """What the specification asks somewhere, in parts."""
    for node in below(tree):
        asked: list[s.ExprNode] = []
        if isinstance(node, (s.Requires, s.When, s.WaitUntil)):
            asked = [node.condition]
        elif isinstance(node, s.If):
            asked = [condition for condition, _ in node.branches]
        for condition in asked:
            yield from condition.parts if isinstance(condition, s.Connective) else (condition,)


# ---------------------------------------------------------------------- directions and syncs


def _directions(site: Site) -> Iterator[Change]:
    own = [n for n, t in locals_of(site.routine).items() if isinstance(t, s.NamedTypeNode) and t.name == "Direction"]
    for path, statement in walk(site.routine):
        if not isinstance(statement, (s.CallStatement, s.Assign)):
            continue
        value = statement.arguments if isinstance(statement, s.CallStatement) else statement.value
        field = "arguments" if isinstance(statement, s.CallStatement) else "value"
        for beneath, node in walk(value, (*path, field)):
            if isinstance(node, s.Name) and node.text in (*DIRECTIONS, *own) and beneath[-1] != "function":
                for other in dict.fromkeys((*DIRECTIONS[::-1], *own)):
                    if other != node.text:
                        what = f"`{other}` for `{node.text}` in `{statement.text}`"
                        yield _replacing(site, beneath, s.Name(node.place, other), what, statement.place)


def _syncs(site: Site) -> Iterator[Change]:
    here: dict[str, s.CallStatement] = {}
    for path, statement in walk(site.routine):
        if isinstance(statement, s.CallStatement) and isinstance(statement.function, s.Name):
            name = statement.function.text
            if not any(word in name for word in _SYNCS):
                continue
            here.setdefault(_call(statement), statement)
            other = _opposite(name)
            if other:
                swapped = clone(statement)
                swapped.function = s.Name(statement.function.place, other)
                swapped.text = _call(swapped)
                here.setdefault(swapped.text, swapped)
                what = f"`{other}` for `{name}`"
                yield _replacing(site, path, swapped, what, statement.place)
    for statement in here.values():
        for spot, position in _gaps(site.routine):
            if not any(_text(other) == _call(statement) for other in spot.block[max(0, position - 1) : position + 1]):
                yield _inserting(site, spot, position, [clone(statement)], f"`{_call(statement)}`")


def _opposite(name: str) -> str:
    for one, other in (("for_cpu", "for_device"), ("for_device", "for_cpu")):
        if one in name:
            return name.replace(one, other)
    return ""


def _call(statement: s.CallStatement) -> str:
    return f"{show(statement.function)}({', '.join(map(show, statement.arguments))})"


def _text(statement: s.Statement) -> str:
    return _call(statement) if isinstance(statement, s.CallStatement) else statement.text


# ---------------------------------------------------------------------- checks and guards


def _checks(site: Site) -> Iterator[Change]:
    """An answer before a statement, where what it uses is not there; or a narrower condition around it."""
    routine = site.routine
    own = locals_of(routine)
    optional = {n for n, t in own.items() if isinstance(t, s.NamedTypeNode) and t.optional}
    for spot in blocks(routine):
        for position, statement in enumerate(spot.block):
            if isinstance(statement, (s.Local, s.Requires, s.When, s.Return, s.Fails, s.Alloc)):
                continue
            asked: object = statement
            if isinstance(statement, s.If):
                asked = tuple(condition for condition, _ in statement.branches)
            elif isinstance(statement, s.Assign) and isinstance(statement.target, s.Name):
                asked = statement.value  # what it had before does not matter
            needs = distinct(_needs(asked, site, optional))
            for need in needs:
                yield from _answering(site, spot, position, negation(need))
            path = (*spot.path, position)
            if isinstance(statement, s.If):
                for number, (condition, body) in enumerate(statement.branches):
                    for need in distinct(_needs(body, site, optional)):
                        narrow = both(condition.place, clone(condition), clone(need))
                        what = f"`if {show(narrow)}` for `if {show(condition)}`"
                        here: Path = (*path, "branches", number, 0)
                        yield _replacing(site, here, narrow, what, condition.place)
            elif isinstance(statement, (s.CallStatement, s.Assign, s.Put, s.Free)):
                for need in needs:
                    guarded = where(statement.place, clone(need), (statement,))
                    what = f"`if {show(need)}` around `{statement.text}`"
                    yield _replacing(site, path, guarded, what, statement.place)


def _needs(node: object, site: Site, optional: Collection[str]) -> Iterator[s.ExprNode]:
    """What has to be so for it to make sense: words whose payload is read, and instances that are used."""
    for inner in below(node):
        if isinstance(inner, s.Field) and inner.name in site.payloads:
            yield s.Is(inner.place, clone(inner.base), inner.name)
        if isinstance(inner, s.Field):
            owner = inner.base.base if isinstance(inner.base, s.Index) else inner.base
            if isinstance(owner, s.Name) and owner.text in site.optional:
                yield s.Binary(inner.place, "!=", clone(inner.base), s.NoneLiteral(inner.place))
        if isinstance(inner, s.Name) and inner.text in optional:
            yield s.Binary(inner.place, "!=", s.Name(inner.place, inner.text), s.NoneLiteral(inner.place))


def _answering(site: Site, spot: Spot, position: int, condition: s.ExprNode) -> Iterator[Change]:
    """`if condition` return an error before the statement, with the locks given back."""
    routine, statement = site.routine, spot.block[position]
    if routine.kind != "procedure":
        return
    place = statement.place
    values: list[s.ExprNode | None] = []
    for node in below(routine):
        if isinstance(node, s.Return) and node.value is not None and show(node.value) != "OK":
            values.append(node.value)
    errors = distinct([value for value in values if value is not None])
    plain = isinstance(routine.returns, s.NamedTypeNode) and routine.returns.name != "errno"
    answers = not plain and (routine.actor is not None or routine.returns is not None)
    if not errors and answers:
        errors = [s.Name(place, "EINVAL")]
    choices: list[s.ExprNode | None] = [*errors[:1]] or [None]
    for value in choices:
        unlocks = [unlock(place, target) for target in held_before(routine, spot, position)]
        body = (*unlocks, returning(place, None if value is None else clone(value)))
        check = where(place, condition, body)
        words = "; ".join(part.text for part in body)
        yield _inserting(site, spot, position, [check], f"`{check.text}: {words}`")


def _guards(site: Site) -> Iterator[Change]:
    """Whoever calls has to wait, or may not call: conditions that the specification asks elsewhere."""
    routine = site.routine
    if routine.actor is None:
        return
    own = {show(c) for c in conditions(routine.body)}
    spot = next(blocks(routine))
    for condition in site.conditions:
        if show(condition) not in own and not _is_constant(condition):
            if routine.kind == "action":
                made: s.Statement = s.When(routine.place, clone(condition), None, ())
                made.text = f"when {show(condition)}"
            else:
                made = s.Requires(routine.place, clone(condition), None, ())
                made.text = f"requires {show(condition)}"
            yield _inserting(site, spot, 0, [made], f"`{made.text}`")


def _is_constant(condition: s.ExprNode) -> bool:
    return all(name.isupper() for name in mentions(condition))


# ---------------------------------------------------------------------- what is done, and when


def _orders(site: Site) -> Iterator[Change]:
    """A statement earlier or later in its block."""
    fixed = (s.Local, s.Choose, s.Return, s.Fails, s.Requires, s.When, s.Skip, s.Assert)
    for spot in blocks(site.routine):
        if spot.at_once:
            continue
        block = spot.block
        for one, moved in enumerate(block):
            for other, there in enumerate(block):
                # Moving to the next place is the same as moving the next one here.
                if isinstance(moved, fixed) or isinstance(there, fixed) or other == one or other == one + 1:
                    continue
                if _leaves_bare(block, one, other):
                    continue
                rest = [*block[:one], *block[one + 1 :]]
                rest.insert(other, moved)
                side = "before" if other < one else "after"
                what = f"`{_text(moved)}` {side} `{_text(there)}`"
                yield _replacing(site, spot.path, tuple(rest), what, moved.place)


def _leaves_bare(block: s.Block, one: int, other: int) -> bool:
    """Whether moving a statement takes something else out of the reach of a lock: that is no repair."""
    crossed = block[one + 1 : other + 1] if one < other else block[other:one]
    kind = s.Lock if one < other else s.Unlock
    return isinstance(block[one], kind) and not all(isinstance(between, kind) for between in crossed)


def _clean_ups(site: Site) -> Iterator[Change]:
    """Before an error is returned, something that is done elsewhere when it is over."""
    giving = [
        node
        for node in below(site.routine)
        if isinstance(node, _GIVING_BACK)
        or (isinstance(node, s.Assign) and isinstance(node.value, (s.Truth, s.NoneLiteral, s.Number)))
        or (isinstance(node, s.CallStatement) and any(w in _call(node) for w in ("put", "release", "free", "unmap")))
    ]
    chosen = {_text(node): node for node in giving}
    for spot in blocks(site.routine):
        for position, statement in enumerate(spot.block):
            if isinstance(statement, s.Return) and statement.value is not None and show(statement.value) != "OK":
                for text, node in chosen.items():
                    if all(_text(other) != text for other in spot.block):
                        yield _inserting(site, spot, position, [clone(node)], f"`{text}`")


# ---------------------------------------------------------------------- helpers


def _gaps(routine: s.Routine) -> Iterator[tuple[Spot, int]]:
    """The places between statements."""
    for spot in blocks(routine):
        if spot.at_once:
            continue
        for position in range(len(spot.block) + 1):
            before = spot.block[position - 1] if position else None
            after = spot.block[position] if position < len(spot.block) else None
            if not isinstance(after, (s.Local, s.Requires, s.When)) and not isinstance(before, (s.Return, s.Fails)):
                yield spot, position


def _replacing(site: Site, path: Path, new: object, what: str, place: Place) -> Change:
    return Change(site.position, with_replaced(site.routine, path, new), what, place)


def _inserting(site: Site, spot: Spot, position: int, new: Sequence[s.Statement], what: str) -> Change:
    before = spot.block[position] if position < len(spot.block) else None
    anchor = before or (spot.block[-1] if spot.block else None)
    text = "" if anchor is None else f" {'before' if before else 'after'} `{_text(anchor)}`"
    place = site.routine.place if anchor is None else anchor.place
    return Change(
        site.position, with_inserted(site.routine, spot, position, new), f"{what}{text}", place, inserts=True
    )


MAKERS: dict[str, Callable[[Site], Iterator[Change]]] = {
    "direction": _directions,
    "sync": _syncs,
    "check": _checks,
    "order": _orders,
    "clean-up": _clean_ups,
    "guard": _guards,
}
