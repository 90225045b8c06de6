"""Comparing two versions of a specification by what they allow, and the gate over a history of versions.

Two systems are compared by what can be seen of them: which calls are possible after which, what they answer, and
what becomes of the properties.  Names of variables, the order of declarations and the size of graphs do not count.
This room knows systems, the engines' verdicts and, for reading both sides, the language.
"""
