"""``python -m tests.powercut.mutants NAME PROGRAM …``: the program with one promise taken out.

Each must show losses in the replay, or the replay shows nothing.
"""

import runpy
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from field_client.storage import files
from server.database import Connection, Written, sqlite, writer
from server.database.writer import run_group
from server.sync import blob_store

_HEAD_START_S: Final = 0.05


def _no_flush(_folder: Path) -> None:
    """Leave names to the file system."""


_write_flushed = files.Disk.write


def _write_photo_unflushed(disk: files.Disk, path: Path, data: bytes) -> None:
    if "blobs" not in path.parts:
        _write_flushed(disk, path, data)
        return
    files.make_folder(path.parent)
    path.write_bytes(data)


def _commit_after_answering(
    self: writer.Writer, db: Connection, group: Sequence[Any], _index: int
) -> None:
    """Answer each caller when its unit has run, and commit a little later."""

    def overheard(one: Any) -> Callable[[Connection], Written[Any]]:  # noqa: ANN401  what was submitted
        def run(db: Connection) -> Written[Any]:
            written = one.unit(db)
            read = one.then and one.then(db)
            one.future.set_result((written.value, read) if one.then else written.value)
            threading.Event().wait(_HEAD_START_S)
            return written

        return run

    run_group(db, [overheard(one) for one in group], self.counter)


MUTANTS: Final[Mapping[str, tuple[str, tuple[tuple[Any, str, Any], ...]]]] = {
    "server-normal": ("server", ((sqlite, "SETTINGS", {**sqlite.SETTINGS, "synchronous": 1}),)),
    "server-answers-first": (
        "server",
        ((writer.Writer, "_commit", _commit_after_answering),),
    ),
    "server-forgets-names": ("server", ((blob_store, "_sync_folder", _no_flush),)),
    "tablet-forgets-photo": (
        "tablet",
        ((files.Disk, "write", _write_photo_unflushed),),
    ),
    "tablet-forgets-names": (
        "tablet",
        ((files, "flush_names", _no_flush),),
    ),
}
"""Name → whose it is, and what is put in whose place."""


def main(arguments: list[str]) -> None:
    """Put the mutation in place and become the program."""
    name, program, *sys.argv[1:] = arguments
    for owner, attribute, instead in MUTANTS[name][1]:
        setattr(owner, attribute, instead)
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
