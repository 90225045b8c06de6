"""A system in the formats of other tools, so that what we say of it can be asked of them too.

Each format is one module with a function `export`; none of them shares anything with an engine.
"""
