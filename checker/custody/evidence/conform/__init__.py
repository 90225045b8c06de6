"""The executable reference implementation against a contract, both ways.

`worlds` map the implementation's state to a contract's variables, and a contract's steps to calls.  `tours` chooses
the paths through the contract's graph, `lockstep` follows them on both sides, `interleavings` lets the implementation
go first and asks the contract, `walks` leaves the choice to hypothesis.  `run` puts them together, as `plan` has it.
"""
