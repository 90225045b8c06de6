"""Puts the system together: variables, actions, properties, from one checked specification."""

from __future__ import annotations

import difflib
import math
from dataclasses import replace

from custody.language import syntax as s
from custody.language.constants import constant, constant_number
from custody.language.declare import World
from custody.language.diagnostic import LimitError
from custody.language.problems import Problems
from custody.language.symbols import LocalSymbol, RoutineSymbol, Scope, StateSymbol, TypeSymbol
from custody.language.types import ArrayType, BoolType, ContextType, RoleType, SetType, Type, VariantType
from custody.language.unfold import value as values
from custody.language.unfold.evaluate import Evaluator
from custody.language.unfold.hazards import HAZARDS
from custody.language.unfold.interval import Intervals
from custody.language.unfold.liveness import forget_dead_locals
from custody.language.unfold.operations import Operations
from custody.language.unfold.path import Path, Recorder
from custody.language.unfold.properties import PropertyUnfolding, hazard_property, kind_for
from custody.language.unfold.routines import IDLE, Draft, Positions, Routines
from custody.language.unfold.storage import (
    ArrayCells,
    Cell,
    ContextCells,
    Layout,
    LockCells,
    QueueCells,
    RecordCells,
    SetCells,
    Storage,
    VariantCells,
)
from custody.language.unfold.value import Scalar, Value
from custody.system.display import RecordShape, ScalarShape, VariantShape, View
from custody.system.expression import TRUE, Expr, Op, Sort, and_, eq, implies, lt, not_, number, or_, read
from custody.system.model import (
    Action,
    Answer,
    Conjunct,
    Domain,
    Effect,
    Expectation,
    Fairness,
    Form,
    Implementation,
    Kind,
    Performance,
    Performed,
    Property,
    Renaming,
    System,
)
from custody.system.place import Place

MAX_FIRST_STATES = 1_000_000
"""How many combinations of first values are looked at, before `init` restricts them."""

SYSTEM = "system"
"""Who performs an action that names nobody."""


def assemble(world: World, file: str, *, observed: bool = False) -> System:
    """The transition system of a checked specification; SpecError and LimitError as documented there.

    Where it is `observed`, results of calls stay known until the calls end, which may take more states.
    """
    return _Assembly(world, file, observed).system()


def assemble_implementation(world: World, file: str, contract: System, *, observed: bool = False) -> System:
    """The system of a model, with what its calls are in the contract that it implements."""
    assembly = _Assembly(world, file, observed)
    system = assembly.system()
    [declaration] = [d.declaration for d in world.others if isinstance(d.declaration, s.ImplementationDecl)]
    place = world.header.place if world.header is not None else declaration.place
    watcher = assembly if observed else _Assembly(world, file, observed=True)
    watched = system if observed else watcher.system()
    implementation = Implementation(contract, watched, declaration.side, watcher.performances(), place)
    watched = replace(watched, implementation=implementation)
    implementation = replace(implementation, watched=watched)
    implements = Property(
        "implements",
        Form.IMPLEMENTS,
        Kind.PROTOCOL,
        place,
        doc=declaration.doc or f"everything that the model does is allowed by {contract.name}",
        text=f"{system.name} implements {contract.name}",
    )
    expected = assembly.expectation(implements.name)
    properties = (*system.properties, replace(implements, expected=expected))
    return replace(system, properties=properties, implementation=implementation)


class _Assembly:
    """Implements what expressions and operations ask about the system under construction."""

    def __init__(self, world: World, file: str, observed: bool) -> None:
        self._world = world
        self._implements = world.header is not None and world.header.implements is not None
        self._file = file
        self._problems: Problems = world.problems
        self._actor_offsets: dict[str, int] = {}
        actors: list[str] = []
        instances: dict[str, tuple[str, ...]] = {}
        for role in world.roles:
            kind = _role(role)
            single = isinstance(role.declaration, s.RoleDecl) and role.declaration.size is None
            names = (role.name,) if single else tuple(f"{role.name}.{i}" for i in range(kind.size))
            self._actor_offsets[role.name] = len(actors)
            instances[role.name] = names
            actors += names
        for name, owner in world.owned.items():
            instances[name] = tuple(f"{name}[{each}]" for each in instances[owner.name])
        self._instances = instances
        self.actors: tuple[str, ...] = tuple(actors)
        self._storage = Storage(self.actors, instances)
        self._intervals = Intervals(self._storage.variables)
        self._layouts: dict[StateSymbol, Layout] = {}
        self._live: dict[tuple[str, int], Cell] = {}
        self._parts: dict[tuple[str, int], dict[str, tuple[Layout, Value]]] = {}
        self._locals: dict[tuple[int, LocalSymbol], Layout] = {}
        self._local_variables: dict[int, list[int]] = {}
        self._calls: dict[int, tuple[int, tuple[RoutineSymbol, ...]]] = {}
        self._hazards: dict[str, Property] = {}
        self._hazard_place = Place(file, 1)
        self.locks: tuple[LockCells, ...] = ()
        self.contexts: dict[int, ContextCells] = {}
        self._operations = Operations(self)
        self._routines = Routines(self._storage, self._operations, self.actor, observed=observed)

    # ------------------------------------------------------------------ what others ask

    def layout(self, symbol: StateSymbol) -> Layout:
        return self._layouts[symbol]

    def object_part(self, name: str, instance: int, part: str) -> Layout:
        return self._parts[(name, instance)][part][0]

    def object_parts(self, name: str, instance: int) -> tuple[tuple[Layout, Value], ...]:
        return tuple(self._parts[(name, instance)].values())

    def object_live(self, name: str, instance: int) -> Cell:
        return self._live[(name, instance)]

    def actor(self, role: str, instance: int) -> int:
        return self._actor_offsets[role] + instance

    def own_object(self, name: str, actor: int | None, place: Place) -> int | None:
        owner = self._world.owned.get(name)
        if owner is None:
            return None
        instance = -1 if actor is None else actor - self._actor_offsets[owner.name]
        if not 0 <= instance < _role(owner).size:
            message = f"each {owner.name} has its own {name}, so that nobody else can allocate one"
            self._problems.error(place, "object", message)
            return 0
        return instance

    def resting(self, actor: int) -> Expr:
        positions = self._routines.positions.get(actor)
        return TRUE if positions is None else eq(read(positions.variable, Sort.INT), number(IDLE))

    def in_call(self, actor: int, entry: RoutineSymbol) -> Expr:
        if actor not in self._calls:
            entries = tuple(r for r in self._world.routines if r.actor == entry.actor and _is_entry(r))
            labels = ("none", *(routine.name for routine in entries))
            owner = self.actors[actor]
            name = f"{owner}.call"
            variable = self._storage.variable(
                name, Domain(0, len(labels) - 1, labels), (0,), name, entry.place, owner
            )
            self._calls[actor] = (variable, entries)
        variable, entries = self._calls[actor]
        return eq(read(variable, Sort.INT), number(entries.index(entry) + 1))

    def recorder(self, path: Path, routine: str) -> Recorder:
        return Recorder(path, routine, self._intervals, self._hazard)

    def local(self, actor: int, routine: RoutineSymbol, symbol: LocalSymbol) -> Layout:
        key = (actor, symbol)
        if key not in self._locals:
            before = len(self._storage.variables)
            owner = self.actors[actor]
            name = f"{owner}.{routine.name}.{symbol.name.replace(' ', '_')}"
            taken = {variable.name for variable in self._storage.variables}
            unique, count = name, 2
            while unique in taken:
                unique, count = f"{name}.{count}", count + 1
            layout = self._storage.allocate(unique, symbol.type, None, symbol.place, actor=owner)
            self._locals[key] = layout
            self._local_variables.setdefault(actor, []).extend(range(before, len(self._storage.variables)))
            self._storage.show_as(unique, layout, hidden=True, actor=owner)
        return self._locals[key]

    def misbehaves(self, routine: RoutineSymbol) -> bool:
        role = routine.actor.name if routine.actor is not None else None
        return role in self._misbehaving or self._side(routine) in self._misbehaving

    def constant(self, node: s.ExprNode, scope: Scope) -> int:
        value = constant_number(node, scope, self._problems)
        return 1 if value is None else value

    def _hazard(self, hazard: str, routine: str) -> str:
        name = f"{hazard}({routine})"
        if name not in self._hazards:
            kind, doc = HAZARDS[hazard]
            place = next((r.place for r in self._world.routines if r.path == routine), self._hazard_place)
            self._hazards[name] = hazard_property(name, kind, doc, place)
        return name

    def _side(self, routine: RoutineSymbol) -> str | None:
        if routine.side is not None or routine.actor is None:
            return routine.side
        for role in self._world.roles:
            if role.name == routine.actor.name and isinstance(role.declaration, s.RoleDecl):
                return role.declaration.side
        return None

    # ------------------------------------------------------------------ the whole

    def system(self) -> System:
        self._misbehaving = self._who_misbehaves()
        self._allocate()
        self._problems.raise_errors()
        self._unfold_routines()
        for actor, owned in self._local_variables.items():
            forget_dead_locals(self._routines.drafts, actor, frozenset(owned), self._storage.variables)
        for positions in self._routines.positions.values():
            variable = self._storage.variables[positions.variable]
            labels = tuple(positions.labels)
            self._storage.variables[positions.variable] = replace(variable, domain=Domain(0, len(labels) - 1, labels))
            self._storage.views.append(
                View(variable.name, ScalarShape(positions.variable, 0, labels), True, variable.actor)
            )
        terminal = self._terminal()
        properties = self._properties(terminal)
        where = self._where()
        # Only now has everybody asked who may ask.
        self._note_calls()
        actions = self._actions()
        fairness = self._fairness()
        self._problems.raise_errors()
        header = self._world.header
        at_rest = [self.resting(actor) for actor in self._routines.positions]
        return System(
            name=header.name if header else self._file,
            file=self._file,
            variables=tuple(self._storage.variables),
            actions=actions,
            properties=properties,
            where=where,
            terminal=or_(terminal, and_(*at_rest)) if at_rest else terminal,
            fairness=fairness,
            views=tuple(self._storage.views),
            parameters=tuple(self._world.parameters.items()),
            roles=tuple(self._instances.items()),
            doc=header.doc if header else "",
            renamings=self._renamings(),
        )

    def performances(self) -> tuple[tuple[Performance, ...], ...]:
        """For each action of the system what it is in the contract, once the system has been put together."""
        declared = [d.declaration for d in self._world.others if isinstance(d.declaration, s.ImplementationDecl)]
        lines = [line for declaration in declared for line in declaration.performs]
        return tuple(
            tuple(self._performance(line, draft) for line in lines if line.symbol is draft.routine)
            if draft.source is None or draft.begins
            else ()
            for draft in self._routines.drafts
        )

    def _performance(self, line: s.PerformsNode, draft: Draft) -> Performance:
        evaluator = Evaluator(self, {}, dict(draft.values), draft.me, None)

        def answer(node: s.ExprNode) -> Answer:
            value = evaluator.value(node)
            if not isinstance(value, Scalar):
                raise AssertionError(f"{node.place}: not checked")
            return Answer(value.expr, self._storage.domain(value.type))

        calls = tuple(
            Performed(
                call.action,
                tuple(map(answer, call.arguments)),
                None if call.performer is None else answer(call.performer),
                None if call.errno is None else f"fails {call.errno}",
                call.place,
            )
            for call in line.performed
        )
        return Performance(None if line.errno is None else f"fails {line.errno}", calls)

    def _renamings(self) -> tuple[Renaming, ...]:
        """What the declarations say about their earlier names."""
        found: list[Renaming] = []
        for routine in self._world.routines:
            prefix = routine.path.removesuffix(routine.name)
            found += _renaming("routine", routine.path, routine.declaration.renamed_from, prefix)
            for position, parameter in enumerate(routine.parameters):
                found += _words("argument", f"{routine.path} {position}", parameter.type)
        for role in self._world.roles:
            if isinstance(role.declaration, s.RoleDecl):
                found += _renaming("role", role.name, role.declaration.renamed_from)
        for declaration, symbol in self._world.parameter_symbols.values():
            found += _renaming("parameter", declaration.name, declaration.renamed_from)
            found += _words("value", declaration.name, symbol.type)
        for kind in self._world.renamed:
            found += _renaming("words", " ".join(kind.labels), " ".join(kind.before))
        for scoped in self._world.others:
            if isinstance(scoped.declaration, s.PropertyDecl):
                found += _renaming("property", scoped.declaration.name, scoped.declaration.renamed_from)
        return tuple(found)

    def _who_misbehaves(self) -> frozenset[str]:
        found: set[str] = set()
        for scoped in self._world.others:
            declaration = scoped.declaration
            if isinstance(declaration, s.Misbehaving) and self._applies(declaration.condition, scoped.scope):
                found.add(declaration.who)
        return frozenset(found)

    def _applies(self, condition: s.ExprNode | None, scope: Scope) -> bool:
        return condition is None or constant(condition, scope, self._problems) is True

    # ------------------------------------------------------------------ variables

    def _allocate(self) -> None:
        locks: list[LockCells] = []
        self._storage.contexts = tuple(
            self.actor(symbol.type.index.name, instance)
            for symbol in self._world.states
            if isinstance(symbol.type, ArrayType)
            and isinstance(symbol.type.element, ContextType)
            and isinstance(symbol.type.index, RoleType)
            for instance in range(symbol.type.index.size)
        )
        for symbol in self._world.states:
            declaration = symbol.declaration
            first = self._first(declaration, symbol.type, symbol.scope)
            layout = self._storage.allocate(
                symbol.path, symbol.type, first, symbol.place, anything=declaration.any_value
            )
            self._layouts[symbol] = layout
            self._storage.show_as(symbol.path, layout)
            locks += _locks(layout)
            if isinstance(layout, ArrayCells):
                self.contexts |= {item.actor: item for item in layout.items if isinstance(item, ContextCells)}
        for entry in self._world.objects:
            kind = _role(entry)
            for instance in range(kind.size):
                locks += self._allocate_object(entry, instance)
        self.locks = tuple(locks)
        if math.prod(len(variable.initial) for variable in self._storage.variables) > MAX_FIRST_STATES:
            raise LimitError(self._hazard_place, f"more than {MAX_FIRST_STATES:,} combinations of first values")

    def _allocate_object(self, entry: TypeSymbol, instance: int) -> list[LockCells]:
        name = self._storage.instances(_role(entry))[instance]
        domain = Domain(0, 1, boolean=True)
        variable = self._storage.variable(f"{name}.live", domain, (0,), entry.name, entry.place)
        self._live[(entry.name, instance)] = Cell(variable, BoolType())
        parts: dict[str, tuple[Layout, Value]] = {}
        locks: list[LockCells] = []
        for field, kind, declaration in self._world.field_declarations(entry.name):
            first = self._first(declaration, kind, entry.scope or self._world.scope)
            layout = self._storage.allocate(f"{name}.{field}", kind, first, declaration.place, base=entry.name)
            value = _spread(first, kind)
            parts[field] = (layout, value)
            locks += _locks(layout)
        self._parts[(entry.name, instance)] = parts
        shapes = tuple((field, self._storage.shape(layout)) for field, (layout, _) in parts.items())
        inside = (RecordShape(shapes),) if shapes else ()
        shape = VariantShape(ScalarShape(variable, 0, ("free", "live")), ((), inside))
        self._storage.views.append(View(name, shape))
        return locks

    def _first(self, declaration: s.VariableDecl, kind: Type, scope: Scope) -> Value | None:
        """The declared first value of each element, or None for the type's own."""
        while isinstance(kind, ArrayType):
            kind = kind.element
        if declaration.initial is None:
            return None
        evaluator = Evaluator(self, {}, {}, None, None)
        value = evaluator.fit(evaluator.value(declaration.initial), kind, declaration.place)
        if any(not expr.is_constant for expr in _expressions(value)):
            self._problems.error(declaration.initial, "constant", "a first value cannot depend on other variables")
            return None
        if isinstance(value, Scalar) and not isinstance(kind, (BoolType, RoleType, VariantType)):
            domain = self._storage.domain(kind)
            if not domain.low <= value.expr.value <= domain.high:
                message = f"the first value {value.expr.value} is outside {domain.low}..{domain.high}"
                self._problems.error(declaration.initial, "range", message)
                return None
        return value

    # ------------------------------------------------------------------ actions

    def _unfold_routines(self) -> None:
        for routine in self._world.routines:
            if routine.declaration.kind != "action" and routine.actor is not None:
                for instance in range(routine.actor.size):
                    self._routines.positions_of(self.actor(routine.actor.name, instance), routine.place)
        for routine in self._world.routines:
            declaration = routine.declaration
            if declaration.kind == "action":
                self._routines.action(routine)
            elif routine.actor is not None:
                for instance in range(routine.actor.size):
                    actor = self.actor(routine.actor.name, instance)
                    if declaration.kind == "process":
                        self._routines.process(routine, actor)
                    else:
                        self._routines.entry_point(routine, actor)

    def _note_calls(self) -> None:
        """Keeps the variables that say which call an actor is in, where some expression asks."""
        for actor, (variable, entries) in self._calls.items():
            for draft in self._routines.drafts:
                if draft.actor != actor or draft.source is None:
                    continue
                if draft.target == IDLE and draft.source != IDLE:
                    draft.writes[variable] = number(0)
                elif draft.source == IDLE and draft.target != IDLE and draft.routine in entries:
                    draft.writes[variable] = number(entries.index(draft.routine) + 1)

    def _actions(self) -> tuple[Action, ...]:
        return tuple(self._action(draft) for draft in self._routines.drafts)

    def _action(self, draft: Draft) -> Action:
        control: Expr = TRUE
        writes = dict(draft.writes)
        if draft.actor is not None and draft.source is not None:
            position = self._routines.positions[draft.actor].variable
            control = eq(read(position, Sort.INT), number(draft.source))
            if draft.target is not None and draft.target != draft.source:
                writes[position] = number(draft.target)
        effects = tuple(
            Effect(variable, value)
            for variable, value in sorted(writes.items())
            if not (value.op is Op.READ and value.value == variable)
        )
        actor = self.actors[draft.actor] if draft.actor is not None else draft.routine.side or SYSTEM
        return Action(
            name=draft.routine.path,
            actor=actor,
            label=draft.label,
            place=draft.place,
            guard=and_(control, draft.guard),
            effects=effects,
            checks=draft.checks,
            arguments=draft.arguments,
            outcome=draft.outcome,
            control=control,
            waits=draft.waits,
            begins=draft.begins,
            spontaneous=draft.spontaneous,
            side=self._side(draft.routine),
            clauses=draft.clauses,
            waived=draft.waived,
            ends=draft.source is not None and draft.target == IDLE,
            answer=draft.answer,
            inner=draft.source is not None and not draft.begins,
            blocking="blocking" in draft.routine.declaration.modifiers,
        )

    def _fairness(self) -> tuple[Fairness, ...]:
        found: list[Fairness] = []
        for scoped in self._world.others:
            declaration = scoped.declaration
            if not isinstance(declaration, s.Fair):
                continue
            groups: dict[str, list[int]] = {}
            symbol = scoped.scope.find(declaration.name)
            for index, draft in enumerate(self._routines.drafts):
                actor = self.actors[draft.actor] if draft.actor is not None else SYSTEM
                if isinstance(symbol, RoutineSymbol) and draft.routine is symbol:
                    arguments = ", ".join(text for _, text in draft.arguments)
                    groups.setdefault(f"{symbol.name}({arguments}) by {actor}", []).append(index)
                elif isinstance(symbol, TypeSymbol) and actor in self._members(symbol):
                    # Nobody promises a call, nor the signal that would end a wait.
                    if draft.begins or draft.spontaneous:
                        continue
                    groups.setdefault(actor, []).append(index)
            found += [
                Fairness(name, declaration.strong, tuple(actions), declaration.place)
                for name, actions in groups.items()
            ]
        return tuple(found)

    def _members(self, role: TypeSymbol) -> tuple[str, ...]:
        return self._instances.get(role.name, ())

    # ------------------------------------------------------------------ properties

    def _where(self) -> Expr:
        conditions: list[Expr] = []
        for scoped in self._world.others:
            if isinstance(scoped.declaration, s.Init):
                conditions += [Evaluator(self, {}, {}, None, None).truth(c) for c in scoped.declaration.conditions]
        return and_(*conditions)

    def _terminal(self) -> Expr:
        """The declared resting states."""
        return or_(
            *(
                Evaluator(self, {}, {}, None, None).truth(scoped.declaration.condition)
                for scoped in self._world.others
                if isinstance(scoped.declaration, s.Terminal)
            )
        )

    def _properties(self, terminal: Expr) -> tuple[Property, ...]:
        unfolding = PropertyUnfolding(self, self._storage)
        found: list[Property] = []
        covered: set[str] = set()
        for scoped in self._world.others:
            declaration = scoped.declaration
            if not isinstance(declaration, s.PropertyDecl):
                continue
            if declaration.kind == "deadlock_free":
                covered.add(declaration.of or "")
                found.append(self._deadlock_free(declaration, terminal))
            else:
                found += unfolding.declared(declaration)
        place = self._world.header.place if self._world.header else self._hazard_place
        if "" not in covered:
            doc = "the system never gets stuck as a whole"
            found.append(Property("deadlock", Form.DEADLOCK, Kind.DEADLOCK, place, doc=doc, implicit=True))
        for role in self._world.roles:
            resting = self._rest(role.name, terminal)
            if resting and role.name not in covered:
                doc = f"every {role.name} that began something can still finish it"
                name = f"deadlock({role.name})"
                found.append(
                    Property(name, Form.PROGRESS, Kind.DEADLOCK, role.place, doc=doc, implicit=True, resting=resting)
                )
        found += [self._leak(entry, terminal) for entry in self._world.objects]
        found += self._hazards.values()
        return tuple(self._with_expectations(found))

    def _rest(self, role: str, terminal: Expr) -> tuple[tuple[str, Expr], ...]:
        found: list[tuple[str, Expr]] = []
        for instance, name in enumerate(self._instances[role]):
            positions = self._routines.positions.get(self.actor(role, instance))
            if positions is not None:
                found.append((name, or_(_at(positions), terminal)))
        return tuple(found)

    def _deadlock_free(self, declaration: s.PropertyDecl, terminal: Expr) -> Property:
        common = Property(
            declaration.name,
            Form.DEADLOCK,
            kind_for(Form.DEADLOCK, declaration.rules),
            declaration.place,
            doc=declaration.doc,
            rules=declaration.rules,
        )
        if declaration.of is None:
            return common
        resting = self._rest(declaration.of, terminal)
        if not resting:
            message = f"no {declaration.of} ever begins anything: it has neither entry points nor a process"
            self._problems.error(declaration, "actor", message)
        return replace(common, form=Form.PROGRESS, resting=resting)

    def _leak(self, entry: TypeSymbol, terminal: Expr) -> Property:
        kind, doc = HAZARDS["leak"]
        at_rest = and_(*(self.resting(actor) for actor in self._routines.positions))
        conjuncts: list[Conjunct] = []
        for instance in range(_role(entry).size):
            alive = read(self._live[(entry.name, instance)].variable, Sort.BOOL)
            held = or_(*(condition for condition in self._references(entry.name, instance)))
            fine = and_(implies(and_(alive, at_rest), held), not_(and_(alive, terminal)))
            conjuncts.append(Conjunct(fine, f"{entry.name}.{instance} is referred to or free", (), entry.place))
        whole = and_(*(conjunct.expression for conjunct in conjuncts))
        return Property(
            f"leak({entry.name})",
            Form.INVARIANT,
            kind,
            entry.place,
            whole,
            doc=doc,
            text=f"no {entry.name} is alive without a reference at rest, or at all in a terminal state",
            implicit=True,
            conjuncts=tuple(conjuncts),
        )

    def _references(self, name: str, instance: int) -> list[Expr]:
        """When something refers to the object; locals do not count, since all actors rest."""
        found: list[Expr] = []
        for layout in self._layouts.values():
            found += _references(layout, name, instance, TRUE)
        for (owner, number_of), parts in self._parts.items():
            alive = read(self._live[(owner, number_of)].variable, Sort.BOOL)
            if (owner, number_of) != (name, instance):
                for layout, _ in parts.values():
                    found += _references(layout, name, instance, alive)
        return found

    def expectation(self, name: str) -> Expectation | None:
        """What the specification expects of the property of that name."""
        for scoped in self._world.others:
            if isinstance(scoped.declaration, s.Expect):
                for expected in scoped.declaration.expectations:
                    if expected.property_name == name and self._applies(expected.condition, scoped.scope):
                        return Expectation(True, expected.length, expected.place, expected.doc)
        return None

    def _with_expectations(self, properties: list[Property]) -> list[Property]:
        known = {found.name: position for position, found in enumerate(properties)}
        result = list(properties)
        for scoped in self._world.others:
            if not isinstance(scoped.declaration, s.Expect):
                continue
            for expected in scoped.declaration.expectations:
                if not self._applies(expected.condition, scoped.scope):
                    continue
                if expected.property_name == "implements" and self._implements:
                    continue
                name = expected.property_name
                # The name alone of a property for each instance, as `for t: Thread` makes them, means all of them.
                positions = [known[one] for one in known if one == name or one.startswith(f"{name}[")]
                if not positions:
                    near = difflib.get_close_matches(expected.property_name, list(known), 1)
                    hint = f"did you mean '{near[0]}'?" if near else None
                    message = f"there is no property or hazard '{expected.property_name}' here"
                    self._problems.error(expected, "expect", message, hint)
                    continue
                expectation = Expectation(True, expected.length, expected.place, expected.doc)
                for position in positions:
                    result[position] = replace(result[position], expected=expectation)
        return result


def _renaming(kind: str, name: str, before: str | None, prefix: str = "") -> list[Renaming]:
    return [Renaming(kind, name, f"{prefix}{before}")] if before is not None else []


def _words(kind: str, of: str, words: Type) -> list[Renaming]:
    """What was called otherwise of the words that `of` can be."""
    if not isinstance(words, VariantType):
        return []
    return [Renaming(kind, f"{of} {a.label}", a.before) for a in words.alternatives if a.before is not None]


def _role(symbol: TypeSymbol) -> RoleType:
    if not isinstance(symbol.type, RoleType):
        raise AssertionError(f"'{symbol.name}' is neither role nor object")
    return symbol.type


def _is_entry(routine: RoutineSymbol) -> bool:
    return routine.declaration.kind == "procedure" and routine.actor is not None


def _at(positions: Positions) -> Expr:
    return or_(*(eq(read(positions.variable, Sort.INT), number(p)) for p in sorted(positions.resting)))


def _locks(layout: Layout) -> list[LockCells]:
    match layout:
        case LockCells():
            return [layout]
        case ArrayCells(items):
            return [lock for item in items for lock in _locks(item)]
        case RecordCells(fields):
            return [lock for item in fields for lock in _locks(item)]
        case _:
            return []


def _references(layout: Layout, name: str, instance: int, condition: Expr) -> list[Expr]:
    match layout:
        case Cell(variable, RoleType() as kind) if kind.is_object and kind.name == name:
            here = eq(read(variable, Sort.INT), number(instance + kind.optional))
            return [and_(condition, here)]
        case VariantCells(tag, payloads):
            found: list[Expr] = []
            for position, parts in enumerate(payloads):
                said = and_(condition, eq(read(tag.variable, Sort.INT), number(position)))
                for part in parts:
                    found += _references(part, name, instance, said)
            return found
        case SetCells(members, SetType(RoleType() as kind)) if kind.is_object and kind.name == name:
            inside = read(members[instance + kind.optional].variable, Sort.BOOL)
            return [and_(condition, inside)]
        case RecordCells(parts) | ArrayCells(parts):
            return [found for part in parts for found in _references(part, name, instance, condition)]
        case QueueCells(length, slots):
            return [
                found
                for position, slot in enumerate(slots)
                for found in _references(
                    slot, name, instance, and_(condition, lt(number(position), read(length.variable, Sort.INT)))
                )
            ]
        case _:
            return []


def _expressions(value: Value) -> list[Expr]:
    match value:
        case values.Scalar(expr):
            return [expr]
        case values.VariantValue(tag, payloads):
            return [tag, *(expr for parts in payloads for part in parts for expr in _expressions(part))]
        case values.RecordValue(parts) | values.ArrayValue(parts) | values.WrittenSet(parts):
            return [expr for part in parts for expr in _expressions(part)]
        case values.SetValue(members):
            return list(members)
        case values.QueueValue(length, slots):
            return [length, *(expr for slot in slots for expr in _expressions(slot))]


def _spread(first: Value | None, kind: Type) -> Value:
    """The first value of a field of some type, of which `first` is the first value of each element."""
    match kind:
        case ArrayType(index, element):
            return values.ArrayValue((_spread(first, element),) * values.size(index), kind)
        case _:
            return values.default(kind) if first is None else first
