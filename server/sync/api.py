"""FLS/1 over HTTP: enrolment, tokens, and the one route that pushes and then pulls."""

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

import structlog
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.params import FromQuery

from server.acts import SYSTEM, Actor, ActorKind, act_of, utc_now
from server.console.headers import FOR_TABLETS, SENT_AS_IT_IS
from server.database import Connection, Store
from server.people import secrets
from server.problems import HttpRequest
from server.settings import Settings
from server.sync import (
    commands,
    devices,
    doorkeeping,
    floors,
    pull,
    refusals,
    registration,
    versions,
)
from server.sync.access import device_of
from server.sync.commands import Pushed
from server.sync.doorkeeping import Doors
from server.sync.fingerprints import Fingerprints
from server.sync.records import Device
from server.sync.refusals import SyncRefused
from sync_protocol import wire
from sync_protocol.ids import Epoch
from sync_protocol.messages import (
    PROTOCOL_VERSION,
    BeginIncarnation,
    Challenge,
    EnrolRequest,
    EnrolResponse,
    IncarnationBegun,
    PullPage,
    Refusal,
    SyncRequest,
    SyncResponse,
    Token,
    TokenRequest,
)
from sync_protocol.quoting import quoted
from sync_protocol.versions import SPOKEN, Spoken

PACKED_FROM_BYTES: Final = 500
T = TypeVar("T")


@post("/devices/v1/enrol")
async def enrol(
    request: HttpRequest,
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    doors: NamedDependency[Doors],
) -> EnrolResponse:
    """Turn a one-time code into a device."""
    wanted = _decode(await request.body(), EnrolRequest)
    address = doorkeeping.require_seldom(doors.enrolments, request)
    enrolled = await store.write(
        devices.enrol,
        wanted,
        token=secrets.new_secret(),
        token_life=timedelta(hours=settings.device_token_hours),
        act=act_of(SYSTEM),
    )
    doors.enrolments.give_back(address, now_s=time.monotonic())
    return enrolled


@post("/devices/v1/challenge", status_code=200)
async def challenge(
    request: HttpRequest,
    store: NamedDependency[Store],
    doors: NamedDependency[Doors],
    device_id: FromQuery[UUID],
) -> Challenge:
    """Give a device something to sign."""
    doorkeeping.require_seldom(doors.tokens, request)
    return await store.write(
        devices.issue_challenge, device_id, secrets.new_secret(), act=act_of(SYSTEM)
    )


@post("/devices/v1/token", status_code=200)
async def renew_token(
    request: HttpRequest,
    store: NamedDependency[Store],
    settings: NamedDependency[Settings],
    doors: NamedDependency[Doors],
) -> Token:
    """Give the next token for a signed challenge."""
    wanted = _decode(await request.body(), TokenRequest)
    doorkeeping.require_seldom(doors.tokens, request)
    return await store.write(
        devices.renew_token,
        wanted,
        token=secrets.new_secret(),
        token_life=timedelta(hours=settings.device_token_hours),
        act=act_of(SYSTEM),
    )


@post("/devices/v1/incarnations", status_code=200)
async def begin_incarnation(
    request: HttpRequest, store: NamedDependency[Store]
) -> IncarnationBegun:
    """Let a device go on in a new incarnation: its replica was restored, or copied."""
    device = await device_of(store, request.headers.get("authorization"))
    wanted = _decode(await request.body(), BeginIncarnation)
    act = act_of(Actor(ActorKind.DEVICE, device.id))
    return await store.write(registration.register, device.id, wanted, act=act)


def _refuse_too_large(request: HttpRequest, _error: RequestEntityTooLarge) -> Response[bytes]:
    """Refuse in the words of the protocol what the framework would refuse in its own."""
    detail = f"more than {wire.COMPRESSED_BYTES_MAX} bytes as sent; send fewer operations"
    return refusals.answer(request, SyncRefused(Refusal.TOO_LARGE, detail))


@post(
    "/sync/v1",
    status_code=200,
    request_max_body_size=wire.COMPRESSED_BYTES_MAX,
    opt={FOR_TABLETS: True, SENT_AS_IT_IS: True},
    exception_handlers={RequestEntityTooLarge: _refuse_too_large},
)
async def synchronise(request: HttpRequest, doors: NamedDependency[Doors]) -> Response[bytes]:
    """Take what a tablet has done, then tell it what is new."""
    # Two dependencies would be resolved side by side, in tasks that cost more than a look-up does.
    store: Store = request.app.state.store
    async with doorkeeping.admitted(request, store, doors) as device:
        body = await doorkeeping.body_of(request)
        wanted = read_request(body, request.headers.get("content-encoding"), doors.spoken)
        answer = await _exchange(store, device, wanted, doors)
    return packed(answer, request.headers.get("accept-encoding", ""))


async def _exchange(store: Store, device: Device, wanted: SyncRequest, doors: Doors) -> bytes:
    act = act_of(Actor(ActorKind.DEVICE, device.id))
    known = doors.fingerprints
    if commands.has_news(wanted):
        pushed, news = await store.write_then_read(
            partial(commands.receive, device_id=device.id, request=wanted, act=act),
            partial(_news_of, device, wanted, known),
        )
    else:
        pushed, news = await store.read(partial(_listen, device, wanted, known))
    committed_at, epoch, page = news
    response = SyncResponse(
        protocol=PROTOCOL_VERSION,
        epoch=epoch,
        server_time=act.now,
        acked_dseq=pushed.acked_dseq,
        chain=pushed.chain,
        verdicts=pushed.verdicts,
        durable_dseq=pushed.durable_dseq,
        pull=page,
    )
    structlog.get_logger().info(
        "sync_session.finished",
        device_id=str(device.id),
        operations=len(wanted.operations),
        committed_at=committed_at.isoformat(),
        acked_dseq=pushed.acked_dseq,
        entries=len(page.entries),
        more=page.more,
        healed=wanted.healed,
    )
    return wire.encode(versions.as_understood(response, wanted, doors.spoken))


def packed(answer: bytes, accepted: str) -> Response[bytes]:
    """Pack an answer, the whole at once, where the ``Accept-Encoding`` that came allows it."""
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in accepted and len(answer) >= PACKED_FROM_BYTES:
        answer, headers = wire.compress(answer), {"Content-Encoding": "gzip", **headers}
    return Response(answer, media_type="application/json", headers=headers)


_News = tuple[datetime, Epoch, PullPage]


def _news_of(
    device: Device, wanted: SyncRequest, fingerprints: Fingerprints, db: Connection
) -> _News:
    """Read what is new for a device, and note the instant at which everything before was stored."""
    now = utc_now()
    epoch, page = pull.read(
        db,
        device.technician_id,
        wanted.epoch,
        wanted.cursor,
        check_scope=wanted.check_scope,
        fingerprints=fingerprints,
    )
    return now, epoch, page


def _listen(
    device: Device, wanted: SyncRequest, fingerprints: Fingerprints, db: Connection
) -> tuple[Pushed, _News]:
    """Answer a device that has no news itself; it waits for no writer."""
    return commands.heard(db, device.id, wanted), _news_of(device, wanted, fingerprints, db)


def read_request(body: bytes, encoding: str | None, spoken: Spoken = SPOKEN) -> SyncRequest:
    """Unpack and decode a request, bounded before and after.

    Raises:
        SyncRefused: not gzip or plain, too large, not a request, or a protocol we do not speak.
    """
    if encoding not in {None, "identity", "gzip"}:
        raise SyncRefused(
            Refusal.BAD_REQUEST, f"content-encoding {quoted(encoding)}; send gzip or none"
        )
    try:
        plain = wire.decompress(body) if encoding == "gzip" else body
    except wire.TooLarge as error:
        raise SyncRefused(Refusal.TOO_LARGE, f"{error}; send fewer operations") from error
    except wire.Unreadable as error:
        raise SyncRefused(Refusal.BAD_REQUEST, str(error)) from error
    request = _decode(plain, SyncRequest)
    versions.require_push(request.protocol, spoken)
    if request.cursor is not None and not floors.is_ours(request.cursor):
        raise SyncRefused(
            Refusal.BAD_REQUEST,
            f"cursor with entity {quoted(request.cursor.entity)} and entity_id "
            f"{quoted(request.cursor.entity_id)}; send the cursor of a page as it came, or none",
        )
    return request


def _decode(body: bytes, message_type: type[T]) -> T:
    try:
        return wire.decode(body, message_type)
    except wire.Unreadable as error:
        raise SyncRefused(Refusal.BAD_REQUEST, str(error)) from error
