"""A form of a system in which everything is left out that nobody can tell apart: equal forms mean equal systems.

Names of variables, places in the text, documentation and the order of declarations do not matter.  Variables are put
in an order that depends on their use alone, as far as a few rounds of refinement tell them apart (Weisfeiler and
Leman's colouring); where they do not, names decide, and then equal systems may look different, never the reverse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from custody.change.equivalent import same_meaning
from custody.observe.label import SAME, Names
from custody.system.expression import Expr, Op, nodes
from custody.system.model import Action, Performance, Property, System
from custody.system.place import NOWHERE

_ROUNDS = 3
_IN_OTHER_WORDS = "take the same steps wherever they come, in other words"


def alike(old: System, new: System, names: Names = SAME) -> str:
    """What both do, where the systems are the same but for what nobody can tell apart, and else nothing; `names` are
    those of `new` in `old`.

    What they implement is another question: `same_contract`.
    """
    if _same(old, new, names) and _bare_properties(old) == _bare_properties(new):
        return "unfold to the same system"
    if names == SAME and same_meaning(old, new, properties=True):
        return _IN_OTHER_WORDS
    return "unfold to the same system" if _normal_alike(old, new, names) else ""


def behave_alike(old: System, new: System, names: Names = SAME) -> str:
    """The same of the systems without their properties."""
    if _same(old, new, names):
        return "unfold to the same actions"
    if names == SAME and same_meaning(old, new, properties=False):
        return _IN_OTHER_WORDS
    bare = _normal_alike(replace(old, properties=()), replace(new, properties=()), names)
    return "unfold to the same actions" if bare else ""


def _same(old: System, new: System, names: Names) -> bool:
    """Whether the actions are the same word by word."""
    return names == SAME and _bare(old) == _bare(new)


def _normal_alike(old: System, new: System, names: Names) -> bool:
    if len(old.actions) != len(new.actions) or len(old.variables) != len(new.variables):
        return False
    # Most that differ do so in what is seen before variables are told apart by their use, which takes longest.
    return _first_look(old) == _first_look(new, names) and normal(old) == normal(new, names)


def same_contract(old: System, new: System) -> bool:
    """Whether both implement nothing, or the same contract, in the same words."""
    one, other = old.implementation, new.implementation
    if one is None or other is None:
        return one is other
    mine = [[(p.outcome, _calls(p)) for p in entries] for entries in one.performances]
    yours = [[(p.outcome, _calls(p)) for p in entries] for entries in other.performances]
    return (one.side, mine) == (other.side, yours) and _bare(one.contract) == _bare(other.contract)


def _calls(performance: Performance) -> list[tuple[object, ...]]:
    return [(call.action, call.arguments, call.performer, call.outcome) for call in performance.calls]


def _bare_properties(system: System) -> list[tuple[object, ...]]:
    return [
        (p.name, p.form, p.rules, p.expression, p.goal, p.resting, p.expected and replace(p.expected, place=NOWHERE))
        for p in system.properties
    ]


def _bare(system: System) -> tuple[object, ...]:
    """The system without places and words, variables by number. Equal expressions are one object: this is quick."""
    return (
        [(v.domain, v.initial) for v in system.variables],
        [
            (
                *(a.name, a.actor, a.arguments, a.outcome, a.answer, a.side),
                *(a.begins, a.ends, a.inner, a.spontaneous, a.blocking, a.guard, a.control, a.effects),
                [(check.condition, check.property) for check in a.checks],
                [(clause.expression, clause.duty, clause.rules) for clause in a.clauses],
            )
            for a in system.actions
        ],
        [(entry.name, entry.strong, entry.actions) for entry in system.fairness],
        (system.where, system.terminal),
    )


class _Colours:
    """The colours of the variables, and the texts of expressions over them, each made once."""

    def __init__(self, colours: Sequence[str]) -> None:
        self.of = colours
        self._texts: dict[Expr, str] = {}

    def text(self, root: Expr) -> str:
        """The expression with colours for variables, its parts in an order that is not the author's."""
        known = self._texts
        if root in known:
            return known[root]
        for node in nodes(root):
            if node in known:
                continue
            parts = [known[arg] for arg in node.args]
            if node.op in (Op.AND, Op.OR, Op.ADD, Op.MUL, Op.EQ):
                parts.sort()
            value = self.of[node.value] if node.op in (Op.READ, Op.NEXT) else str(node.value)
            known[node] = _digest(f"{node.op} {value} {parts}")
        return known[root]


def normal(system: System, names: Names = SAME) -> bytes:
    """The digest of the form, with routines and roles under their earlier names."""
    colours = _colours(system, names)
    actions = sorted(_action(action, colours, names) for action in system.actions)
    properties = sorted(_property(p, colours, names) for p in system.properties)
    variables = sorted(f"{colours.of[i]} {v.initial}" for i, v in enumerate(system.variables))
    fairness = sorted(
        f"{entry.strong} {sorted(_action(system.actions[i], colours, names) for i in entry.actions)}"
        for entry in system.fairness
    )
    rest = [colours.text(system.where), colours.text(system.terminal)]
    return _digest(repr((variables, actions, properties, fairness, rest))).encode()


def _first_colours(system: System) -> list[str]:
    return [_digest(f"{v.domain.low} {v.domain.high} {v.domain.boolean} {v.initial}") for v in system.variables]


def _first_look(system: System, names: Names = SAME) -> list[str]:
    """What the actions are like to whoever knows variables by their values only; equal for equal forms."""
    colours = _Colours(_first_colours(system))
    return sorted(_action(action, colours, names) for action in system.actions)


def _colours(system: System, names: Names) -> _Colours:
    """A colour for each variable, made of how it is used; of its name, too, where that does not tell it apart."""
    shown = _first_colours(system)
    for _ in range(_ROUNDS):
        colours = _Colours(shown)
        uses: list[list[str]] = [[] for _ in system.variables]
        for action in system.actions:
            whole = _action(action, colours, names)
            for effect in action.effects:
                uses[effect.variable].append(f"writes {colours.text(effect.value)} in {whole}")
            for variable in _reads(action):
                uses[variable].append(f"read by {whole}")
        for p in system.properties:
            whole = _property(p, colours, names)
            for variable in _variables(p.expression, p.goal, *(rest for _, rest in p.resting)):
                uses[variable].append(f"in {whole}")
        shown = [_digest(repr((colour, sorted(used)))) for colour, used in zip(shown, uses, strict=True)]
    seen: dict[str, list[int]] = {}
    for index, colour in enumerate(shown):
        seen.setdefault(colour, []).append(index)
    for members in seen.values():
        if len(members) > 1:
            for index in members:
                shown[index] += system.variables[index].name
    return _Colours(shown)


def _reads(action: Action) -> set[int]:
    roots = [action.guard, *(check.condition for check in action.checks), *(e.value for e in action.effects)]
    roots += [action.answer.value] if action.answer is not None else []
    return _variables(*roots)


def _variables(*roots: Expr) -> set[int]:
    return {node.value for node in nodes(*roots) if node.op in (Op.READ, Op.NEXT)}


def _action(action: Action, colours: _Colours, names: Names) -> str:
    answer = None
    if action.answer is not None:
        answer = (colours.text(action.answer.value), names.domain(action.answer.domain).labels)
    return _digest(
        repr(
            (
                names.routine(action.name),
                names.actor(action.actor),
                [names.argument(action.name, at, value) for at, (_, value) in enumerate(action.arguments)],
                action.outcome,
                answer,
                (action.begins, action.ends, action.inner, action.spontaneous, action.blocking, action.side),
                colours.text(action.guard),
                colours.text(action.control),
                sorted((colours.of[e.variable], colours.text(e.value)) for e in action.effects),
                [(colours.text(check.condition), names.text(check.property)) for check in action.checks],
                sorted((colours.text(c.expression), c.duty, c.rules) for c in action.clauses),
            )
        )
    )


def _property(p: Property, colours: _Colours, names: Names) -> str:
    expected = None if p.expected is None else (p.expected.violated, p.expected.length)
    resting = sorted((names.actor(who), colours.text(when)) for who, when in p.resting)
    return _digest(
        repr(
            (
                names.property(p.name),
                p.form,
                p.rules,
                expected,
                colours.text(p.expression),
                colours.text(p.goal),
                resting,
            )
        )
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
