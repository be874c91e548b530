"""An upload that is cut anywhere goes on, and no piece that was acknowledged is sent again."""

import hashlib

import msgspec
import pytest

from field_client.transport import BlobOffset, Failure, NoAnswer
from field_client.uploads import ChunkSize, Uploader
from tests.field_client.tablets import Tablet

CHUNK_BYTES = 32 * 1024
PHOTO = hashlib.shake_256(b"a large photo").digest(3 * CHUNK_BYTES + 777)
DIGEST = hashlib.sha256(PHOTO).hexdigest()
EDGES = (0, CHUNK_BYTES, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES, len(PHOTO))
CUTS = sorted({at for edge in EDGES for at in (edge - 1, edge, edge + 1) if 0 <= at <= len(PHOTO)})


class CuttingServer(msgspec.Struct):
    """Keeps what arrives; the connection breaks once, when so many bytes have arrived."""

    cut_at: int
    here: bytearray | None = None
    acknowledged: int = 0
    sent_again: int = 0

    async def blob_offset(self, sha256: str, token: str) -> BlobOffset | Failure:
        assert (sha256, token) == (DIGEST, "token")
        return BlobOffset(offset=len(self.here or b""), is_known=self.here is not None)

    async def create_blob(self, sha256: str, size_bytes: int, token: str) -> BlobOffset | Failure:
        assert (sha256, size_bytes, token) == (DIGEST, len(PHOTO), "token")
        self.here = bytearray()
        return BlobOffset(offset=0, is_known=True)

    async def append_blob(
        self, sha256: str, offset: int, chunk: bytes, token: str
    ) -> BlobOffset | Failure:
        assert self.here is not None
        assert (sha256, offset, token) == (DIGEST, len(self.here), "token")
        self.sent_again += max(0, self.acknowledged - offset)
        if len(self.here) <= self.cut_at <= len(self.here) + len(chunk):
            self.here += chunk[: self.cut_at - len(self.here)]
            self.cut_at = -1
            return NoAnswer(detail="the connection broke")
        self.here += chunk
        self.acknowledged = len(self.here)
        return BlobOffset(offset=len(self.here), is_known=True)


@pytest.mark.parametrize("cut_at", CUTS)
async def test_no_acknowledged_piece_is_sent_again_wherever_an_upload_is_cut(
    tablet: Tablet, cut_at: int
) -> None:
    await tablet.sync()
    await tablet.take_photo(PHOTO)
    # Its facts are told first, and this server takes no files.
    tablet.server.refused_blobs = {DIGEST}
    await tablet.sync()
    server = CuttingServer(cut_at)
    uploader = Uploader(
        tablet.store, tablet.blobs, server, clock=tablet.clock, chunk=ChunkSize(CHUNK_BYTES)
    )

    cut = await uploader.upload_pending("token")
    done = await uploader.upload_pending("token")

    assert isinstance(cut.failure, NoAnswer)
    # All bytes may have arrived with the cut; then only the answer was missing.
    assert (done.failure, done.uploaded) == (None, 1)
    assert (server.here, server.sent_again) == (PHOTO, 0)
