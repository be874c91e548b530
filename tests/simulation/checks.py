"""What must be true of a world: during every step, and of both sides once it has healed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from field_client.replica.state import get_state
from field_client.replica.views import count_all, get_briefing, list_issues
from server.acts import Actor, ActorKind
from sync_protocol import wire
from sync_protocol.briefing import Briefing
from sync_protocol.documents import OVERRULED, IssueDocument, JobDocument
from sync_protocol.messages import (
    BriefingUpdated,
    Cursor,
    IssueRaised,
    JobEntered,
    JobUpdated,
    SyncRequest,
    SyncResponse,
    VerdictKind,
)
from sync_protocol.operations import OperationBody
from tests.simulation import office_checks, readings, shown_photos
from tests.simulation.chance import Trace
from tests.simulation.network import Answered
from tests.simulation.office import Office
from tests.simulation.pending import Place
from tests.simulation.promises import Promises, count_duplicates, stored_by_key
from tests.simulation.promises import read as read_operation
from tests.simulation.tablet import Flight, Tablet
from tests.simulation.uploaded import Uploads
from tests.simulation.violations import require

SUMMED: Final = (
    VerdictKind.APPLIED,
    VerdictKind.MERGED,
    VerdictKind.KEPT_AS_CONFLICT,
    VerdictKind.PARKED,
    VerdictKind.REJECTED,
)


class Seat(msgspec.Struct, kw_only=True):
    """A tablet with its technician, and what the two were promised."""

    tablet: Tablet
    technician_id: UUID
    device_id: UUID
    promises: Promises
    is_keyless: bool = False
    """Its device key is lost, and it is not enrolled anew yet."""
    incarnation: UUID | None = None
    saved_dseq: int = 0
    saved_chain: str | None = None
    cursor: Cursor | None = None
    acked_dseq: int = 0
    held: dict[bytes, OperationBody] = {}
    """What was promised on this very disk."""
    settled_dseq: int = 0
    jobs: set[str] = set()
    heals: int = 0
    epoch: UUID | None = None
    uploads: Uploads = msgspec.field(default_factory=Uploads)

    def promise(self) -> None:
        """Remember what the tablet has shown as saved."""
        state = self.tablet.read(get_state)
        if state.incarnation == self.incarnation:
            said = self.tablet.read(readings.said_after, self.saved_dseq)
        else:
            # What was stored just before a death may have been put aside since.
            said = self.tablet.read(readings.said_ever)
        self.promises.make(self.technician_id, said)
        self.held.update(map(read_operation, said))
        self.incarnation = state.incarnation
        self.saved_dseq, self.saved_chain = state.head_dseq, state.head_chain

    def forget_place(self) -> None:
        """Expect nothing of how far it has come: its disk is another one."""
        self.incarnation, self.cursor = None, None
        self.held.clear()
        self.begin_anew()

    def begin_anew(self) -> None:
        """Expect nothing of its numbers: they are others."""
        self.saved_dseq, self.saved_chain, self.acked_dseq = 0, None, 0


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the office answered, and the verdicts that it gave."""

    device_id: UUID
    request: SyncRequest
    verdicts: tuple[msgspec.Raw, ...]


def check_step(office: Office, seat: Seat) -> None:
    """Check what must hold at every moment of a tablet's life."""
    blocked = None if seat.is_keyless else seat.tablet.blocked()
    require(blocked is None, f"{seat.tablet.name} cannot go on syncing: {blocked}")
    require(not seat.tablet.bounds.broken, "\n".join(seat.tablet.bounds.broken))
    state, kept, heals, place = seat.tablet.look(readings.glance, seat.saved_dseq)
    if state.incarnation != seat.incarnation:
        _check_begun_anew(seat)
        seat.begin_anew()
        seat.promise()
        kept = seat.saved_chain
    require(
        state.head_dseq >= seat.saved_dseq and seat.saved_chain in {None, kept},
        f"{seat.tablet.name} lost what it had shown as saved, up to {seat.saved_dseq}",
    )
    if heals != seat.heals:
        # What was found to differ is pulled anew, from nothing.
        seat.cursor, seat.heals = None, heals
    if state.epoch != seat.epoch:
        seat.epoch, seat.cursor = state.epoch, None
    require(
        seat.cursor is None or (state.cursor is not None and state.cursor >= seat.cursor),
        f"{seat.tablet.name}'s cursor went back from {seat.cursor} to {state.cursor}",
    )
    require(
        state.acked_dseq >= seat.acked_dseq or office.life > 1,
        f"{seat.tablet.name} takes {seat.acked_dseq} for acknowledged no more",
    )
    if state.acked_dseq > seat.acked_dseq and office.life == 1:
        head = office.read(readings.head, state.incarnation)
        require(
            head >= state.acked_dseq,
            f"{seat.tablet.name} was told that {state.acked_dseq} is stored; {head} is",
        )
    seat.cursor, seat.acked_dseq = state.cursor, state.acked_dseq
    _check_pending(office, seat, place)
    check_uploads(office, seat)


def check_uploads(office: Office, seat: Seat, *, anew: bool = False) -> None:
    """What a tablet takes for uploaded is at the office, whole: it removes its own copy."""
    faults = seat.uploads.faults(office, seat.tablet, anew=anew)
    require(not faults, "\n".join(faults))


def _check_pending(office: Office, seat: Seat, place: Place) -> None:
    """What is not settled stays: its job until it was judged, its overlay until a pull ended."""
    name = seat.tablet.name
    purged = seat.jobs.intersection(place.orphans)
    # What a server that was put back had acknowledged is pending again, its job long gone.
    require(
        not purged or office.life > 1, f"{name} purged jobs with pending work: {sorted(purged)}"
    )
    require(
        not (place.is_staging and place.settled_dseq > seat.settled_dseq),
        f"{name} settled up to {place.settled_dseq} in the middle of a pull",
    )
    seat.settled_dseq = place.settled_dseq
    seat.jobs |= place.jobs


def _check_begun_anew(seat: Seat) -> None:
    """Nothing that was promised on this very disk is gone after its numbers have changed."""
    held = seat.tablet.read(Promises.held)
    gone = [body for key, body in seat.held.items() if key not in held]
    require(not gone, f"{seat.tablet.name} began anew and lost {gone}")


def resume(seat: Seat, answered: Answered | None) -> Flight | None:
    """Let a tablet go on with an answer; half a pull must show nothing."""
    is_half = answered is not None and b'"more":true' in answered.body
    before = seat.tablet.read(readings.shown) if is_half else None
    flight = seat.tablet.resume(answered)
    require(
        not is_half or before == seat.tablet.read(readings.shown),
        f"{seat.tablet.name} shows half a pull",
    )
    return flight


def check_scope(seat: Seat, response: SyncResponse) -> None:
    """Check that a technician is sent nothing but their own."""
    for entry in response.pull.entries:
        if isinstance(entry, JobEntered | JobUpdated):
            job = entry.document
            require(
                is_theirs(job, seat.technician_id),
                f"{seat.tablet.name} was sent job {job.id} of {job.assignee_id}",
            )


def is_theirs(job: JobDocument, technician_id: UUID) -> bool:
    """Say whether a job is a technician's, alone or with others."""
    return technician_id == job.assignee_id or technician_id in job.crew_ids


def is_drained(tablet: Tablet) -> bool:
    """Say whether everything was sent, judged and settled, and nothing is half pulled."""
    state, counts = tablet.read(get_state), tablet.read(count_all)
    return (
        not tablet.is_syncing
        and state.head_dseq == state.acked_dseq == state.settled_dseq
        and counts.pending_blobs == 0
        and state.staged_cursor is None
        and not any(row["left_reason"] for row in tablet.read(readings.job_rows))
    )


def check_world(
    office: Office, seats: Sequence[Seat], heard: Sequence[Heard], trace: Trace
) -> Counter[str]:
    """Check both sides of a healed world; answer how often which verdict was given."""
    verdicts: Counter[str] = Counter()
    there = office.read(stored_by_key)
    for seat in seats:
        seat.promise()
        verdicts.update(_check_operations(office, seat))
        check_uploads(office, seat, anew=True)
        unlike = shown_photos.faults_of(seat.tablet)
        require(not unlike, "\n".join(unlike))
        why = seat.tablet.read(get_state).began_why
        verdicts.update([f"tablet began anew: {why}"] if why else [])
        _check_scope_is_snapshot(office, seat)
        _check_issues(office, seat)
    faults = seats[0].promises.faults(there)
    require(not faults, "\n".join(faults))
    for technician_id in {seat.technician_id: None for seat in seats}:
        office_checks.check_captures(
            office, technician_id, seats[0].promises.of(technician_id, there)
        )
    office_checks.check_issue_rows(office)
    office_checks.check_signatures(office)
    office_checks.check_effects(office)
    office_checks.check_fields(office)
    verdicts.update(office.read(count_duplicates))
    before = office.read(readings.dump)
    _check_replays(office, seats, heard)
    require(before == office.read(readings.dump), "repeating requests changed the database")
    trace.note(f"end {before}")
    return verdicts


def _check_operations(office: Office, seat: Seat) -> Counter[str]:
    """Each operation has one verdict, the same on both sides, and they add up."""
    name, state = seat.tablet.name, seat.tablet.read(get_state)
    here, there = seat.tablet.read(readings.recorded), office.read(readings.stored, state)
    numbers = [operation.dseq for operation in here]
    require(numbers == list(range(1, state.head_dseq + 1)), f"{name} has a gap: {numbers}")
    require(
        [operation.dseq for operation in there] == numbers,
        f"the office has {len(there)} operations of {name}, which made {len(numbers)}",
    )
    for ours, theirs in zip(here, there, strict=True):
        require(ours == theirs, f"{name}'s operation {ours.dseq} differs: {ours} and {theirs}")
    for past in seat.tablet.read(readings.past):
        theirs = office.read(readings.stored_as, past.incarnation, past.received.dseq)
        require(past.received == theirs, f"{name}'s {past} is {theirs} at the office")
    counts = seat.tablet.read(count_all)
    summed = sum(counts.by_verdict.get(kind, 0) for kind in (*SUMMED, VerdictKind.DUPLICATE))
    require(
        summed == counts.captured,
        f"{name} captured {counts.captured}, its verdicts are {counts.by_verdict}",
    )
    return Counter({f"verdict {kind}": count for kind, count in counts.by_verdict.items()})


def _check_scope_is_snapshot(office: Office, seat: Seat) -> None:
    """What was pulled piece by piece equals what a fresh tablet would pull at once."""
    jobs, issues, told = _snapshot(office, seat)
    here = seat.tablet.read(readings.documents)
    differing = [
        job_id for job_id in here.keys() | jobs.keys() if here.get(job_id) != jobs.get(job_id)
    ]
    pairs = [(here.get(job_id), jobs.get(job_id)) for job_id in sorted(differing)]
    require(not pairs, f"{seat.tablet.name} holds, and its scope is: {pairs}")
    raised = {issue.id: issue for issue in seat.tablet.read(list_issues)}
    require(raised == issues, f"{seat.tablet.name} knows issues {raised}; there are {issues}")
    briefing = seat.tablet.read(get_briefing)
    require(briefing == told, f"{seat.tablet.name} was told {briefing}; it should be {told}")
    foreign = [job.id for job in here.values() if not is_theirs(job, seat.technician_id)]
    require(not foreign, f"{seat.tablet.name} holds jobs of others: {foreign}")


def _snapshot(
    office: Office, seat: Seat
) -> tuple[Mapping[UUID, JobDocument], Mapping[UUID, IssueDocument], Briefing | None]:
    jobs: dict[UUID, JobDocument] = {}
    briefing: Briefing | None = None
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
        elif isinstance(entry, BriefingUpdated):
            briefing = entry.document
    return jobs, issues, briefing


def _check_issues(office: Office, seat: Seat) -> None:
    """What a tablet was changed or withheld is told there until it is answered, also of copies."""
    withheld = {
        (UUID(row["incarnation"]), row["dseq"])
        for row in seat.tablet.read(readings.verdict_rows)
        if row["verdict_kind"] in readings.NEEDS_ISSUE
    }
    told = [
        (issue.incarnation, issue.dseq)
        for issue in seat.tablet.read(list_issues)
        if issue.code != OVERRULED
    ]
    require(len(told) == len(set(told)), f"{seat.tablet.name} is told twice of {told}")
    untold = withheld - set(told) - office.read(readings.answered_places)
    require(not untold, f"withheld from {seat.tablet.name}: {untold}; told: {told}")


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
    recorded = seat.tablet.read(readings.recorded)
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
        verdicts=tuple(
            msgspec.Raw(row.verdict or b"") for row in office.read(readings.stored, state)
        ),
    )
