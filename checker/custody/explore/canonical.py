"""Writes as C what makes of a packed state the one that stands for its orbit, and how many states the orbit has.

Each instance of a role has a key of its own (see `symmetry.arrangement`).  Where the keys say all, they are sorted as
`keys` has it.  Where they do not, the keys are sorted by exchanging whole instances, and then all permutations of
instances with equal keys are gone through, each one exchange of neighbours away from the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, prod
from typing import TypeAlias

from custody.explore.keys import (
    INDENT,
    ORDERING,
    Keys,
    Sorted,
    commented,
    field,
    fields_moved,
    gather_function,
    has_gather_function,
    literal,
)
from custody.explore.layout import Layout, Slot
from custody.symmetry.arrangement import MAX_ORBIT, Arrangement, classify
from custody.symmetry.detect import SymmetricRole, Symmetries
from custody.symmetry.permutation import Permutation

Images: TypeAlias = Sequence[Sequence[Sequence[int]]]
"""For each role, each of its transpositions and each mark, the mark that it becomes."""


def canonical_source(layout: Layout, symmetries: Symmetries, marks: Images = ()) -> str:
    """The functions `canonical` and `orbit_size`, and under CUSTODY_STEPS `custody_model_canonical` and
    `custody_model_turned`; nothing where no role is symmetric.

    The second wants a state that the first has made.  `marks` gives for each role and each of its transpositions
    what the marks of a state become.  WORDS must be defined.  OverflowError when an orbit can have more than 2^63
    states.
    """
    if not symmetries.roles:
        return ""
    if prod(factorial(len(role.instances)) for role in symmetries.roles) >= MAX_ORBIT:
        raise OverflowError("orbits can have more than 2^63 states")
    arrangements = classify(symmetries)
    sorts: list[str] = []
    sizes: list[str] = []
    before: list[str] = [ORDERING]
    for number, arrangement in enumerate(arrangements):
        if arrangement.simple:
            before += Sorted(layout, arrangement, number).functions()
            sorts.append(f"sort_{number}(s);")
            sizes.append(f"size *= orders_{number}(s);")
    if not all(arrangement.simple for arrangement in arrangements):
        sorts.append("choose(s);")
        sizes.append("size *= choices(s);")
    return "\n".join(
        [
            *before,
            *_tried(layout, arrangements, symmetries.roles, marks),
            "/* Makes of a state the one that stands for its orbit. */",
            "static inline void canonical(u64 *s)",
            "{",
            *(INDENT + line for line in sorts),
            "}",
            "",
            "/* How many states the orbit of such a state has. */",
            "static inline u64 orbit_size(const u64 *s)",
            "{",
            f"{INDENT}u64 size = 1;",
            *(INDENT + line for line in sizes),
            f"{INDENT}return size;",
            "}",
            _EXPORTED,
        ]
    )


def _tried(
    layout: Layout, arrangements: Sequence[Arrangement], roles: Sequence[SymmetricRole], marks: Images
) -> list[str]:
    """What goes through permutations, for the roles that are not simple; and to tell what becomes of marks, what
    exchanges instances of the simple ones too."""
    hard = [number for number, arrangement in enumerate(arrangements) if not arrangement.simple]
    count = len(marks[0][0]) if marks else 0
    exchanged = range(len(roles)) if count else hard
    if not exchanged:
        return []
    lines = [f"#if {len(hard)} || defined CUSTODY_STEPS", "#ifdef CUSTODY_STEPS", f"#define MARKS {count}"]
    lines += ["#else", "#define MARKS 0", "#endif"]
    for number in exchanged:
        role, keys = roles[number], Keys(layout, arrangements[number])
        lines += [f"/* {commented(role.name)}: exchanges of neighbours */"]
        if not arrangements[number].simple or not has_gather_function(keys):
            lines += gather_function(keys, number)
        lines += [f"static void exchange_{number}(u64 *s, int i)", "{", f"{INDENT}switch (i) {{"]
        for i, transposition in enumerate(role.transpositions):
            lines += [f"{INDENT}case {i}: {{"]
            lines += [INDENT * 2 + line for line in _exchanged(layout, transposition.permutation)]
            lines += _marks_exchanged(marks[number][i]) if count else []
            lines += [f"{INDENT * 2}break;", f"{INDENT}}}"]
        lines += [f"{INDENT}}}", "}", ""]
    lines += ["static void exchange(u64 *s, int role, int i)", "{", f"{INDENT}switch (role) {{"]
    lines += [f"{INDENT}case {number}: exchange_{number}(s, i); break;" for number in exchanged]
    runs = max(1, sum(len(roles[number].instances) // 2 for number in hard))
    most = max((len(roles[number].instances) for number in hard), default=1)
    lines += [f"{INDENT}}}", "}", _TRY.replace("RUNS", str(runs)).replace("MOST", str(most))]
    lines += ["static void choice_of(struct choice *c, u64 *s)", "{", f"{INDENT}c->runs = 0;"]
    lines += [line for number in hard for line in _arranged(Keys(layout, arrangements[number]), number, True)]
    lines += [_CHOICE]
    if hard:
        lines += [_CHOOSE.replace("TOTAL", str(prod(factorial(len(roles[number].instances)) for number in hard)))]
    if count:
        lines += [
            "#ifdef CUSTODY_STEPS",
            "static void turn(u64 *s)",
            "{",
            f"{INDENT}struct choice c = {{.runs = 0}};",
        ]
        for number, arrangement in enumerate(arrangements):
            if arrangement.simple:
                lines += _arranged(Keys(layout, arrangement), number, False, "&c")
        lines += [f"{INDENT}choice_of(&c, s);", _TURNED, "#endif"]
    return [*lines, "#endif", ""]


def _arranged(keys: Keys, number: int, tried: bool, choice: str = "c") -> list[str]:
    return [
        f"{INDENT}{{",
        f"{INDENT * 2}u64 k[{keys.count}][{keys.words}];",
        f"{INDENT * 2}keys_{number}(s, k[0]);",
        f"{INDENT * 2}arrange({choice}, s, {number}, {keys.count}, {keys.words}, k[0], {int(tried)});",
        f"{INDENT}}}",
    ]


def _marks_exchanged(images: Sequence[int]) -> list[str]:
    """What mark m says of a state, mark images[m] says of it after the exchange."""
    moved = [(mark, image) for mark, image in enumerate(images) if mark != image]
    if not moved:
        return []
    return [
        "#ifdef CUSTODY_STEPS",
        *(f"{INDENT * 2}const u64 m{mark} = s[WORDS + {mark}];" for mark, _ in moved),
        *(f"{INDENT * 2}s[WORDS + {image}] = m{mark};" for mark, image in moved),
        "#endif",
    ]


def _exchanged(layout: Layout, permutation: Permutation) -> list[str]:
    """Statements that exchange two instances in the state `s`."""
    moved: list[tuple[Slot, Slot]] = []
    changed: list[tuple[Slot, tuple[int, ...]]] = []
    kept: dict[int, int] = {}
    for variable, (target, table) in enumerate(zip(permutation.variables, permutation.values, strict=True)):
        one, other = layout.slots[variable], layout.slots[target]
        if not one.width or (target == variable and table is None):
            continue
        if table is not None:
            # Values are exchanged after the move, in the place that they then have.
            changed.append((other, table))
        if target != variable:
            moved.append((one, other))
            kept[other.word] = kept.get(other.word, 0) | ((1 << other.width) - 1) << other.offset
    parts = fields_moved(moved, "t{}")
    lines = [f"const u64 t{word} = s[{word}];" for word in sorted({one.word for one, _ in moved})]
    lines += [
        f"s[{word}] = (s[{word}] & {literal(~mask)}) | {' | '.join(parts[word])};" for word, mask in kept.items()
    ]
    for slot, table in changed:
        new = " | ".join(
            f"(x == {value}) * {literal((value ^ image) << slot.offset)}"
            for value, image in enumerate(table)
            if value != image
        )
        lines += ["{", f"{INDENT}const u64 x = {field(slot)};", f"{INDENT}s[{slot.word}] ^= {new};", "}"]
    return lines


_TRY = """
/* Instances of one role with equal keys. */
struct run {
    int role, start, length;
};

/* The least state so far, and how many permutations give it. */
struct choice {
    u64 best[WORDS + MARKS], same;
    int runs;
    struct run run[RUNS];
};

static void look(struct choice *c, const u64 *s)
{
    for (size_t w = WORDS; w-- > 0;) {
        if (s[w] > c->best[w])
            return;
        if (s[w] < c->best[w]) {
            memcpy(c->best, s, sizeof c->best);
            c->same = 0;
            break;
        }
    }
    c->same++;
}

/* All permutations of runs from `r` on, each one exchange from the one before (Knuth's algorithm 7.2.1.2 P). */
static void try_all(struct choice *c, u64 *s, int r)
{
    if (r == c->runs) {
        look(c, s);
        return;
    }
    const struct run run = c->run[r];
    int moved[MOST + 1], way[MOST + 1];
    for (int j = 0; j <= run.length; j++)
        moved[j] = 0, way[j] = 1;
    for (;;) {
        try_all(c, s, r + 1);
        int j = run.length, shift = 0, to;
        while ((to = moved[j] + way[j]) < 0 || to == j) {
            if (to == j) {
                if (j == 1)
                    return;
                shift++;
            }
            way[j] = -way[j];
            j--;
        }
        const int low = j - (to > moved[j] ? to : moved[j]) + shift;
        exchange(s, run.role, run.start + low - 1);
        moved[j] = to;
    }
}

/* Sorts the instances of one role by their keys; where these are equal, all permutations may have to be tried. */
static void arrange(struct choice *c, u64 *s, int role, int count, size_t words, u64 *k, int tried)
{
    for (int i = 1; i < count; i++)
        for (int j = i; j > 0 && is_less(k + (size_t)j * words, k + (size_t)(j - 1) * words, words); j--) {
            for (size_t w = (size_t)j * words; w < (size_t)(j + 1) * words; w++) {
                const u64 one = k[w];
                k[w] = k[w - words];
                k[w - words] = one;
            }
            exchange(s, role, j - 1);
        }
    for (int i = 0, next; tried && i < count; i = next) {
        for (next = i + 1; next < count; next++)
            if (memcmp(k + (size_t)next * words, k + (size_t)i * words, words * sizeof *k))
                break;
        if (next - i > 1)
            c->run[c->runs++] = (struct run){role, i, next - i};
    }
}
"""

_CHOICE = """    memcpy(c->best, s, sizeof c->best);
    c->same = 0;
    try_all(c, s, 0);
}
"""

_CHOOSE = """
static void choose(u64 *s)
{
    struct choice c;
    u64 copy[WORDS + MARKS] = {0};
    memcpy(copy, s, WORDS * sizeof *s);
    choice_of(&c, copy);
    memcpy(s, c.best, WORDS * sizeof *s);
}

static inline u64 choices(const u64 *s)
{
    struct choice c;
    u64 copy[WORDS + MARKS] = {0};
    memcpy(copy, s, WORDS * sizeof *s);
    choice_of(&c, copy);
    return UINT64_C(TOTAL) / c.same;
}
"""

_TURNED = """    memcpy(s, c.best, sizeof c.best);
}

custody_turned custody_model_turned;
void custody_model_turned(u64 *states, size_t count, u64 *from)
{
    for (size_t k = 0; k < count; k++) {
        u64 s[WORDS + MARKS];
        memcpy(s, states + k * WORDS, WORDS * sizeof *s);
        for (size_t m = 0; m < MARKS; m++)
            s[WORDS + m] = m;
        turn(s);
        memcpy(states + k * WORDS, s, WORDS * sizeof *s);
        memcpy(from + k * MARKS, s + WORDS, MARKS * sizeof *s);
    }
}"""

_EXPORTED = """
#ifdef CUSTODY_STEPS
custody_canonical custody_model_canonical;
void custody_model_canonical(u64 *states, size_t count)
{
    for (size_t k = 0; k < count; k++)
        canonical(states + k * WORDS);
}
#endif
"""
