"""Refusals: why a whole sync request, or a device, is turned away. Nothing of it was stored."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar import Response

from server.database.full_disk import RETRY_AFTER_S
from server.problems import MEDIA_TYPE, HttpRequest
from sync_protocol import wire
from sync_protocol.messages import Refusal, RefusedSync
from sync_protocol.versions import VersionRange

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

    def __init__(
        self,
        refusal: Refusal,
        detail: str,
        *,
        expected_dseq: int | None = None,
        retry_after_ms: int | None = None,
        needed_for: str | None = None,
        speaks: VersionRange | None = None,
    ) -> None:
        super().__init__(detail)
        self.body = RefusedSync(
            refusal=refusal,
            detail=detail,
            expected_dseq=expected_dseq,
            retry_after_ms=retry_after_ms,
            needed_for=needed_for,
            lowest_protocol=speaks.lowest if speaks else None,
            highest_protocol=speaks.highest if speaks else None,
        )

    @property
    def status(self) -> int:
        """The status that it is answered with."""
        return STATUS[self.body.refusal]


class TooOften(SyncRefused):
    """One address asked more often than it may; it is not the server that is busy."""

    def __init__(self, detail: str, *, retry_after_ms: int) -> None:
        super().__init__(Refusal.BUSY, detail, retry_after_ms=retry_after_ms)

    @property
    def status(self) -> int:
        """The status that it is answered with."""
        return HTTPStatus.TOO_MANY_REQUESTS


def answer(_request: HttpRequest, error: Any) -> Response[bytes]:  # noqa: ANN401  Litestar's handler
    """Make the answer for a refusal."""
    body: RefusedSync = error.body
    return _answer(body, error.status)


def answer_full(_request: HttpRequest, error: Any) -> Response[bytes]:  # noqa: ANN401  Litestar's handler
    """Tell a tablet that the disk takes nothing more: it keeps what it has, and asks again."""
    body = RefusedSync(refusal=Refusal.BUSY, detail=str(error), retry_after_ms=RETRY_AFTER_S * 1000)
    return _answer(body, STATUS[body.refusal])


def _answer(body: RefusedSync, status: int) -> Response[bytes]:
    response = Response(wire.encode(body), status_code=status, media_type=MEDIA_TYPE)
    if body.retry_after_ms is not None:
        # For whoever reads no body: whole seconds, never less than asked.
        response.set_header("Retry-After", str(-(-body.retry_after_ms // 1000)))
    return response
