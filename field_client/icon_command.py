"""``firstlight field icon``: put the icon into this user's menu, or take it away."""

import argparse
import sys
from pathlib import Path

from field_client.icon import put_icon, remove_icon, start_command


def change_icon(args: argparse.Namespace, usual_home: Path) -> int:
    """Put the icon there with the options that were given here, or remove it."""
    if args.remove:
        said = "the icon is gone" if remove_icon() else "there was no icon"
    else:
        options = [] if args.home == usual_home else ["--home", str(args.home.absolute())]
        options += ["--server", args.server] if args.server else []
        options += ["--plain"] if args.plain else []
        said = str(put_icon(start_command(options), args.home))
    sys.stdout.write(f"{said}\n")
    return 0
