"""The keys of a user of SNMP v3, and what is done with them.

SHA-2 is RFC 7860. For AES with 192 and 256 bits there is no standard, only two drafts, which differ
where the hash of the user is shorter than the key: ``aes256`` extends it by
draft-blumenthal-aes-usm-04, as net-snmp does, ``aes256-reeder`` by draft-reeder-snmpv3-usm-3desede,
as Cisco does. With a hash that is long enough (SHA-256 for 256 bits) both are one.

The library hashes a megabyte for each key and keeps every key for ever, by engines that anybody may
name; this hashes it once for each password.
"""

import contextlib
import hashlib
import hmac
import warnings
from collections.abc import Callable, Generator, Mapping
from typing import Final, TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.utils import CryptographyDeprecationWarning
from puresnmp_plugins.priv import aes, des

from activation.snmp import V3

_T = TypeVar("_T")
_PASSWORD_BYTES: Final = 1 << 20  # RFC 3414, A.2
_ENGINES_MAX: Final = 4
"""One agent has one engine; a few may share an address, and an engine is replaced now and then."""


class MethodUnsupported(ValueError):
    """A way to authenticate or to encrypt that this session does not know; the text names those."""


class _Hash(msgspec.Struct, frozen=True):
    name: str
    digest_bytes: int


class _Aes(msgspec.Struct, frozen=True):
    key_bytes: int
    extend: Callable[[bytes, bytes, str], bytes]


def _by_blumenthal(key: bytes, engine_id: bytes, hash_name: str) -> bytes:
    del engine_id
    return key + hashlib.new(hash_name, key).digest()


def _by_reeder(key: bytes, engine_id: bytes, hash_name: str) -> bytes:
    last = key[-hashlib.new(hash_name).digest_size :]
    return key + _localised(_key_of(last, hash_name), engine_id, hash_name)


_HASHES: Final[Mapping[str, _Hash]] = {
    "md5": _Hash("md5", 12),  # RFC 3414, section 6: HMAC-96
    "sha1": _Hash("sha1", 12),  # RFC 3414, section 7
    "sha224": _Hash("sha224", 16),  # RFC 7860, section 4, as the next
    "sha256": _Hash("sha256", 24),
    "sha384": _Hash("sha384", 32),
    "sha512": _Hash("sha512", 48),
}
_CIPHERS: Final[Mapping[str, _Aes | None]] = {
    "des": None,
    "aes": _Aes(16, _by_blumenthal),
    "aes192": _Aes(24, _by_blumenthal),
    "aes256": _Aes(32, _by_blumenthal),
    "aes192-reeder": _Aes(24, _by_reeder),
    "aes256-reeder": _Aes(32, _by_reeder),
}
AUTH_METHODS: Final = tuple(_HASHES)
PRIV_METHODS: Final = tuple(_CIPHERS)


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """The engine that answers for a message, and the clock that the message was written by."""

    engine_id: bytes
    boots: int
    time_s: int


class UsmUser:
    """One user's keys, localised once for each engine; its repr shows no secret.

    Raises:
        MethodUnsupported: names the method and those that there are.
    """

    def __init__(self, credentials: V3) -> None:
        self.name = credentials.user.encode("utf-8")
        self._hash = _known(_HASHES, credentials.auth_method, "authentication")
        self._cipher = _known(_CIPHERS, credentials.priv_method, "privacy")
        self._secrets = (credentials.auth_key, credentials.priv_key)
        self._unlocalised: tuple[bytes, bytes] | None = None
        self._keys: dict[bytes, tuple[bytes, bytes]] = {}

    @property
    def no_digest(self) -> bytes:
        """The zeros that stand where the digest goes while it is made."""
        return bytes(self._hash.digest_bytes)

    def sign(self, engine_id: bytes, message: bytes) -> bytes:
        """Make the digest of a message that holds zeros where the digest goes."""
        key = self._localised(engine_id)[0]
        return hmac.new(key, message, self._hash.name).digest()[: self._hash.digest_bytes]

    def encrypt(self, stamp: Stamp, data: bytes) -> tuple[bytes, bytes]:
        """Encrypt; gives the salt, too."""
        key = self._localised(stamp.engine_id)[1]
        with _unwarned():
            if self._cipher is None:
                done = des.encrypt_data(key, stamp.engine_id, stamp.boots, stamp.time_s, data)
                return bytes(done[0]), bytes(done[1])
            salt = next(aes.SALTPOT).to_bytes(8, "big")
            vector = aes.get_iv(stamp.boots, stamp.time_s, salt)
            encryptor = Cipher(algorithms.AES(key), modes.CFB(vector)).encryptor()
            return encryptor.update(data) + encryptor.finalize(), salt

    def decrypt(self, stamp: Stamp, salt: bytes, data: bytes) -> bytes:
        """Decrypt what came with this salt."""
        key = self._localised(stamp.engine_id)[1]
        with _unwarned():
            if self._cipher is None:
                return des.decrypt_data(key, stamp.engine_id, stamp.boots, stamp.time_s, salt, data)
            vector = aes.get_iv(stamp.boots, stamp.time_s, salt)
            decryptor = Cipher(algorithms.AES(key), modes.CFB(vector)).decryptor()
            return decryptor.update(data) + decryptor.finalize()

    def _localised(self, engine_id: bytes) -> tuple[bytes, bytes]:
        """Derive the keys that this user has with an engine."""
        if engine_id not in self._keys:
            if len(self._keys) >= _ENGINES_MAX:
                self._keys.clear()
            auth, priv = (
                _localised(key, engine_id, self._hash.name) for key in self._from_passwords()
            )
            if self._cipher is not None:
                while len(priv) < self._cipher.key_bytes:
                    priv = self._cipher.extend(priv, engine_id, self._hash.name)
                priv = priv[: self._cipher.key_bytes]
            self._keys[engine_id] = auth, priv
        return self._keys[engine_id]

    def _from_passwords(self) -> tuple[bytes, bytes]:
        if self._unlocalised is None:
            auth, priv = (
                _key_of(secret.reveal().encode("utf-8"), self._hash.name)
                for secret in self._secrets
            )
            self._unlocalised = auth, priv
        return self._unlocalised


def _key_of(password: bytes, hash_name: str) -> bytes:
    """Make a key of a password (RFC 3414, A.2)."""
    repeated = password * (_PASSWORD_BYTES // len(password) + 1)
    return hashlib.new(hash_name, repeated[:_PASSWORD_BYTES]).digest()


def _localised(key: bytes, engine_id: bytes, hash_name: str) -> bytes:
    """Bind a key to one engine (RFC 3414, 2.6)."""
    return hashlib.new(hash_name, key + engine_id + key).digest()


@contextlib.contextmanager
def _unwarned() -> Generator[None]:
    """Bear that the cipher mode is taken from a place where it will not stay, by the library too.

    The version of cryptography is pinned below the one that removes it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def _known(known: Mapping[str, _T], name: str, what: str) -> _T:
    if name not in known:
        raise MethodUnsupported(f"{name!r} is no method of {what}; known are {', '.join(known)}")
    return known[name]
