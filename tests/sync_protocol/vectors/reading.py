"""Reading the files of vectors."""

import json
from pathlib import Path
from typing import Any


def read(name: str) -> list[dict[str, Any]]:
    """Give the vectors of a file."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text(encoding="utf-8"))
