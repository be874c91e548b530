"""Taking a push: load, plan, store, and start what completions cause; one unit of work."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, EmbeddedChange, FeedChange, Written
from server.database.units import Embedded
from server.fulfilment import intake
from server.jobs import commands as job_commands
from server.orders import field_orders
from server.plant import custody
from server.proposals import commands as proposals
from server.sync import conflicts, devices, healing, incarnations, reading, storage
from server.sync.planning import JobContext, PushPlan, PushPlanner
from server.sync.reading import Received
from server.sync.records import Device, IncarnationHead
from server.sync.refusals import SyncRefused
from sync_protocol.messages import Refusal, SyncRequest


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What a push came to: how far the device is acknowledged, and a verdict per operation."""

    acked_dseq: int
    chain: str
    verdicts: tuple[msgspec.Raw, ...]
    durable_dseq: int | None


def receive(db: Connection, device_id: UUID, request: SyncRequest, *, act: Act) -> Written[Pushed]:
    """Take the operations of a request; what was taken before is answered as before.

    Raises:
        SyncRefused: unknown or revoked device, an incarnation that it has not registered, a gap, or
            a fork; nothing was stored.
    """
    return take(db, devices.usable(db, device_id, lock=True), request, act=act)


def take(db: Connection, device: Device, request: SyncRequest, *, act: Act) -> Written[Pushed]:
    """Take the operations of a device whose row the caller holds, and who may speak.

    Raises:
        SyncRefused: an incarnation that it has not registered, a gap, or a fork.
    """
    head = _head(db, device, request)
    healing.note(db, device.id, request.healed, act=act)
    received = reading.read_operations(request)
    reading.check_continues(head, request, received)
    replayed = _replayed_verdicts(db, head, received)
    fresh = [operation for operation in received if operation.dseq > head.head_dseq]
    if fresh:
        _name_lost(db, head, reading.find_lost(head, request, fresh[0].dseq), act)
    plan, contexts = _plan(db, device, request, fresh, act)
    field_orders.store_all(db, plan.created, act=act)
    storage.store_plan(db, plan, act)
    caused = _take_effects(db, plan, contexts, act)
    last = plan.operations[-1] if plan.operations else None
    return Written(
        Pushed(
            acked_dseq=last.dseq if last else head.head_dseq,
            chain=last.chain if last else head.chain,
            verdicts=(*replayed, *plan.verdicts),
            durable_dseq=head.durable_dseq,
        ),
        feed=(*_feed(plan, contexts), *caused.feed),
        embedded=(*_embedded(plan, contexts), *caused.embedded),
        topics=caused.topics.union(
            *(job_commands.topics(contexts[key].job) for key in plan.touched_jobs)
        ),
    )


def _take_effects(
    db: Connection, plan: PushPlan, contexts: Mapping[UUID, JobContext], act: Act
) -> Written[None]:
    """Start what was stored causes elsewhere."""
    vans = custody.take(db, plan.captures, act=act)
    premises = {job_id: context.job.premise_id for job_id, context in contexts.items()}
    raised = proposals.take(db, plan.captures, premises)
    started = intake.take_completions(db, plan.completions, act=act)
    return Written(None, feed=started.feed, topics=started.topics | raised, embedded=vans)


def has_news(request: SyncRequest) -> bool:
    """Say whether there is something to write of a request; most only ask what is new."""
    return bool(request.operations or request.healed)


def heard(db: Connection, device_id: UUID, request: SyncRequest) -> Pushed:
    """Tell a device that has no news how far it was heard; nothing is written, and nobody waits.

    Raises:
        SyncRefused: unknown or revoked device, or an incarnation that it has not registered.
    """
    head = _head(db, devices.usable(db, device_id), request)
    return Pushed(
        acked_dseq=head.head_dseq, chain=head.chain, verdicts=(), durable_dseq=head.durable_dseq
    )


def _head(db: Connection, device: Device, request: SyncRequest) -> IncarnationHead:
    """Find how far the incarnation was heard; the row of its device, held, keeps that so."""
    head = incarnations.find(db, request.incarnation)
    if head is None or head.device_id != device.id:
        # Both alike: whether somebody else has it is nobody's business.
        raise SyncRefused(
            Refusal.UNKNOWN_INCARNATION,
            f"incarnation {request.incarnation} is not this device's; register it, then ask again",
        )
    return head


def _name_lost(db: Connection, head: IncarnationHead, lost: range | None, act: Act) -> None:
    """Tell of a gap that no device can fill: after a restore, what the tablet has let go of."""
    if lost is None:
        return
    detail = {
        "device_id": str(head.device_id),
        "incarnation": str(head.incarnation),
        "first_dseq": lost[0],
        "last_dseq": lost[-1],
    }
    audit.record(db, act, "operations.lost", detail=detail)


def _replayed_verdicts(
    db: Connection, head: IncarnationHead, received: tuple[Received, ...]
) -> tuple[msgspec.Raw, ...]:
    known = [operation for operation in received if operation.dseq <= head.head_dseq]
    if not known:
        return ()
    stored = storage.stored_range(db, head.incarnation, known[0].dseq, known[-1].dseq)
    reading.check_replay(known, stored)
    return tuple(msgspec.Raw(stored[operation.dseq].verdict) for operation in known)


def _plan(
    db: Connection, device: Device, request: SyncRequest, fresh: list[Received], act: Act
) -> tuple[PushPlan, Mapping[UUID, JobContext]]:
    if not fresh:  # what was taken before is said again
        return PushPlan(), {}
    loaded = storage.load(db, device, request.incarnation, fresh)
    planner = PushPlanner(device, request, loaded, act)
    for operation in fresh:
        planner.add(operation)
    return planner.plan, planner.contexts


def _embedded(plan: PushPlan, contexts: Mapping[UUID, JobContext]) -> tuple[EmbeddedChange, ...]:
    """Tell of every premise where a visit ended, or something was captured late of one."""
    late = (contexts[each.job_id].job.premise_id for each in plan.captures if each.late)
    premises = {*(visit.premise_id for visit in plan.visits), *late}
    return tuple(EmbeddedChange(what=Embedded.PREMISE, key=each) for each in sorted(premises))


def _feed(plan: PushPlan, contexts: Mapping[UUID, JobContext]) -> tuple[FeedChange, ...]:
    """Tell the technicians concerned: new and moved jobs, set fields, and the issues of each."""
    changed = {*plan.moved_jobs, *(write.job_id for write in plan.fields)}
    return (
        *(change for job in plan.created for change in job_commands.entered(job)),
        *(
            change
            for job_id in sorted(changed)
            for change in job_commands.updated(contexts[job_id].job)
        ),
        *(conflicts.raised(issue) for issue in plan.issues),
        *(conflicts.left(issue) for issue in plan.answered.values()),
    )
