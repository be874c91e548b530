"""``python -m tests.sync_protocol.vectors --write``: write the test vectors of FLS/1 anew.

Without ``--write`` it only says which files differ from what the code makes.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.sync_protocol.vectors.making import VECTORS, as_text

FOLDER = Path(__file__).parent


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 1 where a file differs and was not to be written."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync_protocol.vectors")
    parser.add_argument("--write", action="store_true", help="write the files")
    args = parser.parse_args(argv)
    differing = 0
    for name, make in VECTORS.items():
        file, text = FOLDER / f"{name}.json", as_text(make())
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        differing += 1
        if args.write:
            file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{file.name} {'written' if args.write else 'differs'}\n")
    return 1 if differing and not args.write else 0


if __name__ == "__main__":
    sys.exit(main())
