"""Any number of instances: how many of a role are in each local state, instead of which.

For a role whose instances are interchangeable, finite and know each other only through quantifiers and counts, that
loses nothing (S. German, A. P. Sistla, Journal of the ACM 39, 1992): two states with the same counts differ by names
alone.  `split` says which variables are whose, `classes` which local states there are, `translate` what an expression
over all instances says of counts, and `counted` makes of a specification's systems at two sizes the one system over
counters that is true of every size.  What cannot be counted is refused with the place.  Nothing here searches.
"""
