"""Writes as C what makes of a packed state the one that stands for its orbit, and how many states the orbit has.

Each instance of a role has a key of its own (see `symmetry.arrangement`).  Where the keys say all, they are sorted,
a word each, by a network of comparisons that needs no jump.  Where they do not, the keys are sorted by exchanging
whole instances, and then all permutations of instances with equal keys are gone through, each one exchange of
neighbours away from the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import factorial, prod
from typing import TypeAlias

from custody.explore.layout import WORD, Layout, Slot
from custody.symmetry.arrangement import MAX_ORBIT, Arrangement, classify
from custody.symmetry.detect import SymmetricRole, Symmetries
from custody.symmetry.permutation import Permutation

Images: TypeAlias = Sequence[Sequence[Sequence[int]]]
"""For each role, each of its transpositions and each mark, the mark that it becomes."""

_IN_A_NETWORK = 16
"""Instances that are sorted without jumps; more are inserted one by one."""
_INDENT = "    "


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
    before: list[str] = [_ORDER]
    for number, arrangement in enumerate(arrangements):
        if arrangement.simple:
            before += _Sorted(layout, arrangement, number).functions()
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
            *(_INDENT + line for line in sorts),
            "}",
            "",
            "/* How many states the orbit of such a state has. */",
            "static inline u64 orbit_size(const u64 *s)",
            "{",
            f"{_INDENT}u64 size = 1;",
            *(_INDENT + line for line in sizes),
            f"{_INDENT}return size;",
            "}",
            _EXPORTED,
        ]
    )


class _Keys:
    """Where the parts of an instance's key are: `words` words, the first one to be compared first."""

    def __init__(self, layout: Layout, arrangement: Arrangement) -> None:
        self.layout = layout
        self.arrangement = arrangement
        self.count = len(arrangement.blocks)
        self.block = [v for v in range(len(arrangement.blocks[0])) if layout.slots[arrangement.blocks[0][v]].width]
        widths = [layout.slots[arrangement.blocks[0][v]].width for v in self.block]
        self.words = 1
        free = WORD
        places: list[tuple[int, int]] = []
        for width in (*widths, *(1 for _ in arrangement.pointers)):
            if width > free:
                self.words, free = self.words + 1, WORD
            free -= width
            places.append((self.words - 1, free))
        self.slots = [
            Slot(word * WORD + offset, width, 0)
            for (word, offset), width in zip(places, (*widths, *(1 for _ in arrangement.pointers)), strict=True)
        ]

    def fields(self, instance: int) -> list[Slot]:
        """Where the state has the block of an instance, in the order of the key."""
        return [self.layout.slots[self.arrangement.blocks[instance][v]] for v in self.block]

    def gathered(self, instance: int) -> list[str]:
        """The words of an instance's key, from the state `s`."""
        parts = _moved(zip(self.fields(instance), self.slots, strict=False), "s[{}]")
        for pointer, slot in zip(self.arrangement.pointers, self.slots[len(self.block) :], strict=True):
            named = f"({field(self.layout.slots[pointer.variable])} == {pointer.values[instance]})"
            parts.setdefault(slot.word, []).append(f"((u64){named} << {slot.offset})")
        return [" | ".join(parts.get(word, ["0"])) for word in range(self.words)]

    def scattered(self, name: str) -> list[str]:
        """Statements that write the keys `name` (by instance and word) back to the state."""
        kept: dict[int, int] = {}
        parts: dict[int, list[str]] = {}
        for instance in range(self.count):
            fields = self.fields(instance)
            for target in fields:
                kept[target.word] = kept.get(target.word, 0) | (((1 << target.width) - 1) << target.offset)
            key = name.replace("#", str(instance)).replace("@", "{}")
            for word, terms in _moved(zip(self.slots, fields, strict=False), key).items():
                parts.setdefault(word, []).extend(terms)
        lines = [f"s[{w}] = (s[{w}] & {_word(~mask)}) | {' | '.join(parts[w])};" for w, mask in kept.items()]
        for pointer, slot in zip(self.arrangement.pointers, self.slots[len(self.block) :], strict=True):
            target = self.layout.slots[pointer.variable]
            mask = ((1 << target.width) - 1) << target.offset
            bits = [
                f"({name.replace('#', str(i)).replace('@', str(slot.word))} >> {slot.offset} & 1)"
                for i in range(self.count)
            ]
            named = " | ".join(
                f"{bit} * {_word(value << target.offset)}" for bit, value in zip(bits, pointer.values, strict=True)
            )
            kept_bits = f"~({_word(mask)} * ({' | '.join(bits)}))"
            lines.append(f"s[{target.word}] = (s[{target.word}] & {kept_bits}) | {named};")
        return lines


class _Sorted:
    """A role whose keys say all."""

    def __init__(self, layout: Layout, arrangement: Arrangement, number: int) -> None:
        self._keys = _Keys(layout, arrangement)
        self._number = number
        self._name = arrangement.name

    def functions(self) -> list[str]:
        keys, n = self._keys, self._keys.count
        doc = f"/* {_comment(self._name)}: {n} instances, keys of {keys.words} word{'s' * (keys.words > 1)} */"
        if _has_gather_function(keys):
            return [doc, *self._inserted()]
        gathered = [f"u64 k{i} = {keys.gathered(i)[0]};" for i in range(n)]
        network = [f"ORDER(k{a}, k{b});" for a, b in network_of(n)]
        same = [f"same *= run = k{i} == k{i - 1} ? run + 1 : 1;" for i in range(1, n)]
        return [
            doc,
            f"static inline void sort_{self._number}(u64 *s)",
            "{",
            *(_INDENT + line for line in (*gathered, *network, *keys.scattered("k#"))),
            "}",
            "",
            f"static inline u64 orders_{self._number}(const u64 *s)",
            "{",
            *(_INDENT + line for line in (*gathered, "u64 same = 1, run = 1;", *same)),
            f"{_INDENT}return UINT64_C({factorial(n)}) / same;",
            "}",
            "",
        ]

    def _inserted(self) -> list[str]:
        keys, n, number = self._keys, self._keys.count, self._number
        return [
            *_gather_function(keys, number),
            f"static inline void sort_{number}(u64 *s)",
            "{",
            f"{_INDENT}u64 k[{n}][{keys.words}];",
            f"{_INDENT}keys_{number}(s, k[0]);",
            f"{_INDENT}for (size_t i = 1; i < {n}; i++)",
            f"{_INDENT * 2}for (size_t j = i; j > 0 && is_less(k[j], k[j - 1], {keys.words}); j--)",
            f"{_INDENT * 3}for (size_t w = 0; w < {keys.words}; w++) {{",
            f"{_INDENT * 4}u64 one = k[j][w];",
            f"{_INDENT * 4}k[j][w] = k[j - 1][w];",
            f"{_INDENT * 4}k[j - 1][w] = one;",
            f"{_INDENT * 3}}}",
            *(_INDENT + line for line in keys.scattered("k[#][@]")),
            "}",
            "",
            f"static inline u64 orders_{number}(const u64 *s)",
            "{",
            f"{_INDENT}u64 k[{n}][{keys.words}], same = 1, run = 1;",
            f"{_INDENT}keys_{number}(s, k[0]);",
            f"{_INDENT}for (size_t i = 1; i < {n}; i++)",
            f"{_INDENT * 2}same *= run = memcmp(k[i], k[i - 1], sizeof k[i]) ? 1 : run + 1;",
            f"{_INDENT}return UINT64_C({factorial(n)}) / same;",
            "}",
            "",
        ]


def _gather_function(keys: _Keys, number: int) -> list[str]:
    return [
        f"static inline void keys_{number}(const u64 *s, u64 *k)",
        "{",
        *(
            f"{_INDENT}k[{instance * keys.words + word}] = {text};"
            for instance in range(keys.count)
            for word, text in enumerate(keys.gathered(instance))
        ),
        f"{_INDENT}(void)s;",
        "}",
        "",
    ]


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
        role, keys = roles[number], _Keys(layout, arrangements[number])
        lines += [f"/* {_comment(role.name)}: exchanges of neighbours */"]
        if not arrangements[number].simple or not _has_gather_function(keys):
            lines += _gather_function(keys, number)
        lines += [f"static void exchange_{number}(u64 *s, int i)", "{", f"{_INDENT}switch (i) {{"]
        for i, transposition in enumerate(role.transpositions):
            lines += [f"{_INDENT}case {i}: {{"]
            lines += [_INDENT * 2 + line for line in _exchanged(layout, transposition.permutation)]
            lines += _marks_exchanged(marks[number][i]) if count else []
            lines += [f"{_INDENT * 2}break;", f"{_INDENT}}}"]
        lines += [f"{_INDENT}}}", "}", ""]
    lines += ["static void exchange(u64 *s, int role, int i)", "{", f"{_INDENT}switch (role) {{"]
    lines += [f"{_INDENT}case {number}: exchange_{number}(s, i); break;" for number in exchanged]
    runs = max(1, sum(len(roles[number].instances) // 2 for number in hard))
    most = max((len(roles[number].instances) for number in hard), default=1)
    lines += [f"{_INDENT}}}", "}", _TRY.replace("RUNS", str(runs)).replace("MOST", str(most))]
    lines += ["static void choice_of(struct choice *c, u64 *s)", "{", f"{_INDENT}c->runs = 0;"]
    lines += [line for number in hard for line in _arranged(_Keys(layout, arrangements[number]), number, True)]
    lines += [_CHOICE]
    if hard:
        lines += [_CHOOSE.replace("TOTAL", str(prod(factorial(len(roles[number].instances)) for number in hard)))]
    if count:
        lines += [
            "#ifdef CUSTODY_STEPS",
            "static void turn(u64 *s)",
            "{",
            f"{_INDENT}struct choice c = {{.runs = 0}};",
        ]
        for number, arrangement in enumerate(arrangements):
            if arrangement.simple:
                lines += _arranged(_Keys(layout, arrangement), number, False, "&c")
        lines += [f"{_INDENT}choice_of(&c, s);", _TURNED, "#endif"]
    return [*lines, "#endif", ""]


def _has_gather_function(keys: _Keys) -> bool:
    return keys.words > 1 or keys.count > _IN_A_NETWORK


def _arranged(keys: _Keys, number: int, tried: bool, choice: str = "c") -> list[str]:
    return [
        f"{_INDENT}{{",
        f"{_INDENT * 2}u64 k[{keys.count}][{keys.words}];",
        f"{_INDENT * 2}keys_{number}(s, k[0]);",
        f"{_INDENT * 2}arrange({choice}, s, {number}, {keys.count}, {keys.words}, k[0], {int(tried)});",
        f"{_INDENT}}}",
    ]


def _marks_exchanged(images: Sequence[int]) -> list[str]:
    """What mark m says of a state, mark images[m] says of it after the exchange."""
    moved = [(mark, image) for mark, image in enumerate(images) if mark != image]
    if not moved:
        return []
    return [
        "#ifdef CUSTODY_STEPS",
        *(f"{_INDENT * 2}const u64 m{mark} = s[WORDS + {mark}];" for mark, _ in moved),
        *(f"{_INDENT * 2}s[WORDS + {image}] = m{mark};" for mark, image in moved),
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
    parts = _moved(moved, "t{}")
    lines = [f"const u64 t{word} = s[{word}];" for word in sorted({one.word for one, _ in moved})]
    lines += [f"s[{word}] = (s[{word}] & {_word(~mask)}) | {' | '.join(parts[word])};" for word, mask in kept.items()]
    for slot, table in changed:
        new = " | ".join(
            f"(x == {value}) * {_word((value ^ image) << slot.offset)}"
            for value, image in enumerate(table)
            if value != image
        )
        lines += ["{", f"{_INDENT}const u64 x = {field(slot)};", f"{_INDENT}s[{slot.word}] ^= {new};", "}"]
    return lines


def _moved(pairs: Iterable[tuple[Slot, Slot]], source: str) -> dict[int, list[str]]:
    """Terms that bring fields from slots to others, by the word that they go to; `source` names a word to take
    them from.  Fields that go as far in the same direction go together."""
    together: dict[tuple[int, int, int], int] = {}
    for one, other in pairs:
        way = (one.word, other.word, other.offset - one.offset)
        together[way] = together.get(way, 0) | ((1 << one.width) - 1) << one.offset
    parts: dict[int, list[str]] = {}
    for (word, target, shift), mask in together.items():
        text = f"({source.format(word)} & {_word(mask)})"
        moved = f"({text} << {shift})" if shift > 0 else f"({text} >> {-shift})" if shift else text
        parts.setdefault(target, []).append(moved)
    return parts


def network_of(count: int) -> list[tuple[int, int]]:
    """Comparisons that sort so many keys, by Batcher's merge exchange."""
    found: list[tuple[int, int]] = []
    top = 1 << max(0, (count - 1).bit_length() - 1)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while True:
            found += [(i, i + d) for i in range(count - d) if i & p == r]
            if q == p:
                break
            d, q, r = q - p, q // 2, p
        p //= 2
    return found


def field(slot: Slot) -> str:
    """The bits of a slot of the state `s`, as a number."""
    if slot.width == 0:
        return "0"
    shifted = f"s[{slot.word}] >> {slot.offset}" if slot.offset else f"s[{slot.word}]"
    return f"({shifted} & {_word((1 << slot.width) - 1)})"


def _word(value: int) -> str:
    return f"UINT64_C({value & (2**64 - 1):#x})"


def _comment(text: str) -> str:
    return " ".join(text.replace("*/", "* /").replace("\\", "/").split())


_ORDER = """
#define ORDER(a, b) \\
    do { \\
        const u64 less = (a) < (b) ? (a) : (b); \\
        (b) = (a) < (b) ? (b) : (a); \\
        (a) = less; \\
    } while (0)

static inline int is_less(const u64 *one, const u64 *other, size_t words)
{
    for (size_t w = 0; w < words; w++)
        if (one[w] != other[w])
            return one[w] < other[w];
    return 0;
}
"""

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
