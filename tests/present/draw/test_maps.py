"""How many things tell the states of a map apart: as many as leave a picture that can be read."""

from __future__ import annotations

from pathlib import Path

from custody.language import instances, load
from custody.present.draw.maps import MOST_ARROWS, map_of

CROWDED = """model crowded

type Place: north | east | south | west | middle

state
    place: Place
    lamp: on | off

action go(to: Place)
    requires to != place
    place = to
    lamp = off

action jump(to: Place)
    requires to != place
    place = to
    lamp = on
"""


def test_fewer_things_tell_states_apart_where_there_were_too_many_arrows(tmp_path: Path) -> None:
    file = tmp_path / "crowded.custody"
    file.write_text(CROWDED, encoding="utf-8")
    (system,) = instances(load(str(file)), {})
    drawn = map_of(system, "crowded", "lifecycle")
    assert len(drawn.edges) == 5 * 4 <= MOST_ARROWS
    assert "told apart by place" in drawn.about
    asked = map_of(system, "crowded", "lifecycle", [view for view in system.views if view.name in ("place", "lamp")])
    assert len(asked.edges) > MOST_ARROWS, "who asks for more gets it"
