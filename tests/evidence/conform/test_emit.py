"""Emitted tests: the Python ones pass, and notice a fault; the C program compiles cleanly and speaks KTAP."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from custody.cli import run

ROOT = Path(__file__).parents[3]
SMALL = ("--set", "DEVICES=1", "--set", "THREADS=1", "--set", "COHERENT=true")
CC = shutil.which("cc") or shutil.which("gcc")


def _pytest(file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    places = ":".join(str(ROOT / name) for name in ("checker", "models"))
    plain = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "-c", "/dev/null"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plain, *more, str(file)],
        cwd=file.parent,
        env={"PYTHONPATH": places, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_emitted_python_passes_and_notices_a_fault(tmp_path: Path) -> None:
    file, again = tmp_path / "test_emitted.py", tmp_path / "again.py"
    assert run(["conform", "dma_buf", *SMALL, "--emit-tests", "pytest", "-o", str(file)]) == 0
    assert run(["conform", "dma_buf", *SMALL, "--emit-tests", "pytest", "-o", str(again)]) == 0
    assert file.read_bytes() == again.read_bytes()
    done = _pytest(file)
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d\d passed", done.stdout)
    fault = (
        "import custody_reference.dma_buf as core\n"
        "def pytest_configure(config):\n"
        "    core.munmap = lambda vma: vma.pages.clear()\n"
    )
    (tmp_path / "fault.py").write_text(fault)
    assert _pytest(file, "-p", "fault").returncode == 1


def test_emitted_python_begins_where_the_contract_can(tmp_path: Path) -> None:
    file = tmp_path / "test_emitted.py"
    wanted = ("--set", "BUFFERS=1", "--set", "EXCLUSIVE_ONLY=true", "--set", "CONSUMERS=1")
    assert run(["conform", "kds", *wanted, "--emit-tests", "pytest", "-o", str(file)]) == 0
    assert file.read_text().count("'kind[Consumer.0]'") == 2, "a process, or a device"
    assert _pytest(file).returncode == 0


@pytest.mark.skipif(CC is None, reason="no C compiler")
def test_emitted_c_compiles_and_speaks_ktap(tmp_path: Path) -> None:
    assert CC is not None
    file, program = tmp_path / "contract.c", tmp_path / "contract"
    wanted = ("--set", "DEVICES=1", "--set", "THREADS=2", "--set", "COHERENT=true")
    assert run(["conform", "dma_buf", *wanted, "--emit-tests", "c", "-o", str(file)]) == 0
    flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"]
    subprocess.run([CC, *flags, "-o", str(program), str(file)], check=True, timeout=120)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 4), done.stdout
    first, plan, *lines = done.stdout.splitlines()
    assert first == "KTAP version 1"
    results = [line for line in lines if not line.startswith("#")]
    assert plan == f"1..{len(results)}"
    for number, line in enumerate(results, 1):
        assert re.fullmatch(rf"ok {number} (udmabuf|system heap) path \d+( # SKIP there is none)?", line)
    text = file.read_text()
    for operation in ("CREATE", "CLOSE", "MAP", "UNMAP", "START", "STOP", "LOAD", "STORE"):
        assert f"{{ {operation}, " in text
    assert "{ MAP, 0, 2, EINVAL" in text, "an area beyond the buffer is refused"


def test_c_is_written_of_the_core_contract_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conform", "gntdev", "--emit-tests", "c"]) == 2
    assert "not of gntdev" in capsys.readouterr().err
    assert run(["conform", "dma_buf", "--emit-tests", "pytest", "--max-states", "10"]) == 3
