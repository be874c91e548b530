"""The few words of tus 1.0 (tus.io) that an upload needs, and how much to send at a time."""

import base64
from typing import Final

from sync_protocol.units import Sha256Hex

TUS_VERSION: Final = "1.0.0"
CHUNK_BYTES_MIN: Final = 4 * 1024
CHUNK_BYTES_FIRST: Final = 32 * 1024
CHUNK_BYTES_MAX: Final = 1024 * 1024
CHUNK_MS: Final = 3_000
"""What a chunk should take: while it is under way no fact can be sent, and what is under way is
lost when the connection breaks. On a slow link it is small, on a fast one round trips are few."""
CHECKSUM_MISMATCH: Final = 460


def next_chunk_bytes(sent_bytes: int, took_ms: int) -> int:
    """Work out the next chunk from how long the last one took; it at most doubles.

    >>> next_chunk_bytes(32_768, 6_000), next_chunk_bytes(32_768, 10), next_chunk_bytes(4_096, 9**9)
    (16384, 65536, 4096)
    """
    wanted = min(sent_bytes * CHUNK_MS // max(took_ms, 1), 2 * sent_bytes)
    return max(CHUNK_BYTES_MIN, min(wanted, CHUNK_BYTES_MAX))


def chunk_bytes_after_failure(sent_bytes: int) -> int:
    """Work out the next chunk after one that did not get through.

    >>> chunk_bytes_after_failure(32_768)
    8192
    """
    return max(CHUNK_BYTES_MIN, sent_bytes // 4)


def upload_metadata(sha256: Sha256Hex) -> str:
    """Write the metadata header that names a blob by its content."""
    return "sha256 " + base64.b64encode(sha256.encode("ascii")).decode("ascii")
