"""Recordings in other layouts say the same: trace-cmd's report, bare addresses, and one JSON object a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from custody.evidence.follow import Answer
from custody.evidence.ftrace import read_ftrace
from custody.evidence.read import read_recording
from custody.evidence.recording import RecordingError
from support.recorded import examined, examined_json, text_of


def as_report(text: str, *, addresses: bool) -> str:
    """The recording as `trace-cmd report` writes it, without flags, with or without the functions' names."""
    lines = ["CPU 0 is empty", "cpus=2"]
    for line in text.splitlines():
        match = re.match(r"\s*(\S+)-(\d+)\s+\[(\d+)\] \S+\s+([\d.]+): (\w+): (.*)", line)
        if match is None:
            continue
        comm, task, cpu, time, name, rest = match.groups()
        if name == "tracing_mark_write":
            name, rest = "print", f"ffffffff81a00000s: {rest}"
        elif addresses:
            arrow = " <- ffffffff81900000" if "<-" in rest else ""
            rest = re.sub(r"^\([^)]*\)", f"(ffffffff81800000{arrow})", rest)
        lines.append(f"{comm:>16}-{task:<5} [{cpu}] {time:>12}: {name + ':':<21}{rest}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("addresses", [False, True], ids=["functions", "addresses"])
@pytest.mark.parametrize(
    "name", ["udmabuf__import_roundtrip", "system-heap__unbalanced_end", "udmabuf__v4l2_capture"]
)
def test_a_report_of_trace_cmd_says_the_same(name: str, addresses: bool) -> None:
    before, after = examined(text_of(name)), examined(as_report(text_of(name), addresses=addresses))
    assert after.answer is before.answer
    assert len(after.followed.reading.events) == len(before.followed.reading.events)
    assert [len(b.findings) for b in after.buffers] == [len(b.findings) for b in before.buffers]


def ndjson(*objects: dict[str, object]) -> str:
    return "".join(json.dumps({"ts": number, "pid": 7, **found}) + "\n" for number, found in enumerate(objects))


def test_whole_calls_as_objects() -> None:
    found = examined_json(
        ndjson(
            {"ev": "dma_buf_export", "buf": 1, "ret": 0},
            {"ev": "attach", "buf": 1, "attach": "a", "ret": 0},
            {"ev": "map", "buf": 1, "attach": "a", "dir": "to_device", "sgt": "t", "ret": 0},
            {"ev": "unmap", "buf": 1, "attach": "a", "sgt": "t", "dir": "to_device"},
            {"ev": "detach", "buf": 1, "attach": "a"},
            {"ev": "release", "buf": 1},
        )
    )
    assert found.answer in (Answer.CONFORMS, Answer.AMBIGUOUS)
    assert not any(buffer.gaps for buffer in found.buffers)


def test_objects_that_break_a_rule() -> None:
    found = examined_json(
        ndjson(
            {"ev": "dma_buf_export", "buf": 1, "ret": 0},
            {"ev": "attach", "buf": 1, "attach": "a", "ret": 0},
            {"ev": "map", "buf": 1, "attach": "a", "dir": "to_device", "sgt": "t", "ret": 0},
            {"ev": "detach", "buf": 1, "attach": "a"},
        )
    )
    assert found.answer is Answer.VIOLATES
    diagnosis = found.buffers[0].diagnosis
    assert diagnosis is not None
    assert diagnosis.event.line.number == 4
    assert "DB-ATT-02" in diagnosis.rules
    assert diagnosis.message == "a device is detached while it is mapped"
    assert any("unmap_called" in repair.words for repair in diagnosis.repairs)


def test_fields_that_are_missing_may_have_been_anything() -> None:
    objects: list[dict[str, object]] = [
        {"ev": "dma_buf_export", "buf": 1, "ret": 0},
        {"ev": "begin_cpu", "buf": 1, "ret": 0},
        {"ev": "end_cpu", "buf": 1, "ret": 0},
        {"ev": "release", "buf": 1},
    ]
    found = examined_json(ndjson(*objects))
    assert found.answer in (Answer.CONFORMS, Answer.AMBIGUOUS)
    del objects[1]
    found = examined_json(ndjson(*objects))
    assert found.answer is Answer.VIOLATES
    assert found.buffers[0].findings[0].misuse.broken[0].clause.message == "END without START"


def test_an_error_pointer_is_a_failure() -> None:
    text = text_of("udmabuf__import_roundtrip")
    failing = re.sub(r"(map_ret: .*sgt=)0x\w+", r"\g<1>0xfffffffffffffff4", text, count=1)
    lines = [line for line in failing.splitlines(True) if not re.search(r": (udmabuf_)?unmap: ", line)]
    found = examined("".join(lines))
    assert found.answer is Answer.CONFORMS
    assert ("map_returned", "fails ENOMEM") in found.buffers[0].run.covered


def test_what_the_recording_admits_to_have_lost_is_bridged_and_told() -> None:
    lines = text_of("udmabuf__import_roundtrip").splitlines(True)
    at = next(number for number, line in enumerate(lines) if ": detach: " in line)
    kept = [*lines[: at - 1], "CPU:1 [LOST 2 EVENTS]\n", *lines[at + 1 :]]
    found = examined("".join(kept))
    assert any(buffer.gaps for buffer in found.buffers)
    assert any(loss.here for loss in found.recording.losses)
    assert not any(buffer.stopped for buffer in found.buffers)


def test_a_recording_that_begins_too_late_is_incomplete() -> None:
    lines = text_of("udmabuf__import_roundtrip").splitlines(True)
    found = examined("".join(lines[32:]))
    assert found.answer is Answer.INCOMPLETE
    assert found.buffers[0].run.past


def test_a_lost_return_is_bridged_and_reported() -> None:
    text = "".join(
        line for line in text_of("udmabuf__two_importers").splitlines(True) if ": attach_ret: " not in line
    )
    again = text.replace(": fd_ret: ", ": fd_ret: ", 1)
    assert examined(again).answer is Answer.CONFORMS
    lines = text_of("udmabuf__cpu_bracketed").splitlines(True)
    at = next(number for number, line in enumerate(lines) if ": begin_cpu_ret: " in line)
    found = examined("".join(lines[:at] + lines[at + 1 :]))
    (gap,) = found.buffers[0].gaps
    assert [step.action.name for step in gap.steps] == ["begin_returned"]


def test_time_that_runs_backwards_is_told() -> None:
    lines = text_of("udmabuf__cpu_bracketed").splitlines(True)
    lines[14], lines[15] = lines[15], lines[14]
    assert read_ftrace("x", "".join(lines)).disorder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "neither ftrace's text nor one JSON object"),
        ("hello\n", "neither ftrace's text nor one JSON object"),
        ("# tracer: nop\n#\n", "no event is recorded"),
        ('{"ev": "map"}\n[1]\n', ":2: this line is not an object"),
        ('{"ev": "map"}\n{"ev": \n', ":2: this line is not JSON"),
        ('{"pid": 1}\n', "names no event"),
    ],
)
def test_what_is_no_recording(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "x.trace"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecordingError, match=re.escape(words)):
        read_recording(str(file))


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(RecordingError, match="cannot be read"):
        read_recording("/nowhere/x.trace")
