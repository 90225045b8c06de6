"""From a checked specification to a guarded transition system: everything bounded is written out.

`storage` gives declared things variables, `value` and `evaluate` compute with symbolic values, `flow` turns
bodies into small steps, `routines` follows the steps from one place where others may run to the next, and
`assemble` puts the system together.
"""
