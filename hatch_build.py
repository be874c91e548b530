"""What hatchling does before it packs a wheel: fetch the locked front-end files.

They are built, not committed. An editable installation does without: ``dev.py`` has them in place.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface[Any]):
    """Vendors the JavaScript that ``package.json`` names and puts it into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch the files unless the build is editable."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root)))
        import dev  # noqa: PLC0415  beside this file, importable from here on

        dev.set_up_front_end()
        build_data["artifacts"] += ["/server/static/vendor/*", "/field_client/static/vendor/*"]
