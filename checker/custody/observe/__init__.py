"""What can be seen of a system from outside: labels of steps, beliefs, and whether a contract allows all of it.

This room knows `system`, and of `explore` how a system becomes functions; nothing of the language or of verdicts.
"""
