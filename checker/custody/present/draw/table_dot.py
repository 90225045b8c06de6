"""A table as DOT: one node whose label is the table, so that graphviz draws it in each of its formats."""

from __future__ import annotations

from custody.present.draw.style import BACKGROUND, FAINT, FONT, INK, LINE, escape
from custody.present.draw.table import PAD_X, PAD_Y, SIZE, Box, Table, lay_out

_POINTS = 0.75
"""A pixel, in graphviz's points."""


def table_dot(table: Table) -> str:
    """The DOT text. Lines are broken as in the SVG; graphviz measures for itself how wide they are."""
    layout = lay_out(table)
    rows: dict[int, list[str]] = {}
    for box in layout.boxes:
        rows.setdefault(box.cell.row, []).append(_cell(box))
    body = "\n".join(f"    <TR>{''.join(rows[row])}</TR>" for row in sorted(rows))
    return (
        "digraph trace {\n"
        f'  graph [bgcolor="{BACKGROUND}", fontname="{FONT}", fontsize=13, fontcolor="{INK}", labelloc=t, '
        f"labeljust=l, pad=0.2, label=<{_head(table.title, layout.about)}>];\n"
        f'  node [shape=plaintext, fontname="{FONT}", fontsize={SIZE * _POINTS:g}, fontcolor="{INK}", margin=0];\n'
        f'  chart [label=<<TABLE BORDER="0" CELLBORDER="1" CELLSPACING="0" COLOR="{LINE}" ALIGN="LEFT">\n{body}\n'
        '  </TABLE>>, tooltip=" "];\n'
        "}\n"
    )


def _head(title: str, about: tuple[str, ...]) -> str:
    rows = [f"<B>{escape(title)}</B>"]
    rows += [f'<FONT POINT-SIZE="{SIZE * _POINTS:g}" COLOR="{FAINT}">{escape(line)}</FONT>' for line in about]
    body = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2">{body}</TABLE>'


def _cell(box: Box) -> str:
    cell = box.cell
    attributes = [f'BGCOLOR="{cell.fill}"', f'CELLPADDING="{(PAD_X + PAD_Y) / 2 * _POINTS:g}"']
    if cell.row == 0:
        # Else graphviz would spread the room that a long last line asks for over all columns.
        attributes.append(f'WIDTH="{box.width * _POINTS:.0f}"')
    if cell.columns > 1:
        attributes.append(f'COLSPAN="{cell.columns}"')
    if cell.rows > 1:
        attributes.append(f'ROWSPAN="{cell.rows}"')
    if cell.link:
        attributes.append(f'HREF="{escape(cell.link)}" TARGET="_top" TITLE="{escape(cell.tip or cell.link)}"')
    if cell.thick:
        attributes.append(f'BORDER="2" COLOR="{cell.ink}"')
    text = "".join(f'{escape(line) or " "}<BR ALIGN="LEFT"/>' for line in box.lines)
    if cell.bold and text:
        text = f"<B>{text}</B>"
    shown = f'<FONT COLOR="{cell.ink}">{text}</FONT>' if text else " "
    return f'<TD ALIGN="LEFT" VALIGN="TOP" BALIGN="LEFT" {" ".join(attributes)}>{shown}</TD>'
