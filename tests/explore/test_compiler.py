"""What is compiled is kept, found again, and trusted only where nobody else can have touched it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from custody.explore import choose, compiler
from custody.explore.compiler import LIBRARIES, Build, CompilerError, Source, require_compiler
from custody.explore.search import explore
from custody.language import instances, load
from custody.system.finding import Means
from custody.system.model import System

LIFECYCLE = Path(__file__).parent.parent / "protocols" / "lifecycle.custody"
PYPROJECT = Path(__file__).parent.parent.parent / "pyproject.toml"
ONE = Source({"one.h": "#define ONE 1\n", "one.c": '#include "one.h"\nint one(void) { return ONE; }\n'})
CC = shutil.which("cc") or "cc"

BUILD = """
import sys
from custody.explore.compiler import Build, Source
print("ready", flush=True)
sys.stdin.readline()
print(Build(Source({"one.c": sys.argv[1]}, ("-O1",))).path())
"""


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty cache, and a compiler that is looked for anew."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CC", raising=False)
    compiler.compiler.cache_clear()
    yield tmp_path / "cache" / "custody" / "compiled"
    compiler.compiler.cache_clear()


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each time that the compiler is called."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("CC", str(script(tmp_path / "counting", f"echo called >> {calls}", f'exec {CC} "$@"')))
    return calls


def built(source: Source = ONE) -> Path:
    """Compiled, though it may have been there."""
    build = Build(source)
    try:
        return build.path()
    finally:
        build.stop()


def answer(path: Path) -> int:
    return ctypes.CDLL(str(path)).one()


def numbered(number: int, *options: str) -> Source:
    return Source({"one.c": f"int one(void) {{ return {number}; }}\n"}, options or ("-O1",))


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


def lifecycle(n: int) -> System:
    return instances(load(str(LIFECYCLE)), {"N": str(n)})[0]


# ---------------------------------------------------------------------- what is kept


def test_compiled_once_and_found_again(cache: Path) -> None:
    path = built()
    assert path.parent == cache
    assert answer(path) == 1
    assert [*cache.iterdir()] == [path]
    os.utime(path, (1, 1))
    again = Build(ONE)
    assert again.is_ready
    assert again.path() == path
    assert path.stat().st_mtime > 1, "what was used last has to be removed last"


def test_nobody_else_can_read_or_write_it(cache: Path) -> None:
    before = os.umask(0)
    try:
        path = built()
    finally:
        os.umask(before)
    assert cache.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    cache.chmod(0o777)
    assert built() == path
    assert cache.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_somebody_else_is_not_used(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    cache.symlink_to(elsewhere)
    with pytest.raises(OSError, match="not a directory of this user's"):
        LIBRARIES.folder()
    cache.unlink()
    cache.write_text("")
    with pytest.raises(FileExistsError):
        LIBRARIES.folder()
    cache.unlink()
    cache.mkdir()
    monkeypatch.setattr(os, "getuid", lambda: cache.stat().st_uid + 1)
    with pytest.raises(OSError, match="not a directory of this user's"):
        LIBRARIES.folder()


def test_the_key_is_everything_that_it_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = dict(ONE.texts)
    paths = [
        built(),
        built(Source(texts | {"one.h": "#define ONE 2\n"})),
        built(Source(texts | {"one.c": texts["one.c"] + "\n"})),
        built(Source(texts, ("-O2", "-DCUSTODY_STEPS"))),
        built(Source({"one.h": texts["one.h"], "two.c": texts["one.c"]})),
    ]
    wrapper = script(tmp_path / "wrapper", f'exec {CC} "$@"')
    for command in (str(wrapper), f"{wrapper} -g0"):
        compiler.compiler.cache_clear()
        monkeypatch.setenv("CC", command)
        paths.append(built())
    script(wrapper, f'exec {CC}  "$@"')
    paths.append(built())
    monkeypatch.setattr(compiler, "_processor", lambda: "another one")
    paths.append(built())
    assert len({path.name.partition("-")[0] for path in paths}) == len(paths)
    assert [answer(path) for path in paths] == [1, 2, *[1] * (len(paths) - 2)]


def test_two_processes_at_once(cache: Path) -> None:
    texts = [numbered(number).texts["one.c"] for number in (1, 2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BUILD, text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for text in texts * 3
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    paths: list[Path] = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        words, _ = process.communicate()
        assert process.returncode == 0
        paths.append(Path(words.strip()))
    assert [answer(path) for path in paths] == [1, 2] * 3
    assert set(cache.iterdir()) == set(paths), "something was left behind"


# ---------------------------------------------------------------------- what is not trusted


def corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def of_another_library(path: Path) -> None:
    shutil.copyfile(built(numbered(2)), path)


def under_another_digest(path: Path) -> None:
    key = path.name.partition("-")[0]
    path.unlink()
    other = built(numbered(2))
    other.rename(path.with_name(f"{key}-{'0' * 40}.so"))


def writable_for_the_group(path: Path) -> None:
    path.chmod(0o620)


def writable_for_all(path: Path) -> None:
    path.chmod(0o602)


def a_link(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "something").write_text("")


@pytest.mark.parametrize(
    "damage",
    [
        corrupt,
        cut_off,
        of_another_library,
        under_another_digest,
        writable_for_the_group,
        writable_for_all,
        a_link,
        a_directory,
    ],
    ids=lambda damage: damage.__name__,
)
def test_what_is_not_trusted_is_built_again(damage: Callable[[Path], None], cache: Path, compiled: Path) -> None:
    path = built()
    damage(path)
    compiled.unlink()
    assert built() == path
    assert compiled.read_text() == "called\n", "it would have been loaded"
    assert [*cache.glob(f"{path.name.partition('-')[0]}-*")] == [path]
    assert path.is_file()
    assert not path.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert answer(path) == 1
    assert built() == path
    assert compiled.read_text() == "called\n"


def test_a_library_of_somebody_else_is_built_again(compiled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = built()
    real = Path.lstat

    def lstat(self: Path) -> os.stat_result:
        status = list(real(self))
        if self == path:
            status[4] += 1
        return os.stat_result(status)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert built() == path
    assert compiled.read_text() == "called\n" * 2


# ---------------------------------------------------------------------- how much is kept


def test_what_was_not_used_for_the_longest_time_makes_room(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [built(numbered(number)) for number in range(4)]
    for number, path in enumerate(paths):
        os.utime(path, (number, number))
    size = max(path.stat().st_size for path in paths)
    monkeypatch.setattr(compiler, "LIBRARIES", replace(LIBRARIES, most_bytes=3 * size + size // 2))
    assert built(numbered(0)) == paths[0]
    newest = built(numbered(4))
    assert set(cache.iterdir()) == {newest, paths[0], paths[3]}
    monkeypatch.setattr(compiler, "LIBRARIES", replace(LIBRARIES, most_bytes=0))
    newest = built(numbered(5))
    assert [*cache.iterdir()] == [newest], "what was just made is not removed, however large it is"


def test_what_killed_runs_left_is_removed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built()
    old, young, stray = (cache / name for name in ("build.old", "build.young", "stray.so"))
    for path in (old, young, stray):
        path.mkdir()
        (path / "made.so").write_text("")
    os.utime(old, (1, 1))
    monkeypatch.setattr(compiler, "LIBRARIES", replace(LIBRARIES, most_bytes=0))
    path = built(numbered(2))
    assert set(cache.iterdir()) == {path, young}


# ---------------------------------------------------------------------- compilers that fail, or are not there


def test_a_compiler_that_fails_is_quoted(cache: Path) -> None:
    with pytest.raises(CompilerError, match=r"wrong\.c:2.*misspelt"):
        built(Source({"wrong.c": "int one(void)\n{ return misspelt; }\n"}))
    assert not [*cache.iterdir()]


def test_what_is_being_compiled_can_be_stopped(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    os.mkfifo(begun)
    # Like gcc, which leaves the work to another program that it waits for.
    inner = script(tmp_path / "inner", f"echo > {begun}", "sleep 10", f"echo > {ended}")
    monkeypatch.setenv("CC", str(script(tmp_path / "slow", str(inner), "exit 1")))
    build = Build(ONE)
    begun.read_text()
    assert not build.is_ready
    build.stop()
    assert not ended.exists(), "stop waited for what it was to stop"
    assert not [*cache.iterdir()]


def no_compiler(monkeypatch: pytest.MonkeyPatch, wheel: object = None) -> None:
    def spec(_: str) -> object:
        return wheel

    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(compiler, "find_spec", spec)


def test_no_compiler_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    no_compiler(monkeypatch)
    monkeypatch.setenv("CC", "no-such-compiler -O3")
    assert compiler.compiler() is None
    with pytest.raises(CompilerError, match=r"apt-get install gcc.*pip install 'custody\[cc\]'"):
        require_compiler()
    with pytest.raises(CompilerError):
        Build(ONE)


def test_there_is_such_an_extra() -> None:
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    (wheel,) = project["optional-dependencies"]["cc"]
    assert wheel.startswith("ziglang")


def test_a_compiler_that_is_named_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper = script(tmp_path / "my compiler", f'exec {CC} "$@"')
    monkeypatch.setenv("CC", f"'{wrapper}' -g0")
    assert require_compiler() == (str(wrapper), "-g0")
    assert answer(built()) == 1
    for useless in ("no-such-compiler", ""):
        compiler.compiler.cache_clear()
        monkeypatch.setenv("CC", useless)
        assert require_compiler() == (CC,)


def test_the_wheel_is_used_where_there_is_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked"
    python = script(tmp_path / "python", f'echo "$@" > {asked}', "shift 3", f'PATH={os.defpath} exec {CC} "$@"')
    no_compiler(monkeypatch, wheel=object())
    monkeypatch.setattr(sys, "executable", str(python))
    assert require_compiler() == (str(python), "-m", "ziglang", "cc")
    assert answer(built()) == 1
    words = asked.read_text().split()
    assert words[:3] == ["-m", "ziglang", "cc"]
    assert "-march=native" not in words, "clang of the wheel calls processors otherwise"


def test_without_a_compiler_python_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    no_compiler(monkeypatch)
    found, plain = choose.explore(lifecycle(3)), explore(lifecycle(3))
    assert plain.states is not None
    assert plain.states > choose.FIRST_IN_PYTHON
    assert (found.states, found.transitions, found.findings) == (plain.states, plain.transitions, plain.findings)
    (note,) = found.notes
    assert "in Python" in note
    assert "apt-get install gcc" in note
    small = choose.explore(lifecycle(2))
    assert small.complete
    assert small.states is not None
    assert small.states <= choose.FIRST_IN_PYTHON
    assert small.notes == ()


def test_what_is_known_to_be_large_is_not_looked_at_in_python_first(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = explore(lifecycle(3))

    def never(*_: object) -> None:
        raise AssertionError("Python looked at it")

    monkeypatch.setattr(choose.search, "explore", never)
    found = choose.explore(lifecycle(3), means=Means(large=True))
    assert (found.states, found.transitions) == (plain.states, plain.transitions)
    assert {name: finding.verdict for name, finding in found.findings.items()} == {
        name: finding.verdict for name, finding in plain.findings.items()
    }


def test_a_compiler_that_fails_later_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", str(script(tmp_path / "broken", "echo out of order", "exit 1")))
    found = choose.explore(lifecycle(3))
    assert (found.states, found.complete) == (explore(lifecycle(3)).states, True)
    (note,) = found.notes
    assert "out of order" in note


def test_a_cache_that_cannot_be_used_is_noted(cache: Path) -> None:
    cache.parent.mkdir(parents=True)
    (cache.parent / "compiled").write_text("")
    found = choose.explore(lifecycle(3))
    assert (found.states, found.complete) == (explore(lifecycle(3)).states, True)
    (note,) = found.notes
    assert "in Python" in note
    assert "compiled" in note


def test_a_search_without_a_directory_keeps_its_states_in_memory(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.explore.compiled._UNNOTICED", 0.0)
    cache.parent.mkdir(parents=True)
    (cache.parent / "runs").write_text("")
    found = choose.explore(lifecycle(3))
    assert (found.states, found.complete) == (explore(lifecycle(3)).states, True)
    assert found.notes == ()
