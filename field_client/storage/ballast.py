"""A file of no use but its size: removed when the disk is full, so that the day can be finished.

What fills a tablet is rarely ours: videos, updates, another program's cache. Its owner finds out
while a subscriber waits. With the ballast gone there is room for some hundred photos more, and the
status says what to do before that is used up, too.
"""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from field_client.storage.files import flush_names, make_folder
from field_client.storage.full_disk import StorageFull

_CHUNK_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 512
"""The unit of ``st_blocks``, whatever the file system's own is."""

P = ParamSpec("P")
T = TypeVar("T")


class Ballast:
    """A file of ``size_bytes`` that really takes its room; of 0 bytes there is none."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._size_bytes = size_bytes
        self.is_missing = False
        """True: there should be one and is none, as last looked; the disk is nearly full."""

    def ensure(self) -> None:
        """Put it in place where at least as much again stays free.

        A disk that fills up meanwhile, or takes no such file, has none: never a reason to stop.
        """
        self.is_missing = self._size_bytes > 0 and not (self._path.exists() or self._make())

    def _make(self) -> bool:
        temporary = self._path.with_name(f"{self._path.name}.part")
        try:
            make_folder(self._path.parent)
            if shutil.disk_usage(self._path.parent).free < 2 * self._size_bytes:
                return False
            self._fill(temporary)
            temporary.replace(self._path)
            flush_names(self._path.parent)
        except OSError:
            temporary.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Give its room back; True: there was some to give."""
        try:
            self._path.unlink()
        except FileNotFoundError:
            return False
        flush_names(self._path.parent)
        self.is_missing = True
        return True

    def with_room(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something that leaves nothing behind when it fails; on a full disk, once more.

        Raises:
            StorageFull: there was no ballast, or its room was not enough.
        """
        try:
            return work(*args, **kwargs)
        except StorageFull:
            if not self.release():
                raise
        return work(*args, **kwargs)

    def _fill(self, path: Path) -> None:
        with path.open("wb") as file:
            _reserve(file.fileno(), self._size_bytes)
            if not self._takes_room(file.fileno()):
                self._write(file.write)
            file.flush()
            os.fsync(file.fileno())

    def _takes_room(self, descriptor: int) -> bool:
        """Ask what the file occupies, where the system tells."""
        blocks: int = getattr(os.fstat(descriptor), "st_blocks", 0)
        return blocks * _BLOCK_BYTES >= self._size_bytes

    def _write(self, write: Callable[[bytes], int]) -> None:
        """Write what no file system can pack."""
        for start in range(0, self._size_bytes, _CHUNK_BYTES):
            write(os.urandom(min(_CHUNK_BYTES, self._size_bytes - start)))


def _reserve(descriptor: int, size_bytes: int) -> None:
    """Ask the system for the room at once, where it and its file system know how."""
    if not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, 0, size_bytes)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}:
            raise
