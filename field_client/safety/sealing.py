"""The tablet's two keys in one sealed box: opened by a PIN, a secret of the keystore, or both.

A PIN of six digits is weak: a million guesses, each made dear by scrypt, are some days on one
machine and hours on a rented hundred. So it only keeps out who has the tablet in hand and must type
it in. Against somebody who copied the files, the secret in the keystore of the system does it: with
both, the copy alone cannot be guessed at. Where no keystore is, only a long PIN helps.
"""

import unicodedata
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from msgspec import Meta

KEY_BYTES: Final = 32
_SALT_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"firstlight/keys/1"

Randomness = Callable[[int], bytes]


class ScryptCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one guess at a PIN costs; 128 * n * r bytes of memory, p times one after another."""

    n: Annotated[int, Meta(ge=2**15, le=2**18)] = 2**16
    r: Annotated[int, Meta(ge=8, le=16)] = 8
    p: Annotated[int, Meta(ge=1, le=8)] = 2


class Secrets(msgspec.Struct, frozen=True, kw_only=True):
    """The two keys themselves."""

    replica_key: Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
    device_seed: Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]

    def __repr__(self) -> str:
        """Show nothing: a log or a traceback is no place for keys."""
        return "Secrets(…)"


class Openers(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a box; at least one of the two."""

    pin: str | None = None
    keystore_entry: str | None = None
    """Under which name the keystore has its part."""
    keystore_secret: bytes = b""

    def __repr__(self) -> str:
        """Show nothing, as above."""
        return "Openers(…)"


class Box(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sealed keys as they lie in a file, with all that opening them needs but the secrets."""

    format: Annotated[int, Meta(ge=1, le=1)] = 1
    pin_cost: ScryptCost | None
    """None: no PIN is needed."""
    keystore_entry: str | None
    """None: no secret of the keystore is needed."""
    salt: Annotated[bytes, Meta(min_length=_SALT_BYTES, max_length=_SALT_BYTES)]
    nonce: Annotated[bytes, Meta(min_length=_NONCE_BYTES, max_length=_NONCE_BYTES)]
    sealed: Annotated[bytes, Meta(max_length=200)]


class DoesNotOpen(RuntimeError):
    """The box does not open with these: a wrong PIN, or the file was altered."""


def seal(secrets: Secrets, openers: Openers, cost: ScryptCost, randomness: Randomness) -> Box:
    """Seal the keys anew, under a salt of its own; the box was tried before it is returned.

    Takes as long as one guess costs, twice.
    """
    empty = Box(
        pin_cost=None if openers.pin is None else cost,
        keystore_entry=openers.keystore_entry,
        salt=randomness(_SALT_BYTES),
        nonce=randomness(_NONCE_BYTES),
        sealed=b"",
    )
    cipher = AESGCM(_wrapping_key(empty, openers))
    inside = secrets.replica_key + secrets.device_seed
    box = msgspec.structs.replace(empty, sealed=cipher.encrypt(empty.nonce, inside, _header(empty)))
    if unseal(box, openers) != secrets:
        raise RuntimeError("the keys were sealed and did not come out as they went in")
    return box


def unseal(box: Box, openers: Openers) -> Secrets:
    """Open a box; its own tag says whether the PIN is right, nothing else here knows.

    Raises:
        DoesNotOpen: and nothing tells which part of it was wrong.
    """
    try:
        inside = AESGCM(_wrapping_key(box, openers)).decrypt(box.nonce, box.sealed, _header(box))
    except InvalidTag as error:
        raise DoesNotOpen("the keys do not open with this PIN") from error
    return Secrets(replica_key=inside[:KEY_BYTES], device_seed=inside[KEY_BYTES:])


def _wrapping_key(box: Box, openers: Openers) -> bytes:
    from_pin = b""
    if box.pin_cost is not None:
        from_pin = _stretched(openers.pin or "", box.salt, box.pin_cost)
    from_keystore = openers.keystore_secret if box.keystore_entry is not None else b""
    # Which of the two are in it stands in the header, so no mixture can be taken for another.
    mixing = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=box.salt, info=_header(box))
    return mixing.derive(from_pin + from_keystore)


def _stretched(pin: str, salt: bytes, cost: ScryptCost) -> bytes:
    stretching = Scrypt(salt=salt, length=KEY_BYTES, n=cost.n, r=cost.r, p=cost.p)
    # A keyboard may send the digits of another script.
    return stretching.derive(unicodedata.normalize("NFKC", pin).encode())


def _header(box: Box) -> bytes:
    """Give what must not be altered: who weakens a cost or leaves a part out opens nothing."""
    return _PURPOSE + msgspec.json.encode(
        msgspec.structs.replace(box, nonce=bytes(_NONCE_BYTES), sealed=b"")
    )
