"""``python -m tests.powercut.recorder ROOT JOURNAL COMMAND …``: run a program, journal its disk.

Everything that changes files below ROOT is journalled before the program goes on. A call that could
change them in a way that is not understood ends the recording: what is not seen is not tested.
"""

import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.powercut.journal import (
    Deed,
    Journal,
    Linked,
    MadeFolder,
    Opened,
    Removed,
    Renamed,
    Resized,
    Started,
    Synced,
    Wrote,
)
from tests.powercut.tracing import Call, Tracer

_HERE: Final = (1 << 64) - 100
"""AT_FDCWD as an unsigned register holds it."""
_DELETED: Final = " (deleted)"
_SHARED, _WRITABLE = 0x1, 0x2


class NotUnderstood(RuntimeError):
    """A call changes files in a way that the replay does not know."""


class Recorder:
    """Turns calls into deeds."""

    def __init__(self, root: Path, journal: Journal) -> None:
        self._root = f"{root.resolve()}{os.sep}"
        self._journal = journal
        self._count = 0
        self._begun: dict[int, int] = {}
        self._read: Mapping[str, Callable[[Call], Deed | None]] = {
            "open": lambda call: self._opened(call, self._at(call, _HERE, 0), call.args[1]),
            "openat": lambda call: self._opened(
                call, self._at(call, call.args[0], 1), call.args[2]
            ),
            "creat": lambda call: self._opened(
                call, self._at(call, _HERE, 0), os.O_CREAT | os.O_TRUNC
            ),
            "write": self._wrote,
            "pwrite64": self._wrote,
            "writev": self._wrote,
            "pwritev": self._wrote,
            "ftruncate": lambda call: self._resized(self._of(call, call.args[0]), call.args[1]),
            "truncate": lambda call: self._resized(self._at(call, _HERE, 0), call.args[1]),
            "fsync": self._synced,
            "fdatasync": self._synced,
            "rename": lambda call: self._renamed(
                self._at(call, _HERE, 0), self._at(call, _HERE, 1)
            ),
            "renameat": self._renamed_at,
            "renameat2": self._renamed_at,
            "link": lambda call: self._linked(self._at(call, _HERE, 0), self._at(call, _HERE, 1)),
            "linkat": lambda call: self._linked(
                self._at(call, call.args[0], 1), self._at(call, call.args[2], 3)
            ),
            "unlink": lambda call: self._removed(self._at(call, _HERE, 0)),
            "unlinkat": lambda call: self._removed(self._at(call, call.args[0], 1)),
            "rmdir": lambda call: self._removed(self._at(call, _HERE, 0)),
            "mkdir": lambda call: self._made(self._at(call, _HERE, 0)),
            "mkdirat": lambda call: self._made(self._at(call, call.args[0], 1)),
            "mmap": self._mapped,
            "fallocate": lambda call: self._refuse(call, self._of(call, call.args[0])),
            "pwritev2": lambda call: self._refuse(call, self._of(call, call.args[0])),
            "sendfile": lambda call: self._refuse(call, self._of(call, call.args[0])),
            "copy_file_range": lambda call: self._refuse(call, self._of(call, call.args[2])),
            "symlink": lambda call: self._refuse(call, self._at(call, _HERE, 1)),
            "symlinkat": lambda call: self._refuse(call, self._at(call, call.args[1], 2)),
            "openat2": lambda call: self._refuse(call, self._at(call, call.args[0], 1)),
            "io_uring_setup": lambda call: self._refuse(call, "(a ring)"),
        }

    def begins(self, call: Call) -> None:
        """Note where a flush began: what is written meanwhile it need not take along."""
        if call.name in {"fsync", "fdatasync"}:
            self._begun[call.thread] = self._count

    def ends(self, call: Call) -> None:
        """Journal what a call has done."""
        deed = self._read[call.name](call) if call.result >= 0 else None
        if deed is not None:
            self._journal.append(deed)
            self._count += 1

    def _opened(self, call: Call, path: str | None, flags: int) -> Deed | None:
        creates, empties = bool(flags & os.O_CREAT), bool(flags & os.O_TRUNC)
        if path is None or not (creates or empties) or flags & os.O_TMPFILE == os.O_TMPFILE:
            return None
        return Opened(self._of(call, call.result) or path, creates, empties)

    def _wrote(self, call: Call) -> Deed | None:
        path = self._of(call, call.args[0])
        if path is None or call.result == 0:
            return None
        pieces = (
            [(call.args[1], call.result)]
            if call.name in {"write", "pwrite64"}
            else self._vector(call)
        )
        data = b"".join(_memory(call.thread, address, size) for address, size in pieces)
        data = data[: call.result]
        if call.name.startswith("pwrite"):
            return Wrote(path, call.args[3], data)
        with open(f"/proc/{call.thread}/fdinfo/{call.args[0]}", encoding="ascii") as info:  # noqa: PTH123  thousands a second
            end = int(info.readline().split()[1])
        return Wrote(path, end - call.result, data)

    def _vector(self, call: Call) -> list[tuple[int, int]]:
        raw = _memory(call.thread, call.args[1], 16 * call.args[2])
        return list(struct.iter_unpack("=QQ", raw))

    def _resized(self, path: str | None, size: int) -> Deed | None:
        return None if path is None else Resized(path, size)

    def _synced(self, call: Call) -> Deed | None:
        begun, path = self._begun.pop(call.thread), self._of(call, call.args[0])
        return None if path is None else Synced(path, begun)

    def _renamed_at(self, call: Call) -> Deed | None:
        return self._renamed(self._at(call, call.args[0], 1), self._at(call, call.args[2], 3))

    def _renamed(self, source: str | None, target: str | None) -> Deed | None:
        return None if source is None or target is None else Renamed(source, target)

    def _linked(self, source: str | None, target: str | None) -> Deed | None:
        return None if source is None or target is None else Linked(source, target)

    def _removed(self, path: str | None) -> Deed | None:
        return None if path is None else Removed(path)

    def _made(self, path: str | None) -> Deed | None:
        return None if path is None else MadeFolder(path)

    def _mapped(self, call: Call) -> Deed | None:
        is_shared = call.args[3] & 0xF in {_SHARED, 0x3}
        if not (is_shared and call.args[2] & _WRITABLE) or call.args[4] >= 1 << 31:
            return None
        return self._refuse(call, self._of(call, call.args[4]))

    def _refuse(self, call: Call, path: str | None) -> Deed | None:
        if path is None:
            return None
        raise NotUnderstood(f"{call.name} on {path}; teach the recorder and the replay this call")

    def _of(self, call: Call, descriptor: int) -> str | None:
        """Name the file of a descriptor, if it is watched and still has a name."""
        try:
            path = str(Path(f"/proc/{call.thread}/fd/{descriptor & 0xFFFFFFFF}").readlink())
        except OSError:
            return None
        return None if path.endswith(_DELETED) else self._watched(path)

    def _at(self, call: Call, folder: int, argument: int) -> str | None:
        """Name the file that an argument names, seen from a folder."""
        name = os.fsdecode(_text(call.thread, call.args[argument]))
        if not name.startswith(os.sep):
            here = folder & 0xFFFFFFFF == _HERE & 0xFFFFFFFF
            seen_from = "cwd" if here else f"fd/{folder}"
            name = os.path.join(Path(f"/proc/{call.thread}/{seen_from}").readlink(), name)  # noqa: PTH118  thousands a second
        return self._watched(os.path.normpath(name))

    def _watched(self, path: str) -> str | None:
        # SQLite makes its shared memory anew from the log whenever it opens a database first.
        if path + os.sep == self._root:
            return "."
        if not path.startswith(self._root) or path.endswith("-shm"):
            return None
        return path.removeprefix(self._root)


def _memory(thread: int, address: int, size: int) -> bytes:
    descriptor = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(descriptor, size, address)
    finally:
        os.close(descriptor)


def _text(thread: int, address: int) -> bytes:
    """Read a C string; a page may end within what is asked for."""
    whole = b""
    while b"\0" not in whole:
        at = address + len(whole)
        whole += _memory(thread, at, 4096 - at % 4096)
    return whole.partition(b"\0")[0]


def main(arguments: list[str]) -> int:
    """Run the command; its own status is the recorder's."""
    root, file, *command = arguments
    journal = Journal(Path(file))
    journal.append(Started())
    recorder = Recorder(Path(root), journal)
    tracer = Tracer(recorder.begins, recorder.ends)

    def pass_on(number: int, _frame: object) -> None:
        """End as the program does: it is asked to stop, the recording goes on to its end."""
        if tracer.child is None:
            sys.exit(128 + number)
        os.kill(tracer.child, number)

    signal.signal(signal.SIGTERM, pass_on)
    return tracer.run(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
