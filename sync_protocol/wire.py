"""Bytes and messages: encoding, limits, and the chain over what a device has said.

JSON through msgspec; compression belongs to the transports. A decoder here never raises anything
but ``Unreadable``, whatever the bytes.
"""

import gzip
import hashlib
import zlib
from typing import Final, TypeVar

import msgspec

from sync_protocol.ids import Incarnation
from sync_protocol.quoting import name_fault
from sync_protocol.units import Sha256Hex

BODY_BYTES_MAX: Final = 4_000_000
"""The largest body after decompression; a larger one is refused before it is decoded."""
COMPRESSED_BYTES_MAX: Final = 1_000_000

T = TypeVar("T")


class Unreadable(ValueError):
    """The bytes are no such message; nothing was stored. The text names place and reason."""


class TooLarge(Unreadable):
    """More than a body may hold; nothing was stored. Send fewer operations at a time."""


def encode(message: msgspec.Struct) -> bytes:
    """Write a message as JSON."""
    return msgspec.json.encode(message)


def decode(raw: bytes, message_type: type[T]) -> T:
    """Read a message from JSON.

    Raises:
        Unreadable: empty, not JSON, not UTF-8, nested too deep, or not a message of this type.
    """
    if not raw:
        raise Unreadable("nothing was sent; a JSON object is expected")
    try:
        return msgspec.json.decode(raw, type=message_type)
    except msgspec.ValidationError as error:
        raise Unreadable(name_fault(str(error), raw)) from error
    except msgspec.DecodeError as error:
        raise Unreadable(f"not JSON: {error}; {len(raw)} bytes came") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8: {error.reason} at byte {error.start} of a text") from error
    except RecursionError as error:
        raise Unreadable("nested too deep") from error


def compress(body: bytes) -> bytes:
    """Pack a body with gzip, the same bytes for the same body on every machine and day."""
    return gzip.compress(body, compresslevel=9, mtime=0)


def decompress(body: bytes, *, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """Unpack a gzip body, never holding more than ``bytes_max`` of it.

    Raises:
        TooLarge: larger than allowed once unpacked.
        Unreadable: not gzip, or cut short.
    """
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = inflater.decompress(body, bytes_max + 1)
    except zlib.error as error:
        begins = body[:8].hex() or "nothing"
        raise Unreadable(f"no gzip body ({error}); it begins with {begins}") from error
    if len(unpacked) > bytes_max:
        raise TooLarge(f"more than {bytes_max} bytes once unpacked")
    if not inflater.eof:
        raise Unreadable(f"the gzip body is cut short after {len(body)} bytes")
    return unpacked


def first_chain(incarnation: Incarnation) -> Sha256Hex:
    """Give the chain value before the first operation of an incarnation."""
    return hashlib.sha256(b"firstlight/chain/1" + incarnation.bytes).hexdigest()


def next_chain(chain: Sha256Hex, raw_operation: bytes) -> Sha256Hex:
    """Give the chain value after one more operation, over its bytes as sent.

    Two devices that both believe to be this incarnation have different chains from the first
    operation on in which they differ; the gapless numbers alone would not show it.
    """
    return hashlib.sha256(bytes.fromhex(chain) + raw_operation).hexdigest()
