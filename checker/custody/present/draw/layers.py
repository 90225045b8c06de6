"""What uses what: the routines of a specification in a box for each file, and an arrow for each call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from custody.language.uses import Routine, Uses
from custody.present.draw.links import NO_LINKS, Links
from custody.present.draw.style import BACKGROUND, FAINT, FONT, HEAD_FILL, INK, escape, side_ink
from custody.system.place import Place


def layers_dot(name: str, model: str, uses: Uses, sides: dict[str, str], links: Links = NO_LINKS) -> str:
    """The DOT text. `sides` are those of the roles; routines and files link to their text."""
    called = {path for routine in uses.routines.values() for path in routine.calls}
    # What nobody calls and calls nobody fills the picture and says nothing: it is counted instead.
    shown = {path: r for path, r in uses.routines.items() if r.calls or path in called}
    lone = [path for path in uses.routines if path not in shown]
    lines = [
        "digraph layers {",
        f'  graph [bgcolor="{BACKGROUND}", fontname="{FONT}", fontsize=12, fontcolor="{INK}", labelloc=t, '
        f"rankdir=LR, nodesep=0.2, ranksep=0.6, pad=0.25, label=<{_title(name, model, uses, len(lone))}>];",
        f'  node [shape=box, style="rounded,filled", fontname="{FONT}", fontsize=12, color="{INK}", '
        f'fontcolor="{INK}", fillcolor="{BACKGROUND}", margin="0.14,0.06", height=0.35];',
        f'  edge [color="{INK}", arrowsize=0.7];',
    ]
    for number, file in enumerate(uses.files):
        lines += _file(number, file, {path: r for path, r in shown.items() if r.place.file == file}, sides, links)
    for path, routine in shown.items():
        lines += [f'  "{escape(path)}" -> "{escape(other)}";' for other in routine.calls if other in shown]
    for file, others in uses.files.items():
        for other in others:
            lines.append(
                f'  "file {escape(file)}" -> "file {escape(other)}" [style=dashed, color="{FAINT}", '
                f'tooltip="{escape(file)} uses {escape(other)}"];'
            )
    if uses.implements is not None:
        lines.append(
            f'  "contract" [label=<<B>{escape(uses.implements)}</B>>, shape=component, tooltip="the contract"];'
        )
        label = f'label=" implements ", fontname="{FONT}", fontsize=11'
        lines.append(f'  "file {escape(next(iter(uses.files)))}" -> "contract" [{label}];')
    lines.append("}")
    return "\n".join(lines) + "\n"


def _file(number: int, file: str, routines: dict[str, Routine], sides: dict[str, str], links: Links) -> Iterator[str]:
    yield f"  subgraph cluster_{number} {{"
    # The folder below says what the box is: a label of its own would lie where arrows come in.
    yield f'    graph [label="", style="rounded,filled", fillcolor="{HEAD_FILL}", color="{FAINT}"];'
    shape = f'shape=folder, tooltip="{escape(file)}"{_link(links, Place(file, 1))}'
    yield f'    "file {escape(file)}" [label=<<B>{escape(PurePath(file).name)}</B>>, {shape}];'
    for path, routine in routines.items():
        ink = side_ink(sides.get(routine.by, routine.by))
        by = f'<BR/><FONT POINT-SIZE="10" COLOR="{ink}">by {escape(routine.by)}</FONT>' if routine.by else ""
        to = _link(links, routine.place)
        tip = f"{routine.kind} {routine.name}, {routine.place.file}:{routine.place.line}"
        yield f'    "{escape(path)}" [label=<{escape(path)}{by}>, tooltip="{escape(tip)}", color="{ink}"{to}];'
    yield "  }"


def _link(links: Links, place: Place) -> str:
    address = links.to(place)
    return f', URL="{escape(address)}", target="_top"' if address else ""


def _title(name: str, model: str, uses: Uses, lone: int) -> str:
    about = f"{name}: an arrow leads from a routine to what it calls, a dashed one from a file to what it uses"
    if lone:
        about += f"; {lone} routines call nothing and are called by nothing here"
    return (
        '<TABLE BORDER="0" CELLSPACING="2">'
        f'<TR><TD><FONT POINT-SIZE="15"><B>{escape(model)}: what uses what</B></FONT></TD></TR>'
        f'<TR><TD><FONT COLOR="{FAINT}">{escape(about)}</FONT></TD></TR></TABLE>'
    )
