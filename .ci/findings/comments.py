"""The reasons that authors give in a specification's comments for rules that no property states:

    # Rules that concern such an exporter and have no property here:
    #   DB-EXP-*, DB-FD-01   the heap exports and publishes
    #   DB-MMAP-02 to -05, -07
    #                        the core re-points vmas

A line that begins with ids, then at least two blanks and the reason, which may go on in the lines below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from custody.rules import all_rules

_ENTRY = re.compile(
    r"#\s{2,}((?:DB|GX)-[A-Z]+\S*(?: ?(?:,|to) ?\S+)*)(?:,?$|\s{2,}(.*)$|,? (?:first|second) half\s{2,}(.*)$)"
)
_MORE = re.compile(r"#\s{4,}(\S.*)$")


def reasons(text: str) -> dict[str, str]:
    """The reason for each rule."""
    found: dict[str, str] = {}
    for names, reason in _entries(text.splitlines()):
        for name in _expanded(names):
            found.setdefault(name, reason[:1].upper() + reason[1:])
    return found


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    names, words = "", list[str]()
    for line in [*lines, ""]:
        entry = _ENTRY.match(line)
        more = _MORE.match(line)
        if entry is None and more is not None and names:
            words.append(more.group(1))
            continue
        if names and words:
            yield names, " ".join(words)
        names, words = ("", []) if entry is None else (entry.group(1), [w for w in entry.groups()[1:] if w])


def _expanded(names: str) -> Iterator[str]:
    """`DB-SGT-02 to -04, DB-DYN-*` as ids; a family without a number is all of it."""
    family, last = "", 0
    ranged = False
    for word in re.findall(r"to\b|(?:(?:DB|GX)-[A-Z]+)?-?(?:\d\d|\*)?", names):
        if not word:
            continue
        if word == "to":
            ranged = True
            continue
        match = re.fullmatch(r"((?:DB|GX)-[A-Z]+)?-?(\d\d|\*)?", word)
        if match is None:
            continue
        family = match.group(1) or family
        number = match.group(2)
        known = [rule.id for rule in all_rules() if rule.id.startswith(f"{family}-")]
        if number is None or number == "*":
            yield from known
        else:
            first = last + 1 if ranged else int(number)
            wanted = {f"{family}-{n:02}" for n in range(first, int(number) + 1)}
            yield from (name for name in known if name in wanted)
            last = int(number)
        ranged = False
