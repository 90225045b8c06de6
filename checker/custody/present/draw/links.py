"""Links from pictures and pages to the line of the specification that they speak of.

Without more, they are relative to where the picture is written, `../spec/udmabuf.custody#L57`: they work from a
checkout on the disk, and with the line in the pages of GitHub and GitLab.  A base, such as
`https://example.org/custody/blob/main`, leads there instead; one with `{file}` and `{line}` says where these go.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from custody.system.place import Place

_LINE = "#L{line}"


@dataclass(frozen=True, slots=True)
class Links:
    """Where places are found: below `base` where there is one, else by their way from `folder`; "" for no links."""

    folder: str = ""
    base: str = ""

    def to(self, place: Place) -> str:
        """The address of the place; empty where there is none."""
        if not place.file or place.line < 1 or not (self.base or self.folder):
            return ""
        if self.base:
            pattern = self.base if "{file}" in self.base else f"{self.base.rstrip('/')}/{{file}}{_LINE}"
            file = quote(_below_here(place.file))
        else:
            pattern = "{file}" + _LINE
            file = quote(Path(os.path.relpath(place.file, self.folder)).as_posix())
        return pattern.replace("{file}", file).replace("{line}", str(place.line))


NO_LINKS = Links()


def is_base(text: str) -> bool:
    """Whether links may lead there: to a page of the web, or to files below a relative path."""
    return urlsplit(text).scheme in ("", "http", "https", "file")


def _below_here(file: str) -> str:
    """The file as a repository calls it: by its path from here; of one that is elsewhere its last two parts."""
    path = Path(os.path.relpath(file))
    return path.as_posix() if ".." not in path.parts else Path(*Path(file).parts[-2:]).as_posix()
