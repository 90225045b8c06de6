"""Specifications in an editor: a language server, over standard input and output.

`answers` is what it says, as plain functions of a text; `server` is how it says it.  pygls lives here and nowhere
else.  `highlight` colours specifications elsewhere, `vscode` is the extension for that editor.
"""
