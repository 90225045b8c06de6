"""Why a property is violated, and what would have prevented it: what follows from a counterexample.

Three answers, each of which can be checked: which steps and variables of the trace the violation rests on
(`mattered`), the run that goes the same way as long as possible and passes (`passing`), and small changes of the
specification that repair it (`repair`), each tried out on the amended system with all its properties (`trial`).
"""
