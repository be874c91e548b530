"""What a tablet does once it is told that the office has withdrawn it: hand over, then be erased.

Operations first, as signed bundles that the server keeps in quarantine, then the files, under a
token that opens their doors alone. Nothing here erases anything; it says when that may be done.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from field_client.clock import Clock
from field_client.engine import Blocked, NoRoom, Obstacle, Outcome, Synced, Unreachable
from field_client.keys import DeviceKey
from field_client.replica.revocation import (
    Bundle,
    bundle_anew,
    find_revocation,
    forget_revocation,
    note_revoked,
    note_taken,
)
from field_client.replica.state import find_enrolment
from field_client.replica.views import count_all
from field_client.safety.wiping import Wiped, WipeReason
from field_client.session import APP_VERSION, SessionReport
from field_client.settings import Settings
from field_client.storage import StorageFull, Store
from field_client.transport import Failure, NoAnswer, Refused, TokenExpired
from field_client.uploads import Uploader
from sync_protocol import evidence
from sync_protocol.ids import DeviceId
from sync_protocol.messages import HandOverTaken


class Door(Protocol):
    """What handing over needs of the server."""

    async def hand_over(
        self, device_id: DeviceId, body: bytes, signature: str
    ) -> HandOverTaken | Failure:
        """Send a bundle."""
        ...


class HandingOver:
    """One attempt to hand over all that is left."""

    def __init__(
        self,
        store: Store,
        door: Door,
        uploader: Uploader,
        *,
        clock: Clock,
        device_key: Callable[[], DeviceKey],
    ) -> None:
        self._store = store
        self._door = door
        self._uploader = uploader
        self._clock = clock
        self._device_key = device_key

    async def after(
        self, report: SessionReport, settings: Settings
    ) -> tuple[SessionReport, Wiped | None]:
        """Take what a session ended with; the same, or what handing over came to, and the wipe.

        A wipe is due when nothing is left to be done. Until then the outcome is one after which the
        engine tries again by itself.
        """
        outcome = report.outcome
        if isinstance(outcome, Synced):
            await self._store.write(forget_revocation)
            return report, None
        enrolment = await self._store.read(find_enrolment)
        is_revoked = isinstance(outcome, Blocked) and outcome.obstacle is Obstacle.DEVICE_REVOKED
        if enrolment is None or not is_revoked:
            return report, None
        try:
            outcome, wiped = await self._hand_over(enrolment.device_id, settings)
        except StorageFull as error:
            outcome, wiped = NoRoom(detail=str(error)), None
        return msgspec.structs.replace(report, outcome=outcome), wiped

    async def _hand_over(
        self, device_id: DeviceId, settings: Settings
    ) -> tuple[Outcome, Wiped | None]:
        bundles = await self._store.write(note_revoked, self._clock.moment(), APP_VERSION)
        failure = await self._send(device_id, bundles)
        now, limit = self._clock.moment(), settings.hand_over_limit
        standing = await self._store.read(find_revocation, now, limit)
        if standing is None:
            return Unreachable(detail="the server took the revocation back"), None
        if not (standing.is_done or standing.is_overdue):
            why = "" if failure is None else f" ({_detail_of(failure)})"
            return Unreachable(detail=f"{standing.detail}{why}"), None
        wiped = Wiped(
            reason=WipeReason.REVOKED,
            at=now.wall,
            operations_handed_over=standing.operations_taken,
            photos_handed_over=standing.photos_taken,
        )
        return Blocked(obstacle=Obstacle.DEVICE_REVOKED, detail=wiped.detail), wiped

    async def _send(self, device_id: DeviceId, bundles: tuple[Bundle, ...]) -> Failure | None:
        token = None
        files_left = (await self._store.read(count_all)).pending_blobs > 0
        for bundle in bundles:
            # The last one again as long as files are left: its answer brings the token for them.
            if bundle.taken_at is not None and not (files_left and bundle is bundles[-1]):
                continue
            message = evidence.hand_over_bytes(device_id, bundle.body)
            signature = self._device_key().sign(message)
            answer = await self._door.hand_over(device_id, bundle.body, signature)
            if not isinstance(answer, HandOverTaken):
                if isinstance(answer, Refused):
                    await self._store.write(bundle_anew)
                return answer
            await self._store.write(note_taken, bundle.position, self._clock.moment().wall)
            token = answer.token
        if token is None:
            return None
        return (await self._uploader.upload_pending(token)).failure


def _detail_of(failure: Failure) -> str:
    match failure:
        case Refused(detail=detail) | NoAnswer(detail=detail):
            return detail
        case TokenExpired():
            return "the server does not take this device's signature"
