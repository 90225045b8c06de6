"""Is a specification's set of properties strong enough?  Small mistakes are made in its steps, one at a time, and
each has to break some property.

Mutation testing (DeMillo, Lipton and Sayward, 1978), on the tree of the language: a lock left out, a sync swapped,
a guard, a put or a wait left out, two steps in the other order.  A mutant that no property catches is either
equivalent, which has to be explained, or shows what no property asks for.
"""
