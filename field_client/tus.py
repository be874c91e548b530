"""The few words of tus 1.0 (tus.io) that an upload needs."""

import base64
from typing import Final

from sync_protocol.units import Sha256Hex

TUS_VERSION: Final = "1.0.0"
CHUNK_BYTES: Final = 512 * 1024
"""One part of an upload: what is lost when a connection breaks."""
CHECKSUM_MISMATCH: Final = 460


def upload_metadata(sha256: Sha256Hex) -> str:
    """Write the metadata header that names a blob by its content."""
    return "sha256 " + base64.b64encode(sha256.encode("ascii")).decode("ascii")
