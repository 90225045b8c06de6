"""Properties as the engines see them, in parts whose truth can be reported one by one."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.language import syntax as s
from custody.language.diagnostic import LimitError
from custody.language.show import show
from custody.language.symbols import LocalSymbol
from custody.language.types import size
from custody.language.unfold.evaluate import Evaluator, Surroundings
from custody.language.unfold.storage import Layout, Storage
from custody.language.unfold.value import MAX_VALUES, Scalar, Value, every
from custody.rules import kind_of
from custody.system.expression import TRUE, Expr, after, and_, implies, not_, or_
from custody.system.model import Conjunct, Form, Kind, Property
from custody.system.place import Place

_FORMS = {
    "invariant": Form.INVARIANT,
    "lemma": Form.INVARIANT,
    "never": Form.INVARIANT,
    "transition": Form.STEP,
    "reachable": Form.REACHABLE,
    "eventually": Form.EVENTUALLY,
    "leads_to": Form.LEADS_TO,
}

_KINDS = {
    Form.REACHABLE: Kind.REACHABILITY,
    Form.EVENTUALLY: Kind.LIVENESS,
    Form.LEADS_TO: Kind.LIVENESS,
    Form.DEADLOCK: Kind.DEADLOCK,
    Form.PROGRESS: Kind.DEADLOCK,
}

Names = dict[LocalSymbol, "Layout | Value"]
Bindings = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Parts:
    """What walking a property collects: conjuncts, and for each `=>` when its premise holds."""

    conjuncts: list[Conjunct] = field(default_factory=list[Conjunct])
    premises: dict[s.ExprNode, list[Expr]] = field(default_factory=dict[s.ExprNode, list[Expr]])


class PropertyUnfolding:
    """Turns the declared properties of one system into `Property` objects; all variables must be known."""

    def __init__(self, around: Surroundings, storage: Storage) -> None:
        self._around = around
        self._storage = storage

    def declared(self, declaration: s.PropertyDecl) -> list[Property]:
        """The property, or one for each value of its parameters; `deadlock_free` is the caller's."""
        form = _FORMS[declaration.kind]
        if form is Form.LEADS_TO:
            return self._leads_to(declaration)
        env, old = self._environments(form)
        parts = _Parts()
        truths: list[Expr] = []
        for node in declaration.body:
            truths.append(self._walk(node, {}, (), TRUE, parts, env, old))
        whole = and_(*truths)
        conjuncts = tuple(parts.conjuncts)
        if declaration.kind == "never":
            whole = not_(whole)
            text = " and ".join(show(node) for node in declaration.body)
            conjuncts = (Conjunct(whole, f"not ({text})", (), declaration.body[0].place),)
            parts.premises.clear()
        premises = tuple(Conjunct(or_(*cases), show(node), (), node.place) for node, cases in parts.premises.items())
        if form is Form.REACHABLE or form is Form.EVENTUALLY:
            premises = ()
        return [self._property(declaration, declaration.name, form, whole, TRUE, conjuncts, premises)]

    def _leads_to(self, declaration: s.PropertyDecl) -> list[Property]:
        choices = [every(symbol.type) for symbol in declaration.symbols]
        found: list[Property] = []
        for values in itertools.product(*choices):
            names: Names = dict(zip(declaration.symbols, values, strict=True))
            shown = [self._shown(value) for value in values]
            name = declaration.name + (f"[{', '.join(shown)}]" if shown else "")
            evaluator = self._evaluator(names, {}, None)
            premise = evaluator.truth(declaration.body[0])
            goal = evaluator.truth(declaration.goal) if declaration.goal is not None else TRUE
            bindings = tuple((p.name, text) for p, text in zip(declaration.parameters, shown, strict=True))
            node = declaration.body[0]
            premises = (Conjunct(premise, show(node), bindings, node.place),)
            found.append(self._property(declaration, name, Form.LEADS_TO, premise, goal, (), premises))
        return found

    def _property(
        self,
        declaration: s.PropertyDecl,
        name: str,
        form: Form,
        expression: Expr,
        goal: Expr,
        conjuncts: tuple[Conjunct, ...],
        premises: tuple[Conjunct, ...],
    ) -> Property:
        text = "; ".join(show(node) for node in declaration.body)
        if declaration.goal is not None:
            text += f" ~> {show(declaration.goal)}"
        return Property(
            name,
            form,
            kind_for(form, declaration.rules),
            declaration.place,
            expression,
            goal,
            declaration.doc,
            text,
            declaration.rules,
            conjuncts=conjuncts,
            premises=premises,
        )

    # ------------------------------------------------------------------ taking apart

    def _environments(self, form: Form) -> tuple[Mapping[int, Expr], Mapping[int, Expr] | None]:
        if form is not Form.STEP:
            return {}, None
        # Over a step, plain names mean the values after it and `old` those before.
        variables = self._storage.variables
        return {i: after(i, variable.domain.sort) for i, variable in enumerate(variables)}, {}

    def _evaluator(self, names: Names, env: Mapping[int, Expr], old: Mapping[int, Expr] | None) -> Evaluator:
        return Evaluator(self._around, env, names, None, None, old)

    def _walk(
        self,
        node: s.ExprNode,
        names: Names,
        bindings: Bindings,
        assumed: Expr,
        parts: _Parts,
        env: Mapping[int, Expr],
        old: Mapping[int, Expr] | None,
    ) -> Expr:
        match node:
            case s.Connective(operator="and", parts=inner):
                return and_(*(self._walk(part, names, bindings, assumed, parts, env, old) for part in inner))
            case s.Quantified(kind="forall", binders=binders, body=body) if all(
                b.collection is None for b in binders
            ):
                return and_(
                    *(
                        self._walk(body, {**names, **more}, (*bindings, *shown), assumed, parts, env, old)
                        for more, shown in self._choices(binders)
                    )
                )
            case s.Binary(operator="=>", left=left, right=right):
                premise = self._evaluator(names, env, old).truth(left)
                both = and_(assumed, premise)
                parts.premises.setdefault(left, []).append(both)
                return implies(premise, self._walk(right, names, bindings, both, parts, env, old))
            case _:
                truth = self._evaluator(names, env, old).truth(node)
                parts.conjuncts.append(Conjunct(implies(assumed, truth), show(node), bindings, node.place))
                return truth

    def _choices(self, binders: tuple[s.Binder, ...]) -> list[tuple[Names, Bindings]]:
        kinds = [binder.type for binder in binders if binder.type is not None]
        if math.prod(map(size, kinds)) > MAX_VALUES:
            raise LimitError(binders[0].place, f"more than {MAX_VALUES} combinations to run through")
        found: list[tuple[Names, Bindings]] = []
        for values in itertools.product(*map(every, kinds)):
            names: Names = {}
            shown: list[tuple[str, str]] = []
            for binder, value in zip(binders, values, strict=True):
                if binder.symbol is not None:
                    names[binder.symbol] = value
                shown.append((binder.name, self._shown(value)))
            found.append((names, tuple(shown)))
        return found

    def _shown(self, value: Scalar) -> str:
        return self._storage.domain(value.type).show(value.expr.value)


def kind_for(form: Form, rules: tuple[str, ...]) -> Kind:
    """What a property is about: its form says, or else the first rule that it cites."""
    if form in _KINDS:
        return _KINDS[form]
    return kind_of(rules[0]) if rules else Kind.INVARIANT


def hazard_property(name: str, kind: Kind, doc: str, place: Place) -> Property:
    """The property that some hazard never happens in some routine."""
    return Property(name, Form.HAZARD, kind, place, doc=doc, implicit=True)
