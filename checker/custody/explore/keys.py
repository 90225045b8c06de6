"""Writes as C the keys of the instances of a role, and how instances are sorted where their keys say all.

Where the parts of a key are is the business of this module; what a key has to say is that of `symmetry.arrangement`.
Keys of a word each are sorted by a network of comparisons that needs no jump, where they are few; others are inserted
one by one.  What is written works on a packed state `s`.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import factorial
from typing import Final

from custody.explore.layout import WORD, Layout, Slot
from custody.symmetry.arrangement import Arrangement

INDENT: Final = "    "
_IN_A_NETWORK = 16
"""Instances that are sorted without jumps; more are inserted one by one."""


class Keys:
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
        parts = fields_moved(zip(self.fields(instance), self.slots, strict=False), "s[{}]")
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
            for word, terms in fields_moved(zip(self.slots, fields, strict=False), key).items():
                parts.setdefault(word, []).extend(terms)
        lines = [f"s[{w}] = (s[{w}] & {literal(~mask)}) | {' | '.join(parts[w])};" for w, mask in kept.items()]
        for pointer, slot in zip(self.arrangement.pointers, self.slots[len(self.block) :], strict=True):
            target = self.layout.slots[pointer.variable]
            mask = ((1 << target.width) - 1) << target.offset
            bits = [
                f"({name.replace('#', str(i)).replace('@', str(slot.word))} >> {slot.offset} & 1)"
                for i in range(self.count)
            ]
            named = " | ".join(
                f"{bit} * {literal(value << target.offset)}" for bit, value in zip(bits, pointer.values, strict=True)
            )
            kept_bits = f"~({literal(mask)} * ({' | '.join(bits)}))"
            lines.append(f"s[{target.word}] = (s[{target.word}] & {kept_bits}) | {named};")
        return lines


class Sorted:
    """A role whose keys say all."""

    def __init__(self, layout: Layout, arrangement: Arrangement, number: int) -> None:
        self._keys = Keys(layout, arrangement)
        self._number = number
        self._name = arrangement.name

    def functions(self) -> list[str]:
        """One that sorts the instances, and one that says how many states are the same but for their order."""
        keys, n = self._keys, self._keys.count
        doc = f"/* {commented(self._name)}: {n} instances, keys of {keys.words} word{'s' * (keys.words > 1)} */"
        if has_gather_function(keys):
            return [doc, *self._inserted()]
        gathered = [f"u64 k{i} = {keys.gathered(i)[0]};" for i in range(n)]
        network = [f"ORDER(k{a}, k{b});" for a, b in network_of(n)]
        same = [f"same *= run = k{i} == k{i - 1} ? run + 1 : 1;" for i in range(1, n)]
        return [
            doc,
            f"static inline void sort_{self._number}(u64 *s)",
            "{",
            *(INDENT + line for line in (*gathered, *network, *keys.scattered("k#"))),
            "}",
            "",
            f"static inline u64 orders_{self._number}(const u64 *s)",
            "{",
            *(INDENT + line for line in (*gathered, "u64 same = 1, run = 1;", *same)),
            f"{INDENT}return UINT64_C({factorial(n)}) / same;",
            "}",
            "",
        ]

    def _inserted(self) -> list[str]:
        keys, n, number = self._keys, self._keys.count, self._number
        return [
            *gather_function(keys, number),
            f"static inline void sort_{number}(u64 *s)",
            "{",
            f"{INDENT}u64 k[{n}][{keys.words}];",
            f"{INDENT}keys_{number}(s, k[0]);",
            f"{INDENT}for (size_t i = 1; i < {n}; i++)",
            f"{INDENT * 2}for (size_t j = i; j > 0 && is_less(k[j], k[j - 1], {keys.words}); j--)",
            f"{INDENT * 3}for (size_t w = 0; w < {keys.words}; w++) {{",
            f"{INDENT * 4}u64 one = k[j][w];",
            f"{INDENT * 4}k[j][w] = k[j - 1][w];",
            f"{INDENT * 4}k[j - 1][w] = one;",
            f"{INDENT * 3}}}",
            *(INDENT + line for line in keys.scattered("k[#][@]")),
            "}",
            "",
            f"static inline u64 orders_{number}(const u64 *s)",
            "{",
            f"{INDENT}u64 k[{n}][{keys.words}], same = 1, run = 1;",
            f"{INDENT}keys_{number}(s, k[0]);",
            f"{INDENT}for (size_t i = 1; i < {n}; i++)",
            f"{INDENT * 2}same *= run = memcmp(k[i], k[i - 1], sizeof k[i]) ? 1 : run + 1;",
            f"{INDENT}return UINT64_C({factorial(n)}) / same;",
            "}",
            "",
        ]


def gather_function(keys: Keys, number: int) -> list[str]:
    """A function that writes the keys of all instances of role `number` one after the other."""
    return [
        f"static inline void keys_{number}(const u64 *s, u64 *k)",
        "{",
        *(
            f"{INDENT}k[{instance * keys.words + word}] = {text};"
            for instance in range(keys.count)
            for word, text in enumerate(keys.gathered(instance))
        ),
        f"{INDENT}(void)s;",
        "}",
        "",
    ]


def has_gather_function(keys: Keys) -> bool:
    """Whether `Sorted` writes one: a network needs none."""
    return keys.words > 1 or keys.count > _IN_A_NETWORK


def fields_moved(pairs: Iterable[tuple[Slot, Slot]], source: str) -> dict[int, list[str]]:
    """Terms that bring fields from slots to others, by the word that they go to; `source` names a word to take
    them from.  Fields that go as far in the same direction go together."""
    together: dict[tuple[int, int, int], int] = {}
    for one, other in pairs:
        way = (one.word, other.word, other.offset - one.offset)
        together[way] = together.get(way, 0) | ((1 << one.width) - 1) << one.offset
    parts: dict[int, list[str]] = {}
    for (word, target, shift), mask in together.items():
        text = f"({source.format(word)} & {literal(mask)})"
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
    return f"({shifted} & {literal((1 << slot.width) - 1)})"


def literal(value: int) -> str:
    """The lowest 64 bits of the value."""
    return f"UINT64_C({value & (2**64 - 1):#x})"


def commented(text: str) -> str:
    """The text as a comment may have it."""
    return " ".join(text.replace("*/", "* /").replace("\\", "/").split())


ORDERING: Final = """
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
"""What the functions written here need, and others that order keys can use."""
