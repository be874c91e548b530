"""Refusals: why a whole sync request, or a device, is turned away. Nothing of it was stored."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Response

from server.database.full_disk import RETRY_AFTER_S
from server.problems import MEDIA_TYPE, HttpRequest
from sync_protocol import wire
from sync_protocol.messages import Refusal, RefusedSync

STATUS: Final[Mapping[Refusal, int]] = {
    Refusal.BAD_REQUEST: 400,
    Refusal.UNKNOWN_DEVICE: 401,
    Refusal.DEVICE_REVOKED: 403,
    Refusal.GAP: 409,
    Refusal.FORK: 409,
    Refusal.UNKNOWN_INCARNATION: 409,
    Refusal.TOO_LARGE: 413,
    Refusal.UPGRADE_REQUIRED: 426,
    Refusal.BUSY: 503,
}


class SyncRefused(Exception):
    """A request as a whole cannot be taken; the device keeps everything it has."""

    def __init__(self, refusal: Refusal, detail: str, *, expected_dseq: int | None = None) -> None:
        super().__init__(detail)
        self.body = RefusedSync(refusal=refusal, detail=detail, expected_dseq=expected_dseq)


def answer(_request: HttpRequest, error: Any) -> Response[bytes]:  # noqa: ANN401  Litestar's handler
    """Make the answer for a refusal."""
    body: RefusedSync = error.body
    return Response(wire.encode(body), status_code=STATUS[body.refusal], media_type=MEDIA_TYPE)


def answer_full(_request: HttpRequest, error: Any) -> Response[bytes]:  # noqa: ANN401  Litestar's handler
    """Tell a tablet that the disk takes nothing more: it keeps what it has, and asks again."""
    body = RefusedSync(refusal=Refusal.BUSY, detail=str(error), retry_after_ms=RETRY_AFTER_S * 1000)
    return Response(
        wire.encode(body),
        status_code=STATUS[body.refusal],
        media_type=MEDIA_TYPE,
        headers={"Retry-After": str(RETRY_AFTER_S)},
    )
