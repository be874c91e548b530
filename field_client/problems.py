"""How an error becomes an answer: one table, one shape (RFC 9457 problem+json)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from field_client.answers import ChangedMeanwhile, NotAnAnswer
from field_client.capture import NotAField, NotAFieldEvent
from field_client.enrolling import (
    AlreadyEnrolled,
    EnrolmentRefused,
    NoServer,
    NotACode,
    OtherTechnician,
    ServerUnreachable,
)
from field_client.entries import JobReadOnly
from field_client.field_jobs import NoPlace, NoReason
from field_client.findings import NotACheck, NothingSaid
from field_client.loop import FlightModeOn
from field_client.media import NotADrawing, NotAPhoto
from field_client.proposed_values import NotANumber, NotAPosition
from field_client.replica.held import JobUnknown, NotEnrolled
from field_client.replica.issues import IssueUnknown
from field_client.replica.revocation import TabletRevoked
from field_client.safety.key_files import TabletLocked
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.pins import PinTooWeak
from field_client.safety.vault import NoPin, PinNeedsEncryption
from field_client.safety.window import OfflineTooLong
from field_client.safety.wiping import TabletWiped
from field_client.scanning import NotAnImage
from field_client.serial_checks import Warned
from field_client.storage import StorageFull
from sync_protocol.corrections import NotCorrectable
from sync_protocol.jobs import MoveNotAllowed
from sync_protocol.quoting import quoted
from sync_protocol.serials import NotAnOntSerial
from sync_protocol.units import NotALightLevel
from sync_protocol.visit_codes import NotAVisitCode
from sync_protocol.wire import Unreadable

log = structlog.stdlib.get_logger()

PROBLEM_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, in words for a person and a code for a program."""

    status: int
    code: str
    detail: str
    missing: tuple[str, ...] = ()
    warnings: tuple[Warned, ...] = ()


_TABLE: Final[Mapping[type[Exception], tuple[HTTPStatus, str]]] = {
    AlreadyEnrolled: (HTTPStatus.CONFLICT, "already_enrolled"),
    ChangedMeanwhile: (HTTPStatus.CONFLICT, "changed_meanwhile"),
    EnrolmentRefused: (HTTPStatus.FORBIDDEN, "enrolment_refused"),
    FlightModeOn: (HTTPStatus.CONFLICT, "flight_mode"),
    IssueUnknown: (HTTPStatus.NOT_FOUND, "issue_unknown"),
    JobReadOnly: (HTTPStatus.CONFLICT, "job_read_only"),
    JobUnknown: (HTTPStatus.NOT_FOUND, "job_unknown"),
    MoveNotAllowed: (HTTPStatus.CONFLICT, "move_not_allowed"),
    KeystoreSilent: (HTTPStatus.SERVICE_UNAVAILABLE, "keystore_silent"),
    NoPin: (HTTPStatus.CONFLICT, "no_pin"),
    NoPlace: (HTTPStatus.BAD_REQUEST, "no_place"),
    NoReason: (HTTPStatus.BAD_REQUEST, "no_reason"),
    NoServer: (HTTPStatus.CONFLICT, "no_server"),
    OfflineTooLong: (HTTPStatus.CONFLICT, "offline_too_long"),
    OtherTechnician: (HTTPStatus.CONFLICT, "other_technician"),
    NotACheck: (HTTPStatus.BAD_REQUEST, "not_a_check"),
    NotACode: (HTTPStatus.BAD_REQUEST, "not_a_code"),
    NotADrawing: (HTTPStatus.BAD_REQUEST, "not_a_drawing"),
    NotAField: (HTTPStatus.BAD_REQUEST, "not_a_field"),
    NotAFieldEvent: (HTTPStatus.BAD_REQUEST, "not_a_field_event"),
    NotANumber: (HTTPStatus.BAD_REQUEST, "not_a_number"),
    NotAPosition: (HTTPStatus.BAD_REQUEST, "not_a_position"),
    NotALightLevel: (HTTPStatus.BAD_REQUEST, "not_a_light_level"),
    NotAPhoto: (HTTPStatus.BAD_REQUEST, "not_a_photo"),
    NotAnAnswer: (HTTPStatus.CONFLICT, "not_an_answer"),
    NotAnImage: (HTTPStatus.BAD_REQUEST, "not_an_image"),
    NotAVisitCode: (HTTPStatus.BAD_REQUEST, "not_a_visit_code"),
    NotAnOntSerial: (HTTPStatus.BAD_REQUEST, "not_an_ont_serial"),
    NotCorrectable: (HTTPStatus.BAD_REQUEST, "not_correctable"),
    NotEnrolled: (HTTPStatus.CONFLICT, "not_enrolled"),
    PinNeedsEncryption: (HTTPStatus.CONFLICT, "pin_needs_encryption"),
    PinTooWeak: (HTTPStatus.BAD_REQUEST, "pin_too_weak"),
    NothingSaid: (HTTPStatus.BAD_REQUEST, "nothing_said"),
    StorageFull: (HTTPStatus.INSUFFICIENT_STORAGE, "storage_full"),
    TabletRevoked: (HTTPStatus.CONFLICT, "device_revoked"),
    TabletLocked: (HTTPStatus.LOCKED, "locked"),
    TabletWiped: (HTTPStatus.GONE, "wiped"),
    ServerUnreachable: (HTTPStatus.BAD_GATEWAY, "server_unreachable"),
    Unreadable: (HTTPStatus.BAD_REQUEST, "unreadable"),
}

LocalRequest = Request[None, None, Any]


def status_of(error: Exception) -> int:
    """Say which status an error is answered with."""
    if isinstance(error, HTTPException):
        return error.status_code
    known = next((kind for kind in type(error).__mro__ if kind in _TABLE), None)
    return HTTPStatus.INTERNAL_SERVER_ERROR if known is None else _TABLE[known][0]


def _answer_known(_request: LocalRequest, error: Exception) -> Response[Problem]:
    status, code = _TABLE[next(kind for kind in type(error).__mro__ if kind in _TABLE)]
    return problem_response(Problem(status=status, code=code, detail=str(error)))


def _answer_http(request: LocalRequest, error: HTTPException) -> Response[Problem]:
    """Litestar's own refusals: an unknown path, a parameter that is none of the type."""
    reasons = [_reason(request, item) for item in _extra(error)]
    asked = f"{request.method} {quoted(request.url.path)}"
    return problem_response(
        Problem(
            status=error.status_code,
            code=HTTPStatus(error.status_code).name.lower(),
            detail=f"{asked}: {'; '.join(reasons) or error.detail}",
        )
    )


def _answer_mistake(request: LocalRequest, error: Exception) -> Response[Problem]:
    log.error("request.failed", path=request.url.path, exc_info=error)
    return problem_response(
        Problem(status=500, code="mistake", detail="a mistake of this program; see its log")
    )


def _extra(error: HTTPException) -> list[Mapping[str, object]]:
    """Read the list of what is wrong with the parameters, if this error has one."""
    try:
        return msgspec.convert(error.extra, list[Mapping[str, object]])
    except msgspec.ValidationError:
        return []


def _reason(request: LocalRequest, item: Mapping[str, object]) -> str:
    key = str(item.get("key"))
    sent = quoted(request.query_params.get(key, ""))
    return f"{key} is {sent}: {item.get('message')}"


def problem_response(problem: Problem) -> Response[Problem]:
    """Answer with a problem."""
    return Response(problem, status_code=problem.status, media_type=PROBLEM_TYPE)


HANDLERS: Final[Mapping[Any, Any]] = {
    **dict.fromkeys(_TABLE, _answer_known),
    HTTPException: _answer_http,
    Exception: _answer_mistake,
}
