"""Monitors for the kernel: automaton and contract agree, and the kernel's own generator takes what is written."""

from __future__ import annotations

import functools
import itertools
import os
import random
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from custody.cli import run
from custody.exchange.rv_dot import Monitor, export, monitors
from custody.language import instances, load
from custody.language.library import bundled
from custody.system.evaluate import enabled as possible
from custody.system.evaluate import failed_check, fire, initial_states
from custody.system.model import State, System

LONGEST = 8
STUBS = Path(__file__).parent / "rv_stubs"
GENERATOR = Path(os.environ.get("CUSTODY_DOT2", Path(__file__).parents[2] / ".venv" / "dot2"))
"""The folder of `dot2k` from the kernel's source; `.ci/generator` fetches it."""

RULES = [
    "DB-ATT-01", "DB-ATT-02", "DB-CPU-01", "DB-CPU-04", "DB-CPU-12", "DB-FD-02", "DB-KMAP-01", "DB-MAP-03",
    "DB-REF-01",
]  # fmt: skip


@functools.cache
def dma_buf() -> System:
    """One device and two threads: rules about all threads can be told from rules about one."""
    return instances(load(str(bundled() / "dma_buf.custody")), {"COHERENT": "true", "DEVICES": "1"})[0]


@functools.cache
def steps(state: State) -> list[tuple[int, State]]:
    """What can happen in a state, by the plain evaluator."""
    actions = dma_buf().actions
    return [
        (index, fire(actions[index], state))
        for index in possible(dma_buf(), state)
        if failed_check(actions[index], state) is None
    ]


@functools.cache
def of_rule() -> Mapping[str, Monitor]:
    return {monitor.rule: monitor for monitor in monitors(dma_buf())[0]}


class Contract:
    """What the contract allows of some events, by the plain evaluator and without any graph of the exporter's."""

    def __init__(self, events: Mapping[int, str]) -> None:
        self.events = events
        self.followed: dict[tuple[frozenset[State], str], frozenset[State]] = {}
        self.first = self.closed(frozenset(initial_states(dma_buf())))

    def closed(self, states: frozenset[State]) -> frozenset[State]:
        seen, waiting = set(states), list(states)
        while waiting:
            for index, after in steps(waiting.pop()):
                if index not in self.events and after not in seen:
                    seen.add(after)
                    waiting.append(after)
        return frozenset(seen)

    def after(self, states: frozenset[State], event: str) -> frozenset[State]:
        key = (states, event)
        if key not in self.followed:
            moved = frozenset(
                after for state in states for index, after in steps(state) if self.events.get(index) == event
            )
            self.followed[key] = self.closed(moved)
        return self.followed[key]


def test_each_rule_of_one_object_has_a_monitor() -> None:
    found, refused = monitors(dma_buf())
    assert [monitor.rule for monitor in found] == RULES
    assert {refusal.rule for refusal in refused} == {"DB-CPU-13", "DB-OWN-05", "DB-REF-05"}
    assert all("cannot count" in refusal.reason for refusal in refused)


@pytest.mark.parametrize("rule", RULES)
def test_automaton_and_contract_agree_on_every_word(rule: str) -> None:
    """All words of up to LONGEST events; those that begin alike are followed together."""
    monitor = of_rule()[rule]
    contract = Contract(monitor.events)
    automaton = monitor.automaton
    level: dict[tuple[int | None, frozenset[State]], int] = {(0, contract.first): 1}
    words = 0
    for _ in range(LONGEST):
        following: dict[tuple[int | None, frozenset[State]], int] = {}
        for (state, states), count in level.items():
            for event in automaton.events:
                after = contract.after(states, event)
                target = None if state is None else automaton.moves[state].get(event)
                assert (target is not None) == bool(after), (rule, state, event)
                words += count
                if target is not None:
                    key = (target, after)
                    following[key] = following.get(key, 0) + count
        level = following
    assert words > LONGEST


@pytest.mark.parametrize("rule", RULES)
def test_automaton_is_minimal_and_deterministic(rule: str) -> None:
    """Any two states are told apart by some word, and no state has two moves with one event."""
    moves = of_rule()[rule].automaton.moves
    apart = {(a, b) for a, b in itertools.combinations(range(len(moves)), 2) if moves[a].keys() != moves[b].keys()}
    while True:
        more = {
            (a, b)
            for a, b in itertools.combinations(range(len(moves)), 2)
            if (a, b) not in apart
            and any(tuple(sorted((moves[a][e], moves[b][e]))) in apart for e in moves[a].keys() & moves[b].keys())
        }
        if not more:
            break
        apart |= more
    assert len(apart) == len(moves) * (len(moves) - 1) // 2
    text = export(of_rule()[rule])
    edges = re.findall(r'"(\w+)" -> "\w+" \[ label = "([^"]*)" \];', text)
    pairs = [(source, event) for source, label in edges for event in label.split("\\n")]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("rule", RULES)
def test_every_line_is_as_the_generator_reads_it(rule: str) -> None:
    monitor = of_rule()[rule]
    lines = export(monitor).splitlines()
    assert lines[0].split()[:2] == ["digraph", "state_automaton"]
    assert all(line.strip() for line in lines)
    block = list(itertools.takewhile(lambda line: line.split()[0] == "{node", lines[1:]))
    names = [re.sub(r'["};]', "", line.split()[-1]) for line in block]
    assert names.count(f"__init_{monitor.states[0]}") == 1
    assert set(names) - {f"__init_{monitor.states[0]}"} == set(monitor.states)
    assert lines[len(block) + 1] == f'\t"__init_{monitor.states[0]}" -> "{monitor.states[0]}";'
    edges = list(itertools.takewhile(lambda line: line.strip().startswith('"'), lines[len(block) + 2 :]))
    assert lines[len(block) + 2 + len(edges)].strip() == "{ rank = min ;"
    identifier = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
    assert all(identifier.match(name) for name in (*monitor.states, *monitor.automaton.events, monitor.name))


def generated(monitor: Monitor, folder: Path) -> Path:
    """The monitor's C, by the kernel's own generator, with what a person has to fill in."""
    if not (GENERATOR / "dot2k").is_file():
        pytest.skip(f"the kernel's generator is not here ({GENERATOR}): run .ci/generator, or set CUSTODY_DOT2")
    (folder / f"{monitor.name}.dot").write_text(export(monitor), encoding="utf-8")
    (folder / "dot2k").mkdir()
    (folder / "dot2k" / "rv_templates").symlink_to(GENERATOR / "dot2k_templates")
    # The scripts import each other as the package dot2.
    (folder / "python").mkdir()
    (folder / "python" / "dot2").symlink_to(GENERATOR)
    command = [sys.executable, str(GENERATOR / "dot2k"), "-d", f"{monitor.name}.dot", "-t", "per_task"]
    environment = {**os.environ, "PYTHONPATH": str(folder / "python"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    source = folder / monitor.name / f"{monitor.name}.c"
    text = source.read_text(encoding="utf-8")
    text = text.replace("void *data, /* XXX: fill header */", "void *data, struct task_struct *p")
    text = re.sub(r"\tstruct task_struct \*p = /\* XXX: how do I get p\? \*/;\n", "", text)
    text = re.sub(r"/\* XXX: tracepoint \*/, handle_(\w+)", r"\1, handle_\1", text)
    assert "XXX: fill" not in text
    source.write_text(text, encoding="utf-8")
    return source


@pytest.mark.parametrize("rule", RULES)
def test_the_kernels_generator_makes_the_same_automaton(rule: str, tmp_path: Path) -> None:
    monitor = of_rule()[rule]
    source = generated(monitor, tmp_path)
    program = tmp_path / "monitor"
    compiler = [
        "cc",
        "-std=gnu11",
        "-Wall",
        "-Werror",
        f"-I{STUBS}",
        "-o",
        str(program),
        str(source),
        str(STUBS / "main.c"),
    ]
    done = subprocess.run(compiler, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    events = monitor.automaton.events
    words = [list(word) for length in range(4) for word in itertools.product(events, repeat=length)]
    draw = random.Random(rule)
    for _ in range(500):
        # Words that are allowed for long are rare: go along the automaton, and stray at the end.
        state, word = 0, list[str]()
        for _ in range(LONGEST - 1):
            if monitor.automaton.moves[state]:
                event = draw.choice(sorted(monitor.automaton.moves[state]))
                word.append(event)
                state = monitor.automaton.moves[state][event]
        words.append([*word, draw.choice(events)])
    text = "".join(" ".join(word) + "\n" for word in words)
    answers = subprocess.run([str(program)], input=text, capture_output=True, text=True, check=True).stdout.split()
    assert answers == ["yes" if monitor.automaton.accepts(word) else "no" for word in words]
    assert {"yes", "no"} == set(answers)


def test_the_command_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["export", "spec:dma_buf", "--to", "rv-dot", "--set", "COHERENT=true", "--set", "DEVICES=1"]
    arguments += ["--set", "END_MAY_FAIL=false"]
    assert run([*arguments, "-o", str(tmp_path)]) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.dot")) == sorted(m.name for m in of_rule().values())
    assert "DB-OWN-05: no monitor" in capsys.readouterr().err
    assert run([*arguments, "--property", "DB-MAP-03"]) == 0
    assert capsys.readouterr().out == export(of_rule()["DB-MAP-03"])
    assert run(arguments) == 2
    assert "need a folder" in capsys.readouterr().err
    assert run([*arguments, "--property", "DB-OWN-05"]) == 2
    assert "cannot count" in capsys.readouterr().err
    assert run([*arguments, "--property", "DB-LOCK-01"]) == 2
    assert "cites DB-LOCK-01" in capsys.readouterr().err
