"""Turns the graphs of routines into actions: one for each way from one place where others may run to the next."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from custody.language.diagnostic import Diagnostic, LimitError, SpecError
from custody.language.symbols import LocalSymbol, RoutineSymbol
from custody.language.types import RoleType, size
from custody.language.unfold.flow import END, Flow, Node
from custody.language.unfold.operations import Operations
from custody.language.unfold.path import MAX_PATH, Path
from custody.language.unfold.storage import Layout, Storage, store
from custody.language.unfold.value import Scalar, Value, every
from custody.system.expression import FALSE, TRUE, Expr, and_, number
from custody.system.model import Answer, Check, Clause, Domain, Variable, Wait
from custody.system.place import Place

MAX_ACTIONS = 100_000
"""How many actions a system may unfold to."""

IDLE = 0
"""The position of an actor that is in no call."""


@dataclass(slots=True)
class Draft:
    """An action that still has to learn where its actor's positions are numbered."""

    routine: RoutineSymbol
    actor: int | None
    label: str
    place: Place
    guard: Expr
    writes: dict[int, Expr]
    checks: tuple[Check, ...]
    waits: tuple[Wait, ...]
    outcome: str | None
    arguments: tuple[tuple[str, str], ...] = ()
    source: int | None = None
    target: int | None = None
    begins: bool = False
    spontaneous: bool = False
    clauses: tuple[Clause, ...] = ()
    waived: tuple[Clause, ...] = ()
    answer: Answer | None = None
    values: tuple[tuple[LocalSymbol, Scalar], ...] = ()
    me: Scalar | None = None


@dataclass(slots=True)
class Positions:
    """Where one actor can stand: position 0 is rest (or, for a process, its end), the others are numbered."""

    actor: int
    variable: int
    labels: list[str] = field(default_factory=lambda: ["idle"])
    resting: set[int] = field(default_factory=lambda: {IDLE})
    calls: dict[int, RoutineSymbol] = field(default_factory=dict[int, RoutineSymbol])

    def add(self, label: str, routine: RoutineSymbol) -> int:
        """A new position, with a label of its own."""
        candidate = label
        for suffix in itertools.count(2):
            if candidate not in self.labels:
                break
            candidate = f"{label}.{suffix}"
        self.labels.append(candidate)
        self.calls[len(self.labels) - 1] = routine
        return len(self.labels) - 1


class Routines:
    """Collects the actions of all routines of one system under construction."""

    def __init__(
        self,
        storage: Storage,
        operations: Operations,
        actor_of: Callable[[str, int], int],
        *,
        observed: bool = False,
    ) -> None:
        """`observed`: every result of a call is kept until the call is over, for whoever watches calls."""
        self._observed = observed
        self.drafts: list[Draft] = []
        self.positions: dict[int, Positions] = {}
        self._storage = storage
        self._operations = operations
        self._actor_of = actor_of

    # ------------------------------------------------------------------ the kinds of routine

    def positions_of(self, actor: int, place: Place) -> Positions:
        """The positions of an actor that has entry points or a process."""
        if actor not in self.positions:
            name = f"{self._storage.actors[actor]}.at"
            owner = self._storage.actors[actor]
            variable = self._storage.variable(name, Domain(0, 0, ("idle",)), (0,), name, place, owner)
            self.positions[actor] = Positions(actor, variable)
        return self.positions[actor]

    def action(self, routine: RoutineSymbol) -> None:
        """A contract's action: a single step for each choice of arguments, actor and outcome."""
        declaration = routine.declaration
        for arguments in _combinations(routine):
            for actor, me in self._performers(routine, arguments):
                flow = Flow(self._operations, routine, actor, me)
                first = flow.lower(dict(arguments))
                start = Path(simultaneous=True, used=True, region=flow.nodes[first].region)
                for path, _ in self._follow(flow, first, start):
                    spontaneous = path.spontaneous or "spontaneous" in declaration.modifiers
                    shown = self._shown(arguments)
                    draft = self._draft(routine, actor, path, shown, "")
                    draft.label = f"{declaration.name}({', '.join(text for _, text in shown)})"
                    draft.spontaneous = spontaneous
                    draft.place = declaration.place
                    draft.values, draft.me = arguments, me
                    self._keep(draft)
                flow.forget()

    def entry_point(self, routine: RoutineSymbol, actor: int) -> None:
        """A procedure that an idle actor may call at any time, with any arguments."""
        positions = self.positions_of(actor, routine.place)
        me = _self(routine, actor, self._actor_of)
        single_step = "atomic" in routine.declaration.modifiers
        flow = Flow(self._operations, routine, actor, me)
        names: dict[LocalSymbol, Layout | Value] = {}
        if not single_step:
            for parameter in routine.parameters:
                names[parameter] = self._operations.local(actor, routine, parameter)
        numbering: dict[int, int] = {END: IDLE}
        # The graph is the same for all arguments of a stepwise call; a single step knows them as constants.
        first = flow.lower(names) if not single_step else END
        for arguments in _combinations(routine):
            if single_step:
                flow.forget()
                flow = Flow(self._operations, routine, actor, me)
                first = flow.lower(dict(arguments))
                start = Path(region=flow.nodes[first].region, used=True)
            else:
                start = Path(used=True)
                for parameter, value in arguments:
                    writer = self._operations.recorder(start, routine.path).writer(
                        TRUE, parameter.name, routine.place
                    )
                    store(names[parameter], value, writer)  # pyright: ignore[reportArgumentType]
            shown = self._shown(arguments)
            call = f"{routine.name}({', '.join(text for _, text in shown)})"
            for path, target in self._follow(flow, first, start):
                if not path.possible:
                    continue
                draft = self._draft(routine, actor, path, shown, call)
                draft.label = call if single_step else f"calls {call}"
                draft.place = routine.place
                draft.begins = True
                draft.values, draft.me = arguments, me
                draft.source = IDLE
                draft.target = self._number(flow, target, numbering, positions, routine)
                self._keep(draft)
        self._walk(flow, numbering, positions, routine, actor)
        flow.forget()

    def process(self, routine: RoutineSymbol, actor: int) -> None:
        """Code that an actor runs by itself from the start."""
        positions = self.positions_of(actor, routine.place)
        positions.labels[IDLE] = "done"
        flow = Flow(self._operations, routine, actor, _self(routine, actor, self._actor_of))
        first = flow.lower({})
        numbering: dict[int, int] = {END: IDLE}
        first = self._begin(flow, first)
        start = self._number(flow, first, numbering, positions, routine)
        variable = self._storage.variables[positions.variable]
        self._storage.variables[positions.variable] = _starting_at(variable, start)
        self._walk(flow, numbering, positions, routine, actor)
        positions.resting |= {numbering[point] for point in flow.rest_points if point in numbering}
        flow.forget()

    def _begin(self, flow: Flow, first: int) -> int:
        """Where a process stands at first: behind the locals that it begins with, which start with their values."""
        if first in flow.rest_points:
            return first
        ways = list(self._follow(flow, first, Path(used=True)))
        path, target = ways[0]
        settled = len(ways) == 1 and not path.guard and not path.checks
        if not settled or target == END or not all(value.is_constant for value in path.merged_writes().values()):
            return first
        for variable, value in path.merged_writes().items():
            known = self._storage.variables[variable]
            self._storage.variables[variable] = replace(known, initial=(value.value,))
        return target

    # ------------------------------------------------------------------ following paths

    def _walk(
        self, flow: Flow, numbering: dict[int, int], positions: Positions, routine: RoutineSymbol, actor: int
    ) -> None:
        """Finds the actions from every position, and the positions that they lead to."""
        done: set[int] = {END}
        while waiting := [node for node in numbering if node not in done]:
            node = waiting[0]
            done.add(node)
            for path, target in self._follow(flow, node, Path()):
                if not path.possible:
                    continue
                draft = self._draft(routine, actor, path, (), flow.nodes[node].text)
                draft.source = numbering[node]
                draft.target = self._number(flow, target, numbering, positions, routine)
                self._keep(draft)

    def _number(
        self, flow: Flow, node: int, numbering: dict[int, int], positions: Positions, routine: RoutineSymbol
    ) -> int:
        if node not in numbering:
            place = flow.nodes[node].place
            numbering[node] = positions.add(f"{routine.name}:{place.line}", routine)
        return numbering[node]

    def _follow(self, flow: Flow, first: int, start: Path) -> Iterator[tuple[Path, int]]:
        """Every way from `first` to the next place where others may run, with that place."""
        stack: list[tuple[Path, int]] = [(start, first)]
        while stack:
            path, current = stack.pop()
            if current == END:
                yield path, END
                continue
            current = flow.at(current)
            node = flow.nodes[current]
            if self._stops_before(path, node, current) or (path.steps and current in flow.rest_points):
                yield path, current
                continue
            self._enter(path, node, current)
            stack.extend(reversed(node.run(path)))

    def _stops_before(self, path: Path, node: Node, current: int) -> bool:
        if node.region is not None and node.region == path.region:
            return False
        if path.used and (node.shared or node.chooses):
            return True
        # A loop without a step in it: its head is a place to be, or following it would never end.
        return current in path.visited

    def _enter(self, path: Path, node: Node, current: int) -> None:
        path.steps += 1
        if path.steps > MAX_PATH:
            raise LimitError(node.place, f"more than {MAX_PATH} small steps run without interruption")
        inside = node.region is not None and node.region == path.region
        if inside and node.blocks and path.inside:
            message = "this may have to wait, in the middle of a step that nothing can interrupt"
            hint = "begin the 'atomic' block with it, or end the block before it"
            raise SpecError([Diagnostic(node.place, "atomic", message, hint, len(node.text))])
        path.inside = path.inside + node.shared if inside else 0
        if node.shared and not inside:
            path.label, path.place = node.text, node.place
            path.used = True
        elif not path.label and node.text:
            path.label, path.place = node.text, node.place
        path.region = node.region
        if node.region is None:
            path.visited |= {current}

    # ------------------------------------------------------------------ keeping results

    def _draft(
        self,
        routine: RoutineSymbol,
        actor: int | None,
        path: Path,
        arguments: tuple[tuple[str, str], ...],
        label: str,
    ) -> Draft:
        return Draft(
            routine,
            actor,
            path.label or label,
            path.place if path.place.line else routine.place,
            and_(*path.guard),
            path.merged_writes(),
            tuple(path.checks),
            tuple(path.waits),
            path.outcome,
            arguments,
            spontaneous=path.spontaneous,
            clauses=tuple(path.clauses),
            waived=tuple(path.waived),
            answer=self._answer(path),
        )

    def _answer(self, path: Path) -> Answer | None:
        """The result of the call, where it is sure without keeping a local alive for it, or somebody watches."""
        value = path.answer
        if value is None or not (self._observed or value.expr.is_constant):
            return None
        return Answer(value.expr, self._storage.domain(value.type))

    def _keep(self, draft: Draft) -> None:
        if draft.guard == FALSE:
            return
        if len(self.drafts) >= MAX_ACTIONS:
            raise LimitError(draft.routine.place, f"the model unfolds to more than {MAX_ACTIONS} actions")
        self.drafts.append(draft)

    def _shown(self, arguments: tuple[tuple[LocalSymbol, Scalar], ...]) -> tuple[tuple[str, str], ...]:
        shown: list[tuple[str, str]] = []
        for parameter, value in arguments:
            shown.append((parameter.name, self._storage.domain(parameter.type).show(value.expr.value)))
        return tuple(shown)

    def _performers(
        self, routine: RoutineSymbol, arguments: tuple[tuple[LocalSymbol, Scalar], ...]
    ) -> Iterator[tuple[int | None, Scalar | None]]:
        """Who can perform an action with these arguments: actors, or nobody in particular."""
        kind = routine.actor
        if kind is None:
            yield None, None
            return
        by = routine.declaration.actor
        for parameter, value in arguments:
            if parameter.name == by:
                yield self._actor_of(kind.name, value.expr.value), Scalar(value.expr, _plain(kind))
                return
        for instance in range(kind.size):
            yield self._actor_of(kind.name, instance), Scalar(number(instance), _plain(kind))


def _plain(kind: RoleType) -> RoleType:
    return RoleType(kind.name, kind.size, kind.is_object)


def _self(routine: RoutineSymbol, actor: int, actor_of: Callable[[str, int], int]) -> Scalar:
    kind = routine.actor
    if kind is None:
        raise AssertionError(f"{routine.place}: nobody runs this")
    return Scalar(number(actor - actor_of(kind.name, 0)), _plain(kind))


def _combinations(routine: RoutineSymbol) -> Iterator[tuple[tuple[LocalSymbol, Scalar], ...]]:
    """Every choice of arguments."""
    parameters = routine.parameters
    count = 1
    for parameter in parameters:
        count *= size(parameter.type)
        if count > MAX_ACTIONS:
            raise LimitError(routine.place, f"'{routine.name}' has more than {MAX_ACTIONS} choices of arguments")
    for values in itertools.product(*(every(parameter.type) for parameter in parameters)):
        yield tuple(zip(parameters, values, strict=True))


def _starting_at(variable: Variable, position: int) -> Variable:
    return replace(variable, initial=(position,))
