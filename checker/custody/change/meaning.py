"""Whether a property that both versions state says the same in both: weaker, stronger, or something else.

A property that holds in both versions can still have lost its point.  Where both speak of the same variables, z3 is
asked over all their values; states that nobody reaches count, since a promise is read without the proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.change.result import Change
from custody.observe.label import Names, renamed
from custody.system.expression import Expr, Op, nodes, rebuild
from custody.system.model import Domain, Form, Property, System


def compare_meaning(old: System, new: System) -> list[Change]:
    """A change for each property whose statement is another in NEW."""
    names = renamed(new, old)
    before = {p.name: p for p in old.properties if not p.implicit}
    shared = _Shared.of(old, new, names)
    found: list[Change] = []
    for p in new.properties:
        was = before.get(names.property(p.name))
        if p.implicit or was is None or p.form is Form.IMPLEMENTS:
            continue
        name = _difference(was, p, shared)
        if name is not None:
            message = f"{p.name} said `{_words(was)}` and says `{_words(p)}`"
            place = p.place
            found.append(
                Change(
                    id=name,
                    subject=p.name,
                    message=message,
                    file=place.file,
                    line=place.line,
                    column=place.column,
                    harmed=("everyone",),
                    rules=p.rules,
                )
            )
    return found


def _words(p: Property) -> str:
    return " ".join(p.text.split()) or p.form.value


@dataclass(frozen=True, slots=True)
class _Shared:
    """NEW's variables by OLD's numbers where both have them; others of NEW come behind."""

    numbers: dict[int, int]
    domains: tuple[Domain, ...]
    olds: int

    @staticmethod
    def of(old: System, new: System, names: Names) -> _Shared:
        known = {(v.name, v.domain): i for i, v in enumerate(old.variables)}
        domains = [v.domain for v in old.variables]
        numbers: dict[int, int] = {}
        for index, variable in enumerate(new.variables):
            same = known.get((variable.name, names.domain(variable.domain)))
            if same is None:
                same = len(domains)
                domains.append(variable.domain)
            numbers[index] = same
        return _Shared(numbers, tuple(domains), len(old.variables))

    def moved(self, root: Expr) -> Expr:
        """An expression of NEW over these numbers."""
        known: dict[Expr, Expr] = {}
        for node in nodes(root):
            if node.op in (Op.READ, Op.NEXT):
                known[node] = Expr(node.op, node.sort, (), self.numbers[node.value])
            elif node.args:
                known[node] = rebuild(node, tuple(known[arg] for arg in node.args))
            else:
                known[node] = node
        return known[root]

    def is_foreign(self, root: Expr) -> bool:
        """Whether it reads a variable that OLD does not have."""
        return any(node.op in (Op.READ, Op.NEXT) and node.value >= self.olds for node in nodes(root))


def _difference(old: Property, new: Property, shared: _Shared) -> str | None:
    if old.form is not new.form:
        return "PROPERTY-CHANGED"
    parts = [(old.expression, shared.moved(new.expression)), (old.goal, shared.moved(new.goal))]
    if old.form is Form.PROGRESS:
        one, other = dict(old.resting), dict(new.resting)
        if set(one) != set(other):
            return "PROPERTY-CHANGED"
        parts += [(one[who], shared.moved(other[who])) for who in one]
    if all(one == other for one, other in parts):
        return None
    if any(shared.is_foreign(other) for _, other in parts):
        # Other variables may stand for the same things: whether they do is a question for the verdicts.
        return None
    return _ordered(old, parts, shared.domains)


def _ordered(old: Property, parts: list[tuple[Expr, Expr]], domains: tuple[Domain, ...]) -> str | None:
    from custody.symbolic.implication import implies

    def all_imply(pairs: list[tuple[Expr, Expr]]) -> bool:
        return all(one == other or implies(one, other, domains) is True for one, other in pairs)

    forward, backward = all_imply(parts), all_imply([(b, a) for a, b in parts])
    if forward and backward:
        return None
    if old.form not in (Form.INVARIANT, Form.STEP) or forward is backward:
        return "PROPERTY-CHANGED"
    return "PROPERTY-WEAKENED" if forward else "PROPERTY-STRENGTHENED"
