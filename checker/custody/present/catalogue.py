"""Everything that has a name which reports use: rules, kinds of properties, warnings; a paragraph on each."""

from __future__ import annotations

from custody.properties.guard_codes import CODES as GUARD_CODES
from custody.properties.vacuity import CODES as VACUITY_CODES
from custody.rules import Rule, all_rules, source
from custody.system.model import Kind

CODES = {**VACUITY_CODES, **GUARD_CODES}
"""The warnings."""

KINDS = {
    Kind.COHERENCY: "Somebody reads data that is not the newest, or data is lost: caches, bounce buffers, brackets.",
    Kind.LIFETIME: "Something is used after it is gone, is freed twice, or its references are miscounted.",
    Kind.DEADLOCK: "Actors wait for each other, or one waits for what can never happen.",
    Kind.LEAK: "Something stays allocated although nobody can reach it any more.",
    Kind.PROTOCOL: "A call is made when it may not be, or answers what it may not answer.",
    Kind.LIVENESS: "Something that must happen in the end can be put off for ever.",
    Kind.REACHABILITY: "Something must be possible; a sanity check of the specification.",
    Kind.INVARIANT: "A statement about every reachable state.",
}
"""Each kind with what it is about."""


def names() -> list[str]:
    """Every name that `entry` knows."""
    from custody.change.category import all_categories

    changes = [entry.id for entry in all_categories()]
    return [*(rule.id for rule in all_rules()), *(kind.value for kind in KINDS), *CODES, *changes]


def entry(name: str) -> str | None:
    """What there is to say about the name, or None. Upper and lower case are not told apart."""
    for rule in all_rules():
        if rule.id == name.upper():
            return _rule_entry(rule)
    for kind, text in KINDS.items():
        if kind.value == name.lower():
            rules = [rule.id for rule in all_rules() if rule.kind is kind]
            return f"{kind}: a kind of property\n\n  {text}\n" + (f"\n  Rules: {', '.join(rules)}\n" if rules else "")
    code = name.lower()
    if code not in CODES:
        from custody.present.categories import category_entry

        return category_entry(name)
    return f"{code}: a warning\n\n  {CODES[code]}\n"


def _rule_entry(rule: Rule) -> str:
    lines = [f"{rule.id}: {rule.family}", "", f"  {rule.text}", ""]
    lines.append(f"  Kind: {', '.join(rule.concerns) or 'design'}")
    if rule.contested:
        lines.append(f"  Contested: {rule.contested}")
    lines += ["  Sources:", *(f"    {_source_line(name)}" for name in rule.sources)]
    return "\n".join(lines) + "\n"


def _source_line(name: str) -> str:
    title = source(name)
    return name if title == name else f"{name}  {title}"


def rules_table() -> str:
    """All rules by family, a line each; a star marks the contested ones."""
    lines: list[str] = []
    family = ""
    for rule in all_rules():
        if rule.family != family:
            lines += ["", rule.family] if lines else [rule.family]
            family = rule.family
        lines.append(f"  {rule.id:<11} {'*' if rule.contested else ' '} {rule.kind.value:<9}  {rule.text}")
    return "\n".join([*lines, "", "* contested; see `custody explain ID`"]) + "\n"
