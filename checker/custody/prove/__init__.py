"""Proofs that need not be taken on trust: several ways side by side, and a certificate of what they find.

Each way runs in a process of its own; `portfolio` starts them, takes the first answer for each property, and
`written` puts the proofs into a certificate, which `custody verify` checks again without any of this.
"""
