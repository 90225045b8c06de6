"""Called by hatchling when a wheel is built, which includes every `pip install` from source: see `custody.made`."""

# hatchling is there when this is called, and need not be otherwise.
# pyright: reportMissingImports=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUntypedBaseClass=false, reportUnknownArgumentType=false
from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface):
    """Makes ahead what can be; an installation without it only starts more slowly."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(Path(self.root) / "checker"))
        try:
            from custody.made import make

            has_c = make()
        except Exception as error:
            self.app.display_warning(f"nothing was made ahead: {error}")
            return
        build_data["artifacts"].append("checker/custody/made/*")
        if has_c and version != "editable":
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
