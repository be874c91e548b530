"""What the tablet says of itself: the figures of the sync chip, and what stands in the way."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from field_client.agent import Agent
from field_client.engine import Blocked, Busy, NoRoom, Obstacle, Outcome, Synced, Unreachable
from field_client.replica.revocation import Revocation
from field_client.replica.state import ReplicaState, Why, find_enrolment, get_state
from field_client.replica.views import BlobFault, Counts, count_all, list_blob_faults
from field_client.safety.key_files import Way
from field_client.safety.window import Offline, Standing
from field_client.storage import Connection
from sync_protocol.ids import DeviceId, Incarnation, TechnicianId
from sync_protocol.units import Counter


class DeviceCard(msgspec.Struct, frozen=True, kw_only=True):
    """Who this tablet is; None before it is enrolled."""

    incarnation: Incarnation
    device_id: DeviceId | None
    technician_id: TechnicianId | None
    technician_name: str | None


class StatusProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody should look at."""

    code: str
    detail: str


class BeganAnew(msgspec.Struct, frozen=True, kw_only=True):
    """This tablet goes on in a new incarnation, and why; nothing of what was entered is lost."""

    after: Incarnation
    at: datetime
    why: Why
    detail: str


class SafetyCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a lost, full or far-away tablet means here."""

    keys: Way
    """Where what opens the keys is."""
    idle_lock_s: int | None
    """After how long without a touch the PIN is asked for; None: there is no PIN."""
    offline: Offline | None
    """How long the server was not met; None: not counted yet."""
    revocation: Revocation | None
    """How far a withdrawn tablet has handed its work over; None: it is not withdrawn."""
    is_nearly_full: bool
    """The ballast had to be given up, or there was no room for it."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The tablet at a glance. ``online`` is what the last attempt showed."""

    device: DeviceCard
    online: bool
    syncing: bool
    flight_mode: bool
    pending_operations: int
    pending_blobs: int
    captured: Counter
    verdicts: Mapping[str, int]
    last_synced_at: datetime | None
    problems: tuple[StatusProblem, ...]
    safety: SafetyCard
    began_anew: BeganAnew | None = None


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    device: DeviceCard
    counts: Counts
    flight_mode: bool
    last_synced_at: datetime | None
    faults: tuple[BlobFault, ...]
    began_anew: BeganAnew | None


async def get_status(agent: Agent) -> Status:
    """Gather the status."""
    facts = await agent.store.read(_gather)
    engine, report = agent.loop.state, agent.loop.last_report
    problems = [
        StatusProblem(code="blob_failed", detail=f"{fault.sha256}: {fault.last_error}")
        for fault in facts.faults
    ]
    if report is not None and report.upgrade is not None:
        problems.insert(0, StatusProblem(code="upgrade_required", detail=report.upgrade))
    if engine.obstacle is not None:
        obstacle = engine.obstacle
        problems.insert(0, StatusProblem(code=obstacle.obstacle, detail=obstacle.detail))
    elif report is not None and isinstance(report.outcome, Unreachable):
        problems.insert(0, StatusProblem(code="unreachable", detail=report.outcome.detail))
    elif report is not None and isinstance(report.outcome, NoRoom):
        problems.insert(0, StatusProblem(code="storage_full", detail=report.outcome.detail))
    safety = await _safety(agent)
    problems += _warnings(safety)
    return Status(
        device=facts.device,
        online=not facts.flight_mode and report is not None and _was_reached(report.outcome),
        syncing=engine.is_syncing,
        flight_mode=facts.flight_mode,
        pending_operations=facts.counts.pending_operations,
        pending_blobs=facts.counts.pending_blobs,
        captured=facts.counts.captured,
        verdicts=facts.counts.by_verdict,
        last_synced_at=facts.last_synced_at,
        problems=tuple(problems),
        safety=safety,
        began_anew=facts.began_anew,
    )


async def _safety(agent: Agent) -> SafetyCard:
    way = agent.keys_kept()
    return SafetyCard(
        keys=way,
        idle_lock_s=agent.settings.idle_lock_s if way.needs_pin else None,
        offline=await agent.offline(),
        revocation=await agent.revocation(),
        is_nearly_full=agent.files.ballast.is_missing,
    )


def _warnings(safety: SafetyCard) -> list[StatusProblem]:
    found: list[StatusProblem] = []
    if safety.revocation is not None:
        found.append(StatusProblem(code="device_revoked", detail=safety.revocation.detail))
    offline = safety.offline
    if offline is not None and offline.standing is not Standing.FRESH:
        code = "offline_too_long" if offline.standing is Standing.READ_ONLY else "offline_long"
        found.append(StatusProblem(code=code, detail=offline.detail))
    if safety.is_nearly_full:
        found.append(StatusProblem(code="storage_nearly_full", detail=NEARLY_FULL))
    return found


def _was_reached(outcome: Outcome) -> bool:
    match outcome:
        case Synced() | Busy() | NoRoom():
            return True
        case Unreachable():
            return False
        case Blocked(obstacle=obstacle):
            return obstacle is not Obstacle.NOT_ENROLLED


def _gather(db: Connection) -> _Facts:
    state, enrolment = get_state(db), find_enrolment(db)
    return _Facts(
        device=DeviceCard(
            incarnation=state.incarnation,
            device_id=None if enrolment is None else enrolment.device_id,
            technician_id=None if enrolment is None else enrolment.technician_id,
            technician_name=None if enrolment is None else enrolment.technician_name,
        ),
        counts=count_all(db),
        flight_mode=state.flight_mode,
        last_synced_at=state.last_synced_at,
        faults=list_blob_faults(db),
        began_anew=_began_anew(state),
    )


def _began_anew(state: ReplicaState) -> BeganAnew | None:
    if state.began_after is None or state.began_at is None or state.began_why is None:
        return None
    return BeganAnew(
        after=state.began_after,
        at=state.began_at,
        why=state.began_why,
        detail=_REASONS[state.began_why],
    )


NEARLY_FULL: Final = (
    "the storage of this tablet is nearly full; delete something else from it, like videos or apps "
    "that nobody needs, before nothing can be saved any more. What was saved is safe"
)
_REASONS: Final[Mapping[Why, str]] = {
    Why.FORK: "this tablet was restored from a copy, or a copy of it is at work; what the server "
    "had not confirmed was sent again",
    Why.KEY_LOST: "the key of this tablet was lost, and it was enrolled as a new device; what the "
    "server had not confirmed was sent again",
    Why.TAKEN: "another tablet had the same incarnation; this one goes on in its own",
}
