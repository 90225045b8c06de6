"""Every recording of a real kernel gets the right answer: clean ones pass, misuses are named with rule and line."""

from __future__ import annotations

import re

import pytest

from custody.evidence.follow import Answer
from support.recorded import FOLDER, examined, text_of

CLEAN = [
    "system-heap__concurrent_import_and_cpu",
    "system-heap__cpu_bracketed",
    "system-heap__duplicated_descriptor",
    "system-heap__import_roundtrip",
    "udmabuf__close_while_imported",
    "udmabuf__concurrent_cpu_access",
    "udmabuf__cpu_bracketed",
    "udmabuf__import_roundtrip",
    "udmabuf__two_importers",
    "udmabuf__v4l2_capture",
    "vb2-dma-contig__v4l2_expbuf",
]

MISUSED = {
    "system-heap__unbalanced_end": [(16, "DB-CPU-01"), (18, "DB-CPU-01")],
    "udmabuf__unbalanced_end": [(18, "DB-CPU-01"), (20, "DB-CPU-01")],
    "udmabuf__invalid_arguments": [
        (18, "DB-CPU-06"),
        (19, "DB-CPU-06"),
        (21, "DB-MMAP-01"),
        (24, "DB-MMAP-01"),
        (27, "DB-MMAP-01"),
        (33, "DB-FD-04"),
    ],
}


def test_every_recording_is_here() -> None:
    assert sorted([*CLEAN, *MISUSED]) == sorted(path.stem for path in FOLDER.glob("*.trace"))


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_recording_conforms(name: str) -> None:
    found = examined(text_of(name))
    assert found.answer is Answer.CONFORMS
    assert not any(buffer.gaps or buffer.findings for buffer in found.buffers)
    assert all(len(buffer.run.states) == 1 for buffer in found.buffers)


@pytest.mark.parametrize("name", MISUSED)
def test_a_misuse_is_named_with_rule_and_line(name: str) -> None:
    found = examined(text_of(name))
    assert found.answer is Answer.VIOLATES
    told = [finding.misuse for buffer in found.buffers for finding in buffer.findings]
    lines = [
        (misuse.event.line.number, {rule for broken in misuse.broken for rule in broken.clause.rules})
        for misuse in told
    ]
    assert [line for line, _ in lines] == [line for line, _ in MISUSED[name]]
    assert all(rule in rules for (_, rules), (_, rule) in zip(lines, MISUSED[name], strict=True))


@pytest.mark.parametrize("name", [*CLEAN, *MISUSED])
def test_pointers_process_ids_and_lines_are_only_names(name: str) -> None:
    """Other pointers and process ids, and events that mean nothing in between, change no answer."""
    text = text_of(name)
    pointers = sorted(set(re.findall(r"0xffff[0-9a-f]{12}", text)))
    for number, pointer in enumerate(reversed(pointers)):
        text = text.replace(pointer, f"0xfffe{number * 4096 + 64:012x}")
    for task in sorted(set(re.findall(r"work-(\d+)", text))):
        text = re.sub(rf"\b{task}\b(?!:)", str(int(task) + 41000), text)
    noise = "          <idle>-0       [000] d.h1.     0.000001: sched_switch: prev_comm=swapper/0 next_comm=work\n"
    lines = text.splitlines(keepends=True)
    noisy = "".join(line + (noise if number % 3 == 0 else "") for number, line in enumerate(lines))
    before, after = examined(text_of(name)), examined(noisy)
    assert after.answer is before.answer
    assert [len(b.findings) for b in after.buffers] == [len(b.findings) for b in before.buffers]
    assert after.followed.reading.ignored["sched_switch"] > 0


def test_several_buffers_are_told_apart() -> None:
    found = examined(text_of("udmabuf__v4l2_capture"))
    assert len(found.buffers) == 3
