"""Colours for specifications in pages and READMEs: a lexer for pygments, found there under the name `custody`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

from custody.language.parse import DECLARATIONS, STATEMENTS

CONNECTIVES = ("and", "or", "not", "in", "is", "if", "then", "else", "forall", "exists", "count", "sum", "old")
CONSTANTS = ("true", "false", "none", "self")
TYPES = (
    "bool",
    "set",
    "queue",
    "of",
    "max",
    "mutex",
    "spinlock",
    "rwlock",
    "ww_mutex",
    "completion",
    "kref",
    "any",
    "errno",
)
OTHERS = ("by", "returns", "spontaneous", "blocking", "as", "implements", "source", "until", "where", "to",
          "from", "interrupted", "timeout", "busy", "weak", "strong", "violated", "expect", "zero", "with",
          "alloc", "renamed_from")  # fmt: skip


class CustodyLexer(RegexLexer):
    """The words of the language as `custody.language` has them."""

    name = "Custody"
    aliases: ClassVar[Sequence[str]] = ["custody"]
    filenames: ClassVar[Sequence[str]] = ["*.custody"]
    url = "https://pypi.org/project/custody"
    tokens: ClassVar[dict[str, list[tuple[object, object]]]] = {
        "root": [
            (r"#[^\n]*", Comment.Single),
            (r'"""(?:.|\n)*?"""|"[^"\n]*"', String.Doc),
            (r"\[[ \t]*[A-Z]{2}(?:-[A-Z]+)+-[0-9]+[^\]\n]*\]", Name.Decorator),
            (words(DECLARATIONS, prefix=r"^", suffix=r"\b"), Keyword.Declaration),
            (words((*STATEMENTS, *OTHERS), suffix=r"\b"), Keyword),
            (words(CONNECTIVES, suffix=r"\b"), Operator.Word),
            (words(CONSTANTS, suffix=r"\b"), Keyword.Constant),
            (words(TYPES, suffix=r"\b"), Keyword.Type),
            (r"[A-Z][A-Z0-9_]+\b", Name.Constant),
            (r"[A-Z]\w*", Name.Class),
            (r"[a-z_]\w*(?=\()", Name.Function),
            (r"[A-Za-z_]\w*", Name),
            (r"[0-9]+", Number.Integer),
            (r"\.\.|<=>|=>|~>|==|!=|<=|>=|[-+*/%<>=|?]", Operator),
            (r"[:,.(){}\[\]]", Punctuation),
            (r"\s+", Text),
        ]
    }
