"""Text to tree: cuts a file into declarations, parses each with lark, and says what is wrong in plain words.

A declaration begins at every line that is not indented.  Parsing them one by one makes one mistake cost one
declaration, so that a single run reports them all.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
from __future__ import annotations

import difflib
import functools
import re
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError, Indenter

from custody import made
from custody.cache import Cache, digest
from custody.language.build import TreeBuilder
from custody.language.diagnostic import Diagnostic
from custody.language.library import MAX_BYTES
from custody.language.syntax import Declaration
from custody.system.place import Place

MAX_DEPTH = 120
"""How deeply brackets, blocks and expressions may nest."""

DECLARATIONS = (
    "model", "contract", "module", "use", "param", "const", "type", "record", "object", "role", "state", "init",
    "define", "action", "procedure", "process", "invariant", "never", "transition", "reachable", "deadlock_free",
    "eventually", "leads_to", "terminal", "fair", "misbehaving", "expect", "instance", "lemma",
    "recorded", "event",
    "implementation",
)  # fmt: skip

STATEMENTS = (
    "skip", "if", "elif", "else", "match", "either", "or", "for", "while", "loop", "atomic", "local", "choose",
    "return", "fails", "requires", "when", "wait", "lock", "lock_slow", "trylock", "unlock", "acquire_init",
    "acquire_done", "acquire_fini", "complete", "complete_all", "get", "put", "free", "add", "remove", "pop",
    "assert", "at",
)  # fmt: skip

_WORDS = {
    "NAME": "a name", "NUMBER": "a number", "STRING": "a string", "RULES": "rule ids such as [DB-MAP-03]",
    "_NL": "the end of the line", "_INDENT": "an indented block", "_DEDENT": "the end of the block",
    "COMPARE": "a comparison", "LPAR": "'('", "RPAR": "')'", "LSQB": "'['", "RSQB": "']'", "LBRACE": "'{'",
    "RBRACE": "'}'", "COMMA": "','", "COLON": "':'", "EQUAL": "'='", "DOT": "'.'", "VBAR": "'|'",
    "QMARK": "'?'", "PLUS": "'+'", "MINUS": "'-'", "STAR": "'*'", "SLASH": "'/'", "PERCENT": "'%'",
    "__ANON_0": "'..'", "__ANON_1": "'~>'", "__ANON_2": "'<=>'", "__ANON_3": "'=>'",
    "QUANTIFIER": "'forall' or 'exists'", "SIGHTING": "'enter', 'return' or 'mark'",
    "$END": "the end of the declaration",
}  # fmt: skip

_OPERATORS = frozenset({"COMPARE", "PLUS", "MINUS", "STAR", "SLASH", "PERCENT", "IN", "IS", "AND", "OR", "NOT"}) | {
    "__ANON_0", "__ANON_2", "__ANON_3", "LPAR", "LSQB", "DOT",
}  # fmt: skip


class _Layout(Indenter):
    """Turns line starts into _INDENT and _DEDENT."""

    @property
    def NL_type(self) -> str:  # noqa: N802 - lark's name
        return "_NL"

    @property
    def OPEN_PAREN_types(self) -> list[str]:  # noqa: N802
        return ["LPAR", "LBRACE", "LSQB"]

    @property
    def CLOSE_PAREN_types(self) -> list[str]:  # noqa: N802
        return ["RPAR", "RBRACE", "RSQB"]

    @property
    def INDENT_type(self) -> str:  # noqa: N802
        return "_INDENT"

    @property
    def DEDENT_type(self) -> str:  # noqa: N802
        return "_DEDENT"

    @property
    def tab_len(self) -> int:
        return 8


@functools.cache
def parser() -> Lark:
    """The parser; its tables are kept, since making them takes most of a second."""
    made_before = made.find(_tables())
    try:
        return _with_tables(made_before or Cache("grammar", "", 0).folder() / _tables())
    except OSError:
        return _with_tables(None)


def write_tables(folder: Path) -> None:
    """Writes the tables to a file in there, for `made`."""
    _with_tables(folder / _tables())


def _tables() -> str:
    """The name of the file of tables: everything that they are made from."""
    return f"grammar-{digest(_grammar(), lark.__version__, sys.version)[:20]}"


def _grammar() -> str:
    return resources.files("custody.language").joinpath("custody.lark").read_text(encoding="utf-8")


def _with_tables(file: Path | None) -> Lark:
    """lark writes the file atomically, and makes it anew when it cannot be read or is of another grammar."""
    return Lark(
        _grammar(),
        parser="lalr",
        start="declaration",
        postlex=_Layout(),
        propagate_positions=True,
        maybe_placeholders=True,
        cache=False if file is None else str(file),
    )


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The text of one declaration and the number of lines before it."""

    text: str
    offset: int


def parse(file: str, text: str) -> tuple[tuple[Declaration, ...], tuple[Diagnostic, ...]]:
    """The declarations of `text`, and what is wrong with the parts that could not be parsed."""
    lines = text.splitlines()
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return (), (Diagnostic(Place(file, 1), "too-large", f"the file is larger than {MAX_BYTES} bytes"),)
    declarations: list[Declaration] = []
    problems: list[Diagnostic] = []
    for chunk in _chunks(file, text, problems):
        result = _parse_chunk(file, chunk, lines)
        if isinstance(result, Diagnostic):
            problems.append(result)
        else:
            declarations.append(result)
    return tuple(declarations), tuple(problems)


_TOKENS = re.compile(r'"""(?:.|\n)*?"""|"[^"\n]*"|#[^\n]*|\n|[()\[\]{}]|[^\s"#()\[\]{}]+|[ \t\r\f]+|.', re.DOTALL)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def _chunks(file: str, text: str, problems: list[Diagnostic]) -> list[_Chunk]:
    """Cuts at unindented lines outside brackets and strings; chunks with unbalanced brackets are reported."""
    starts: list[int] = []
    broken: set[int] = set()
    open_brackets: list[tuple[str, Place]] = []
    line, at_line_start, line_begin = 1, True, 0

    def complain(place: Place, message: str) -> None:
        # One complaint a declaration: what follows an unbalanced bracket is guesswork.
        if len(starts) - 1 not in broken:
            broken.add(len(starts) - 1)
            problems.append(Diagnostic(place, "syntax", message, source_line=_line(text, place.line)))

    for match in _TOKENS.finditer(text):
        token = match.group()
        place = Place(file, line, match.start() - line_begin + 1)
        if token == "\n":
            line, at_line_start, line_begin = line + 1, True, match.end()
            continue
        blank = token.isspace() or token[0] == "#"
        begins_word = token[0] not in ")]}"
        if at_line_start and not blank and place.column == 1 and begins_word:
            if not open_brackets:
                starts.append(match.start())
            elif token in DECLARATIONS:
                # A declaration's keyword in the first column: the bracket was forgotten, not continued.
                complain(open_brackets[-1][1], f"'{open_brackets[-1][0]}' is never closed")
                open_brackets.clear()
                starts.append(match.start())
        at_line_start = False
        if token in "([{" and len(token) == 1:
            open_brackets.append((token, place))
            if len(open_brackets) == MAX_DEPTH:
                complain(place, f"brackets are nested more than {MAX_DEPTH} deep")
        elif token in _PAIRS:
            if open_brackets and open_brackets[-1][0] == _PAIRS[token]:
                open_brackets.pop()
            else:
                complain(place, f"'{token}' closes nothing")
        newlines = token.count("\n")
        if newlines:
            line, line_begin = line + newlines, match.start() + token.rfind("\n") + 1
    if open_brackets:
        complain(open_brackets[-1][1], f"'{open_brackets[-1][0]}' is never closed")
    preface = text[: starts[0]] if starts else text
    for number, content in enumerate(preface.split("\n"), 1):
        stripped = content.strip()
        if stripped and not stripped.startswith("#"):
            problems.append(
                Diagnostic(
                    Place(file, number, len(content) - len(content.lstrip()) + 1),
                    "syntax",
                    "the first declaration must not be indented",
                    source_line=content,
                )
            )
            break
    ends = [*starts[1:], len(text)]
    return [
        _Chunk(text[start:end].rstrip() + "\n", text.count("\n", 0, start))
        for number, (start, end) in enumerate(zip(starts, ends, strict=False))
        if number not in broken
    ]


def _line(text: str, number: int) -> str:
    lines = text.split("\n")
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _parse_chunk(file: str, chunk: _Chunk, lines: list[str]) -> Declaration | Diagnostic:
    def complain(line: int, column: int, message: str, hint: str | None = None, length: int = 1) -> Diagnostic:
        number = max(1, min(line + chunk.offset, len(lines)))
        return Diagnostic(
            Place(file, number, max(1, column)),
            "syntax",
            message,
            hint,
            max(1, length),
            source_line=lines[number - 1],
        )

    word = re.match(r"[^\s(\[:=]*", chunk.text)
    first = word.group() if word else ""
    if first not in DECLARATIONS:
        near = difflib.get_close_matches(first, DECLARATIONS, 1)
        hint = (
            f"did you mean '{near[0]}'?" if near else "a declaration starts with a word such as 'state' or 'action'"
        )
        return complain(1, 1, f"'{first or chunk.text[0]}' does not begin a declaration", hint, len(first))
    try:
        tree = _tree(chunk.text)
    except DedentError:
        line = _bad_dedent(chunk.text)
        return complain(line, 1, "this line is indented less than its block, but not as far as any block around it")
    except UnexpectedToken as error:
        return _unexpected(error, complain)
    except UnexpectedCharacters as error:
        return complain(error.line, error.column, f"unexpected character {error.char!r}")
    except (UnexpectedEOF, UnexpectedInput) as error:
        return complain(getattr(error, "line", 1), getattr(error, "column", 1), "the declaration is not complete")
    if _depth(tree) > MAX_DEPTH:
        return complain(1, 1, f"expressions or blocks are nested more than {MAX_DEPTH} deep")
    builder = TreeBuilder(file, chunk.offset, lines)
    declaration: Declaration = builder.transform(tree)
    return builder.problems[0] if builder.problems else declaration


@functools.lru_cache(maxsize=4096)
def _tree(text: str) -> Tree[Any]:
    """The tree of a declaration; an editor asks for most of them again after every change."""
    return parser().parse(text)


def _bad_dedent(text: str) -> int:
    """The number of the first line whose indentation matches no open block."""
    levels = [0]
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        width = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        if width > levels[-1]:
            levels.append(width)
        while width < levels[-1]:
            levels.pop()
        if width != levels[-1]:
            return number
    return 1


def _depth(tree: Tree[Any]) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in node.children if isinstance(child, Tree))
    return deepest


def _unexpected(error: UnexpectedToken, complain: Any) -> Diagnostic:
    token: Token = error.token
    expected: set[str] = set(error.accepts or error.expected)
    text = str(token)
    history = error.token_history or []
    previous = history[-1] if history else None
    line, column = _position(token, previous)
    if token.type == "EQUAL" and expected & {"COMPARE", "__ANON_2"}:
        return complain(line, column, "'=' assigns and cannot stand in an expression", "compare with '=='")
    if token.type == "_INDENT":
        return complain(line, 1, "this line is indented, but nothing above it opens a block")
    if "_INDENT" in expected and token.type in ("_DEDENT", "$END"):
        return complain(line, column, "an indented block is missing here")
    if previous is not None and previous.type == "NAME" and token.type in ("NAME", "NUMBER", "STRING"):
        near = difflib.get_close_matches(str(previous), STATEMENTS, 1, 0.7)
        if near and len(previous) > 2:
            return complain(
                previous.line,
                previous.column,
                f"'{previous}' does not begin a statement",
                f"did you mean '{near[0]}'?",
                len(previous),
            )
    wanted = _expectation(expected)
    if token.type in ("_NL", "_DEDENT", "$END"):
        return complain(line, column, f"the line ends too early; expected {wanted}")
    if "NAME" in expected and re.fullmatch(r"[a-z_]+", text):
        return complain(
            line, column, f"'{text}' is a word of the language and cannot be a name here", None, len(text)
        )
    return complain(line, column, f"unexpected '{text}'; expected {wanted}", None, len(text))


def _position(token: Token, previous: Token | None) -> tuple[int, int]:
    """Where to point: for line ends and the like, just behind the token before."""
    if token.type in ("_NL", "_DEDENT", "$END", "_INDENT"):
        if token.type == "_INDENT" and token.end_line is not None:
            return token.end_line, 1
        if previous is not None and previous.type != "_NL" and previous.end_line is not None:
            return previous.end_line, previous.end_column or 1
    return token.line or 1, token.column or 1


def _expectation(expected: set[str]) -> str:
    if expected >= {"COMPARE", "PLUS"}:
        # In the middle of an expression everything that may continue it is possible: name the rest only.
        rest = sorted(_word(name) for name in expected - _OPERATORS)
        return " or ".join([*rest[:4], "an operator"])
    words = sorted({_word(name) for name in expected})
    if "a name" in words and "a number" in words:
        return "an expression"
    return ", ".join(words[:6]) if words else "something else"


def _word(terminal: str) -> str:
    return _WORDS.get(terminal, f"'{terminal.lower()}'")
