"""The contract against the world: what was recorded of a running kernel, held against what a specification allows.

Knows the language (what lines of a recording mean) and `system`; decides verdicts about recordings and draws nothing.
"""
