"""A specification's text in the one layout: what `custody fmt` writes.

Four columns a level, one space where spaces belong, no more than one empty line, comments where they were.  Words
are never moved and lines never joined or broken, so that the author's own shape of a long condition stays.  The text
must parse; the tree of the result is that of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

STEP = 4
"""Columns of a level."""

_TOKENS = re.compile(
    r'(?P<string>"""(?:.|\n)*?"""|"[^"\n]*")'
    r"|(?P<comment>\#[^\n]*)"
    r"|(?P<newline>\r?\n)"
    r"|(?P<rules>\[[ \t]*[A-Z]{2}(?:-[A-Z]+)+-[0-9]+(?:[ \t]*,[ \t]*[A-Z]{2}(?:-[A-Z]+)+-[0-9]+)*[ \t]*\])"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9]+)"
    r"|(?P<sign>\.\.|<=>|=>|~>|==|!=|<=|>=|[-+*/%<>=:,.|?()\[\]{}])"
    r"|(?P<space>[ \t\f\r]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_SPACED = frozenset({"<=>", "=>", "~>", "==", "!=", "<=", ">=", "<", ">", "=", "+", "*", "/", "%", "|", "-"})
_BINDERS = frozenset({"forall", "exists", "count", "sum"})
_KEYWORDS = frozenset(
    "and or not in is if then else elif when requires return until where while assert terminal".split()
)
"""Words after which a bracket stands apart: what follows is an expression, not arguments."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def layout(text: str) -> str:
    """The text in the one layout, with a final newline; the empty text stays empty."""
    lines = _lines(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"))
    levels = [0]
    depth = 0
    out: list[str] = []
    # Comments belong to the line that follows them, so they wait for its indentation.
    waiting: list[str] = []

    def flush(indent: int) -> None:
        out.extend("" if not line else " " * indent + line for line in waiting)
        waiting.clear()

    for width, tokens in lines:
        if not tokens:
            if out or waiting:
                waiting.append("")
            continue
        if depth == 0 and tokens[0].kind == "comment":
            waiting.append(tokens[0].text.rstrip())
            continue
        if depth == 0:
            while width < levels[-1]:
                levels.pop()
            if width > levels[-1]:
                levels.append(width)
            indent = STEP * (len(levels) - 1)
        else:
            closes = tokens[0].text in _CLOSING
            indent = STEP * (len(levels) - 1 + (0 if closes else 1))
        flush(indent)
        out.append(" " * indent + _joined(tokens))
        depth = max(0, depth + sum((t.text in _OPENING) - (t.text in _CLOSING) for t in tokens if t.kind == "sign"))
    flush(0)
    return _closed(out)


def words_of(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of the text outside strings and comments, each with its line and column, from 1."""
    line, begin = 1, 0
    for match in _TOKENS.finditer(text):
        if match.lastgroup == "word":
            yield match.group(), line, match.start() - begin + 1
        breaks = match.group().count("\n")
        if breaks:
            line, begin = line + breaks, match.start() + match.group().rfind("\n") + 1


def _closed(lines: Sequence[str]) -> str:
    """No two empty lines together, none at either end."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line.rstrip() if '"""' not in line else line)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"{line}\n" for line in kept)


def _lines(text: str) -> list[tuple[int, list[_Token]]]:
    """Each line with its indentation in columns and its tokens; a string of several lines belongs to its first."""
    found: list[tuple[int, list[_Token]]] = []
    width, tokens = 0, list[_Token]()
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "newline":
            found.append((width, tokens))
            width, tokens = 0, []
        elif kind == "space":
            if not tokens:
                width = len(match.group().replace("\r", "").replace("\f", "").expandtabs(8))
        else:
            tokens.append(_Token(kind, match.group()))
    found.append((width, tokens))
    return found


def _joined(tokens: Sequence[_Token]) -> str:
    """One line, with a space where spaces belong."""
    text = ""
    binders = 0
    previous: _Token | None = None
    unary = False
    for token in tokens:
        shown = _rules(token.text) if token.kind == "rules" else token.text
        if token.kind == "comment":
            return f"{text}  {shown.rstrip()}" if text else shown.rstrip()
        quantifies = token.text == "." and binders > 0
        if previous is not None and _apart(previous, token, unary=unary, quantifies=quantifies):
            text += " "
        text += shown
        if token.kind == "word" and token.text in _BINDERS:
            binders += 1
        unary = token.text == "-" and _is_unary(previous)
        binders -= quantifies
        # Behind the dot of a quantifier stands a space, as behind any connective.
        previous = _Token("sign", "=>") if quantifies else token
    return text


def _is_unary(previous: _Token | None) -> bool:
    """Whether a minus behind this token is a sign and no subtraction."""
    if previous is None:
        return True
    if previous.kind == "word":
        return previous.text in _KEYWORDS
    return previous.kind == "sign" and previous.text not in _CLOSING


def _apart(left: _Token, right: _Token, *, unary: bool, quantifies: bool) -> bool:
    """Whether a space stands between the two."""
    if quantifies:
        return True
    if unary or left.text in ("..", ".") or right.text in ("..", "."):
        return False
    if left.text in _OPENING or right.text in _CLOSING or right.text in (",", ":", "?"):
        return False
    if right.kind == "rules":
        return True
    if right.text in ("(", "["):
        if left.kind == "word":
            return left.text in _KEYWORDS
        return not (left.kind == "sign" and left.text in _CLOSING)
    return True


def _rules(text: str) -> str:
    return f"[{', '.join(part.strip() for part in text[1:-1].split(','))}]"
