"""What must be known of entries that clashed: both values, of whom and when, told to both."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.replica.views import list_issues
from server.database.rows import to_records
from server.database.tables import people, sync, work
from server.sync.records import Issue
from sync_protocol import wire
from sync_protocol.documents import OVERRULED
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import Operation, SetField
from tests.simulation.checks import Seat
from tests.simulation.office import Office
from tests.simulation.violations import require

Place = tuple[UUID, int]
Key = tuple[UUID, str]


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that set a shared field; the place is the number under which it came."""

    place: Place
    technician_id: UUID
    name: str
    value: str
    received_at: datetime
    is_clash: bool

    def precedes(self, other: "Write") -> bool:
        """Say whether it surely came before another; of two at one instant nobody knows."""
        if self.received_at == other.received_at and self.place[0] == other.place[0]:
            return self.place < other.place
        return self.received_at < other.received_at


def check(office: Office, seats: Sequence[Seat]) -> Counter[str]:
    """Every value that was written over unseen has its records, and nothing else has."""
    writes, issues = office.read(_writes), office.read(_issues)
    clashed = {(each.incarnation, each.dseq): each for each in issues if each.code != OVERRULED}
    overruled = [each for each in issues if each.code == OVERRULED]
    silent = [
        write
        for said in writes.values()
        for write in said
        if write.is_clash and write.place not in clashed
    ]
    require(not silent, f"nobody is told of {silent}")
    told = [
        issue.id
        for said in writes.values()
        for write in said
        if write.is_clash
        for issue in _told(write, said, clashed[write.place], overruled)
    ]
    strange = [each for each in overruled if told.count(each.id) != 1]
    require(not strange, f"nobody, or more than one, overruled {strange}")
    for key, place in office.read(_standing).items():
        known = {write.place for write in _newest(writes[key])}
        require(place in known, f"{key} is said to be set by {place}; it was by one of {known}")
    for seat in seats:
        known = {issue.id for issue in seat.tablet.read(list_issues)}
        untold = [
            each
            for each in overruled
            if each.technician_id == seat.technician_id
            and each.answer is None
            and each.id not in known
        ]
        require(not untold, f"{seat.tablet.name} is not told of {untold}")
    hidden = sum(each.office_by is None for each in overruled)
    return Counter({"overruled": len(overruled), "overruled, and no longer theirs": hidden})


def _told(
    write: Write, said: Sequence[Write], clash: Issue, overruled: Iterable[Issue]
) -> list[Issue]:
    """Find what whoever was overruled by a write is told, which fits what its writer is told."""
    # One of the same instant may have come before it, or not.
    sure = _newest(each for each in said if each.precedes(write))
    unsure = [
        each
        for each in said
        if each.received_at == write.received_at and each.place[0] != write.place[0]
    ]
    before = [*sure, *unsure]
    standing = [
        each for each in before if (each.name, each.value) == (clash.office_by, clash.office_value)
    ]
    require(
        bool(standing) or (not before and clash.office_by is None),
        f"{clash} names nobody of those who can have been written over: {before}",
    )
    require(
        (clash.technician_id, clash.field_by, clash.field_value)
        == (write.technician_id, write.name, write.value)
        and clash.field_at is not None
        and clash.field_at <= clash.raised_at == write.received_at
        and (clash.office_at is not None) == bool(standing),
        f"{clash} does not say who and when; it is about {write}",
    )
    others = {each.place for each in standing if each.technician_id != write.technician_id}
    told = [
        each
        for each in overruled
        if (each.incarnation, each.dseq) in others and each.raised_at == write.received_at
    ]
    require(len(told) == bool(others), f"{write} overruled {standing}; that is told by {told}")
    for issue in told:
        _check_mirror(issue, clash)
    return told


def _check_mirror(issue: Issue, clash: Issue) -> None:
    """The two records of one clash say the same; to a former technician, nothing of the other."""
    mine = (issue.job_id, issue.field, issue.field_value, issue.field_by, issue.field_at)
    other = (issue.base_value, issue.office_value, issue.office_by, issue.office_at)
    require(
        mine == (clash.job_id, clash.field, clash.office_value, clash.office_by, clash.office_at)
        and other
        in (
            (clash.base_value, clash.field_value, clash.field_by, clash.field_at),
            (None, "", None, None),
        ),
        f"{issue} and {clash} tell of one clash and differ",
    )


def _newest(said: Iterable[Write]) -> list[Write]:
    """Give the last of these writes; several where they came at one instant."""
    known = list(said)
    return [each for each in known if not any(each.precedes(other) for other in known)]


def _writes(db: sa.Connection) -> Mapping[Key, list[Write]]:
    stored, devices, technicians = sync.operations, people.devices, people.technicians
    rows = db.execute(
        sa.select(stored, technicians.c.id.label("technician_id"), technicians.c.name)
        .join(devices, devices.c.id == stored.c.device_id)
        .join(technicians, technicians.c.id == devices.c.technician_id)
        .where(stored.c.verdict_kind.in_((VerdictKind.APPLIED, VerdictKind.KEPT_AS_CONFLICT)))
    )
    found: dict[Key, list[Write]] = {}
    for row in rows:
        body = wire.decode(row.raw, Operation).body
        # What a former assignee enters is kept beside, and changes nothing.
        if isinstance(body, SetField) and b'"code":"not_assigned"' not in row.verdict:
            write = Write(
                place=(row.incarnation, row.dseq),
                technician_id=row.technician_id,
                name=row.name,
                value=body.value,
                received_at=row.received_at,
                is_clash=row.verdict_kind == VerdictKind.KEPT_AS_CONFLICT,
            )
            found.setdefault((body.job_id, body.field), []).append(write)
    return found


def _issues(db: sa.Connection) -> tuple[Issue, ...]:
    return to_records(db.execute(sa.select(sync.issues)), Issue)


def _standing(db: sa.Connection) -> Mapping[Key, Place]:
    rows = db.execute(sa.select(work.job_fields))
    return {(row.job_id, row.field): (row.set_incarnation, row.set_dseq) for row in rows}
