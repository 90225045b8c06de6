"""What the recording kit records: it was run once on a kernel of the distribution's, and its files are kept."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from custody.evidence.follow import Answer
from support.recorded import examined

KIT = Path(__file__).parents[1] / "recording"

ANSWERS: dict[str, list[tuple[int, str]]] = {
    "udmabuf__two_buffers": [],
    "udmabuf__reused_pointer": [],
    "udmabuf__concurrent": [],
    "system-heap__wrong_direction": [(20, "DB-CPU-04")],
    "udmabuf__unended_start": [(22, "DB-CPU-01")],
    "udmabuf__unbracketed_write": [(21, "DB-CPU-01")],
    "system-heap__invalid_arguments": [(16, "DB-CPU-06"), (18, "DB-MMAP-01"), (23, "DB-FD-04")],
}


def text_of(name: str) -> str:
    return (KIT / "recorded" / f"{name}.trace").read_text(encoding="utf-8")


def test_every_kept_recording_is_looked_at() -> None:
    assert sorted(ANSWERS) == sorted(path.stem for path in (KIT / "recorded").glob("*.trace"))


@pytest.mark.parametrize("name", ANSWERS)
def test_a_recording_of_the_kit_gets_the_right_answer(name: str) -> None:
    found = examined(text_of(name))
    told = [
        (finding.misuse.event.line.number, finding.misuse.broken[0].clause.rules[0])
        for buffer in found.buffers
        for finding in buffer.findings
    ]
    assert told == ANSWERS[name]
    assert found.answer is (Answer.VIOLATES if told else Answer.CONFORMS)
    assert not any(buffer.stopped or buffer.gaps for buffer in found.buffers)


def test_a_pointer_that_is_used_again_is_another_buffer() -> None:
    found = examined(text_of("udmabuf__reused_pointer"))
    assert [buffer.run.generation for buffer in found.buffers] == [0, 1, 2]
    assert len({buffer.run.key for buffer in found.buffers}) == 1


def test_every_probe_is_known_to_the_contract() -> None:
    """All but those of the DMA layer, which name no buffer."""
    spec = (KIT.parents[1] / "spec" / "dma_buf_events.custody").read_text(encoding="utf-8")
    probes = re.findall(r"^[pr]:db/\w+ (\w+)", (KIT / "probes").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(probes) > 30
    assert {probe for probe in probes if f'"{probe}"' not in spec} == {
        "__dma_sync_sg_for_cpu",
        "__dma_sync_sg_for_device",
    }


def test_the_program_compiles_and_lists_its_scenarios(tmp_path: Path) -> None:
    program = tmp_path / "drive"
    compiled = subprocess.run(
        ["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(KIT / "drive.c")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert compiled.returncode == 0, compiled.stderr
    listed = subprocess.run([str(program), "list"], capture_output=True, text=True, check=True).stdout.split()
    assert {name.partition("__")[2] for name in ANSWERS} <= set(listed)


@pytest.mark.parametrize("script", ["record", "in_qemu"])
def test_the_scripts_are_well_formed(script: str) -> None:
    shell = "bash" if script == "in_qemu" else "sh"
    assert subprocess.run([shell, "-n", str(KIT / script)], check=False).returncode == 0
