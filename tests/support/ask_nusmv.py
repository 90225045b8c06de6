"""Run by the Python 3.6 that has PyNuSMV, never imported: the reachable states of an SMV model, and which of its
invariants hold, as JSON."""

# pyright: basic, reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
import json
import sys

import pynusmv

pynusmv.init.init_nusmv()
pynusmv.glob.load_from_file(sys.argv[1])
pynusmv.glob.compute_model()
database = pynusmv.glob.prop_database()
machine = database.master.bddFsm
reached = machine.reachable_states
invariants = []
for prop in database:
    if prop.type == pynusmv.prop.propTypes["Invariant"]:
        holds = pynusmv.mc.eval_simple_expression(machine, str(prop.expr))
        invariants.append(bool((reached - holds).is_false()))
print(json.dumps({"states": machine.count_states(reached), "invariants": invariants}))
