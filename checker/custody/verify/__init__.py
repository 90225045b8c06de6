"""Believes no certificate: checks it again, in code that shares nothing with whatever made it.

Of Custody it uses the language, the system and its evaluator, and the form of a system without a size (what
`custody.quantified` reads out of what the language unfolds), and nothing else; a test holds it to that.  What
decides on a proof of one kind is under four hundred lines of code, C among them, to be read by whoever has to trust
it; a test counts them, and all kinds together, which are about eight hundred.  `certificate` reads and binds a
certificate to a specification, `steps` says what an inductive invariant has to be and what steps do, `sizes` which
sizes any number is compared at, `terms` reads conditions and `script` writes them, both as SMT-LIB, `solve` asks z3
and cvc5 in processes of their own, and each kind of proof has a file: `inductive`, `reachable` (with `look.c`),
`trace`, `any_number` and `quantified`.
"""
