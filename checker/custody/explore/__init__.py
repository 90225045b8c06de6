"""Exhaustive search: every reachable state, breadth first.

`layout` packs a state into one integer, `generate` turns a system into specialised Python, `search` walks the
states and `trace` finds the shortest way to a violation afterwards.
"""
