"""From lark's tree to the classes of `syntax`: one method for each rule of the grammar."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportMissingParameterType=false
from __future__ import annotations

import re
from typing import Any

from lark import Token, Transformer, v_args
from lark.tree import Meta

from custody.language import syntax as s
from custody.language.diagnostic import Diagnostic
from custody.system.place import Place

MAX_NUMBER = 2**31 - 1
"""The largest number that may be written."""


def _doc(text: str) -> str:
    body = text[3:-3] if text.startswith('"""') else text[1:-1]
    return re.sub(r"\s+", " ", body).strip()


def _said(message: Token | None) -> str | None:
    return None if message is None else _doc(str(message))


@v_args(meta=True)
class TreeBuilder(Transformer[Token, Any]):
    """Builds the tree of one declaration that stands `offset` lines into `file`."""

    def __init__(self, file: str, offset: int, lines: list[str]) -> None:
        super().__init__(visit_tokens=False)
        self._file = file
        self._offset = offset
        self._lines = lines
        self.problems: list[Diagnostic] = []

    def _at(self, meta: Meta | Token) -> Place:
        if isinstance(meta, Meta) and meta.empty:
            return Place(self._file, self._offset + 1, 1)
        return Place(self._file, (meta.line or 1) + self._offset, meta.column or 1)

    def _statement(self, node: s.Statement) -> s.Statement:
        line = self._lines[node.place.line - 1]
        code = re.match(r'(?:"[^"]*"|[^"#])*', line)
        node.text = re.sub(r"\s+", " ", (code.group() if code else line).strip())
        return node

    # -------------------------------------------------------------- files

    def declaration(self, meta: Meta, children: list[Any]) -> Any:
        return children[0]

    def header(self, meta: Meta, children: list[Any]) -> s.Header:
        kind, name, implements, *rest = children
        doc, sources = _doc_and_sources(rest)
        return s.Header(self._at(meta), str(kind), str(name), _text(implements), doc, sources)

    def doc(self, meta: Meta, children: list[Any]) -> s.Node:
        return _DocNode(self._at(meta), _doc(str(children[0])))

    def source(self, meta: Meta, children: list[Any]) -> s.Node:
        where, part = children
        return _SourceNode(self._at(meta), _doc(str(where)), _doc(str(part)) if part is not None else "")

    def renamed(self, meta: Meta, children: list[Any]) -> s.Node:
        return _RenamedNode(self._at(meta), _doc(str(children[0])))

    def implementation(self, meta: Meta, children: list[Any]) -> s.ImplementationDecl:
        side, *rest = children
        bindings = tuple(binding for child in rest if isinstance(child, tuple) for binding in child)
        doc, _ = _doc_and_sources(rest)
        return s.ImplementationDecl(self._at(meta), _text(side), doc, bindings, _of(rest, s.PerformsNode))

    def with_parameters(self, meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def performs(self, meta: Meta, children: list[Any]) -> s.PerformsNode:
        name, errno, *performed = children
        return s.PerformsNode(self._at(meta), str(name), _text(errno), _of(performed, s.PerformedNode))

    def performed(self, meta: Meta, children: list[Any]) -> s.PerformedNode:
        name, arguments, performer, errno = children
        return s.PerformedNode(self._at(meta), str(name), arguments or (), performer, _text(errno))

    def use(self, meta: Meta, children: list[Any]) -> s.Use:
        target, *rest = children
        bindings = tuple(child for child in rest if isinstance(child, tuple))
        alias = next((str(child) for child in rest if isinstance(child, Token)), None)
        is_path = target.type == "STRING"
        return s.Use(self._at(meta), _doc(str(target)) if is_path else str(target), is_path, bindings, alias)

    def binding(self, meta: Meta, children: list[Any]) -> tuple[str, s.ExprNode]:
        return str(children[0]), children[1]

    def param(self, meta: Meta, children: list[Any]) -> s.Param:
        name, declared, value, low, high, *rest = children
        bounds = (low, high) if low is not None else None
        return s.Param(self._at(meta), str(name), declared, value, bounds, _doc_and_sources(rest)[0], _renamed(rest))

    def const(self, meta: Meta, children: list[Any]) -> s.Const:
        name, value, *rest = children
        return s.Const(self._at(meta), str(name), value, _doc_and_sources(rest)[0])

    def instance(self, meta: Meta, children: list[Any]) -> s.Instance:
        name, *rest = children
        bindings = tuple(child for child in rest if isinstance(child, tuple))
        return s.Instance(self._at(meta), str(name), _doc_and_sources(rest)[0], bindings)

    # -------------------------------------------------------------- types

    def type_decl(self, meta: Meta, children: list[Any]) -> s.TypeDecl:
        name, definition, *rest = children
        return s.TypeDecl(self._at(meta), str(name), definition, _doc_and_sources(rest)[0])

    def record(self, meta: Meta, children: list[Any]) -> s.RecordDecl:
        name, *rest = children
        return s.RecordDecl(self._at(meta), str(name), _doc_and_sources(rest)[0], _of(rest, s.VariableDecl))

    def object(self, meta: Meta, children: list[Any]) -> s.ObjectDecl:
        name, size, *rest = children
        return s.ObjectDecl(self._at(meta), str(name), size, _doc_and_sources(rest)[0], _of(rest, s.VariableDecl))

    def role(self, meta: Meta, children: list[Any]) -> s.RoleDecl:
        name, size, side, *rest = children
        doc, _ = _doc_and_sources(rest)
        return s.RoleDecl(self._at(meta), str(name), size, _text(side), doc, _renamed(rest))

    def variant(self, meta: Meta, children: list[Any]) -> s.VariantTypeNode:
        return s.VariantTypeNode(self._at(meta), tuple(children))

    def alternative(self, meta: Meta, children: list[Any]) -> s.AlternativeNode:
        label, *rest = children
        payload = tuple(part for part in rest if isinstance(part, s.TypeNode))
        return s.AlternativeNode(self._at(meta), str(label), payload, _renamed(rest))

    def word_renamed(self, meta: Meta, children: list[Any]) -> s.Node:
        return self.renamed(meta, children)

    def bool_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.BoolTypeNode(self._at(meta))

    def range_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.RangeTypeNode(self._at(meta), *children)

    def named_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.NamedTypeNode(self._at(meta), str(children[0]), optional=False)

    def optional_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.NamedTypeNode(self._at(meta), str(children[0]), optional=True)

    def set_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.SetTypeNode(self._at(meta), children[0])

    def queue_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.QueueTypeNode(self._at(meta), *children)

    def lock_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.LockTypeNode(self._at(meta), str(children[0]))

    def context_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.ContextTypeNode(self._at(meta), _text(children[0]))

    def completion_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.CompletionTypeNode(self._at(meta))

    def kref_type(self, meta: Meta, children: list[Any]) -> s.TypeNode:
        return s.KrefTypeNode(self._at(meta), children[0])

    # -------------------------------------------------------------- state and functions

    def state(self, meta: Meta, children: list[Any]) -> s.StateDecl:
        return s.StateDecl(self._at(meta), _doc_and_sources(children)[0], _of(children, s.VariableDecl))

    def variable(self, meta: Meta, children: list[Any]) -> s.VariableDecl:
        name, *rest = children
        index = next(i for i, child in enumerate(rest) if isinstance(child, s.TypeNode))
        indices = tuple(str(child) for child in rest[:index] if child is not None)
        initial = rest[index + 1] if len(rest) > index + 1 else None
        any_value = isinstance(initial, Token)
        doc = _doc_and_sources(rest[index + 2 :])[0]
        value = None if any_value else initial
        return s.VariableDecl(self._at(meta), str(name), indices, rest[index], value, any_value, doc)

    def init(self, meta: Meta, children: list[Any]) -> s.Init:
        return s.Init(self._at(meta), _doc_and_sources(children)[0], _of(children, s.ExprNode))

    def define(self, meta: Meta, children: list[Any]) -> s.Define:
        name, parameters, body, *rest = children
        return s.Define(self._at(meta), str(name), parameters or (), body, _doc_and_sources(rest)[0])

    def parameters(self, meta: Meta, children: list[Any]) -> tuple[s.Parameter, ...]:
        return tuple(children)

    def parameter(self, meta: Meta, children: list[Any]) -> s.Parameter:
        return s.Parameter(self._at(meta), str(children[0]), children[1])

    def action(self, meta: Meta, children: list[Any]) -> s.Routine:
        name, parameters, actor, *rest = children
        return self._routine(meta, "action", name, parameters, actor, None, rest)

    def procedure(self, meta: Meta, children: list[Any]) -> s.Routine:
        name, parameters, actor, returns, *rest = children
        return self._routine(meta, "procedure", name, parameters, actor, returns, rest)

    def process(self, meta: Meta, children: list[Any]) -> s.Routine:
        name, actor, *rest = children
        return self._routine(meta, "process", name, (), actor, None, rest)

    def _routine(
        self, meta: Meta, kind: str, name: Token, parameters: Any, actor: Any, returns: Any, rest: list[Any]
    ) -> s.Routine:
        doc, sources = _doc_and_sources(rest)
        modifiers = frozenset(str(child) for child in rest if isinstance(child, Token))
        body = _of(rest, s.Statement)
        place = self._at(meta)
        before = _renamed(rest)
        return s.Routine(
            place, kind, str(name), parameters or (), _text(actor), returns, modifiers, doc, sources, body, before
        )

    # -------------------------------------------------------------- statements

    def block(self, meta: Meta, children: list[Any]) -> s.Block:
        return tuple(children)

    maybe_block = block

    def alternatives(self, meta: Meta, children: list[Any]) -> tuple[s.Alternative, ...]:
        present = [child for child in children if child is not None]
        return tuple(
            s.Alternative(outcome.place, outcome, body)
            for outcome, body in zip(present[::2], present[1::2], strict=True)
        )

    def fails_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "fails", str(children[0]))

    def timeout_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "timeout", None)

    def interrupted_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "interrupted", None)

    def busy_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "busy", None)

    def deadlock_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "deadlock", None)

    def already_outcome(self, meta: Meta, children: list[Any]) -> s.Outcome:
        return s.Outcome(self._at(meta), "already", None)

    def target(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return children[0]

    def skip(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Skip(self._at(meta)))

    def assign(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Assign(self._at(meta), *children))

    def alloc(self, meta: Meta, children: list[Any]) -> s.Statement:
        target, name, alternatives = children
        return self._statement(s.Alloc(self._at(meta), target, str(name), alternatives))

    def call_statement(self, meta: Meta, children: list[Any]) -> s.Statement:
        function, arguments = children
        return self._statement(s.CallStatement(self._at(meta), function, arguments or ()))

    def if_statement(self, meta: Meta, children: list[Any]) -> s.Statement:
        *pairs, otherwise = children
        branches = tuple(zip(pairs[::2], pairs[1::2], strict=True))
        return self._statement(s.If(self._at(meta), branches, otherwise or ()))

    def match_statement(self, meta: Meta, children: list[Any]) -> s.Statement:
        subject, *rest = children
        otherwise = rest[-1] if rest and isinstance(rest[-1], tuple) else None
        return self._statement(s.Match(self._at(meta), subject, _of(rest, s.Case), otherwise))

    def case(self, meta: Meta, children: list[Any]) -> s.Case:
        label, *names, body = children
        return s.Case(self._at(meta), str(label), tuple(str(name) for name in names if name is not None), body)

    def either(self, meta: Meta, children: list[Any]) -> s.Statement:
        first, *rest = children
        alternatives = [s.Alternative(self._at(meta), None, first)]
        outcome: s.Outcome | None = None
        for child in rest:
            if isinstance(child, s.Outcome):
                outcome = child
            else:
                place = outcome.place if outcome else child[0].place
                alternatives.append(s.Alternative(place, outcome, child))
                outcome = None
        return self._statement(s.Either(self._at(meta), tuple(alternatives)))

    def for_each(self, meta: Meta, children: list[Any]) -> s.Statement:
        name, type_name, where, body = children
        return self._statement(s.ForEach(self._at(meta), str(name), str(type_name), where, body))

    def for_in(self, meta: Meta, children: list[Any]) -> s.Statement:
        name, collection, body = children
        return self._statement(s.ForIn(self._at(meta), str(name), collection, body))

    def while_loop(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.While(self._at(meta), *children))

    def loop(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Loop(self._at(meta), children[0]))

    def atomic_block(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Atomic(self._at(meta), children[0]))

    def local(self, meta: Meta, children: list[Any]) -> s.Statement:
        name, declared, value = children
        return self._statement(s.Local(self._at(meta), str(name), declared, value))

    def choose(self, meta: Meta, children: list[Any]) -> s.Statement:
        name, declared, where = children
        return self._statement(s.Choose(self._at(meta), str(name), declared, where))

    def return_statement(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Return(self._at(meta), children[0]))

    def fails(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Fails(self._at(meta), str(children[0])))

    def requires(self, meta: Meta, children: list[Any]) -> s.Statement:
        condition, message, rules = children
        return self._statement(s.Requires(self._at(meta), condition, _said(message), rules or ()))

    def when(self, meta: Meta, children: list[Any]) -> s.Statement:
        condition, message, rules = children
        return self._statement(s.When(self._at(meta), condition, _said(message), rules or ()))

    def wait_until(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.WaitUntil(self._at(meta), *children))

    def wait_for(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.WaitFor(self._at(meta), *children))

    def lock(self, meta: Meta, children: list[Any]) -> s.Statement:
        target, access, context, alternatives = children
        return self._statement(s.Lock(self._at(meta), target, _text(access), context, alternatives))

    def lock_slow(self, meta: Meta, children: list[Any]) -> s.Statement:
        target, context, alternatives = children
        return self._statement(s.Lock(self._at(meta), target, None, context, alternatives, slow=True))

    def trylock(self, meta: Meta, children: list[Any]) -> s.Statement:
        target, access, context, alternatives = children
        return self._statement(s.Lock(self._at(meta), target, _text(access), context, alternatives, tries=True))

    def unlock(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Unlock(self._at(meta), children[0]))

    def acquire_init(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Acquire(self._at(meta), "init", children[0]))

    def acquire_done(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Acquire(self._at(meta), "done", children[0]))

    def acquire_fini(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Acquire(self._at(meta), "fini", children[0]))

    def complete(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Complete(self._at(meta), children[0], everyone=False))

    def complete_all(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Complete(self._at(meta), children[0], everyone=True))

    def get(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Get(self._at(meta), children[0]))

    def put(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Put(self._at(meta), children[0], children[1] or ()))

    def free(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Free(self._at(meta), children[0]))

    def add_to(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Add(self._at(meta), *children))

    def remove_from(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Remove(self._at(meta), *children))

    def pop(self, meta: Meta, children: list[Any]) -> s.Statement:
        return self._statement(s.Pop(self._at(meta), children[0]))

    def assert_statement(self, meta: Meta, children: list[Any]) -> s.Statement:
        condition, message = children
        return self._statement(s.Assert(self._at(meta), condition, _said(message)))

    # -------------------------------------------------------------- properties

    def rules(self, meta: Meta, children: list[Any]) -> tuple[str, ...]:
        return tuple(part.strip() for part in str(children[0])[1:-1].split(","))

    def body(self, meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        return (*_doc_and_sources(children), _of(children, s.ExprNode), _renamed(children))

    def _property(self, meta: Meta, kind: str, children: list[Any]) -> s.PropertyDecl:
        name, rules, (doc, sources, body, before) = children
        return s.PropertyDecl(self._at(meta), kind, str(name), rules or (), doc, sources, body, renamed_from=before)

    def invariant(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "invariant", children)

    def never(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "never", children)

    def lemma(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "lemma", children)

    def transition(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "transition", children)

    def reachable(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "reachable", children)

    def eventually(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        return self._property(meta, "eventually", children)

    def deadlock_free(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        name, of, rules, *rest = children
        doc, sources = _doc_and_sources(rest)
        return s.PropertyDecl(
            self._at(meta),
            "deadlock_free",
            str(name),
            rules or (),
            doc,
            sources,
            (),
            of=_text(of),
            renamed_from=_renamed(rest),
        )

    def leads_to(self, meta: Meta, children: list[Any]) -> s.PropertyDecl:
        name, rules, *rest = children
        doc, sources = _doc_and_sources(rest)
        parameters = _of(rest, s.Parameter)
        premise, goal = _of(rest, s.ExprNode)
        return s.PropertyDecl(
            self._at(meta),
            "leads_to",
            str(name),
            rules or (),
            doc,
            sources,
            (premise,),
            goal,
            parameters,
            renamed_from=_renamed(rest),
        )

    def terminal(self, meta: Meta, children: list[Any]) -> s.Terminal:
        return s.Terminal(self._at(meta), children[0])

    def fair(self, meta: Meta, children: list[Any]) -> s.Fair:
        return s.Fair(self._at(meta), str(children[0]) == "strong", str(children[1]))

    def misbehaving(self, meta: Meta, children: list[Any]) -> s.Misbehaving:
        return s.Misbehaving(self._at(meta), str(children[0]), children[1])

    def recorded(self, meta: Meta, children: list[Any]) -> s.Recorded:
        return s.Recorded(self._at(meta), tuple(str(child) for child in children if isinstance(child, Token)))

    def event(self, meta: Meta, children: list[Any]) -> s.Event:
        tokens = [child for child in children if isinstance(child, Token)]
        names = tuple(_doc(str(token)) for token in tokens if token.type == "STRING")
        errno = next((str(token) for token in tokens if token.type == "NAME"), None)
        return s.Event(self._at(meta), str(tokens[0]), names, errno, _of(children, s.Occurrence))

    def occurrence(self, meta: Meta, children: list[Any]) -> s.Occurrence:
        action, *fields = (child for child in children if child is not None)
        return s.Occurrence(self._at(meta), str(action), tuple(str(name) for name in fields))

    def expect(self, meta: Meta, children: list[Any]) -> s.Expect:
        return s.Expect(self._at(meta), tuple(children))

    def expectation(self, meta: Meta, children: list[Any]) -> s.Expected:
        name, of, length, condition, *rest = children
        full = f"{name}({of})" if of is not None else str(name)
        steps = self._number(length) if length is not None else None
        return s.Expected(self._at(meta), full, steps, condition, _doc_and_sources(rest)[0])

    # -------------------------------------------------------------- expressions

    def _number(self, token: Token) -> int:
        digits = str(token)
        value = int(digits) if len(digits) <= 10 else MAX_NUMBER + 1
        if value > MAX_NUMBER:
            place = self._at(token)
            line = self._lines[place.line - 1]
            message = f"the number is larger than {MAX_NUMBER}"
            self.problems.append(Diagnostic(place, "number", message, length=len(digits), source_line=line))
        return min(value, MAX_NUMBER)

    def number(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Number(self._at(meta), self._number(children[0]))

    def negative(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Number(self._at(meta), -self._number(children[0]))

    def true_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Truth(self._at(meta), value=True)

    def false_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Truth(self._at(meta), value=False)

    def none_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.NoneLiteral(self._at(meta))

    def self_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.SelfRef(self._at(meta))

    def name(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Name(self._at(meta), str(children[0]))

    def field(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Field(self._at(meta), children[0], str(children[1]))

    def index(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Index(self._at(meta), children[0], tuple(children[1:]))

    def call(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Call(self._at(meta), children[0], children[1] or ())

    def arguments(self, meta: Meta, children: list[Any]) -> tuple[s.ExprNode, ...]:
        return tuple(children)

    def _binary(self, meta: Meta, operator: str, children: list[Any]) -> s.ExprNode:
        return s.Binary(self._at(meta), operator, children[0], children[-1])

    def iff(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "<=>", children)

    def implies(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "=>", children)

    def add(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "+", children)

    def sub(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "-", children)

    def mul(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "*", children)

    def div(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "/", children)

    def mod(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "%", children)

    def compare(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Binary(self._at(meta), str(children[1]), children[0], children[2])

    def member(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return self._binary(meta, "in", children)

    def not_member(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Unary(self._at(meta), "not", self._binary(meta, "in", children))

    def in_range(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.InRange(self._at(meta), *children)

    def is_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Is(self._at(meta), children[0], str(children[1]))

    def is_not(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Unary(self._at(meta), "not", s.Is(self._at(meta), children[0], str(children[1])))

    def or_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Connective(self._at(meta), "or", tuple(children))

    def and_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Connective(self._at(meta), "and", tuple(children))

    def not_(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Unary(self._at(meta), "not", children[0])

    def minus(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Unary(self._at(meta), "-", children[0])

    def binders(self, meta: Meta, children: list[Any]) -> tuple[s.Binder, ...]:
        return tuple(children)

    def type_binder(self, meta: Meta, children: list[Any]) -> s.Binder:
        return s.Binder(self._at(meta), str(children[0]), str(children[1]), None, None)

    def range_binder(self, meta: Meta, children: list[Any]) -> s.Binder:
        return s.Binder(self._at(meta), str(children[0]), None, (children[1], children[2]), None)

    def member_binder(self, meta: Meta, children: list[Any]) -> s.Binder:
        collection = s.Name(self._at(children[1]), str(children[1]))
        return s.Binder(self._at(meta), str(children[0]), None, None, collection)

    def quantified(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        kind, binders, body = children
        return s.Quantified(self._at(meta), str(kind), binders, body)

    def count(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Quantified(self._at(meta), "count", *children)

    def sum_over(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Quantified(self._at(meta), "sum", *children)

    def set_literal(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.SetLiteral(self._at(meta), tuple(child for child in children if child is not None))

    def empty_queue(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.EmptyQueue(self._at(meta))

    def conditional(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Conditional(self._at(meta), *children)

    def old(self, meta: Meta, children: list[Any]) -> s.ExprNode:
        return s.Old(self._at(meta), children[0])


class _DocNode(s.Node):
    """A documentation string on its way to the declaration that it belongs to."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(place)
        self.text = text


class _SourceNode(s.Node):
    """A `source` line on its way to the declaration that it belongs to."""

    def __init__(self, place: Place, where: str, part: str) -> None:
        super().__init__(place)
        self.where = where
        self.part = part


class _RenamedNode(s.Node):
    """A `renamed_from` line on its way to the declaration that it belongs to."""

    def __init__(self, place: Place, before: str) -> None:
        super().__init__(place)
        self.before = before


def _text(token: Token | None) -> str | None:
    return None if token is None else str(token)


def _of(children: list[Any], kind: type[Any]) -> tuple[Any, ...]:
    return tuple(child for child in children if isinstance(child, kind))


def _doc_and_sources(children: list[Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    doc = next((child.text for child in children if isinstance(child, _DocNode)), "")
    sources = tuple((child.where, child.part) for child in children if isinstance(child, _SourceNode))
    return doc, sources


def _renamed(children: list[Any]) -> str | None:
    return next((child.before for child in children if isinstance(child, _RenamedNode)), None)
