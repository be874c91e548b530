"""Blobs by their content: photos and signatures, in a folder, received piece by piece.

A blob is present only when all of it has arrived and its SHA-256 is right. The caller's name for it
is that hash, so no path comes from outside.
"""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final, Protocol

import filelock

BLOB_BYTES_MAX: Final = 50_000_000


class BlobUnknown(LookupError):
    """No upload of this blob was begun."""


class OffsetWrong(ValueError):
    """A piece does not begin where the last one ended; ask for the offset and go on from there."""


class ContentWrong(ValueError):
    """All pieces are here and are not what their hash says; they were dropped, send them again."""


class BlobStore(Protocol):
    """Where blobs live; every call is blocking and belongs in a thread."""

    def begin(self, sha256: str, size_bytes: int) -> None:
        """Prepare to receive a blob; begun or present already changes nothing."""
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
    """Blobs in a local folder, two levels deep, each piece flushed to disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def begin(self, sha256: str, size_bytes: int) -> None:
        """Prepare to receive a blob; begun with this size or present already changes nothing.

        Begun with another size it starts anew: a wrong announcement must not keep a blob out.
        """
        with self._locked(sha256):
            try:
                if self._progress(sha256)[1] == size_bytes or self.is_present(sha256):
                    return
            except BlobUnknown:
                pass
            self._part_file(sha256).write_bytes(b"")
            self._size_file(sha256).write_text(str(size_bytes))

    def progress(self, sha256: str) -> tuple[int, int]:
        """Tell how many bytes are here and how many there will be.

        What is complete is verified: a crash may have come between the last piece and its check.
        """
        with self._locked(sha256):
            here, size = self._progress(sha256)
            if here == size and not self.is_present(sha256):
                try:
                    self._finish(sha256)
                except ContentWrong as error:
                    raise BlobUnknown(f"{error}; begin again") from error
            return here, size

    def _progress(self, sha256: str) -> tuple[int, int]:
        if self.is_present(sha256):
            size = self.path(sha256).stat().st_size
            return size, size
        try:
            size = int(self._size_file(sha256).read_text())
            return self._part_file(sha256).stat().st_size, size
        except (FileNotFoundError, ValueError) as error:
            raise BlobUnknown(f"no upload of blob {sha256} was begun") from error

    def append(self, sha256: str, offset: int, piece: bytes) -> int:
        """Add a piece and answer the new offset; durable when it returns."""
        with self._locked(sha256):
            return self._append(sha256, offset, piece)

    def _append(self, sha256: str, offset: int, piece: bytes) -> int:
        here, size = self._progress(sha256)
        if self.is_present(sha256):
            return size
        if offset != here:
            raise OffsetWrong(f"blob {sha256} has {here} bytes; a piece came for {offset}")
        if here + len(piece) > size:
            raise OffsetWrong(
                f"blob {sha256} has {size} bytes in all; {len(piece)} after {here} go beyond"
            )
        with self._part_file(sha256).open("ab") as part:
            part.write(piece)
            part.flush()
            os.fsync(part.fileno())
        if here + len(piece) == size:
            self._finish(sha256)
        return here + len(piece)

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

    def _finish(self, sha256: str) -> None:
        part = self._part_file(sha256)
        with part.open("rb") as whole:
            found = hashlib.file_digest(whole, "sha256").hexdigest()
        if found != sha256:
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
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            _sync_folder(self._folder)
        return filelock.FileLock(folder / "lock")

    def _part_file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.part"

    def _size_file(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.size"


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: the name lives in the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
