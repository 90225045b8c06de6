"""Changes of specifications whose meaning is known: an old text, what is replaced in it, and what that means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from custody.language.library import bundled

SMALL = {"DEVICES": "1", "THREADS": "1"}


@dataclass(frozen=True)
class Edit:
    """`replaced` are (old, new) texts, each of which must be there once in `spec` (a bundled file, or a text).

    `changes` are the categories and subjects that must be found, `besides` categories that may be found as well.
    """

    name: str
    spec: str
    replaced: tuple[tuple[str, str], ...]
    level: str
    changes: tuple[tuple[str, str], ...] = ()
    besides: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=lambda: SMALL)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Both versions, in folders of their own."""
        text = self.spec if "\n" in self.spec else (bundled() / f"{self.spec}.custody").read_text(encoding="utf-8")
        paths: list[Path] = []
        for side in ("old", "new"):
            if side == "new":
                for old, new in self.replaced:
                    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
                    text = text.replace(old, new)
            path = folder / side / "changed.custody"
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
            paths.append(path)
        return paths[0], paths[1]


DETACH = "    requires attachment[d] == attached [DB-ATT-02]\n"

PAIRS = (
    Edit("nothing", "dma_buf", (), "identical"),
    Edit(
        "comment",
        "dma_buf",
        (("# ---------------------------------------------------------------- the CPU\n", "# the CPU\n\n\n"),),
        "identical",
    ),
    Edit(
        "detach while mapped",
        "dma_buf",
        ((DETACH, "    requires attached(d) [DB-ATT-02]\n"),),
        "breaking",
        (("CALLER-WIDENED", "detach"), ("VERDICT-LOST", "unmapped_before_detach")),
        ("VERDICT-LOST",),
    ),
)
