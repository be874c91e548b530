"""The one door that a withdrawn tablet has left: handing over what it had not sent."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from server.acts import Actor, ActorKind, act_of
from server.database import Store
from server.people import secrets
from server.problems import HttpRequest
from server.sync import doorkeeping, quarantine
from server.sync.doorkeeping import Doors
from server.sync.quarantine import Signed
from server.sync.refusals import SyncRefused
from sync_protocol import wire
from sync_protocol.messages import HandOverTaken, Refusal
from sync_protocol.quoting import quoted

SIGNATURE_HEADER: Final = "firstlight-signature"
_SIGNATURE_CHARS_MAX: Final = 120


@post("/sync/v1/quarantine", status_code=200, request_max_body_size=wire.COMPRESSED_BYTES_MAX)
async def hand_over(
    request: HttpRequest,
    store: NamedDependency[Store],
    doors: NamedDependency[Doors],
    device_id: FromQuery[UUID],
) -> HandOverTaken:
    """Keep the work of a withdrawn tablet apart."""
    doorkeeping.require_seldom(doors.tokens, request)
    if request.headers.get("content-encoding") != "gzip":
        raise SyncRefused(
            Refusal.BAD_REQUEST,
            f"content-encoding {quoted(request.headers.get('content-encoding'))}; send gzip",
        )
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not 0 < len(signature) <= _SIGNATURE_CHARS_MAX:
        raise SyncRefused(
            Refusal.UNKNOWN_DEVICE,
            f"{SIGNATURE_HEADER} is {quoted(signature)}; send the device's signature in base64",
        )
    signed = Signed(body=await doorkeeping.body_of(request), signature=signature)
    act = act_of(Actor(ActorKind.DEVICE, device_id))
    return await store.write(
        quarantine.take, device_id, signed, token=secrets.new_secret(), act=act
    )
