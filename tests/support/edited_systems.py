"""Random pairs of systems: calls that answer, take several steps or go unseen, and what an edit makes of them."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from custody.system.evaluate import initial_states
from custody.system.expression import TRUE, Expr, Sort, boolean, not_, number, or_
from custody.system.model import Action, Answer, Domain, Effect, System
from support.random_systems import HAZARD, system_of

_NAMES = ("call", "other")
_ANSWERS = Domain(0, 1, labels=("fine", "late"))


def pair_of(seed: int) -> tuple[System, System]:
    """Two systems that have most in common, both with a first state; the same for the same number."""
    dice = Random(seed)
    old = _with_calls(system_of(dice.randrange(2**32)), dice)
    new = old
    for _ in range(dice.randint(0, 3)):
        edited = _edited(new, dice)
        new = edited if any(True for _ in initial_states(edited)) else new
    return old, new


def _with_calls(system: System, dice: Random) -> System:
    """Few names, so that one label is often that of several steps."""
    return replace(system, actions=tuple(_as_call(action, dice) for action in system.actions))


def _as_call(action: Action, dice: Random) -> Action:
    made = replace(action, name=dice.choice(_NAMES), label=action.name)
    if action.spontaneous:
        return made
    match dice.randrange(7):
        case 0:
            return replace(made, begins=True)
        case 1:
            return replace(made, inner=True)
        case 2:
            return replace(made, inner=True, ends=True)
        case 3:
            return replace(made, begins=True, ends=True)
        case 4:
            return replace(made, outcome=dice.choice(("fails EBUSY", "fails ENOMEM")))
        case 5:
            numbers = [effect.value for effect in made.effects if effect.value.sort is Sort.BOOL]
            value = dice.choice(numbers) if numbers else number(dice.randint(0, 1))
            domain = Domain(0, 1, boolean=True) if value.sort is Sort.BOOL else _ANSWERS
            return replace(made, answer=Answer(value, domain))
        case _:
            return made


def _edited(system: System, dice: Random) -> System:
    actions = list(system.actions)
    at = dice.randrange(len(actions))
    chosen = actions[at]
    match dice.randrange(9):
        case 0:
            actions[at] = replace(chosen, guard=_other(system, dice, chosen.guard))
        case 1:
            actions[at] = replace(chosen, effects=chosen.effects[1:])
        case 2:
            actions[at] = replace(chosen, effects=_rewritten(system, chosen, dice))
        case 3 if len(actions) > 1:
            del actions[at]
        case 4:
            actions.insert(at, replace(chosen, guard=_other(system, dice, chosen.guard)))
        case 5:
            actions[at] = replace(chosen, outcome=dice.choice((None, "fails EBUSY")))
        case 6:
            actions[at] = replace(chosen, checks=tuple(c for c in chosen.checks if c.property != HAZARD))
        case 7:
            actions.append(replace(chosen, inner=True, ends=False, begins=False, answer=None, effects=()))
        case _:
            actions.reverse()
    return replace(system, actions=tuple(actions))


def _other(system: System, dice: Random, guard: Expr) -> Expr:
    another = dice.choice(system.actions).guard
    return dice.choice((TRUE, not_(guard), another, or_(guard, another), guard))


def _rewritten(system: System, action: Action, dice: Random) -> tuple[Effect, ...]:
    """One effect is a constant of the variable's domain instead."""
    effects = list(action.effects)
    if not effects:
        return ()
    at = dice.randrange(len(effects))
    domain = system.variables[effects[at].variable].domain
    value = dice.randint(domain.low, domain.high)
    constant = boolean(bool(value)) if domain.boolean else number(value)
    effects[at] = Effect(effects[at].variable, constant)
    return tuple(effects)
