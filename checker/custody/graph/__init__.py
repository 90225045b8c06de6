"""The reachable graph as networkx: a second, independent engine, and everything that needs the whole graph.

Nothing here is shared with `explore`; expressions are evaluated over tuples by a machine of this room's own.
"""
