"""One sync session from start to end: push and pull until nothing is left, then the files.

First our own that wait, then those of others that jobs show.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from field_client.clock import Clock
from field_client.engine import Blocked, NoRoom, Obstacle, Outcome, Synced, Unreachable
from field_client.fetching import Fetcher, PhotoTransport
from field_client.keys import DeviceKey
from field_client.refusals import outcome_of, outcome_of_sign_in
from field_client.replica.anew import begin_anew, must_issue_all
from field_client.replica.inbox import ForkSeen, Progress, apply_response
from field_client.replica.outbox import forget_old, next_push, rewind
from field_client.replica.state import (
    Enrolment,
    Why,
    find_enrolment,
    get_state,
    note_sync,
    renew_token,
)
from field_client.storage import StorageFull, Store
from field_client.transport import Failure, NoAnswer, Refused, TokenExpired
from field_client.uploads import BlobTransport, Uploader
from sync_protocol import evidence, wire
from sync_protocol.ids import DeviceId, Incarnation
from sync_protocol.messages import (
    OPERATIONS_PER_PUSH_MAX,
    BeginIncarnation,
    Challenge,
    IncarnationBegun,
    Refusal,
    SyncRequest,
    SyncResponse,
    Token,
    TokenRequest,
)
from sync_protocol.units import Millis
from sync_protocol.versions import PUSH_PROTOCOLS, VersionRange

APP_VERSION: Final = "0.1.0"
NO_ROOM: Final = (
    "this tablet has no room left, so nothing new can be received; delete something else from it, "
    "like videos or apps that nobody needs. What was saved is safe and is sent again by itself"
)
_ROUNDS_MAX: Final = 1000
_BEGINNINGS_MAX: Final = 6
"""How often a session begins or registers an incarnation: to be told of a fork, to be told that the
new one is another's, and to register each. More of it leads nowhere."""


class Transport(BlobTransport, PhotoTransport, Protocol):
    """What a session needs of the server."""

    async def challenge(self, device_id: DeviceId) -> Challenge | Failure:
        """Ask for something to sign."""
        ...

    async def token(self, request: TokenRequest) -> Token | Failure:
        """Show the signed challenge."""
        ...

    async def begin_incarnation(
        self, request: BeginIncarnation, token: str
    ) -> IncarnationBegun | Failure:
        """Register an incarnation."""
        ...

    async def sync(self, request: SyncRequest, token: str) -> SyncResponse | Failure:
        """Push and pull."""
        ...


class FactsWait(msgspec.Struct, frozen=True, kw_only=True):
    """A file gave way to operations that were recorded meanwhile."""


class SessionReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a session did, for the person who asked and for the log's one line."""

    outcome: Outcome
    rounds: int = 0
    acked: int = 0
    verdicts: Mapping[str, int] = {}
    entries: int = 0
    healed: int = 0
    """How often the scope differed, so that the pull began anew."""
    snapshot_reason: str | None = None
    """Why everything was pulled anew, if it was; ``cursor_too_old`` after months without a sync."""
    upgrade: str | None = None
    """Why nothing was received though all was sent: this program is too old to read it."""
    uploaded: int = 0
    fetched: int = 0
    """How many photos of earlier visits came."""
    duration_ms: Millis = 0


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a session has of the tablet that it runs on."""

    clock: Clock
    device_key: Callable[[], DeviceKey]
    fetcher: Fetcher
    new_id: Callable[[], UUID] = uuid7
    protocols: VersionRange = PUSH_PROTOCOLS


class Session:
    """The parts that a session works with, and what it has done so far."""

    def __init__(
        self, store: Store, transport: Transport, uploader: Uploader, means: Means
    ) -> None:
        self._store = store
        self._uploader = uploader
        self._transport = transport
        self._clock = means.clock
        self._device_key = means.device_key
        self._fetcher = means.fetcher
        self._new_id = means.new_id
        self._protocols = means.protocols
        self._protocol = means.protocols.highest
        self._beginnings = 0
        self._upgrade: str | None = None
        self._has_renewed = False
        self._operations_max = OPERATIONS_PER_PUSH_MAX
        self._rounds = 0
        self._verdicts: dict[str, int] = {}
        self._entries = 0
        self._healed = 0
        self._snapshot_reason: str | None = None
        self._uploaded = 0
        self._fetched = 0

    async def run(self) -> SessionReport:
        """Go as far as the server lets us. A session is run once."""
        begun_ms = self._clock.moment().monotonic_ms
        try:
            outcome = await self._outcome()
        except StorageFull:
            # What was sent has arrived; it stays in the queue until its verdicts can be stored.
            outcome = NoRoom(detail=NO_ROOM)
        return SessionReport(
            outcome=outcome,
            rounds=self._rounds,
            acked=sum(self._verdicts.values()),
            verdicts=dict(self._verdicts),
            entries=self._entries,
            healed=self._healed,
            snapshot_reason=self._snapshot_reason,
            upgrade=self._upgrade,
            uploaded=self._uploaded,
            fetched=self._fetched,
            duration_ms=max(0, self._clock.moment().monotonic_ms - begun_ms),
        )

    async def _outcome(self) -> Outcome:
        """Facts, then files, and facts again whenever some were recorded between two chunks."""
        while True:
            stopped = await self._exchange()
            if stopped is not None:
                return stopped
            ended = await self._upload()
            if ended is None:
                await self._note_synced()
                ended = await self._fetch()
            if not isinstance(ended, FactsWait):
                return ended

    async def _note_synced(self) -> None:
        """Everything of ours is there, and everything that is to be done is here."""
        now = self._clock.moment().wall
        if self._upgrade is None:
            await self._store.write(note_sync, now)
        await self._store.write(forget_old, now)

    async def _exchange(self) -> Outcome | None:
        """Push and pull until both are through; None: they are."""
        for _ in range(_ROUNDS_MAX):
            self._rounds += 1
            enrolment = await self._store.read(find_enrolment)
            obstacle = self._missing(enrolment)
            if enrolment is None or obstacle is not None:
                return obstacle
            await self._issue_all_if_restored()
            request = await self._store.read(
                next_push,
                self._clock.moment(),
                APP_VERSION,
                operations_max=self._operations_max,
                protocol=self._protocol,
            )
            answer = await self._transport.sync(request, enrolment.token)
            if isinstance(answer, SyncResponse):
                answer = await self._apply(request, answer)
            if isinstance(answer, Progress):
                if not answer.more:
                    return None
                if not answer.moved:
                    return Unreachable(
                        detail="not all was sent or received, yet nothing went forward"
                    )
                continue
            stopped = await self._go_on(request, answer, enrolment)
            if stopped is not None:
                return stopped
        return Unreachable(detail=f"not through after {_ROUNDS_MAX} rounds")

    def _missing(self, enrolment: Enrolment | None) -> Blocked | None:
        """Name what a tablet lacks to speak as the device that it was enrolled as."""
        if enrolment is None:
            return Blocked(
                obstacle=Obstacle.NOT_ENROLLED,
                detail="this tablet is not enrolled; enrol it with a code from the office",
            )
        if enrolment.public_key not in {None, self._device_key().public_text()}:
            # Also while its token lives: what is signed with another key is another device's.
            return Blocked(
                obstacle=Obstacle.UNKNOWN_DEVICE,
                detail="the key of this tablet is lost; enrol it anew with a code for "
                f"{enrolment.technician_name}, nothing that was recorded is lost",
            )
        return None

    async def _go_on(
        self, request: SyncRequest, answer: ForkSeen | Failure | Unreachable, known: Enrolment
    ) -> Outcome | None:
        """Deal with what is no progress; None: ask again."""
        match answer:
            case Unreachable():
                return answer
            case ForkSeen(detail=detail) | Refused(refusal=Refusal.FORK, detail=detail):
                return await self._begin_anew(request.incarnation, Why.FORK, detail)
            case Refused(refusal=Refusal.UNKNOWN_INCARNATION):
                return await self._register(request.incarnation, answer, known)
            case Refused(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE) if len(request.operations) > 1:
                # For this session: the next one may have another way to the server.
                self._operations_max = len(request.operations) // 2
                return None
            case _:
                return await self._recover(answer, known)

    async def _begin_anew(self, incarnation: Incarnation, why: Why, detail: str) -> Outcome | None:
        """Go on in a new incarnation, which is registered when the server asks for it."""
        self._beginnings += 1
        if self._beginnings > _BEGINNINGS_MAX:
            return Blocked(
                obstacle=Obstacle.FORK, detail=f"the server takes no incarnation of ours: {detail}"
            )
        new, at = Incarnation(self._new_id()), self._clock.moment().wall
        await self._store.write(begin_anew, incarnation, new, why, at)
        return None

    async def _issue_all_if_restored(self) -> None:
        """Begin anew with all that is held where a server that was put back may lack it."""
        if await self._store.read(must_issue_all):
            state, new = await self._store.read(get_state), Incarnation(self._new_id())
            at = self._clock.moment().wall
            await self._store.write(begin_anew, state.incarnation, new, Why.RESTORED, at)

    async def _register(
        self, incarnation: Incarnation, asked: Refused, known: Enrolment
    ) -> Outcome | None:
        """Register the present incarnation, as often as the server asks; it may have lost it."""
        self._beginnings += 1
        if self._beginnings > _BEGINNINGS_MAX:
            return outcome_of(asked)
        state = await self._store.read(get_state)
        request = BeginIncarnation(incarnation=incarnation, after=state.began_after)
        answer = await self._transport.begin_incarnation(request, known.token)
        match answer:
            case IncarnationBegun():
                return None
            case Refused(refusal=Refusal.FORK, detail=detail):
                return await self._begin_anew(incarnation, Why.TAKEN, detail)
            case _:
                return await self._recover(answer, known)

    async def _apply(
        self, request: SyncRequest, response: SyncResponse
    ) -> Progress | ForkSeen | Unreachable:
        try:
            progress = await self._store.write(
                apply_response, request, response, self._clock.moment()
            )
        except wire.Unreadable as error:
            return Unreachable(detail=f"the answer cannot be read: {error}")
        if isinstance(progress, ForkSeen):
            return progress
        self._entries += progress.entries
        self._healed += progress.healed
        self._snapshot_reason = progress.snapshot_reason or self._snapshot_reason
        self._upgrade = progress.upgrade
        for verdict in progress.acked:
            self._verdicts[verdict.verdict] = self._verdicts.get(verdict.verdict, 0) + 1
        return progress

    async def _upload(self) -> Outcome | FactsWait | None:
        """Send the files that wait; None: none is left that could go."""
        while True:
            enrolment = await self._store.read(find_enrolment)
            if enrolment is None:
                return None
            ended = await self._uploader.upload_pending(enrolment.token)
            self._uploaded += ended.uploaded
            if ended.facts_wait:
                return FactsWait()
            if ended.failure is None:
                return None
            stopped = await self._recover(ended.failure, enrolment)
            if stopped is not None:
                return stopped

    async def _fetch(self) -> Synced | FactsWait:
        """Get what jobs show of earlier visits; what fails of it is no failure of the session."""
        enrolment = await self._store.read(find_enrolment)
        if enrolment is None:
            return Synced()
        ended = await self._fetcher.fetch_missing(self._transport, enrolment.token)
        self._fetched += ended.fetched
        return FactsWait() if ended.facts_wait else Synced()

    async def _recover(self, failure: Failure, enrolment: Enrolment) -> Outcome | None:
        """Deal with an answer that is none; None: what it lacked is there, ask again."""
        match failure:
            case NoAnswer(detail=detail):
                return Unreachable(detail=detail)
            case TokenExpired():
                return await self._renew(enrolment)
            case Refused(refusal=Refusal.GAP, expected_dseq=int(expected)):
                is_rewound = await self._store.write(rewind, expected)
                return None if is_rewound else outcome_of(failure)
            case Refused(refusal=Refusal.UPGRADE_REQUIRED, speaks=VersionRange() as speaks):
                return None if self._step_down(speaks) else outcome_of(failure)
            case Refused():
                return outcome_of(failure)

    def _step_down(self, speaks: VersionRange) -> bool:
        """Speak the newest version that the server knows, too; False: there is none to try."""
        common = self._protocols.newest_common(speaks)
        if common is None or common == self._protocol:
            return False
        self._protocol = common
        return True

    async def _renew(self, enrolment: Enrolment) -> Outcome | None:
        """Get the next token, once per session."""
        failed = await self._ask_for_token(enrolment)
        if failed is None:
            return None
        # Enrolled anew while this was under way: the old device is of no concern any more.
        known = await self._store.read(find_enrolment)
        return failed if known is None or known.device_id == enrolment.device_id else None

    async def _ask_for_token(self, enrolment: Enrolment) -> Outcome | None:
        """Sign a challenge for it."""
        if self._has_renewed:
            return Unreachable(detail="the server does not take the token that it just gave")
        self._has_renewed = True
        answer = await self._sign_in(enrolment.device_id)
        if isinstance(answer, TokenExpired):
            # The challenge may have expired on a slow link, served a copy of this tablet, or been
            # given by a server that was put back since. Only of a second one it is the key.
            answer = await self._sign_in(enrolment.device_id)
        if not isinstance(answer, Token):
            return outcome_of_sign_in(answer)
        await self._store.write(renew_token, answer)
        return None

    async def _sign_in(self, device_id: DeviceId) -> Token | Failure:
        """Show that this tablet has the device's key."""
        challenge = await self._transport.challenge(device_id)
        if not isinstance(challenge, Challenge):
            return challenge
        message = evidence.challenge_bytes(device_id, challenge.challenge)
        return await self._transport.token(
            TokenRequest(
                device_id=device_id,
                challenge=challenge.challenge,
                signature=self._device_key().sign(message),
            )
        )
