"""Custody: a model checker for the contracts by which Linux shares buffers."""

__version__ = "0.1.0"
