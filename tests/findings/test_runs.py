"""What was posted is paired with what corrects it by where the files lie and what they are called."""

from __future__ import annotations

from findings.runs import Run, subjects


def run(spec: str) -> Run:
    return Run(spec, "model", "", {}, 1, ())


def names(*specs: str) -> dict[str, tuple[list[str], list[str]]]:
    return {
        subject.name: ([r.spec for r in subject.posted], [r.spec for r in subject.corrected])
        for subject in subjects(map(run, specs))
    }


def test_a_correction_has_the_name_of_what_was_posted_or_one_that_begins_with_it() -> None:
    assert names("spec/as_posted/kds.custody", "spec/kds_a.custody", "spec/kds_b.custody", "spec/kdsx.custody") == {
        "kds": (["spec/as_posted/kds.custody"], ["spec/kds_a.custody", "spec/kds_b.custody"]),
        "kdsx": ([], ["spec/kdsx.custody"]),
    }


def test_the_longest_name_wins() -> None:
    posted = ("spec/as_posted/vb2.custody", "spec/as_posted/vb2_streaming.custody")
    assert names(*posted, "spec/vb2.custody", "spec/vb2_streaming.custody") == {
        "vb2": ([posted[0]], ["spec/vb2.custody"]),
        "vb2_streaming": ([posted[1]], ["spec/vb2_streaming.custody"]),
    }


def test_what_nobody_corrected_yet_is_a_system_too() -> None:
    assert names("spec/as_posted/new.custody") == {"new": (["spec/as_posted/new.custody"], [])}


def test_other_folders_hold_code_as_it_stands() -> None:
    assert names("spec/linux_6_12/heap.custody", "spec/linux_6_12/heap_corrected.custody") == {
        "linux_6_12/heap": (["spec/linux_6_12/heap.custody"], ["spec/linux_6_12/heap_corrected.custody"])
    }
