"""The charts of a whole report: one picture for each property that some run of a specification violates.

Of several runs of a file the one with the shortest trace is drawn, the first where they are equally long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from custody.present.draw.chart import chart
from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.table_svg import table_svg
from custody.present.report import Report
from custody.properties.result import PropertyResult, RunResult
from custody.system.finding import Verdict


def charts(report: Report, links: Links = NO_LINKS) -> Iterator[tuple[str, str]]:
    """Name and text of each picture, in the order in which the report comes to the properties."""
    shortest: dict[str, tuple[int, RunResult, PropertyResult]] = {}
    for run, result in report.results():
        trace = result.finding.trace
        if result.finding.verdict is not Verdict.VIOLATED or trace is None:
            continue
        name = chart_name(run.spec, result.subject.name)
        if name not in shortest or trace.length < shortest[name][0]:
            shortest[name] = (trace.length, run, result)
    for name, (_, run, result) in shortest.items():
        yield name, table_svg(chart(run.system, result, links=links))


def chart_name(spec: str, subject: str) -> str:
    """The file name for a property's picture: specification and property, in characters that are safe everywhere.

    >>> chart_name("spec/as_posted/udmabuf.custody", "failed_match(begin_cpu_udmabuf)")
    'as_posted-udmabuf-failed_match-begin_cpu_udmabuf.svg'
    """
    path = PurePath(spec.removeprefix("spec:")).with_suffix("")
    folders = [part for part in path.parent.parts[-1:] if part not in ("spec", "/", "..")]
    words = [*folders, path.name, *re.findall(r"[A-Za-z0-9_]+", subject)]
    return "-".join(words) + ".svg"
