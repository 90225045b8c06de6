"""What pipelines run, run here: the steps of the action and of the GitLab template, with bash, in a clone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from change.test_gate import NARROWED, Repository

ROOT = Path(__file__).resolve().parents[2]


def run_blocks(text: str, key: str) -> list[str]:
    """The scripts below lines that end in `KEY: |` or, in a list, are just `- |`."""
    found: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.fullmatch(rf"\s*(- )?({key}: )?\|", line):
            indent = len(line) - len(line.lstrip())
            block: list[str] = []
            for following in lines[number + 1 :]:
                if following.strip() and len(following) - len(following.lstrip()) <= indent:
                    break
                block.append(following)
            found.append(textwrap.dedent("\n".join(block)))
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "work"
    root.mkdir()
    return Repository(root)


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a pipeline runs it, with the interpreter's `custody` in the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "XDG_CACHE_HOME": str(folder.parent / "cache"), **variables}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_action(repository: Repository, tmp_path: Path) -> None:
    install, compare = run_blocks((ROOT / "action.yml").read_text(encoding="utf-8"), "run")
    assert "${{" not in install + compare  # what comes from outside comes as variables only
    assert bash(install, repository.root, CUSTODY_SOURCE=str(ROOT)).returncode == 0
    before = repository.git("rev-parse", "HEAD")
    repository.write("spec/queue.custody", NARROWED)
    repository.commit("narrow")
    summary = tmp_path / "summary.md"
    given = {"CUSTODY_AGAINST": "", "CUSTODY_BASE": before, "CUSTODY_PATHS": "spec", "CUSTODY_ARGUMENTS": ""}
    done = bash(compare, repository.root, GITHUB_STEP_SUMMARY=str(summary), **given)
    assert done.returncode == 1
    assert "::error file=spec/queue.custody" in done.stdout
    assert "CALLER-NARROWED" in summary.read_text(encoding="utf-8")
    assert (repository.root / "custody-gate.sarif").is_file()
    told = bash(compare, repository.root, **{**given, "CUSTODY_ARGUMENTS": "--report-only"})
    assert told.returncode == 0
    # A first push has no commit before it.
    repository.git("checkout", "-q", "--", ".")
    first = bash(compare, repository.root, **{**given, "CUSTODY_BASE": "0" * 40})
    assert first.returncode == 1
    assert "its parent" in first.stderr


def test_the_gitlab_template(repository: Repository) -> None:
    [script] = run_blocks((ROOT / ".gitlab" / "custody-gate.yml").read_text(encoding="utf-8"), "script")
    before = repository.git("rev-parse", "HEAD")
    repository.write("README", "words")
    repository.commit("words")
    done = bash(script, repository.root, CI_COMMIT_BEFORE_SHA=before, CUSTODY_PATHS="", CUSTODY_ARGUMENTS="")
    assert done.returncode == 0
    assert (repository.root / "custody-gate.xml").is_file()
    assert "2 unchanged" in done.stdout


def test_the_hook(repository: Repository) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    [entry] = re.findall(r"entry: (custody gate.*)", text)
    repository.write("spec/queue.custody", NARROWED)
    repository.git("add", "-A")
    assert bash(entry, repository.root).returncode == 1


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_the_line_in_a_makefile(repository: Repository, tmp_path: Path) -> None:
    [line] = re.findall(r"`(gate: ; custody gate[^`]*)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    clone = tmp_path / "clone"
    repository.git("clone", "-q", str(repository.root), str(clone))
    (clone / "Makefile").write_text(f"{line}\n", encoding="utf-8")
    assert bash("make gate", clone).returncode == 0
    (clone / "spec" / "queue.custody").write_text(NARROWED, encoding="utf-8")
    done = bash("make gate", clone)
    assert done.returncode == 2  # make's own, for any failure
    assert "CALLER-NARROWED" in done.stdout


def test_no_filter_on_paths() -> None:
    """A required check that a filter skips blocks a change for ever; unchanged answers at once instead."""
    for name in ("action.yml", ".gitlab/custody-gate.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"^\s*(paths-ignore|changes|rules|only|except):", text, re.MULTILINE), name
