"""Classic protocols built by hand: processes that stand before one step at a time, and share variables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from custody.system.expression import TRUE, Expr, Sort, and_, eq, number, or_, read
from custody.system.model import (
    BOOLEAN,
    Action,
    Domain,
    Effect,
    Fairness,
    Form,
    Kind,
    Property,
    System,
    Variable,
    Wait,
)
from custody.system.place import NOWHERE


@dataclass(frozen=True, slots=True)
class Move:
    """A step from one position of the actor to another; `writes` gives shared variables, by index, new values."""

    actor: int
    source: int
    target: int
    guard: Expr = TRUE
    writes: tuple[tuple[int, Expr], ...] = ()
    waits: tuple[Wait, ...] = ()
    begins: bool = False
    spontaneous: bool = False


def flag(index: int) -> Expr:
    """A shared variable that is a truth value."""
    return read(index, Sort.BOOL)


def count(index: int) -> Expr:
    """A shared variable that is a number."""
    return read(index, Sort.INT)


def number_of(name: str, most: int, first: int = 0) -> Variable:
    return Variable(name, Domain(0, most), (first,), name)


def flag_of(name: str, first: bool = False) -> Variable:
    return Variable(name, BOOLEAN, (int(first),), name)


def processes(shared: Sequence[Variable], moves: Iterable[Move], last: int) -> System:
    """A system of processes P.0, P.1, ... at positions 0 to `last`; their positions come after what they share."""
    moves = list(moves)
    names = [f"P.{actor}" for actor in range(1 + max(move.actor for move in moves))]
    positions = [Variable(f"at[{name}]", Domain(0, last), (0,), "at", (name,), True, name) for name in names]
    actions = [_action(len(shared), names[move.actor], move) for move in moves]
    return System("processes", "processes.custody", (*shared, *positions), tuple(actions), ())


def stands(system: System, actor: int, *positions: int) -> Expr:
    """The process is at one of the positions."""
    shared = sum(not variable.control for variable in system.variables)
    return _stands(shared, actor, positions)


def _stands(shared: int, actor: int, positions: Iterable[int]) -> Expr:
    return or_(*(eq(count(shared + actor), number(position)) for position in positions))


def _action(shared: int, name: str, move: Move) -> Action:
    control = _stands(shared, move.actor, [move.source])
    position = [(shared + move.actor, number(move.target))] if move.source != move.target else []
    label = f"{move.source} to {move.target}"
    return Action(
        name=label,
        actor=name,
        label=label,
        place=NOWHERE,
        guard=and_(control, move.guard),
        effects=tuple(Effect(variable, value) for variable, value in (*move.writes, *position)),
        control=control,
        waits=move.waits,
        begins=move.begins,
        spontaneous=move.spontaneous,
    )


def promised(system: System, *, strong: bool = False) -> tuple[Fairness, ...]:
    """To each process that it goes on with what it began."""
    return tuple(
        Fairness(
            actor,
            strong,
            tuple(i for i, action in enumerate(system.actions) if action.actor == actor and not action.begins),
        )
        for actor in sorted({action.actor for action in system.actions})
    )


def gets(system: System, actor: int, wanting: Sequence[int], *got: int) -> Property:
    """Whenever the process is at one of the positions `wanting`, it will be at one of `got`."""
    trigger, goal = stands(system, actor, *wanting), stands(system, actor, *got)
    return Property(f"gets_in[P.{actor}]", Form.LEADS_TO, Kind.LIVENESS, NOWHERE, trigger, goal)
