"""Blobs by their content: photos and signatures, in a folder, received piece by piece.

A blob is present only when all of it has arrived and its SHA-256 is right. The caller's name for it
is that hash, so no path comes from outside.
"""

import contextlib
import hashlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Final, Protocol

import filelock

from server.database import full_disk
from server.database.full_disk import Outage, StorageFull

BLOB_BYTES_MAX: Final = 50_000_000
_NOTE_BYTES: Final = 20
"""Of a number in an announcement, its line end included."""


class BlobUnknown(LookupError):
    """No upload of this blob was begun."""


class OffsetWrong(ValueError):
    """A piece does not begin where the last one ended; ask for the offset and go on from there."""


class ContentWrong(ValueError):
    """All pieces are here and are not what their hash says; they were dropped, send them again."""


class BlobStore(Protocol):
    """Where blobs live; every call is blocking and belongs in a thread."""

    def begin(self, sha256: str, size_bytes: int) -> None:
        """Prepare to receive a blob; begun or present already changes nothing.

        Raises:
            StorageFull: nothing was begun; ask again when there is room.
        """
        ...

    def progress(self, sha256: str) -> tuple[int, int]:
        """Tell how many bytes are here and how many there will be.

        Raises:
            BlobUnknown: no upload was begun.
        """
        ...

    def append(self, sha256: str, offset: int, piece: bytes) -> int:
        """Add a piece and answer the new offset; durable when it returns.

        Raises:
            BlobUnknown: no upload was begun.
            OffsetWrong: names the offset that is right.
            ContentWrong: the whole does not have this hash.
            StorageFull: the offset is where it was; go on from there when there is room.
        """
        ...

    def is_present(self, sha256: str) -> bool:
        """Say whether the whole blob is here, verified."""
        ...

    def path(self, sha256: str) -> Path:
        """Give the file of a blob that is present."""
        ...

    def read(self, sha256: str, offset: int, length_bytes: int) -> bytes:
        """Read a part of a blob that is present; less where it ends.

        Raises:
            BlobUnknown: it is not here, or not all of it.
        """
        ...


class FolderBlobStore:
    """Blobs in a local folder, two levels deep; what is answered has been flushed to disk.

    An upload is two files. The bytes come first; then their number is added to the *announcement*,
    which begins with the size. A power cut can leave anything behind the number last noted, so what
    lies there was never here.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._durable: set[Path] = set()
        self._outage = Outage("blobs")
        _make_folder(folder)

    def begin(self, sha256: str, size_bytes: int) -> None:
        """Prepare to receive a blob; begun with this size or present already changes nothing.

        Begun with another size it starts anew: a wrong announcement must not keep a blob out.
        """
        with self._told_of_outage(), self._locked(sha256):
            try:
                if self._progress(sha256)[1] == size_bytes or self.is_present(sha256):
                    return
            except BlobUnknown:
                pass
            # The old announcement goes first: no number in it may speak of an emptied file.
            self._size_file(sha256).unlink(missing_ok=True)
            _sync_folder(self._size_file(sha256).parent)
            self._part_file(sha256).write_bytes(b"")
            _write_at(self._size_file(sha256), 0, _noted(size_bytes))
            _sync_folder(self._size_file(sha256).parent)

    def progress(self, sha256: str) -> tuple[int, int]:
        """Tell how many bytes are here and how many there will be.

        What is complete is verified: a crash may have come between the last piece and its check.
        """
        with full_disk.naming_it(f"blob {sha256}"), self._locked(sha256):
            return self._progress(sha256)

    def _progress(self, sha256: str) -> tuple[int, int]:
        if self.is_present(sha256):
            size = self.path(sha256).stat().st_size
            return size, size
        try:
            size, here = _read_announcement(self._size_file(sha256))
            in_file = self._part_file(sha256).stat().st_size
        except (FileNotFoundError, ValueError) as error:
            raise BlobUnknown(f"no upload of blob {sha256} was begun") from error
        if in_file == size:
            return self._verified(sha256, here, size)
        return min(here, in_file), size

    def _verified(self, sha256: str, here: int, size: int) -> tuple[int, int]:
        """Finish what has its whole length, or fall back on what was noted of it."""
        try:
            self._finish(sha256, keep_wrong=here < size)
        except ContentWrong as error:
            if 0 < here < size:
                return here, size
            raise BlobUnknown(f"{error}; begin again") from error
        return size, size

    def append(self, sha256: str, offset: int, piece: bytes) -> int:
        """Add a piece and answer the new offset; durable when it returns."""
        with self._told_of_outage(), self._locked(sha256):
            return self._append(sha256, offset, piece)

    def _append(self, sha256: str, offset: int, piece: bytes) -> int:
        here, size = self._progress(sha256)
        if self.is_present(sha256):
            return size
        if offset != here:
            raise OffsetWrong(f"blob {sha256} has {here} bytes; a piece came for {offset}")
        reached = here + len(piece)
        if reached > size:
            raise OffsetWrong(
                f"blob {sha256} has {size} bytes in all; {len(piece)} after {here} go beyond"
            )
        self._add(self._part_file(sha256), here, piece)
        if reached == size:
            self._finish(sha256)
        elif piece:
            _note(self._size_file(sha256), reached)
        return reached

    def _add(self, part: Path, here: int, piece: bytes) -> None:
        """Write a piece; one that does not fit gives back the room that its beginning took."""
        try:
            _write_at(part, here, piece)
        except OSError:
            os.truncate(part, here)
            raise

    @contextlib.contextmanager
    def _told_of_outage(self) -> Generator[None]:
        try:
            with full_disk.naming_it("this part of the blob"):
                yield
        except StorageFull as error:
            self._outage.begin(error)
            raise
        self._outage.end()

    def is_present(self, sha256: str) -> bool:
        """Say whether the whole blob is here, verified."""
        return self.path(sha256).exists()

    def path(self, sha256: str) -> Path:
        """Give the file of a blob that is present."""
        return self._folder / sha256[:2] / sha256

    def read(self, sha256: str, offset: int, length_bytes: int) -> bytes:
        """Read a part of a blob that is present; less where it ends."""
        try:
            with self.path(sha256).open("rb") as whole:
                whole.seek(offset)
                return whole.read(length_bytes)
        except FileNotFoundError as error:
            raise BlobUnknown(f"blob {sha256} is not here") from error

    def _finish(self, sha256: str, *, keep_wrong: bool = False) -> None:
        part = self._part_file(sha256)
        with part.open("rb") as whole:
            found = hashlib.file_digest(whole, "sha256").hexdigest()
            # It may come from before a crash of the process, when nobody had flushed it.
            os.fsync(whole.fileno())
        if found != sha256:
            if not keep_wrong:
                part.unlink()
                self._size_file(sha256).unlink()
            raise ContentWrong(f"the bytes sent as {sha256} are {found}")
        part.rename(self.path(sha256))
        _sync_folder(part.parent)
        with contextlib.suppress(FileNotFoundError):
            self._size_file(sha256).unlink()

    def _locked(self, sha256: str) -> filelock.BaseFileLock:
        """Keep other threads and server processes from the blobs of this folder's part."""
        folder = self._folder / sha256[:2]
        if folder not in self._durable:
            _make_folder(folder)
            self._durable.add(folder)
        return filelock.FileLock(folder / "lock")

    def _part_file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.part"

    def _size_file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.size"


def _noted(number: int) -> bytes:
    """Write a number so that half of it is none."""
    return b"%0*d\n" % (_NOTE_BYTES - 1, number)


def _read_announcement(file: Path) -> tuple[int, int]:
    """Read the size and the last number noted after it; a torn note counts for none.

    Raises:
        ValueError: there is not even a size.
        FileNotFoundError: nor a file.
    """
    numbers = _whole_notes(file.read_bytes())
    if not numbers:
        raise ValueError(f"{file.name} announces nothing")
    return numbers[0], numbers[-1] if len(numbers) > 1 else 0


def _whole_notes(text: bytes) -> list[int]:
    numbers: list[int] = []
    for at in range(0, len(text), _NOTE_BYTES):
        note = text[at : at + _NOTE_BYTES]
        if len(note) < _NOTE_BYTES or not note[:-1].isdigit() or note[-1:] != b"\n":
            break
        numbers.append(int(note))
    return numbers


def _note(file: Path, number: int) -> None:
    """Add a number to an announcement, over whatever a crash left behind its last whole one."""
    _write_at(file, len(_whole_notes(file.read_bytes())) * _NOTE_BYTES, _noted(number))


def _write_at(file: Path, offset: int, data: bytes) -> None:
    """Let a file end with these bytes from an offset on, and flush it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "wb") as opened:
        opened.truncate(offset)
        opened.seek(offset)
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, or find it; its name is durable on return."""
    folder = folder.absolute()
    if not folder.parent.is_dir():
        _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    # Even where it was: whoever made it may not have lived to flush its name.
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Make names durable: they live in the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
