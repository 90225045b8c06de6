"""What is spared while a specification unfolds makes no difference: the systems are the same, place by place."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.language import load, named_instances
from custody.language.elaborate import instance_named
from custody.language.library import bundled
from custody.language.unfold import flow

CALLS = """model calls

param MODE: off | few | all = few
param FLAG = false

instance usual
    MODE = few
instance other
    MODE = all
    FLAG = true
instance without
    MODE = off

role Thread[2] is user
role Worker is hardware

type Word: plain | carried(0..2)

state
    m: mutex
    value: 0..3
    word: Word
    done[Thread]: bool

procedure twice(n: 0..3) returns 0..3 atomic
    if MODE == off
        return 0
    elif MODE == all and n > 1
        value = n
        return 1
    else
        if FLAG
            value = 0
        for t: Thread where done[t]
            value = 1
    return n

procedure either_way(n: 0..3) atomic
    match word
        plain
            word = carried(2)
        carried(x)
            if x > 0
                either
                    word = carried(x - 1)
                or
                    if FLAG
                        word = plain
                        value = n
    if MODE == all
        value = twice(n)

procedure step(n: 0..3) by Thread
    local seen: 0..3 = 0
    if MODE == few
        seen = twice(n)
        lock m
        seen = twice(seen)
        unlock m
    elif FLAG
        atomic
            seen = twice(n)
            either_way(seen)
    else
        either_way(n)
        seen = n
    if seen > 2
        return EINVAL
    done[self] = true
    return OK

procedure at_once(n: 0..1) by Thread atomic
    local kept: 0..3 = 0
    if FLAG or MODE == off
        kept = twice(n)
    else
        either_way(n)
    if kept == 0
        return EAGAIN
    return OK

action tick by Worker
    choose n: 0..2 where n != value
    if MODE == off
        value = n
    else
        either
            when not FLAG
            value = n
        or fails EBUSY
            when MODE == few

invariant small
    value <= 3
terminal true
"""

BUNDLED = ("ownership", "vb2_streaming", "core_mmap", "kds_ordered")


def specifications(folder: Path) -> list[str]:
    written = folder / "calls.custody"
    written.write_text(CALLS, encoding="utf-8")
    return [str(written), *(str(bundled() / f"{name}.custody") for name in BUNDLED)]


@pytest.mark.parametrize("observed", [False, True])
def test_blocks_that_wait_make_no_difference(observed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is built when it is come to is what would be there from the beginning."""
    paths = specifications(tmp_path)
    found = [named_instances(load(path), {}, observed=observed) for path in paths]
    waited = 0
    usual = flow.can_wait

    def never(statements: object, in_steps: bool) -> bool:
        nonlocal waited
        waited += usual(statements, in_steps)  # pyright: ignore[reportArgumentType]
        return False

    monkeypatch.setattr(flow, "can_wait", never)
    for path, before in zip(paths, found, strict=True):
        assert named_instances(load(path), {}, observed=observed) == before, path
    assert waited > 100


def test_trees_that_are_lent_again_make_no_difference(tmp_path: Path) -> None:
    """Each instance is what it is by itself, whichever were checked in the same trees before."""
    for path in specifications(tmp_path)[:3]:
        program = load(path)
        for name, system in named_instances(program, {}).items():
            alone = instance_named(load(path), name)
            assert system.actions == alone.actions, (path, name)
            assert (system.variables, system.properties) == (alone.variables, alone.properties), (path, name)


def test_a_module_that_is_used_twice_has_a_tree_for_each(tmp_path: Path) -> None:
    (tmp_path / "counter.custody").write_text(
        "module counter\n\nparam MOST = 1\n\nstate\n    value: 0..MOST\n\naction up\n    when value < MOST\n"
        "    value = value + 1\n",
        encoding="utf-8",
    )
    user = tmp_path / "user.custody"
    user.write_text(
        "model user\n\nparam N = 2\n\ninstance small\n    N = 2\ninstance large\n    N = 3\n\n"
        "use counter(MOST = N) as one\nuse counter(MOST = N + 1) as two\n\n"
        "invariant both\n    one.value <= N and two.value <= N + 1\n\nterminal true\n",
        encoding="utf-8",
    )
    found = named_instances(load(str(user)), {})
    assert [[v.domain.high for v in system.variables] for system in found.values()] == [[2, 3], [3, 4]]
    for name, system in found.items():
        assert instance_named(load(str(user)), name) == system
