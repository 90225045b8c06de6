"""A counterexample as a sequence chart: a lane for each actor, a row for each step, what changed beside it."""

from __future__ import annotations

from custody.present.draw.style import BACKGROUND, FAINT, FONT, INK, WRONG, WRONG_FILL, escape, wrapped
from custody.present.report import Step, step_words, trace_steps
from custody.system.finding import Trace
from custody.system.model import System

_LANE = 26
_CHANGES = 46
_LANE_FILL = "#D6ECF8"
_HEAD_FILL = "#EDEDED"


def chart(system: System, trace: Trace, title: str, message: str, *, violated: bool) -> str:
    """The chart as DOT: one table, so that every graphviz output format shows the same."""
    steps = trace_steps(system, trace)
    actors = list(dict.fromkeys(step.action.actor for step in steps)) or ["nobody"]
    rows = [_head(actors)]
    for number, step in enumerate(steps, 1):
        wrong = violated and trace.loop_at is None and number == len(steps)
        rows.append(_row(number, step, actors, wrong=wrong))
    if trace.loop_at is not None:
        rows.append(_loop(trace, len(actors)))
    rows.append(_foot(message, len(actors), violated=violated))
    table = (
        f'<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="6" COLOR="#BBBBBB">{"".join(rows)}</TABLE>'
    )
    return (
        "digraph trace {\n"
        f'  graph [bgcolor="{BACKGROUND}", fontname="{FONT}", fontsize=14, labelloc=t, pad=0.3, '
        f"label=<<B>{escape(title)}</B>>];\n"
        f'  node [shape=plaintext, fontname="{FONT}", fontsize=11, fontcolor="{INK}"];\n'
        f'  chart [label=<{table}>, tooltip=" "];\n'
        "}\n"
    )


def _cell(
    lines: list[str], *, fill: str = "", ink: str = INK, bold: bool = False, span: int = 1, tip: str = ""
) -> str:
    attributes = [f'BGCOLOR="{fill}"' if fill else "", f'COLSPAN="{span}"' if span > 1 else ""]
    if tip:
        attributes.append(f'HREF="#" TOOLTIP="{escape(tip)}"')
    text = "".join(f'{escape(line)}<BR ALIGN="LEFT"/>' for line in lines)
    if bold:
        text = f"<B>{text}</B>"
    joined = " ".join(filter(None, attributes))
    return f'<TD ALIGN="LEFT" BALIGN="LEFT" {joined}><FONT COLOR="{ink}">{text or " "}</FONT></TD>'


def _head(actors: list[str]) -> str:
    cells = [_cell(["#"], fill=_HEAD_FILL, bold=True)]
    cells += [_cell([name], fill=_HEAD_FILL, bold=True) for name in (*actors, "what changes", "line")]
    return f"<TR>{''.join(cells)}</TR>"


def _row(number: int, step: Step, actors: list[str], *, wrong: bool) -> str:
    ink = WRONG if wrong else INK
    cells = [_cell([f"{'> ' if wrong else ''}{number}"], ink=ink, bold=wrong)]
    place = f"{step.action.place.file}:{step.action.place.line}"
    for actor in actors:
        if actor != step.action.actor:
            cells.append(_cell([]))
            continue
        fill = WRONG_FILL if wrong else _LANE_FILL
        cells.append(_cell(wrapped(step_words(step.action), _LANE), fill=fill, ink=ink, bold=wrong, tip=place))
    changes = [f"{name}: {old} → {new}" for name, (old, new) in step.changes.items()]
    if step.breaks:
        changes.append(step.breaks)
    lines = [part for change in changes for part in wrapped(change, _CHANGES)]
    cells.append(_cell(lines, ink=ink))
    cells.append(_cell([str(step.action.place.line)], ink=FAINT))
    return f"<TR>{''.join(cells)}</TR>"


def _loop(trace: Trace, lanes: int) -> str:
    if trace.stutters:
        text = "from here on nothing more has to happen, for ever"
    else:
        text = f"and so on for ever, from step {(trace.loop_at or 0) + 1}"
    return f"<TR>{_cell([text], fill=WRONG_FILL, ink=WRONG, bold=True, span=lanes + 3)}</TR>"


def _foot(message: str, lanes: int, *, violated: bool) -> str:
    lines = wrapped(message, lanes * _LANE + _CHANGES + 10)
    fill, ink = (WRONG_FILL, WRONG) if violated else (_HEAD_FILL, INK)
    return f"<TR>{_cell(lines, fill=fill, ink=ink, span=lanes + 3)}</TR>"
