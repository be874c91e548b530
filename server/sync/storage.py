"""Loading what a push needs and storing what it plans; each in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from server.acts import Act
from server.database.prepared import Prepared
from server.database.rows import to_rows
from server.database.tables.offers import orders
from server.database.tables.people import audit, devices, technicians
from server.database.tables.sync import issues, operations
from server.database.tables.work import captures, completions, jobs
from server.jobs import queries as job_queries
from server.jobs import storage as job_storage
from server.jobs.records import Job
from server.sync import earlier, identity, incarnations, signers
from server.sync.identity import Identity, Known
from server.sync.planning import HistoryLine, JobContext, Loaded, PushPlan
from server.sync.reading import Received
from server.sync.records import Device, Issue, StoredOperation
from sync_protocol import evidence
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import CaptureId
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import (
    AnswerIssue,
    CompleteJob,
    CreateJob,
    Manifest,
    OperationBody,
    RecordCapture,
)

_IDS: Final[sa.BindParameter[Any]] = sa.bindparam("ids", expanding=True)
_NAME: Final = Prepared(sa.select(technicians.c.name).where(technicians.c.id == sa.bindparam("id")))
_JOBS_LOCKED: Final = Prepared(
    sa.select(jobs).where(jobs.c.id.in_(_IDS)).order_by(jobs.c.id).with_for_update(key_share=True)
)
_DIGESTS: Final = Prepared(
    sa.select(captures.c.job_id, captures.c.id, captures.c.digest).where(
        captures.c.job_id.in_(_IDS)
    )
)
_CAPTURE_HOMES: Final = Prepared(
    sa.select(captures.c.id, captures.c.job_id).where(captures.c.id.in_(_IDS))
)
_MANIFESTS: Final = Prepared(
    sa.select(completions.c.id, completions.c.manifest).where(completions.c.id.in_(_IDS))
)
_ISSUES_LOCKED: Final = Prepared(
    sa.select(issues)
    .where(issues.c.id.in_(_IDS), issues.c.technician_id == sa.bindparam("technician"))
    .order_by(issues.c.id)
    .with_for_update()
)
_TAKEN_NUMBERS: Final = Prepared(
    sa.select(orders.c.number).where(orders.c.number.in_(sa.bindparam("numbers", expanding=True)))
)
_SAID_UNDER: Final = (
    sa.select(
        operations.c.origin_incarnation,
        operations.c.origin_dseq,
        operations.c.raw,
        operations.c.verdict_kind,
    )
    .join(devices, devices.c.id == operations.c.device_id)
    .where(
        operations.c.verdict_kind != VerdictKind.DUPLICATE,
        # Else one tablet could make the server ignore what another is about to say.
        devices.c.technician_id == sa.bindparam("technician"),
    )
)
_SAID_UNDER_OWN: Final = Prepared(
    _SAID_UNDER.where(
        operations.c.origin_incarnation == sa.bindparam("of"),
        operations.c.origin_dseq.between(sa.bindparam("first"), sa.bindparam("last")),
    )
)
_SAID_UNDER_OTHERS: Final = Prepared(
    _SAID_UNDER.where(
        sa.tuple_(operations.c.origin_incarnation, operations.c.origin_dseq).in_(
            sa.bindparam("origins", expanding=True)
        )
    )
)
_INSERT_OPERATIONS: Final = Prepared(sa.insert(operations))
_INSERT_CAPTURES: Final = Prepared(sa.insert(captures))
_INSERT_ISSUES: Final = Prepared(sa.insert(issues))
_ANSWERED: Final = ("answer", "answered_at", "closed_at")
_ANSWER_ISSUES: Final = Prepared(
    sa.update(issues)
    .where(issues.c.id == sa.bindparam("the_id"))
    .values({name: sa.bindparam(name) for name in _ANSWERED})
)
_INSERT_AUDIT: Final = Prepared(sa.insert(audit))
_STORED_RANGE: Final = Prepared(
    sa.select(operations).where(
        operations.c.incarnation == sa.bindparam("of"),
        operations.c.dseq.between(sa.bindparam("first"), sa.bindparam("last")),
    )
)


def load_contexts(db: sa.Connection, job_ids: Iterable[UUID]) -> Mapping[UUID, JobContext]:
    """Lock the jobs of a push in id order (so that two pushes cannot deadlock) and load them."""
    wanted = sorted(set(job_ids))
    if not wanted:
        return {}
    found = _JOBS_LOCKED.records(db, {"ids": wanted}, Job)
    contexts = {job.id: JobContext(job=job, fields={}, captures={}) for job in found}
    for job_id, field, value, entered in job_queries.fields_as_set(db, wanted):
        contexts[job_id].fields[field] = value
        if entered is not None:
            contexts[job_id].entered[field] = entered
    for row in _DIGESTS.rows(db, {"ids": wanted}):
        contexts[row["job_id"]].captures[row["id"]] = row["digest"]
    return contexts


def stored_range(
    db: sa.Connection, incarnation: UUID, first: int, last: int
) -> Mapping[int, StoredOperation]:
    """Get the operations of an incarnation by number, both ends included."""
    wanted = {"of": incarnation, "first": first, "last": last}
    return {stored.dseq: stored for stored in _STORED_RANGE.records(db, wanted, StoredOperation)}


def load(
    db: sa.Connection, device: Device, incarnation: UUID, received: Sequence[Received]
) -> Loaded:
    """Load everything that planning these operations of a device needs."""
    said = [each.operation for each in received if each.operation is not None]
    created = [each.body for each in said if isinstance(each.body, CreateJob)]
    before = earlier.find(db, device.technician_id, [body.job_id for body in created])
    said += [each.operation for found in before.values() for each in found]
    bodies = [operation.body for operation in said]
    capture_ids = [body.capture.id for body in bodies if isinstance(body, RecordCapture)]
    completion_ids = [
        body.manifest.completion_id for body in bodies if isinstance(body, CompleteJob)
    ]
    beside = [body.premise_of for body in created if body.premise_of is not None]
    return Loaded(
        technician=_NAME.rows(db, {"id": device.technician_id})[0]["name"],
        contexts=load_contexts(db, (*_job_ids(bodies), *beside)),
        origins=_known_origins(db, device, incarnation, received),
        signers=signers.find(db, device, incarnation, said),
        capture_homes=_capture_homes(db, capture_ids),
        completions=_existing_completions(db, completion_ids),
        taken_numbers=_taken_numbers(db, created),
        earlier=before,
        issues=_issues(db, device, [b.issue_id for b in bodies if isinstance(b, AnswerIssue)]),
    )


def _job_ids(bodies: Iterable[OperationBody]) -> Iterable[UUID]:
    return (body.job_id for body in bodies if body.job_id is not None)


def _issues(db: sa.Connection, device: Device, ids: Sequence[UUID]) -> Mapping[UUID, Issue]:
    """Lock the issues that are answered, after the jobs; nobody answers those of others."""
    if not ids:
        return {}
    wanted = {"ids": sorted(set(ids)), "technician": device.technician_id}
    return {issue.id: issue for issue in _ISSUES_LOCKED.records(db, wanted, Issue)}


def _capture_homes(db: sa.Connection, ids: Sequence[CaptureId]) -> Mapping[CaptureId, UUID]:
    if not ids:
        return {}
    return {row["id"]: row["job_id"] for row in _CAPTURE_HOMES.rows(db, {"ids": list(ids)})}


def _taken_numbers(db: sa.Connection, created: Sequence[CreateJob]) -> frozenset[str]:
    if not created:
        return frozenset()
    wanted = [number_of(body.job_id) for body in created]
    return frozenset(row["number"] for row in _TAKEN_NUMBERS.rows(db, {"numbers": wanted}))


def _existing_completions(db: sa.Connection, ids: Sequence[UUID]) -> Mapping[UUID, bytes]:
    if not ids:
        return {}
    return {
        row["id"]: evidence.bytes_to_sign(msgspec.convert(row["manifest"], Manifest))
        for row in _MANIFESTS.rows(db, {"ids": list(ids)})
    }


def _known_origins(
    db: sa.Connection, device: Device, incarnation: UUID, received: Sequence[Received]
) -> Mapping[Identity, tuple[Known, ...]]:
    """Find what this technician was heard to say under these numbers, and perhaps between them."""
    technician = {"technician": device.technician_id}
    rows: list[dict[str, Any]] = []
    own = [each.dseq for each in received if each.origin is None]
    if own:
        within = {"of": incarnation, "first": own[0], "last": own[-1]}
        rows += _SAID_UNDER_OWN.rows(db, technician | within)
    others = [
        identity.identity_of(incarnation, each.dseq, each.origin)
        for each in received
        if each.origin is not None
    ]
    if others:
        rows += _SAID_UNDER_OTHERS.rows(db, technician | {"origins": others})
    found: dict[Identity, tuple[Known, ...]] = {}
    for row in rows:
        verdict = VerdictKind(row["verdict_kind"])
        key = (row["origin_incarnation"], row["origin_dseq"])
        known = Known(said=identity.said_in(row["raw"]), verdict=verdict)
        found[key] = (*found.get(key, ()), known)
    return found


def store_plan(db: sa.Connection, plan: PushPlan, act: Act) -> None:
    """Write everything that a push planned, and move the head of its incarnation."""
    if not plan.operations:
        return
    _INSERT_OPERATIONS.run_many(db, to_rows(plan.operations))
    _INSERT_CAPTURES.run_many(db, to_rows(plan.captures))
    _INSERT_ISSUES.run_many(db, to_rows(plan.issues))
    _ANSWER_ISSUES.run_many(db, [_answer_row(issue) for issue in plan.answered.values()])
    job_storage.update_all(db, tuple(plan.moved_jobs.values()))
    job_storage.set_fields(db, plan.fields)
    for completion, _decision in plan.completions:
        job_storage.insert_completion(db, completion)
    job_storage.insert_visits(db, plan.visits)
    _INSERT_AUDIT.run_many(db, [_audit_row(act, line) for line in plan.history])
    last = plan.operations[-1]
    incarnations.move_head(db, last.incarnation, dseq=last.dseq, chain=last.chain)


def _answer_row(issue: Issue) -> dict[str, object]:
    return {"the_id": issue.id, **{name: getattr(issue, name) for name in _ANSWERED}}


def _audit_row(act: Act, line: HistoryLine) -> dict[str, object]:
    return {
        "id": act.new_id(),
        "at": act.now,
        "actor_kind": act.actor.kind,
        "actor_id": act.actor.id,
        "action": line.action,
        "job_id": line.job_id,
        "order_id": None,
        "process_id": None,
        "detail": dict(line.detail),
    }
