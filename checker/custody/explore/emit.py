"""Writes a system as C: straight code over packed states, one function for what happens at one position.

Where an action is cheap, its successor is always written and only counted when the guard holds: a jump that the
processor cannot foresee would cost more.  Dear ones, and those that properties of steps look at, are behind a jump.
The same text compiles in two ways: as the search uses it, and (CUSTODY_STEPS) to tell action and successor apart, for
traces and graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from custody.explore.ample import Candidate
from custody.explore.canonical import Images, canonical_source
from custody.explore.expressions import INDENT, Writer, at, comment, field_of, identifier, word_of
from custody.explore.layout import WORD, Layout
from custody.explore.positions import Member, by_position
from custody.explore.watches import Watches, over_step
from custody.symmetry.detect import Symmetries
from custody.system.bounds import require_bounds
from custody.system.expression import FALSE, TRUE, Expr, and_, not_
from custody.system.model import Action, System

_T = TypeVar("_T")

_CHEAP = 24
"""Operators of an action's effects and checks, up to which it is written without a jump."""
_IN_A_FUNCTION = 48
"""Actions, or watched expressions, in one function: compilers take more than twice as long for twice as much."""


def source(
    system: System,
    layout: Layout,
    watches: Watches,
    marks: Sequence[Expr] = (),
    symmetries: Symmetries | None = None,
    turned: Images = (),
    candidates: Sequence[Candidate] = (),
) -> str:
    """The C text. OverflowError when a value could exceed 64 bits.

    With symmetries the search sees one state of each orbit: every successor is made that one, and the tally counts
    what the orbits stand for.  Steps are told as they are, for `custody_model_canonical` to be asked afterwards.
    `turned` says what the marks become when instances are exchanged.  With candidates, steps are left out that need
    not be taken.
    """
    for variable, slot in zip(system.variables, layout.slots, strict=True):
        if slot.width > WORD:
            raise OverflowError(f"{variable.name} has more than 2^{WORD} values")
    canonical = canonical_source(layout, symmetries, turned) if symmetries is not None else ""
    return _Source(system, layout, watches, marks, canonical, candidates).text()


class _Source:
    def __init__(
        self,
        system: System,
        layout: Layout,
        watches: Watches,
        marks: Sequence[Expr],
        canonical: str,
        candidates: Sequence[Candidate],
    ) -> None:
        self._system = system
        self._candidates = candidates
        self._canonical = canonical
        self._layout = layout
        self._watches = watches
        self._marks = marks
        self._hazards = watches.hazards()
        self._detects_deadlocks = bool(watches.deadlocks())
        self._calls: list[str] = []
        self._alone: list[str] = []
        self._looks: list[str] = []
        self._functions: list[str] = []
        self._names = {i: f"v{i}_{identifier(v.name)}" for i, v in enumerate(system.variables)}

    def text(self) -> str:
        """Everything, in the order in which C wants it."""
        self._watch_functions()
        self._candidate_functions()
        self._action_functions()
        body = [*self._functions, *self._expand(), *self._steps(), *self._mark_functions()]
        wide = _needs_wide_numbers(list(self._roots()), self._system)
        head = [
            f"/* {comment(self._system.name)}, from {comment(self._system.file)}: written by custody. */",
            '#include "model.h"',
            "#include <string.h>",
            "/* A specification may compare a thing with itself. */",
            '#pragma GCC diagnostic ignored "-Wtautological-compare"',
            "",
            *(
                f"/* {self._names[i]}: {comment(v.name)}, {v.domain.low}..{v.domain.high} ({at(v.place)}) */"
                for i, v in enumerate(self._system.variables)
            ),
            "",
            f"typedef {'int64_t' if wide else 'int32_t'} num;",
            f"enum {{ WORDS = {self._layout.words}, BAD_WORDS = {len(self._watches.properties) // 64 + 1}, "
            f"ACTIONS = {len(self._system.actions)}, MARK_WORDS = {max(1, -(-len(self._marks) // 64))} }};",
            *(["#define CUSTODY_WEIGHTED"] if self._canonical else []),
            _PREAMBLE,
            self._canonical,
        ]
        return "\n".join([*head, *body]) + "\n"

    def _roots(self) -> Iterable[Expr]:
        for action in self._system.actions:
            yield action.guard
            yield from (effect.value for effect in action.effects)
            yield from (check.condition for check in action.checks)
        yield from (p.expression for p in self._watches.properties)
        yield from (premise.expression for premise in self._watches.premises)
        yield from (guard for candidate in self._candidates for _, _, guard in candidate.members)
        yield from self._marks
        yield self._system.terminal

    # ------------------------------------------------------------------ functions

    def _function(self, name: str, roots: Iterable[Expr], body: Callable[[Writer], None], doc: str) -> None:
        writer = Writer(self._layout, self._names, roots)
        body(writer)
        self._functions += [
            f"/* {doc} */",
            f"static void {name}(const u64 *restrict s, struct here *restrict h)",
            "{",
            f"{INDENT}size_t n = h->n;",
            *([f"{INDENT}u64 moved = 0;"] if self._detects_deadlocks else []),
            *writer.lines,
            *([f"{INDENT}h->moved |= moved;"] if self._detects_deadlocks else []),
            f"{INDENT}h->n = n;",
            f"{INDENT}(void)s;",
            "}",
            "",
        ]

    def _action_functions(self) -> None:
        grouped, free = by_position(self._system)
        for variable, positions in grouped.items():
            slot = self._layout.slots[variable]
            domain = self._system.variables[variable].domain
            cases: list[str] = []
            for position, members in positions.items():
                names: list[str] = []
                for part, some in enumerate(_pieces(members)):
                    name = f"at_{variable}_{position - domain.low}_{part}"
                    doc = f"what {self._names[variable]} = {comment(domain.show(position))} lets happen"
                    self._function(name, self._roots_of(some), lambda w, m=some: self._actions(w, m), doc)
                    names.append(name)
                cases.append(f"    case {position - domain.low}: {' '.join(f'{n}(s, h);' for n in names)} break;")
            self._calls += [f"switch ({field_of(slot)}) {{", *cases, "}"]
        for part, some in enumerate(_pieces(free)):
            name = f"others_{part}"
            self._function(
                name, self._roots_of(some), lambda w, m=some: self._actions(w, m), "what needs no position"
            )
            self._calls.append(f"{name}(s, h);")

    def _candidate_functions(self) -> None:
        for variable in dict.fromkeys(candidate.variable for candidate in self._candidates):
            slot = self._layout.slots[variable]
            domain = self._system.variables[variable].domain
            cases: list[str] = []
            for candidate in self._candidates:
                if candidate.variable != variable:
                    continue
                name = f"{variable}_{candidate.value - domain.low}"
                self._ready(f"ready_{name}", candidate.members)
                calls: list[str] = []
                for part, some in enumerate(_pieces(candidate.members)):
                    doc = f"what suffices where {self._names[variable]} = {comment(domain.show(candidate.value))}"
                    only = f"only_{name}_{part}"
                    self._function(only, self._roots_of(some), lambda w, m=some: self._actions(w, m), doc)
                    calls.append(f"{only}(s, h); ")
                cases.append(f"case {candidate.value - domain.low}:")
                cases.append(f"{INDENT}if (ready_{name}(s)) {{ {''.join(calls)}return; }}")
                cases.append(f"{INDENT}break;")
            self._alone += [f"switch ({field_of(slot)}) {{", *cases, "}"]

    def _ready(self, name: str, members: Sequence[Member]) -> None:
        """Whether one of the members can be taken, and breaks no check."""
        possible = [and_(guard, *(check.condition for check in action.checks)) for _, action, guard in members]
        writer = Writer(self._layout, self._names, possible)
        texts = [writer.expression(e) for e in possible]
        self._functions += [
            f"static inline int {name}(const u64 *restrict s)",
            "{",
            *writer.lines,
            f"{INDENT}(void)s;",
            f"{INDENT}return {' | '.join(texts)};",
            "}",
            "",
        ]

    def _roots_of(self, members: Sequence[Member]) -> list[Expr]:
        roots: list[Expr] = []
        for _, action, guard in members:
            roots.append(guard)
            roots += [effect.value for effect in action.effects]
            roots += [check.condition for check in action.checks]
            roots += [expression for _, expression in self._watches.of_steps(action)]
        return roots

    def _actions(self, writer: Writer, members: Sequence[Member]) -> None:
        for index, action, guard in members:
            words = f"{action.actor} {action.label}" if action.actor else action.label
            writer.line(f"/* {index}: {comment(words)} ({at(action.place)}) */")
            self._action(writer, index, action, guard)

    def _action(self, writer: Writer, index: int, action: Action, guard: Expr) -> None:
        wrong = [(number, e) for number, e in self._watches.of_steps(action) if e != FALSE]
        premises = [
            (number, over_step(premise.expression, action))
            for number, premise in enumerate(self._watches.premises)
            if premise.of_step
        ]
        premises = [(number, e) for number, e in premises if e != FALSE]
        when = writer.expression(guard)
        if self._detects_deadlocks and not action.spontaneous:
            writer.line(f"moved |= (u64){when};")
        values = [effect.value for effect in action.effects] + [check.condition for check in action.checks]
        if writer.cost(values) <= _CHEAP and not wrong and not premises and self._layout.words <= 2:
            self._step(writer, index, action, when, [], [])
            return
        if guard != TRUE:
            writer.line(f"if ({when}) {{")
            writer.nested(lambda: self._step(writer, index, action, "1", wrong, premises))
            writer.line("}")
        else:
            writer.line("{")
            writer.nested(lambda: self._step(writer, index, action, "1", wrong, premises))
            writer.line("}")

    def _step(
        self,
        writer: Writer,
        index: int,
        action: Action,
        when: str,
        wrong: Sequence[tuple[int, Expr]],
        premises: Sequence[tuple[int, Expr]],
    ) -> None:
        good = "1"
        checks = [writer.expression(check.condition) for check in action.checks]
        if checks:
            good = f"good_{index}"
            writer.line(f"const int {good} = {' & '.join(checks)};")
            writer.line(f"int check_{index} = -1;")
            writer.line(f"if (UNLIKELY({when} & !{good})) {{")
            choice = "".join(f"!{text} ? {number} : " for number, text in enumerate(checks[:-1]))
            writer.line(f"{INDENT}check_{index} = {choice}{len(checks) - 1};")
            for number, check in enumerate(action.checks):
                bit = self._hazards.get(check.property)
                if bit is not None:
                    writer.line(
                        f"{INDENT}if (check_{index} == {number}) STEP_BAD({bit // 64}, (u64)1 << {bit % 64});"
                    )
            writer.line("}")
        shown = [(f"STEP_BAD({bit // 64}, (u64)", bit, e) for bit, e in wrong]
        held = [(f"HELD({bit // 64}, (u64)", bit, e) for bit, e in premises]
        for call, bit, expression in (*shown, *held):
            writer.line(f"{call}({writer.expression(expression)} & {good}) << {bit % 64});")
        texts = self._successor(writer, action)
        if len(texts) > 4:
            writer.line("memcpy(h->out + n * WORDS, s, WORDS * sizeof(u64));")
        for word, text in enumerate(texts):
            if len(texts) <= 4 or text != f"s[{word}]":
                writer.line(f"h->out[n * WORDS + {word}] = {text};")
        writer.line(f"STEP({index}, {when}, {good}, {f'check_{index}' if checks else '-1'});")

    def _successor(self, writer: Writer, action: Action) -> list[str]:
        masks = [0] * self._layout.words
        constants = [0] * self._layout.words
        parts: list[list[str]] = [[] for _ in masks]
        for effect in action.effects:
            slot = self._layout.slots[effect.variable]
            if slot.width == 0:
                continue
            masks[slot.word] |= ((1 << slot.width) - 1) << slot.offset
            if effect.value.is_constant:
                constants[slot.word] |= (effect.value.value - slot.low) << slot.offset
                continue
            value = writer.expression(effect.value)
            less = f"((u64){value} - {word_of(slot.low)})" if slot.low else value
            # A value that a failed check lets out of its domain is never kept, but must not spoil the shift.
            parts[slot.word].append(f"((u64){less} << {slot.offset})" if slot.offset else f"(u64){less}")
        texts: list[str] = []
        for word, mask in enumerate(masks):
            kept = f"(s[{word}] & {word_of(~mask)})" if mask else f"s[{word}]"
            constant = [word_of(constants[word])] if constants[word] else []
            texts.append(" | ".join([kept, *parts[word], *constant]))
        return texts

    def _watch_functions(self) -> None:
        watched = [("STATE_BAD", number, e) for number, e in self._watches.of_states() if e != FALSE]
        # A premise that was seen to hold need not be looked at again; the jump around it is foreseen.
        premises = [
            ("STATE_HELD", number, premise.expression)
            for number, premise in enumerate(self._watches.premises)
            if not premise.of_step and premise.expression != FALSE
        ]

        def body(writer: Writer, some: Sequence[tuple[str, int, Expr]]) -> None:
            for macro, number, expression in some:
                if macro == "STATE_BAD":
                    writer.line(f"STATE_BAD({number // 64}, (u64){writer.expression(expression)} << {number % 64});")
                    continue
                writer.line(f"if (UNLIKELY(OPEN({number // 64}, {number % 64}))) {{")
                writer.nested(
                    lambda e=expression, k=number: writer.line(
                        f"HELD({k // 64}, (u64){writer.expression(e)} << {k % 64});"
                    )
                )
                writer.line("}")

        for part, some in enumerate(_pieces([*watched, *premises])):
            name = f"look_{part}"
            self._function(name, [e for _, _, e in some], lambda w, m=some: body(w, m), "properties of states")
            self._looks.append(f"{name}(s, h);")

    # ------------------------------------------------------------------ what the engine calls

    def _deadlock(self) -> list[str]:
        lines: list[str] = []
        if self._detects_deadlocks:
            writer = Writer(self._layout, self._names, [self._system.terminal])
            stuck = writer.expression(not_(self._system.terminal))
            lines = ["if (UNLIKELY(!h->moved)) {", *writer.lines]
            for number in self._watches.deadlocks():
                lines.append(f"    STATE_BAD({number // 64}, (u64){stuck} << {number % 64});")
            lines.append("}")
        return lines

    def _one(self) -> list[str]:
        # What a state shows is to be seen also where not all its steps are taken.
        lines = (*self._looks, *self._alone, *self._calls) if self._alone else (*self._calls, *self._looks)
        calls = [f"{INDENT}{line}" for line in (*lines, *self._deadlock())]
        return ["static inline void one(const u64 *restrict s, struct here *restrict h)", "{", *calls, "}", ""]

    def _expand(self) -> list[str]:
        return [*self._one(), _EXPAND]

    def _steps(self) -> list[str]:
        return [_STEPS]

    def _mark_functions(self) -> list[str]:
        lines = ["#ifdef CUSTODY_STEPS"]
        calls: list[str] = []
        numbered = list(enumerate(self._marks))
        for part, some in enumerate(_pieces(numbered)):
            writer = Writer(self._layout, self._names, [e for _, e in some])
            for number, expression in some:
                writer.line(f"m[{number // 64}] |= (u64){writer.expression(expression)} << {number % 64};")
            lines += [
                f"static void mark_{part}(const u64 *restrict s, u64 *restrict m)",
                "{",
                *writer.lines,
                f"{INDENT}(void)s;",
                "}",
            ]
            calls.append(f"mark_{part}(states + k * WORDS, marks + k * MARK_WORDS);")
        lines += [
            "custody_marks custody_model_marks;",
            "void custody_model_marks(const u64 *states, size_t count, u64 *marks)",
            "{",
            f"{INDENT}memset(marks, 0, count * MARK_WORDS * sizeof(u64));",
            f"{INDENT}for (size_t k = 0; k < count; k++) {{",
            *(f"{INDENT * 2}{call}" for call in calls),
            f"{INDENT * 2}(void)states;",
            f"{INDENT}}}",
            "}",
            "#endif",
        ]
        return lines


_PREAMBLE = """
static inline num floor_div(num a, num b)
{
    return b <= 0 ? 0 : a / b - (a % b < 0);
}

static inline num floor_mod(num a, num b)
{
    return b <= 0 ? 0 : a % b + (a % b < 0 ? b : 0);
}

/* Where the successors of one state go, and what is noted about it. */
struct here {
    u64 *out;
    size_t n;
    u64 moved;
    u64 *bad;
#ifdef CUSTODY_STEPS
    u32 *actions;
    int32_t *broken;
#else
    u64 *fired, *held;
    u64 degree;
#endif
};

#define STATE_BAD(word, mask) (h->bad[word] |= (mask))
#ifdef CUSTODY_STEPS
#define STEP(action, when, good, check) \\
    (h->actions[n] = (action), h->broken[n] = (check), n += (size_t)(when))
#define STEP_BAD(word, mask) (h->bad[(n + 1) * BAD_WORDS + (word)] |= (mask))
#define OPEN(word, bit) 0
#define HELD(word, mask) ((void)(mask))
#elif defined CUSTODY_WEIGHTED
#define STEP(action, when, good, check) \\
    (h->fired[action] += (u64)(when), h->degree += (u64)(when), n += (size_t)((when) & (good)))
#else
#define STEP(action, when, good, check) (h->fired[action] += (u64)(when), n += (size_t)((when) & (good)))
#endif
#ifndef CUSTODY_STEPS
#define STEP_BAD(word, mask) STATE_BAD(word, mask)
#define OPEN(word, bit) (!(h->held[word] >> (bit) & 1))
#define HELD(word, mask) (h->held[word] |= (mask))
#endif
"""

_EXPAND = """#ifndef CUSTODY_STEPS
custody_expand custody_model_expand;
size_t custody_model_expand(const u64 *states, size_t count, u64 *out, struct tally *tally)
{
    struct here h = {.out = out, .bad = tally->bad, .fired = tally->fired, .held = tally->held};
    for (size_t k = 0; k < count; k++) {
        h.moved = 0;
#ifdef CUSTODY_WEIGHTED
        const u64 size = orbit_size(states + k * WORDS);
        h.degree = 0;
        one(states + k * WORDS, &h);
        tally->states += size;
        tally->transitions += size * h.degree;
    }
    for (size_t k = 0; k < h.n; k++)
        canonical(out + k * WORDS);
#else
        one(states + k * WORDS, &h);
    }
#endif
    return h.n;
}
#endif
"""

_STEPS = """#ifdef CUSTODY_STEPS
custody_steps custody_model_steps;
size_t custody_model_steps(const u64 *state, u64 *successors, u32 *actions, int32_t *broken, u64 *bad)
{
    struct here h = {.out = successors, .bad = bad, .actions = actions, .broken = broken};
    memset(bad, 0, (ACTIONS + 2) * BAD_WORDS * sizeof(u64));
    one(state, &h);
    return h.n;
}
#endif
"""


def _needs_wide_numbers(roots: Sequence[Expr], system: System) -> bool:
    """Whether 32 bits do not suffice; OverflowError when 64 do not either."""
    ranges = {index: (v.domain.low, v.domain.high) for index, v in enumerate(system.variables)}
    try:
        require_bounds(roots, ranges)
    except OverflowError:
        require_bounds(roots, ranges, 2**62)
        return True
    return False


def _pieces(items: Sequence[_T]) -> list[list[_T]]:
    return [list(items[at : at + _IN_A_FUNCTION]) for at in range(0, len(items), _IN_A_FUNCTION)]
