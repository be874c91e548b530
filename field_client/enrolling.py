"""Enrolment as the replica sees it: the first one, and the one after its key was lost.

A replica whose device key is gone belongs to a device that can never speak again. Enrolled anew it
is a new device of the same technician, which sends what waits here under a new incarnation.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import msgspec

from field_client.clock import Clock
from field_client.replica.anew import begin_anew
from field_client.replica.state import Why, find_enrolment, get_state
from field_client.session import APP_VERSION
from field_client.settings import ServerUrl
from field_client.storage import Store
from field_client.transport import Failure, NoAnswer, Refused, TokenExpired
from sync_protocol.ids import Incarnation
from sync_protocol.messages import EnrolRequest, EnrolResponse
from sync_protocol.quoting import quoted

_TRIES_MAX: Final = 3


class NotACode(ValueError):
    """The text is no enrolment code; nothing was sent."""


class EnrolmentRefused(RuntimeError):
    """The server does not take this code; ask the office for a new one. Nothing was changed."""


class ServerUnreachable(RuntimeError):
    """No answer that can be trusted; the code may or may not be used up. Try again."""


class AlreadyEnrolled(RuntimeError):
    """This replica belongs to a technician; nothing was changed."""


class NoServer(ValueError):
    """It is not known which server to talk to; name it with --server."""


class OtherTechnician(RuntimeError):
    """The code is another technician's than the work on this tablet; nothing was changed here."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a person and the key store bring to an enrolment."""

    code: str
    device_name: str
    public_key: str


class Door(Protocol):
    """What enrolling needs of the server."""

    async def enrol(self, request: EnrolRequest) -> EnrolResponse | Failure:
        """Show the one-time code."""
        ...


async def enrol(
    store: Store, door: Door, wish: Wish, *, clock: Clock, new_id: Callable[[], UUID]
) -> EnrolResponse | Failure:
    """Show the code; a new incarnation is begun, and kept, where another device has the present.

    Raises:
        OtherTechnician: what waits here must not be sent as somebody else's.
    """
    known = await store.read(find_enrolment)
    answer: EnrolResponse | Failure = NoAnswer(detail="no incarnation was taken")
    for _ in range(_TRIES_MAX):
        state = await store.read(get_state)
        answer = await door.enrol(
            EnrolRequest(
                code=wish.code,
                device_name=wish.device_name,
                public_key=wish.public_key,
                incarnation=state.incarnation,
                app_version=APP_VERSION,
                technician_id=None if known is None else known.technician_id,
            )
        )
        if not (isinstance(answer, Refused) and answer.status == HTTPStatus.CONFLICT):
            break
        # Kept before it is asked for: an answer that gets lost is given again for the same one.
        why, at = Why.TAKEN if known is None else Why.KEY_LOST, clock.moment().wall
        await store.write(begin_anew, state.incarnation, Incarnation(new_id()), why, at)
    if (
        known is not None
        and isinstance(answer, EnrolResponse)
        and answer.technician_id != known.technician_id
    ):
        raise OtherTechnician(
            f"this code is {answer.technician_name}'s; the work on this tablet is "
            f"{known.technician_name}'s and is kept for them. Enrol it with a code of "
            f"{known.technician_name}"
        )
    return answer


def enrolment_error(failure: Failure) -> Exception:
    """Say what it means that the code made no device."""
    match failure:
        case Refused(detail=detail):
            return EnrolmentRefused(f"the server does not take this code: {detail}")
        case NoAnswer(detail=detail):
            return ServerUnreachable(f"no answer from the server: {detail}")
        case TokenExpired():
            return EnrolmentRefused("the server asks for a sign-in that an enrolment cannot have")


def checked_server(server_url: str) -> str:
    """Take the address of a server as a person typed it.

    Raises:
        NoServer: names the text and what would be right.
    """
    try:
        return msgspec.convert(server_url, ServerUrl)
    except msgspec.ValidationError as error:
        raise NoServer(
            f"{quoted(server_url)} is no address of a server; it is like https://field.example.net"
        ) from error
