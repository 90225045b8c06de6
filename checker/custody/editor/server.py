"""The language server: keeps each open text with its index, and answers from it.

Texts are looked at again after every change.  Checking is a command, which the code lenses call; it runs in a process
of its own, so that the editor is never waited for, and its verdicts then stand in the lenses.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlparse

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from custody import __version__
from custody.editor import answers
from custody.editor.answers import Document
from custody.language.parse import parser


@dataclass(slots=True)
class _Open:
    """An open text, and the verdicts of its last check by property ("" for the file)."""

    document: Document
    verdicts: dict[str, str] = field(default_factory=dict[str, str])


class Server(LanguageServer):
    """The server with what it knows of each open text."""

    def __init__(self) -> None:
        super().__init__("custody", __version__)  # pyright: ignore[reportUnknownMemberType]
        self.open: dict[str, _Open] = {}

    def look_at(self, uri: str, text: str) -> None:
        """The text is new or has changed: verdicts of an earlier one are forgotten."""
        document = Document.of(path(uri), text)
        self.open[uri] = _Open(document)
        found = answers.diagnostics(document)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found))

    def document(self, uri: str) -> Document:
        """The open text, or that of the file."""
        if uri not in self.open:
            self.look_at(uri, self.workspace.get_text_document(uri).source)
        return self.open[uri].document


def path(uri: str) -> str:
    """The file of a URI."""
    parsed = urlparse(uri)
    return unquote(parsed.path) if parsed.scheme == "file" else uri


def make() -> Server:
    """The server with everything that it answers."""
    server = Server()

    @server.feature(lsp.INITIALIZED)
    def _ready(_params: lsp.InitializedParams) -> None:
        # Reading the parser's tables takes a tenth of a second, which nobody should wait for at the first text.
        parser()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: lsp.DidOpenTextDocumentParams) -> None:
        server.look_at(params.text_document.uri, params.text_document.text)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: lsp.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.look_at(uri, server.workspace.get_text_document(uri).source)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: lsp.DidCloseTextDocumentParams) -> None:
        server.open.pop(params.text_document.uri, None)
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(params.text_document.uri, []))

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def _hover(params: lsp.HoverParams) -> lsp.Hover | None:
        return answers.hover(server.document(params.text_document.uri), params.position)

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def _definition(params: lsp.DefinitionParams) -> lsp.Location | None:
        return answers.definition(server.document(params.text_document.uri), params.position)

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def _references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        return answers.references(server.document(params.text_document.uri), params.position)

    @server.feature(lsp.TEXT_DOCUMENT_RENAME)
    def _rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        try:
            return answers.rename(server.document(params.text_document.uri), params.position, params.new_name)
        except ValueError as error:
            raise JsonRpcInvalidParams(str(error)) from None

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["[", "."]))
    def _completion(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        return answers.completion(server.document(params.text_document.uri), params.position)

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def _formatting(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        return answers.formatting(server.document(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _symbols(params: lsp.DocumentSymbolParams) -> list[lsp.SymbolInformation]:
        return answers.symbols(server.document(params.text_document.uri))

    @server.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
    def _lenses(params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
        document = server.document(params.text_document.uri)
        return answers.lenses(document, server.open[params.text_document.uri].verdicts)

    @server.command("custody.check")
    async def _check(uri: str, name: str = "") -> dict[str, str]:
        document = server.document(uri)
        verdicts = await check(document.path, name)
        if uri in server.open and server.open[uri].document is document:
            server.open[uri].verdicts.update(verdicts)
            await server.workspace_code_lens_refresh_async(None)
        return verdicts

    return server


async def check(file: str, name: str) -> dict[str, str]:
    """The verdict of the property, or of all, in a word for a lens; what went wrong under "" where nothing came."""
    arguments = [sys.executable, "-m", "custody", "check", file, "--json", "-"]
    process = await asyncio.create_subprocess_exec(
        *arguments,
        *(["--property", name] if name else []),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    try:
        result: dict[str, Any] = json.loads(output)
    except ValueError:
        return {"": "the check did not come to an end"}
    if result["errors"]:
        return {"": result["errors"][0]["message"]}
    verdicts: dict[str, str] = {}
    worst = "holds"
    for run in result["runs"]:
        for subject in run["properties"]:
            known = verdicts.get(subject["name"], "holds")
            verdicts[subject["name"]] = _worse(known, subject)
            worst = _worse(worst, subject)
    return verdicts if name else {"": f"{worst}: check again", **verdicts}


def _worse(known: str, subject: dict[str, Any]) -> str:
    """The one of the two verdicts that more is to be done about."""
    words = subject["verdict"]
    if words == "violated" and subject["trace"] is not None:
        words = f"violated in {len(subject['trace']['steps'])} steps"
        if subject["outcome"] == "passed":
            words += ", as expected"
    order = ("violated", "inconclusive", "holds")
    rank = [next(at for at, word in enumerate(order) if text.startswith(word)) for text in (known, words)]
    return words if rank[1] < rank[0] else known
