"""The file system as the tablet uses it, small enough to be watched and broken by tests."""

import os
import shutil
from pathlib import Path
from typing import Protocol


class FileSystem(Protocol):
    """Each call is durable or harmless by itself; the order of calls is the caller's promise."""

    def write(self, path: Path, data: bytes) -> None:
        """Write a file that only its owner may read, and flush it to the disk."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in its place at once; an older one there is replaced."""
        ...

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name; FileExistsError where that name is taken."""
        ...

    def sync_folder(self, folder: Path) -> None:
        """Flush the entries of a folder to the disk."""
        ...

    def read(self, path: Path) -> bytes:
        """Read a whole file; FileNotFoundError if there is none."""
        ...

    def exists(self, path: Path) -> bool:
        """Say whether there is such a file."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file, if there is one."""
        ...

    def erase(self, path: Path) -> None:
        """Overwrite a file where it lies, flush it, then remove it; no file is no error."""
        ...

    def remove_tree(self, folder: Path) -> None:
        """Remove a folder with all that is in it, if there is one."""
        ...

    def names(self, folder: Path) -> tuple[str, ...]:
        """Name what is in a folder, sorted; of no folder: nothing."""
        ...


class Disk:
    """The file system of the machine."""

    def __init__(self) -> None:
        self._durable: set[Path] = set()

    def write(self, path: Path, data: bytes) -> None:
        """Write and fsync; mode 0600 from the first byte on."""
        if path.parent not in self._durable:
            make_folder(path.parent)
            self._durable.add(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, source: Path, target: Path) -> None:
        """Replace atomically."""
        source.replace(target)

    def link(self, source: Path, target: Path) -> None:
        """Link, never replacing."""
        target.hardlink_to(source)

    def sync_folder(self, folder: Path) -> None:
        """Fsync the folder."""
        flush_names(folder)

    def read(self, path: Path) -> bytes:
        """Read a whole file."""
        return path.read_bytes()

    def exists(self, path: Path) -> bool:
        """Ask the disk."""
        return path.exists()

    def remove(self, path: Path) -> None:
        """Remove a file, if there is one."""
        path.unlink(missing_ok=True)

    def erase(self, path: Path) -> None:
        """Write zeros over it before it goes.

        A flash disk may keep the old cells for a while all the same; no program can reach those.
        """
        if not path.exists():
            return
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()

    def remove_tree(self, folder: Path) -> None:
        """Remove file by file."""
        if folder.is_dir():
            shutil.rmtree(folder)
            flush_names(folder.parent)

    def names(self, folder: Path) -> tuple[str, ...]:
        """List the folder."""
        return tuple(sorted(os.listdir(folder))) if folder.is_dir() else ()  # noqa: PTH208  names, not paths


def make_folder(folder: Path) -> None:
    """Make a folder for its owner only, and those above it; its name is durable on return."""
    folder = folder.absolute()
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    # Even where it was: whoever made it may not have lived to flush its name.
    flush_names(folder.parent)


def flush_names(folder: Path) -> None:
    """Fsync a folder; Windows has no such call and needs none after a flush of the file."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place_file(files: FileSystem, path: Path, data: bytes) -> None:
    """Write a file so that after a power cut it is whole or not there.

    The order is the point: contents, then name, then the folder that holds the name.
    """
    temporary = path.with_name(path.name + ".part")
    try:
        files.write(temporary, data)
    except OSError:
        # Half a file is of no use, and on a full disk it is in the way.
        files.remove(temporary)
        raise
    files.rename(temporary, path)
    files.sync_folder(path.parent)
