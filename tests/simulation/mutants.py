"""Deliberate mistakes, one per promise: each must be caught, or the checks check nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from field_client.replica import inbox, outbox
from field_client.replica.inbox import ForkSeen, Progress
from field_client.storage import Connection as ReplicaConnection
from server.acts import Act
from server.database import Connection, FeedChange, Written
from server.database.units import FeedKind
from server.database.writer import CommitCounter, Outcome, run_group
from server.jobs import commands as jobs
from server.jobs.records import Job
from server.sync import commands, pull
from server.sync import storage as sync_storage
from server.sync.commands import Pushed
from server.sync.planning import PushPlanner
from server.sync.reading import read_operations
from sync_protocol.ids import Epoch
from sync_protocol.messages import Cursor, PullPage, SyncRequest, SyncResponse
from sync_protocol.operations import Moment
from tests.simulation.office import Code, OfficeCrashed
from tests.simulation.world import Mutation


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
    device = sync_storage.get_device_locked(db, device_id)
    assert device is not None
    received = read_operations(request)
    said = [each.operation for each in received if each.operation]
    loaded = sync_storage.load(db, device, said)
    planner = PushPlanner(device, request, loaded, act)
    for each in received:
        planner.add(each)
    value = msgspec.structs.replace(written.value, verdicts=tuple(planner.plan.verdicts))
    return Written(value, feed=written.feed, topics=written.topics)


def _receive_without_issues(
    db: Connection, device_id: UUID, request: SyncRequest, *, act: Act
) -> Written[Pushed]:
    """Withhold what was entered and tell nobody but the answer, which may be lost."""
    written = commands.receive(db, device_id, request, act=act)
    feed = tuple(change for change in written.feed if change.entity != "issue")
    return Written(written.value, feed=feed, topics=written.topics)


def _assign_without_leave(
    db: Connection, job_id: UUID, technician_id: UUID, *, act: Act
) -> Written[Job]:
    """Forget to tell the technician who had the job."""
    written = jobs.assign(db, job_id, technician_id, act=act)
    feed: tuple[FeedChange, ...] = tuple(
        change for change in written.feed if change.kind is not FeedKind.LEAVE
    )
    return Written(written.value, feed=feed, topics=written.topics)


def _pull_by_number_alone(
    db: Connection,
    technician_id: UUID,
    known_epoch: UUID | None,
    cursor: Cursor | None,
    *,
    limit: int,
    check_scope: bool,
) -> tuple[Epoch, PullPage]:
    """Go on after the number, not after the row: a commit of several rows loses some."""
    epoch, page = pull.read(
        db, technician_id, known_epoch, cursor, limit=limit, check_scope=check_scope
    )
    if page.cursor is None:
        return epoch, page
    last = Cursor(seq=page.cursor.seq, entity="issue", entity_id=str(UUID(int=2**128 - 1)))
    return epoch, msgspec.structs.replace(page, cursor=last)


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


def _push_newest_alone(
    db: ReplicaConnection, clock: Moment, app_version: str, **limits: int
) -> SyncRequest:
    """Take what was sent for received: only the newest operation is sent, and once."""
    request = outbox.next_push(db, clock, app_version, **limits)
    return msgspec.structs.replace(request, operations=request.operations[-1:])


def _apply_without_comparing(
    db: ReplicaConnection, request: SyncRequest, response: SyncResponse, received: Moment
) -> Progress | ForkSeen:
    """Never look whether the scope is what the server describes."""
    page = msgspec.structs.replace(response.pull, digest=None)
    return inbox.apply_response(db, request, msgspec.structs.replace(response, pull=page), received)


MUTANTS: Final[Mapping[str, Mutation]] = {
    "acknowledges before the commit": Mutation(
        server=Code(run_group=_run_group_acknowledging_first)
    ),
    "decides a replay anew": Mutation(server=Code(receive=_receive_deciding_anew)),
    "withholds without an issue": Mutation(server=Code(receive=_receive_without_issues)),
    "forgets who had the job": Mutation(server=Code(assign=_assign_without_leave)),
    "pages by number alone": Mutation(server=Code(pull=_pull_by_number_alone)),
    "moves the cursor without the rows": Mutation(
        tablet={inbox.apply_response: _apply_cursor_alone}
    ),
    "acknowledges without verdicts": Mutation(
        tablet={inbox.apply_response: _apply_without_verdicts}
    ),
    "never compares its scope": Mutation(tablet={inbox.apply_response: _apply_without_comparing}),
    "sends nothing twice": Mutation(tablet={outbox.next_push: _push_newest_alone}),
}
