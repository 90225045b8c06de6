"""Playing a system by hand: step, back up, ask why not, search, branch off a counterexample.

`walk` is the game and knows systems only; `commands` are its words, which a script, a pipe and the full screen share;
`screen` draws it.  What is shown is computed by the plain evaluator, as every replay is.
"""
