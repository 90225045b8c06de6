"""z3 as an independent second opinion: bounded search for counterexamples, induction for proofs.

z3 lives in this room and nowhere else, and is imported only in the process that runs it.
"""
