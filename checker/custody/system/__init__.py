"""The guarded transition system over finite variables: what every engine and every report works on.

This room knows nothing of the language above it or of any engine.
"""
