"""The two keys of a tablet, kept apart from the replica: a copy of the replica is not the device.

``KeyStore`` is what a way of keeping them has to offer; here is the folder, which protects against
nobody who has the disk. The keystore of the system and the PIN are in ``safety``.
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_client.storage import FileSystem

_KEY_BYTES: Final = 32


def new_salt() -> str:
    """Give 128 random bits for a capture's digest."""
    return secrets.token_hex(16)


class KeyDamaged(RuntimeError):
    """A key file is not what was written; nothing was changed. Restore it or enrol anew."""


class DeviceKey:
    """The Ed25519 key that this device signs with; its private half never leaves this object."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)

    def public_text(self) -> str:
        """Give the public key as it travels: 32 raw bytes in base64."""
        return base64.b64encode(self._private.public_key().public_bytes_raw()).decode("ascii")

    def sign(self, message: bytes) -> str:
        """Sign; the signature in base64."""
        return base64.b64encode(self._private.sign(message)).decode("ascii")


class KeyStore(Protocol):
    """Where keys live; each is made at first use and is the same ever after."""

    def device_key(self) -> DeviceKey:
        """Give the key that signs."""
        ...

    def replica_key(self) -> bytes:
        """Give the 32 bytes that open the replica."""
        ...


class KeyFolder:
    """Keys as files that only their owner may read, outside the replica's folder.

    Read once: another process may keep them in another way while this one runs.
    """

    def __init__(
        self,
        folder: Path,
        files: FileSystem,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._folder = folder
        self._files = files
        self._randomness = randomness
        self._read: dict[str, bytes] = {}

    def device_key(self) -> DeviceKey:
        """Read the device key, or make it.

        Raises:
            KeyDamaged: the file is not 32 bytes.
        """
        return DeviceKey(self.device_seed())

    def device_seed(self) -> bytes:
        """Read what the device key is made of, or make it; only to be kept in another way.

        Raises:
            KeyDamaged: the file is not 32 bytes.
        """
        return self._key("device.key")

    def replica_key(self) -> bytes:
        """Read the replica key, or make it.

        Raises:
            KeyDamaged: the file is not 32 bytes.
        """
        return self._key("replica.key")

    def _key(self, name: str) -> bytes:
        if name not in self._read:
            self._read[name] = self._find_or_make(name)
        return self._read[name]

    def _find_or_make(self, name: str) -> bytes:
        path = self._folder / name
        if not self._files.exists(path):
            self._create(path)
        key = self._files.read(path)
        if len(key) != _KEY_BYTES:
            raise KeyDamaged(f"{path} has {len(key)} bytes, a key has {_KEY_BYTES}")
        return key

    def _create(self, path: Path) -> None:
        """Make a key whole or not at all, and never over one that another process just made."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            self._files.write(temporary, self._randomness(_KEY_BYTES))
            self._files.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            self._files.remove(temporary)
        self._files.sync_folder(path.parent)
