"""Recordings that nobody made, of everything that programs and drivers may do wrong, and of every odd layout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custody.evidence.follow import Answer
from custody.evidence.read import read_recording
from custody.evidence.recording import RecordingError
from support.invented import BUFFER, ERROR, OTHER, Invented, imported
from support.recorded import examined

ONE = "0xffff888100000201", "0xffff888100000301"
TWO = "0xffff888100000202", "0xffff888100000302"


def _new() -> Invented:
    return Invented().export()


def _two() -> Invented:
    return _new().attach(ONE[0]).attach(TWO[0]).map(0, *ONE).map(0, *TWO)


RIGHT = {
    "a bracket": _new().begin().end().release(),
    "a START that may still be ended": _new().begin(),
    "brackets in brackets": _new().begin().begin().end().end().release(),
    "reading inside": _new().begin(2).says("sync fd=4 START|READ = 0").says("read fd=4 = 8").end(2).release(),
    "an import": imported().unmap().detach().put().release(),
    "a map that fails": _new().attach().map(table=ERROR).detach(exporter=False).release(),
    "an attach that fails": _new().attach(ERROR).release(),
    "an export that fails": Invented().export(ERROR),
    "an export that fails, then one that does not": Invented().export(ERROR).export().begin().end().release(),
    "a begin that fails": _new().begin(ret=-4).release(),
    "a begin that is restarted": _new().begin(ret=-512).says("sync fd=4 START|WRITE = -4 (Interrupted)").release(),
    "two buffers": _new()
    .export(OTHER, 101)
    .begin()
    .begin(2, 101, OTHER)
    .end()
    .end(2, 101, OTHER)
    .release()
    .release(OTHER, 101),
    "two processes": _new().begin(pid=100).begin(2, 200).end(2, 200).end(pid=100).release(),
    "a pointer that is used again": _new().begin().end().release().export().begin(2).end(2).release(),
    "an attachment's pointer that is used again": imported()
    .unmap()
    .detach()
    .attach()
    .map(1)
    .unmap(1)
    .detach(1)
    .release(),
    "a kept table": imported().map(exporter=False).unmap().unmap().detach().release(),
    "a kept table for another direction": imported().map(2, exporter=False).unmap().unmap(2).detach().release(),
}

WRONG = {
    "END without START": (_new().end().release(), 7, "DB-CPU-01"),
    "START never ended": (_new().begin().release(), 10, "DB-CPU-01"),
    "one END for two": (_new().begin().begin().end().release(), 16, "DB-CPU-01"),
    "END twice": (_new().begin().end().end().release(), 13, "DB-CPU-11"),
    "END in another direction": (_new().begin(1).end(2).release(), 10, "DB-CPU-04"),
    "END by another process": (_new().begin(pid=100).end(pid=200).release(), 10, "DB-CPU-01"),
    "END of another buffer": (_new().export(OTHER).begin().end(1, 100, OTHER).release(OTHER), 14, "DB-CPU-01"),
    "END after a START that failed": (_new().begin(ret=-4).end().release(), 10, "DB-CPU-01"),
    "an END that failed leaves it open": (_new().begin().end(ret=-22).release(), 13, "DB-CPU-01"),
    "a write outside": (_new().says("write fd=4 len=8 = 8").release(), 7, "DB-CPU-01"),
    "a write while reading": (_new().begin(2).says("sync START|READ = 0").says("write fd=4 = 8"), 11, "DB-CPU-04"),
    "use after release": (_new().release().begin().end(), 9, "DB-REF-01"),
    "the bracket of a buffer before": (_new().begin().release().export().end().release(), 16, "DB-CPU-01"),
    "unmap twice": (imported().unmap().unmap().detach().release(), 13, "DB-MAP-03"),
    "unmap in another direction": (imported().unmap(1).detach().release(), 12, "DB-MAP-03"),
    "unmap of a table never seen": (imported().unmap(table=TWO[1]).detach().release(), 12, "DB-MAP-03"),
    "tables mixed up": (_two().unmap(0, ONE[0], TWO[1]), 17, "DB-MAP-03"),
    "detach while mapped": (imported().detach().put().release(), 12, "DB-ATT-02"),
    "detach twice": (_new().attach().detach(exporter=False).detach(exporter=False).release(), 10, "DB-ATT-02"),
    "release while attached": (_new().attach().put().release(), 10, "DB-ATT-02"),
    "release twice": (_new().release().release(), 9, "DB-REF-01"),
    "map without attach": (_new().map().unmap().release(), 7, "DB-ATT-01"),
    "attach after release": (_new().release().attach(), 9, "DB-ATT-01"),
    "map in no direction": (_new().attach().map(3), 11, "DB-MAP-01"),
    "a kept table for too much": (_new().attach().map(1).map(2, exporter=False), 13, "DB-SGT-01"),
    "vunmap without vmap": (_new().line("vunmap", f"(dma_buf_vunmap+0x4/0x10) dmabuf={BUFFER}"), 7, "DB-VMAP-01"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_conforms(name: str) -> None:
    found = examined(RIGHT[name].text)
    assert found.answer is Answer.CONFORMS
    assert not any(buffer.gaps for buffer in found.buffers)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_line_and_rule(name: str) -> None:
    recording, line, rule = WRONG[name]
    found = examined(recording.text)
    assert found.answer is Answer.VIOLATES
    told = [
        (finding.misuse.event.line.number, {rule for broken in finding.misuse.broken for rule in broken.clause.rules})
        for buffer in found.buffers
        for finding in buffer.findings
    ]
    stops = [(b.diagnosis.event.line.number, set(b.diagnosis.rules)) for b in found.buffers if b.diagnosis]
    assert min(where for where, _ in (*told, *stops)) >= min(line, 10)
    assert any(where == line and rule in rules for where, rules in (*told, *stops)), (told, stops)


PLAIN = _new().begin().end().release().text
LINE = re.compile(r"work-(\d+)\s+\[001\] \.\.\.\.\.\s+(\d+)\.(\d+): (\w+): (.*)")
LAYOUTS = {
    "carriage returns": PLAIN.replace("\n", "\r\n"),
    "trace_pipe, which has no header": PLAIN.removeprefix("# tracer: nop\n#\n"),
    "without the columns of interrupts": PLAIN.replace("] ..... ", "] "),
    "four columns, as before 5.18": PLAIN.replace(" ..... ", " d..1 "),
    "with process ids": re.sub(r"-(\d+)\s+\[", r"-\1 (\1) [", PLAIN),
    "with process ids that are not known": re.sub(r"-(\d+)\s+\[", r"-\1 (-------) [", PLAIN),
    "a clock that counts": re.sub(r" (\d+)\.(\d{6}): ", r" \1\2: ", PLAIN),
    "latency-format": LINE.sub(r"work-\1     1..... \2\3us+: \4: \5", PLAIN),
    "perf script": LINE.sub(r"work  \1/\1 [001]  \2.\3: db:\4: \5", PLAIN),
    "a byte order mark": "\ufeff" + PLAIN,
    "a name with everything in it": PLAIN.replace("work-", "a b-c:[1] (x)-"),
    "no newline at the end": PLAIN.rstrip("\n"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_says_the_same(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.trace"
    file.write_bytes(LAYOUTS[name].encode())
    recording = read_recording(str(file))
    assert len(recording.lines) == 12
    assert examined("\n".join(line.text for line in recording.lines) + "\n").answer is Answer.CONFORMS


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_last_line_that_is_cut_off_is_no_other_buffer(cut: int) -> None:
    found = examined(PLAIN[:-cut])
    assert found.answer is Answer.CONFORMS
    assert len(found.buffers) == 1


@pytest.mark.parametrize("data", [b"", b"\0" * 5000, bytes(range(256)) * 50, PLAIN.encode("utf-16")])
def test_what_is_no_recording_is_said_to_be_none(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.trace"
    file.write_bytes(data)
    with pytest.raises(RecordingError):
        read_recording(str(file))


LOST = "CPU:1 [LOST 3 EVENTS]"


@pytest.mark.parametrize(
    ("recording", "answer"),
    [
        (_new().begin().raw(LOST).release(), Answer.INCOMPLETE),
        (_new().begin().raw(LOST).begin(2).end(2).release(), Answer.INCOMPLETE),
        (_new().raw(LOST).end(2).release(), Answer.INCOMPLETE),
        (_new().raw(LOST).begin(2).release(), Answer.VIOLATES),
        (_new().end().raw(LOST).release(), Answer.VIOLATES),
    ],
)
def test_a_misuse_is_one_only_if_no_lost_line_excuses_it(recording: Invented, answer: Answer) -> None:
    assert examined(recording.text).answer is answer


def test_what_nothing_forbids_is_remarked_on() -> None:
    found = examined(imported().begin().end().begin().begin(2, 200).unmap().detach().text)
    assert found.answer is Answer.CONFORMS
    (run,) = [buffer.run for buffer in found.buffers]
    remarks = {
        rule: (remark.event.line.number, remark.times) for remark in run.remarks.values() for rule in remark.rules
    }
    assert remarks == {"DB-OWN-05": (14, 2), "DB-CPU-11": (23, 1)}
