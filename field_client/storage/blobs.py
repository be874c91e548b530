"""Photos and signatures as files, by their content, sealed with a key that the replica key gives.

A file is on the disk before a row speaks of it: call ``put`` first, then record the capture.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from field_client.storage.files import FileSystem, place_file
from field_client.storage.full_disk import naming_it
from field_client.storage.replica_file import ReplicaKey, Unencrypted
from sync_protocol.units import Sha256Hex

_NONCE_BYTES: Final = 12


class BlobUnreadable(RuntimeError):
    """A stored file is missing or does not open with this key; the capture's row is kept."""


class StoredBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is safely on the disk."""

    sha256: Sha256Hex
    size_bytes: int
    media_type: str


class BlobFolder:
    """A folder of sealed files named by the SHA-256 of what is in them."""

    def __init__(
        self,
        folder: Path,
        key: ReplicaKey,
        files: FileSystem,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._folder = folder
        self._files = files
        self._randomness = randomness
        self._cipher = None if isinstance(key, Unencrypted) else AESGCM(_blob_key(key))

    def put(self, data: bytes, media_type: str) -> StoredBlob:
        """Keep bytes; on return they survive a power cut. The same bytes again are no new file.

        Raises:
            StorageFull: the disk takes nothing more; nothing was kept.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if not self._files.exists(self._path(sha256)):
            self._place(sha256, data)
        return StoredBlob(sha256=sha256, size_bytes=len(data), media_type=media_type)

    def put_anew(self, data: bytes, media_type: str) -> StoredBlob:
        """Keep bytes in place of a file of this name that may be damaged; as ``put`` otherwise."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._place(sha256, data)
        return StoredBlob(sha256=sha256, size_bytes=len(data), media_type=media_type)

    def _place(self, sha256: Sha256Hex, data: bytes) -> None:
        with naming_it():
            place_file(self._files, self._path(sha256), self._seal(sha256, data))

    def get(self, sha256: Sha256Hex) -> bytes:
        """Give the bytes back.

        Raises:
            BlobUnreadable: the file is gone, damaged, or sealed with another key.
        """
        try:
            data = self._open(sha256, self._files.read(self._path(sha256)))
        except (FileNotFoundError, InvalidTag) as error:
            raise BlobUnreadable(f"the file of {sha256} is missing or damaged") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobUnreadable(f"the file of {sha256} holds something else")
        return data

    def remove(self, sha256: Sha256Hex) -> None:
        """Free the space of a blob that nobody needs any more."""
        self._files.remove(self._path(sha256))

    def _path(self, sha256: Sha256Hex) -> Path:
        return self._folder / sha256[:2] / sha256

    def _seal(self, sha256: Sha256Hex, data: bytes) -> bytes:
        if self._cipher is None:
            return data
        nonce = self._randomness(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, data, bytes.fromhex(sha256))

    def _open(self, sha256: Sha256Hex, sealed: bytes) -> bytes:
        if self._cipher is None:
            return sealed
        nonce, box = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._cipher.decrypt(nonce, box, bytes.fromhex(sha256))


def _blob_key(replica_key: bytes) -> bytes:
    """Derive, so that no key seals both the database and files."""
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"firstlight/blobs/1")
    return derivation.derive(replica_key)
