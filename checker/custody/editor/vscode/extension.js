"use strict";
/* Starts `custody lsp` for *.custody files; everything else is the server's. */

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const command = workspace.getConfiguration("custody").get("command", "custody");
  const server = { command, args: ["lsp"] };
  const options = { documentSelector: [{ scheme: "file", language: "custody" }] };
  client = new LanguageClient("custody", "Custody", server, options);
  return client.start();
}

function deactivate() {
  return client && client.stop();
}

module.exports = { activate, deactivate };
