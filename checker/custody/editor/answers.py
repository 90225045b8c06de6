"""What the language server answers, as functions of a text; lines and columns count from 0, as the protocol's do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types as lsp

from custody.language.diagnostic import Diagnostic, Severity, SpecError
from custody.language.index import Index, Thing, Word, index, name_place, rule_at
from custody.language.layout import layout
from custody.language.library import SUFFIX, read, tree_root
from custody.language.parse import DECLARATIONS, STATEMENTS, parse
from custody.present.catalogue import entry
from custody.rules import all_rules
from custody.system.place import Place

SOURCE = "custody"
WORDS = ("and", "or", "not", "in", "is", "if", "then", "else", "forall", "exists", "count", "sum", "true", "false",
         "none", "self", "old")  # fmt: skip
_TYPES = ("bool", "set of", "queue of", "mutex", "spinlock", "rwlock", "ww_mutex", "completion", "kref max")


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what it means."""

    path: str
    text: str
    index: Index

    @classmethod
    def of(cls, path: str, text: str) -> Document:
        return cls(path, text, index(path, text))

    def word(self, position: lsp.Position) -> Word | None:
        return self.index.at(position.line + 1, position.character + 1)


def diagnostics(document: Document) -> list[lsp.Diagnostic]:
    """What is wrong, and what is to be warned of."""
    return [_diagnostic(found) for found in document.index.diagnostics if found.place.file in ("", document.path)]


def _diagnostic(found: Diagnostic) -> lsp.Diagnostic:
    line, column = max(0, found.place.line - 1), max(0, found.place.column - 1)
    severity = lsp.DiagnosticSeverity.Error if found.severity is Severity.ERROR else lsp.DiagnosticSeverity.Warning
    message = f"{found.message} ({found.hint})" if found.hint else found.message
    return lsp.Diagnostic(_range(line, column, found.length), message, severity, found.code, None, SOURCE)


def hover(document: Document, position: lsp.Position) -> lsp.Hover | None:
    """The type and documentation of what is under the pointer; of a rule, its text and sources."""
    rule = rule_at(document.text, position.line + 1, position.character + 1)
    if rule is not None:
        text = entry(rule)
        return None if text is None else _hover(f"```text\n{text.strip()}\n```")
    word = document.word(position)
    if word is None or (word.thing is None and not word.type):
        return None
    thing = word.thing
    parts = [f"```custody\n{thing.detail if thing else word.type}\n```"]
    if thing is not None and thing.doc:
        parts.append(thing.doc)
    if thing is not None and thing.place.line:
        parts.append(f"*{thing.place.file}, line {thing.place.line}*")
    return _hover("\n\n".join(parts))


def _hover(markdown: str) -> lsp.Hover:
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, markdown))


def definition(document: Document, position: lsp.Position) -> lsp.Location | None:
    """Where the thing under the pointer is declared."""
    word = document.word(position)
    if word is None or word.thing is None or not word.thing.place.line:
        return None
    return _declared(document, word.thing)


def _declared(document: Document, thing: Thing) -> lsp.Location | None:
    text = _text(document, thing.place.file)
    if text is None:
        return None
    line, column = name_place(text, thing)
    return lsp.Location(_uri(thing.place.file), _range(line - 1, column - 1, len(thing.name)))


def references(document: Document, position: lsp.Position) -> list[lsp.Location]:
    """Everywhere in the specification tree that the thing under the pointer is named."""
    word = document.word(position)
    if word is None or word.thing is None:
        return []
    thing = word.thing
    return [
        lsp.Location(_uri(other.path), _range(use.line - 1, use.column - 1, len(use.text)))
        for other in _neighbours(document, thing)
        for use in other.index.uses(_as_seen_from(other, thing))
    ]


def rename(document: Document, position: lsp.Position, name: str) -> lsp.WorkspaceEdit:
    """The edits that give the thing another name everywhere; ValueError with the reason where that cannot be."""
    word = document.word(position)
    if word is None or word.thing is None or not word.thing.place.line:
        raise ValueError("there is nothing here that could be named otherwise")
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"'{name}' is no name")
    if name in DECLARATIONS or name in STATEMENTS or name in WORDS:
        raise ValueError(f"'{name}' is a word of the language")
    if any(thing.name == name for thing in (*document.index.visible, *document.index.properties)):
        raise ValueError(f"'{name}' is the name of something else here")
    edits: dict[str, list[lsp.TextEdit]] = {}
    for location in references(document, position):
        edits.setdefault(location.uri, []).append(lsp.TextEdit(location.range, name))
    return lsp.WorkspaceEdit(changes=dict(edits))


def _neighbours(document: Document, thing: Thing) -> Iterator[Document]:
    """The document, and the files of its tree in which the name stands at all."""
    yield document
    here = Path(document.path)
    if not here.exists():
        return
    for file in sorted(tree_root(here).rglob(f"*{SUFFIX}")):
        if file.resolve() == here.resolve():
            continue
        path = str(file)
        try:
            text = read(path)
        except SpecError:
            continue
        if thing.name in text:
            yield Document.of(path, text)


def _as_seen_from(document: Document, thing: Thing) -> Thing:
    """The same thing as another file's index has it: files may be named differently there."""
    for word in document.index.words:
        other = word.thing
        if other is not None and other.name == thing.name and _same(other.place, thing.place):
            return other
    return thing


def _same(one: Place, other: Place) -> bool:
    if (one.line, one.column) != (other.line, other.column):
        return False
    return Path(one.file).resolve() == Path(other.file).resolve()


def completion(document: Document, position: lsp.Position) -> list[lsp.CompletionItem]:
    """What may stand at the place: a declaration, a statement, a rule, or a name."""
    line = document.text.splitlines()[position.line] if position.line < document.text.count("\n") + 1 else ""
    before = line[: position.character]
    kind = lsp.CompletionItemKind
    if before.rfind("[") > before.rfind("]") and "-" in before[before.rfind("[") :] + "-" and _cites(before):
        return [lsp.CompletionItem(rule.id, kind=kind.Reference, detail=rule.text) for rule in all_rules()]
    if before == before.lstrip() and before.replace("_", "a").isalpha() | (not before):
        return [lsp.CompletionItem(word, kind=kind.Keyword) for word in DECLARATIONS]
    found: dict[str, lsp.CompletionItem] = {}
    if before.strip().replace("_", "a").isalpha() or not before.strip():
        found.update((word, lsp.CompletionItem(word, kind=kind.Keyword)) for word in STATEMENTS)
    for thing in (*document.index.visible, *document.index.properties):
        item = lsp.CompletionItem(thing.name, kind=_kind(thing), detail=thing.detail, documentation=thing.doc or None)
        found[thing.name] = item
    found.update((word, lsp.CompletionItem(word, kind=kind.EnumMember)) for word in document.index.labels)
    found.update((word, lsp.CompletionItem(word, kind=kind.Keyword)) for word in (*WORDS, *_TYPES))
    return list(found.values())


def _cites(before: str) -> bool:
    """Whether the open bracket is where rules are cited: behind a name of a property, or a duty."""
    first = before.split(maxsplit=1)[0] if before.split() else ""
    return first in ("invariant", "never", "transition", "reachable", "lemma", "requires", "eventually", "leads_to",
                     "deadlock_free")  # fmt: skip


def _kind(thing: Thing) -> lsp.CompletionItemKind:
    kind = lsp.CompletionItemKind
    for start, found in (
        ("define", kind.Function), ("action", kind.Method), ("procedure", kind.Method), ("process", kind.Method),
        ("role", kind.Class), ("object", kind.Class), ("type", kind.TypeParameter), ("module", kind.Module),
    ):  # fmt: skip
        if thing.detail.startswith(start):
            return found
    return kind.Variable


def formatting(document: Document) -> list[lsp.TextEdit]:
    """The one layout; nothing where the text does not parse."""
    _, problems = parse(document.path, document.text)
    laid_out = layout(document.text)
    if problems or laid_out == document.text:
        return []
    end = lsp.Position(document.text.count("\n") + 1, 0)
    return [lsp.TextEdit(lsp.Range(lsp.Position(0, 0), end), laid_out)]


def lenses(document: Document, verdicts: dict[str, str]) -> list[lsp.CodeLens]:
    """A `check` at the head of the file and at each property, with the verdict where one is known."""
    found: list[lsp.CodeLens] = []
    uri = _uri(document.path)
    if document.index.properties:
        title = verdicts.get("", "check every property")
        found.append(lsp.CodeLens(_range(0, 0, 1), lsp.Command(title, "custody.check", arguments=[uri, ""])))
    for thing in document.index.properties:
        if thing.place.file != document.path:
            continue
        title = verdicts.get(thing.name, "check")
        place = _range(thing.place.line - 1, 0, 1)
        found.append(lsp.CodeLens(place, lsp.Command(title, "custody.check", arguments=[uri, thing.name])))
    return found


def symbols(document: Document) -> list[lsp.SymbolInformation]:
    """The outline: what the file declares."""
    found: list[lsp.SymbolInformation] = []
    for thing in (*document.index.visible, *document.index.properties):
        if thing.place.file == document.path:
            place = _range(thing.place.line - 1, thing.place.column - 1, 1)
            does = thing.detail.startswith(("define", "action", "procedure", "process"))
            kind = lsp.SymbolKind.Function if does else lsp.SymbolKind.Field
            found.append(lsp.SymbolInformation(lsp.Location(_uri(document.path), place), thing.name, kind))
    return found


def _text(document: Document, file: str) -> str | None:
    if file == document.path:
        return document.text
    try:
        return read(file)
    except SpecError:
        return None


def _range(line: int, column: int, length: int) -> lsp.Range:
    return lsp.Range(lsp.Position(line, column), lsp.Position(line, column + length))


def _uri(path: str) -> str:
    return Path(path).resolve().as_uri()
