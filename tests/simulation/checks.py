"""What must be true of a world: during every step, and of both sides once it has healed."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.replica.healing import get_check
from field_client.replica.outbox import find_chain
from field_client.replica.state import ReplicaState, get_state
from field_client.replica.views import count_all, list_issues
from field_client.storage import Connection as ReplicaConnection
from field_client.storage.statements import fetch_all
from server.acts import Actor, ActorKind
from server.database import tables
from server.database.tables import fulfilment, people, sync, work
from sync_protocol import evidence, wire
from sync_protocol.documents import IssueDocument, JobDocument
from sync_protocol.jobs import JobState
from sync_protocol.messages import (
    Cursor,
    IssueRaised,
    JobEntered,
    JobUpdated,
    SyncRequest,
    SyncResponse,
    VerdictKind,
)
from sync_protocol.operations import CompleteJob, Operation, RecordCapture
from tests.simulation.chance import Trace
from tests.simulation.office import Office
from tests.simulation.tablet import Tablet

SUMMED: Final = (
    VerdictKind.APPLIED,
    VerdictKind.MERGED,
    VerdictKind.KEPT_AS_CONFLICT,
    VerdictKind.PARKED,
    VerdictKind.REJECTED,
)
NEEDS_ISSUE: Final = (VerdictKind.KEPT_AS_CONFLICT, VerdictKind.PARKED, VerdictKind.REJECTED)


class Violation(AssertionError):
    """A promise was broken; the text says which, with the values."""


class Seat(msgspec.Struct, kw_only=True):
    """A tablet with its technician, and what the two were promised."""

    tablet: Tablet
    technician_id: UUID
    device_id: UUID
    saved_dseq: int = 0
    saved_chain: str | None = None
    cursor: Cursor | None = None
    acked_dseq: int = 0
    heals: int = 0

    def promise(self) -> None:
        """Remember what the tablet has shown as saved."""
        state = self.tablet.read(get_state)
        self.saved_dseq, self.saved_chain = state.head_dseq, state.head_chain


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the office answered, and the verdicts that it gave."""

    device_id: UUID
    request: SyncRequest
    verdicts: tuple[msgspec.Raw, ...]


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """An operation as one side has it."""

    dseq: int
    raw: bytes
    chain: str
    verdict: bytes | None


def check_step(office: Office, seat: Seat) -> None:
    """Check what must hold at every moment of a tablet's life."""
    blocked = seat.tablet.blocked()
    require(blocked is None, f"{seat.tablet.name} cannot go on syncing: {blocked}")
    state, kept = seat.tablet.read(_glance, seat.saved_dseq)
    require(
        state.head_dseq >= seat.saved_dseq and seat.saved_chain in {None, kept},
        f"{seat.tablet.name} lost what it had shown as saved, up to {seat.saved_dseq}",
    )
    heals = seat.tablet.read(get_check).heals
    if heals > seat.heals:
        # What was found to differ is pulled anew, from nothing.
        seat.cursor, seat.heals = None, heals
    require(
        seat.cursor is None or (state.cursor is not None and state.cursor >= seat.cursor),
        f"{seat.tablet.name}'s cursor went back from {seat.cursor} to {state.cursor}",
    )
    require(
        state.acked_dseq >= seat.acked_dseq,
        f"{seat.tablet.name} takes {seat.acked_dseq} for acknowledged no more",
    )
    if state.acked_dseq > seat.acked_dseq:
        head = office.read(_head, seat.device_id)
        require(
            head >= state.acked_dseq,
            f"{seat.tablet.name} was told that {state.acked_dseq} is stored; {head} is",
        )
    seat.cursor, seat.acked_dseq = state.cursor, state.acked_dseq


def check_scope(seat: Seat, response: SyncResponse) -> None:
    """Check that a technician is sent nothing but their own."""
    for entry in response.pull.entries:
        if isinstance(entry, JobEntered | JobUpdated):
            job = entry.document
            require(
                job.assignee_id == seat.technician_id,
                f"{seat.tablet.name} was sent job {job.id} of {job.assignee_id}",
            )


def is_drained(tablet: Tablet) -> bool:
    """Say whether everything was sent, judged and settled, and nothing is half pulled."""
    state, counts = tablet.read(get_state), tablet.read(count_all)
    return (
        not tablet.is_syncing
        and state.head_dseq == state.acked_dseq == state.settled_dseq
        and counts.pending_blobs == 0
        and state.staged_cursor is None
        and not any(row["left_reason"] for row in tablet.read(_job_rows))
    )


def check_world(
    office: Office, seats: Sequence[Seat], heard: Sequence[Heard], trace: Trace
) -> Counter[str]:
    """Check both sides of a healed world; answer how often which verdict was given."""
    verdicts: Counter[str] = Counter()
    for seat in seats:
        verdicts.update(_check_operations(office, seat))
        _check_scope_is_snapshot(office, seat)
        _check_captures(office, seat)
        _check_issues(office, seat)
    _check_effects(office)
    before = office.read(_dump)
    _check_replays(office, seats, heard)
    require(before == office.read(_dump), "repeating requests changed the database")
    trace.note(f"end {before}")
    return verdicts


def require(holds: bool, broken: str) -> None:  # noqa: FBT001  an assertion with its sentence
    """Let a world fail with a sentence.

    Raises:
        Violation: it does not hold.
    """
    if not holds:
        raise Violation(broken)


def _check_operations(office: Office, seat: Seat) -> Counter[str]:
    """Each operation has one verdict, the same on both sides, and they add up."""
    name, state = seat.tablet.name, seat.tablet.read(get_state)
    here, there = seat.tablet.read(_recorded), office.read(_stored, state)
    numbers = [operation.dseq for operation in here]
    require(numbers == list(range(1, state.head_dseq + 1)), f"{name} has a gap: {numbers}")
    require(
        [operation.dseq for operation in there] == numbers,
        f"the office has {len(there)} operations of {name}, which made {len(numbers)}",
    )
    for ours, theirs in zip(here, there, strict=True):
        require(ours == theirs, f"{name}'s operation {ours.dseq} differs: {ours} and {theirs}")
    counts = seat.tablet.read(count_all)
    summed = sum(counts.by_verdict.get(kind, 0) for kind in SUMMED)
    require(
        summed == counts.captured,
        f"{name} captured {counts.captured}, its verdicts are {counts.by_verdict}",
    )
    return Counter({f"verdict {kind}": count for kind, count in counts.by_verdict.items()})


def _check_scope_is_snapshot(office: Office, seat: Seat) -> None:
    """What was pulled piece by piece equals what a fresh tablet would pull at once."""
    jobs, issues = _snapshot(office, seat)
    here = seat.tablet.read(_documents)
    differing = [
        job_id for job_id in here.keys() | jobs.keys() if here.get(job_id) != jobs.get(job_id)
    ]
    pairs = [(here.get(job_id), jobs.get(job_id)) for job_id in sorted(differing)]
    require(not pairs, f"{seat.tablet.name} holds, and its scope is: {pairs}")
    raised = {issue.id: issue for issue in seat.tablet.read(list_issues)}
    require(raised == issues, f"{seat.tablet.name} knows issues {raised}; there are {issues}")
    foreign = [job.id for job in here.values() if job.assignee_id != seat.technician_id]
    require(not foreign, f"{seat.tablet.name} holds jobs of others: {foreign}")


def _snapshot(
    office: Office, seat: Seat
) -> tuple[Mapping[UUID, JobDocument], Mapping[UUID, IssueDocument]]:
    jobs: dict[UUID, JobDocument] = {}
    issues: dict[UUID, IssueDocument] = {}
    _epoch, page = office.read(office.code.pull, seat.technician_id, None, None, limit=1000)
    require(not page.more, "more than a thousand entries in a small world")
    for entry in page.entries:
        if isinstance(entry, JobEntered | JobUpdated):
            job = entry.document
            jobs[job.id] = job
        elif isinstance(entry, IssueRaised):
            issue = entry.document
            issues[issue.id] = issue
    return jobs, issues


def _check_captures(office: Office, seat: Seat) -> None:
    """Whatever was captured for a job that exists is kept, unchanged, and every completion too."""
    known = office.read(_job_states)
    bodies = [_body(operation) for operation in seat.tablet.read(_recorded)]
    captured = {
        body.capture.id: evidence.capture_digest(body.capture)
        for body in bodies
        if isinstance(body, RecordCapture) and body.job_id in known
    }
    kept = office.read(_digests, seat.technician_id)
    require(captured == kept, f"captured by {seat.tablet.name}: {captured}; kept: {kept}")
    finished = sorted(b.manifest.completion_id for b in bodies if isinstance(b, CompleteJob))
    received = office.read(_completion_ids, seat.device_id)
    require(finished == received, f"completed: {finished}; received: {received}")


def _check_issues(office: Office, seat: Seat) -> None:
    """Whatever was changed or withheld is shown once, and nothing else is."""
    state = seat.tablet.read(get_state)
    withheld = sorted(
        row["dseq"] for row in seat.tablet.read(_verdict_rows) if row["verdict_kind"] in NEEDS_ISSUE
    )
    shown = office.read(_issue_numbers, state)
    require(withheld == shown, f"withheld from {seat.tablet.name}: {withheld}; shown: {shown}")
    told = sorted(issue.dseq for issue in seat.tablet.read(list_issues))
    require(withheld == told, f"withheld from {seat.tablet.name}: {withheld}; told: {told}")


def _check_effects(office: Office) -> None:
    """A completed job has caused one activation, any other none, and no evidence is overlooked."""
    states = office.read(_job_states)
    caused = Counter(office.read(_process_jobs))
    wanted = {job_id for job_id, state in states.items() if state == JobState.COMPLETED}
    require(
        caused == Counter(wanted), f"completed are {wanted}; activations were caused for {caused}"
    )
    without = office.read(_completions_without_effect)
    listed = office.read(_inbox)
    require(
        len(listed) == len(set(listed)) and without <= set(listed),
        f"completions without effect {without}; in the inbox {listed}",
    )


def _check_replays(office: Office, seats: Sequence[Seat], heard: Sequence[Heard]) -> None:
    """Every request, sent once more, gets the very same verdicts."""
    whole = [_everything_again(office, seat) for seat in seats]
    for said in (*heard[:: max(1, len(heard) // 8)], *(each for each in whole if each)):
        actor = Actor(ActorKind.DEVICE, said.device_id)
        again = office.write(
            office.code.receive, said.device_id, said.request, act=office.act(actor)
        )
        given, repeated = list(map(bytes, said.verdicts)), list(map(bytes, again.verdicts))
        require(given == repeated, f"verdicts {given} became {repeated}")


def _everything_again(office: Office, seat: Seat) -> Heard | None:
    state = seat.tablet.read(get_state)
    recorded = seat.tablet.read(_recorded)
    if not recorded:
        return None
    return Heard(
        device_id=seat.device_id,
        request=SyncRequest(
            protocol=1,
            app_version="again",
            incarnation=state.incarnation,
            chain_before=wire.first_chain(state.incarnation),
            clock=seat.tablet.clock.moment(),
            operations=tuple(msgspec.Raw(operation.raw) for operation in recorded),
        ),
        verdicts=tuple(msgspec.Raw(row.verdict or b"") for row in office.read(_stored, state)),
    )


def _head(db: sa.Connection, device_id: UUID) -> int:
    devices = people.devices
    return db.execute(sa.select(devices.c.head_dseq).where(devices.c.id == device_id)).scalar_one()


def _stored(db: sa.Connection, state: ReplicaState) -> tuple[Received, ...]:
    stored = sync.operations
    rows = db.execute(
        sa.select(stored).where(stored.c.incarnation == state.incarnation).order_by(stored.c.dseq)
    )
    return tuple(
        Received(dseq=row.dseq, raw=row.raw, chain=row.chain, verdict=row.verdict) for row in rows
    )


def _job_states(db: sa.Connection) -> Mapping[UUID, str]:
    return {row.id: row.state for row in db.execute(sa.select(work.jobs.c.id, work.jobs.c.state))}


def _digests(db: sa.Connection, technician_id: UUID) -> Mapping[UUID, str]:
    captures = work.captures
    rows = db.execute(sa.select(captures).where(captures.c.technician_id == technician_id))
    return {row.id: row.digest for row in rows}


def _completion_ids(db: sa.Connection, device_id: UUID) -> list[UUID]:
    completions = work.completions
    rows = db.execute(sa.select(completions.c.id).where(completions.c.device_id == device_id))
    return sorted(rows.scalars())


def _issue_numbers(db: sa.Connection, state: ReplicaState) -> list[int]:
    issues = sync.issues
    rows = db.execute(sa.select(issues.c.dseq).where(issues.c.incarnation == state.incarnation))
    return sorted(rows.scalars())


def _process_jobs(db: sa.Connection) -> list[UUID]:
    return list(db.execute(sa.select(fulfilment.processes.c.job_id)).scalars())


def _completions_without_effect(db: sa.Connection) -> set[UUID]:
    completions = work.completions
    moved = (VerdictKind.APPLIED, VerdictKind.MERGED)
    rows = db.execute(sa.select(completions.c.id).where(completions.c.verdict.not_in(moved)))
    return set(rows.scalars())


def _inbox(db: sa.Connection) -> list[UUID]:
    items = fulfilment.inbox_items
    kind = items.c.kind == "completion_without_effect"
    return list(db.execute(sa.select(items.c.completion_id).where(kind)).scalars())


def _dump(db: sa.Connection) -> str:
    """Write everything that the database holds, so that two states can be compared."""
    return "\n".join(
        f"{table.name}: {sorted(map(repr, db.execute(sa.select(table)).all()))}"
        for table in _told(tables.metadata.sorted_tables)
    )


def _told(known: Iterable[sa.Table]) -> Iterable[sa.Table]:
    # Plant and people's cards never change here, and a world prints what it ends with.
    untold = {"premises", "terminals", "drops", "onts", "accounts", "products", "technicians"}
    return (table for table in known if table.name not in untold)


def _glance(db: ReplicaConnection, dseq: int) -> tuple[ReplicaState, str | None]:
    return get_state(db), find_chain(db, dseq)


def _recorded(db: ReplicaConnection) -> tuple[Received, ...]:
    rows = db.execute("SELECT dseq, raw, chain, verdict FROM operation ORDER BY dseq").fetchall()
    return tuple(msgspec.convert(dict(row), Received) for row in rows)


def _verdict_rows(db: ReplicaConnection) -> list[Any]:
    return db.execute("SELECT dseq, verdict_kind FROM operation ORDER BY dseq").fetchall()


def _job_rows(db: ReplicaConnection) -> list[Any]:
    return fetch_all(db, "jobs")


def _documents(db: ReplicaConnection) -> Mapping[UUID, JobDocument]:
    documents = (wire.decode(row["document"], JobDocument) for row in _job_rows(db))
    return {document.id: document for document in documents}


def _body(received: Received) -> object:
    return wire.decode(received.raw, Operation).body
