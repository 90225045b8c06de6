"""A system without a size: variables are functions of members of roles, and "all members" stays a quantifier.

What the language unfolds for some size is folded back here, by the symmetry of what it wrote, and compared with what
it unfolds for other sizes.  This room is part of reading a specification: provers and `custody verify` both use it.
It knows `system` only, and no solver.
"""
