"""The colours know every word of the language, in pygments and in VS Code alike."""

# pyright: reportUnknownVariableType=false
from __future__ import annotations

import json
import re
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.token import Token

import custody.editor
from custody.editor.highlight import CustodyLexer
from custody.language.parse import DECLARATIONS, STATEMENTS

ROOT = Path(__file__).parents[2]
VSCODE = Path(custody.editor.__file__).with_name("vscode")


def test_pygments_finds_the_lexer_by_its_name() -> None:
    assert isinstance(get_lexer_by_name("custody"), CustodyLexer)
    page = highlight("model light\n", get_lexer_by_name("custody"), HtmlFormatter[str]())
    assert "model" in page


def test_no_specification_has_a_word_that_it_does_not_know() -> None:
    for file in sorted((ROOT / "spec").rglob("*.custody")):
        wrong = [
            text for kind, text in CustodyLexer().get_tokens(file.read_text(encoding="utf-8")) if kind in Token.Error
        ]
        assert wrong == [], file.name


def test_the_grammar_of_vscode_has_the_same_words() -> None:
    grammar = json.loads((VSCODE / "syntaxes" / "custody.tmLanguage.json").read_text(encoding="utf-8"))
    patterns = " ".join(pattern.get("match", "") for pattern in grammar["patterns"])
    for word in (*DECLARATIONS, *STATEMENTS):
        assert re.search(rf"\b{word}\b", patterns), word
    for pattern in grammar["patterns"]:
        re.compile(pattern.get("match", ""))


def test_the_extension_is_whole() -> None:
    package = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    for file in (package["main"], package["contributes"]["grammars"][0]["path"]):
        assert (VSCODE / file).is_file()
    language = package["contributes"]["languages"][0]
    assert (VSCODE / language["configuration"]).is_file()
    assert language["extensions"] == [".custody"]
