"""z3 as an independent second opinion: bounded search for counterexamples, induction for proofs.

z3 lives in this room, and in the processes of `custody.verify`; it is imported only where it runs.  Beneath it, the
system is also written as clauses for a SAT solver (`gates`, `relation`, `sat`), which finds inductive invariants.
"""
