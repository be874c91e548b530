"""Deliberate mistakes, one per promise: each must be caught, or the checks check nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.replica import anew, inbox, outbox
from field_client.replica.inbox import ForkSeen, Progress
from field_client.replica.state import Why
from field_client.storage import Connection as ReplicaConnection
from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.database.tables.fulfilment import processes
from server.database.tables.sync import issues, operations
from server.database.tables.work import completions, job_fields
from server.database.units import FeedKind
from server.database.writer import CommitCounter, Outcome, run_group
from server.jobs import commands as jobs
from server.jobs import queries
from server.jobs.records import Job
from server.sync import commands, devices, pull
from server.sync import storage as sync_storage
from server.sync.blob_store import FolderBlobStore
from server.sync.commands import Pushed
from server.sync.planning import PushPlanner
from server.sync.reading import read_operations
from sync_protocol.documents import OVERRULED
from sync_protocol.ids import Epoch, Incarnation
from sync_protocol.messages import Cursor, PullPage, SyncRequest, SyncResponse
from sync_protocol.operations import IssueAnswer, Moment
from tests.simulation.mutation import Mutation
from tests.simulation.office import Code, OfficeCrashed


def _run_group_acknowledging_first(
    db: Connection, units: Sequence[Any], counter: CommitCounter
) -> tuple[Outcome, ...]:
    """Answer although the process ended before the commit."""
    outcomes: list[Outcome] = []

    def overheard(unit: Any) -> Any:  # noqa: ANN401  any unit of work
        def run(db: Connection) -> Written[Any]:
            written = unit(db)
            outcomes.append(Outcome(written, None))
            return written

        return run

    try:
        return run_group(db, [overheard(unit) for unit in units], counter)
    except OfficeCrashed:
        values = [outcome.written.value for outcome in outcomes if outcome.written]
        if not any(isinstance(value, Pushed) for value in values):
            raise
        return tuple(outcomes)


def _receive_deciding_anew(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Judge what is repeated as if it came for the first time, and answer that."""
    written = commands.receive(db, device_id, request, act=act)
    device = devices.usable(db, device_id, lock=True)
    received = read_operations(request)
    loaded = sync_storage.load(db, device, request.incarnation, received)
    planner = PushPlanner(device, request, loaded, act)
    for each in received:
        planner.add(each)
    value = msgspec.structs.replace(written.value, verdicts=tuple(planner.plan.verdicts))
    return msgspec.structs.replace(written, value=value)


def _receive_without_issues(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Withhold what was entered and tell nobody but the answer, which may be lost."""
    written = commands.receive(db, device_id, request, act=act)
    feed = tuple(change for change in written.feed if change.entity != "issue")
    return msgspec.structs.replace(written, feed=feed)


def _receive_overruling_silently(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Tell of a clash only whoever came last, not whose value was written over."""
    written = commands.receive(db, device_id, request, act=act)
    overruled = issues.c.code == OVERRULED
    untold = set(db.execute(sa.select(issues.c.id).where(overruled)).scalars())
    db.execute(sa.delete(issues).where(overruled))
    feed = tuple(change for change in written.feed if change.entity_id not in untold)
    return msgspec.structs.replace(written, feed=feed)


def _receive_telling_no_neighbours(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Tell of how a visit ended only whose job it was, not who holds another one there."""
    return msgspec.structs.replace(commands.receive(db, device_id, request, act=act), embedded=())


def _assign_without_leave(
    db: Connection, job_id: UUID, technician_id: UUID, *, act: Act
) -> Written[Job]:
    """Forget to tell the technician who had the job."""
    written = jobs.assign(db, job_id, technician_id, act=act)
    feed: tuple[FeedChange, ...] = tuple(
        change for change in written.feed if change.kind is not FeedKind.LEAVE
    )
    return msgspec.structs.replace(written, feed=feed)


def _pull_by_number_alone(
    db: Connection,
    technician_id: UUID,
    known_epoch: UUID | None,
    cursor: Cursor | None,
    **wanted: Any,  # noqa: ANN401  as pull.read takes it
) -> tuple[Epoch, PullPage]:
    """Go on after the number, not after the row: a commit of several rows loses some."""
    epoch, page = pull.read(db, technician_id, known_epoch, cursor, **wanted)
    if page.cursor is None:
        return epoch, page
    last = Cursor(seq=page.cursor.seq, entity="issue", entity_id=str(UUID(int=2**128 - 1)))
    return epoch, msgspec.structs.replace(page, cursor=last)


def _pull_by_sequence(
    db: Connection,
    technician_id: UUID,
    known_epoch: UUID | None,
    cursor: Cursor | None,
    **wanted: Any,  # noqa: ANN401  as pull.read takes it
) -> tuple[Epoch, PullPage]:
    """Hand out a number that a sequence has given away, before its rows can be read."""
    epoch, page = pull.read(db, technician_id, known_epoch, cursor, **wanted)
    if page.cursor is None or page.more:
        return epoch, page
    ahead = Cursor(seq=page.cursor.seq + 1, entity="job", entity_id=str(UUID(int=2**128 - 1)))
    return epoch, msgspec.structs.replace(page, cursor=ahead)


def _receive_with_an_effect_per_completion(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Cause something for each completion of a job, as if one could not be told from another."""
    written = commands.receive(db, device_id, request, act=act)
    completed = sa.select(completions.c.id, completions.c.job_id).where(
        completions.c.received_at == act.now, completions.c.device_id == device_id
    )
    for completion_id, job_id in db.execute(completed).all():
        known = db.execute(sa.select(processes).where(processes.c.job_id == job_id)).mappings()
        for first in known.fetchmany(1):
            another = {**first, "id": act.new_id(), "effect_key": str(completion_id)}
            db.execute(sa.insert(processes).values(another))
    return written


def _apply_cursor_alone(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Move the cursor and forget the rows of a later page."""
    page = response.pull
    if request.cursor is not None:
        page = msgspec.structs.replace(page, entries=())
    return inbox.apply_response(db, request, msgspec.structs.replace(response, pull=page), received)


def _apply_without_verdicts(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Take a number as acknowledged without looking at what became of each operation."""
    progress = inbox.apply_response(db, request, response, received)
    db.execute("UPDATE operation SET verdict = NULL, verdict_kind = NULL WHERE dseq % 3 = 0")
    return progress


def _apply_and_settle(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Drop own entries from the overlay with their verdict, before the document has them."""
    progress = inbox.apply_response(db, request, response, received)
    db.execute("UPDATE replica SET settled_dseq = acked_dseq")
    return progress


def _push_newest_alone(
    db: ReplicaConnection, clock: Moment, app_version: str, **limits: int
) -> SyncRequest:
    """Take what was sent for received: only the newest operation is sent, and once."""
    request = outbox.next_push(db, clock, app_version, **limits)
    return msgspec.structs.replace(request, operations=request.operations[-1:])


def _receive_without_origins(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Know what was received by its number alone: a re-issue is applied twice."""
    db.execute(sa.update(operations).values(origin_dseq=-operations.c.dseq))
    return commands.receive(db, device_id, request, act=act)


def _receive_as_the_sender_s(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Take whoever sends a completion for the device that signed it."""
    written = commands.receive(db, device_id, request, act=act)
    now = completions.c.received_at == act.now
    db.execute(sa.update(completions).where(now).values(device_id=device_id))
    return written


def _apply_taking_files_along(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Take the files of facts that were acknowledged for uploaded too."""
    progress = inbox.apply_response(db, request, response, received)
    db.execute("UPDATE blob SET uploaded_at = ? WHERE uploaded_at IS NULL", (str(received.wall),))
    return progress


class _ForgetfulBlobStore(FolderBlobStore):
    """Answers the last piece of a blob and keeps nothing of it."""

    def append(self, sha256: str, offset: int, piece: bytes) -> int:
        here, size = self.progress(sha256)
        if offset == here and offset + len(piece) == size:
            return size
        return super().append(sha256, offset, piece)


def _begin_anew_empty(
    db: ReplicaConnection, before: Incarnation, incarnation: Incarnation, why: Why, at: datetime
) -> bool:
    """Begin a new incarnation and leave behind what had no verdict."""
    db.execute("DELETE FROM operation WHERE verdict IS NULL")
    return anew.begin_anew(db, before, incarnation, why, at)


def _apply_and_purge(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Remove a job that left at once, whatever of it waits for a verdict."""
    progress = inbox.apply_response(db, request, response, received)
    db.execute("DELETE FROM job WHERE left_reason IS NOT NULL")
    return progress


def _apply_each_page(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Show a page as soon as it came, though the pull goes on."""
    page = msgspec.structs.replace(response.pull, more=False)
    return inbox.apply_response(db, request, msgspec.structs.replace(response, pull=page), received)


def _receive_by_wall_clock(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Let the value with the later wall clock stand, whoever came last."""
    before = {(row.job_id, row.field): row for row in db.execute(sa.select(job_fields))}
    written = commands.receive(db, device_id, request, act=act)
    late = request.clock.wall.replace(second=0) < act.now
    for (job_id, field), row in before.items():
        if late:
            db.execute(
                sa.update(job_fields)
                .where(job_fields.c.job_id == job_id, job_fields.c.field == field)
                .values(value=row.value)
            )
    return written


def _apply_without_comparing(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Never look whether the scope is what the server describes."""
    page = msgspec.structs.replace(response.pull, digest=None)
    return inbox.apply_response(db, request, msgspec.structs.replace(response, pull=page), received)


def _receive_keeping_what_was_answered(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Take an answer and leave its issue on the tablets."""
    written = commands.receive(db, device_id, request, act=act)
    feed = tuple(
        change
        for change in written.feed
        if change.entity != "issue" or change.kind is not FeedKind.LEAVE
    )
    return msgspec.structs.replace(written, feed=feed)


def _receive_setting_what_is_answered(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Let an answer set the value that it keeps, over whatever stands meanwhile."""
    answered = sa.select(issues.c.id).where(issues.c.answer.is_not(None))
    before = set(db.execute(answered).scalars())
    written = commands.receive(db, device_id, request, act=act)
    fresh = sa.select(issues).where(issues.c.id.in_(answered), issues.c.id.not_in(before))
    told: list[FeedChange] = []
    for row in db.execute(fresh).all():
        if row.answer == IssueAnswer.SEEN or row.job_id is None:
            continue
        kept = row.field_value if row.answer == IssueAnswer.KEEP_MINE else row.office_value
        here = (job_fields.c.job_id == row.job_id) & (job_fields.c.field == row.field)
        db.execute(sa.update(job_fields).where(here).values(value=kept))
        told += jobs.updated(queries.get(db, row.job_id))
    return msgspec.structs.replace(written, feed=(*written.feed, *told))


MUTANTS: Final[Mapping[str, Mutation]] = {
    "acknowledges before the commit": Mutation(
        server=Code(run_group=_run_group_acknowledging_first)
    ),
    "decides a replay anew": Mutation(server=Code(receive=_receive_deciding_anew)),
    "withholds without an issue": Mutation(server=Code(receive=_receive_without_issues)),
    "overrules silently": Mutation(server=Code(receive=_receive_overruling_silently)),
    "keeps what was answered": Mutation(server=Code(receive=_receive_keeping_what_was_answered)),
    "sets what is answered": Mutation(
        server=Code(receive=_receive_setting_what_is_answered), first_seed=260
    ),
    "tells no neighbours": Mutation(server=Code(receive=_receive_telling_no_neighbours)),
    "forgets who had the job": Mutation(server=Code(assign=_assign_without_leave)),
    "pages by number alone": Mutation(server=Code(pull=_pull_by_number_alone)),
    "moves the cursor without the rows": Mutation(
        tablet={inbox.apply_response: _apply_cursor_alone}
    ),
    "takes its cursor from a sequence": Mutation(server=Code(pull=_pull_by_sequence)),
    "has an effect per completion": Mutation(
        server=Code(receive=_receive_with_an_effect_per_completion)
    ),
    "drops own entries before they settled": Mutation(
        tablet={inbox.apply_response: _apply_and_settle}
    ),
    "acknowledges without verdicts": Mutation(
        tablet={inbox.apply_response: _apply_without_verdicts}
    ),
    "applies a re-issue twice": Mutation(server=Code(receive=_receive_without_origins)),
    "signs for another device": Mutation(server=Code(receive=_receive_as_the_sender_s)),
    "begins anew with nothing": Mutation(tablet={anew.begin_anew: _begin_anew_empty}),
    "purges before the verdict": Mutation(tablet={inbox.apply_response: _apply_and_purge}),
    "applies a page before the last": Mutation(tablet={inbox.apply_response: _apply_each_page}),
    "lets the later wall clock win": Mutation(server=Code(receive=_receive_by_wall_clock)),
    "never compares its scope": Mutation(tablet={inbox.apply_response: _apply_without_comparing}),
    "takes files for uploaded with their facts": Mutation(
        tablet={inbox.apply_response: _apply_taking_files_along}
    ),
    "answers a piece and keeps nothing": Mutation(server=Code(blob_store=_ForgetfulBlobStore)),
    "sends nothing twice": Mutation(tablet={outbox.next_push: _push_newest_alone}),
}
