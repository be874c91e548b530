"""The digest that tells a tablet whether it holds its scope, and what tablets report of it."""

from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from server.database.tables.people import audit
from server.database.tables.sync import feed
from server.database.tables.work import jobs
from server.sync import commands, fingerprints, pull
from server.sync.fingerprints import Fingerprints, Standing
from sync_protocol.digest import HeldDocument, scope_digest
from sync_protocol.ids import Epoch
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import (
    BriefingUpdated,
    Cursor,
    IssueRaised,
    JobEntered,
    JobUpdated,
    PullPage,
)
from tests.server.factories import assign, assigned_job, change, rows
from tests.server.sync.field import Field
from tests.server.tablets import move, of_work, pull_page, set_field


def digest_of(page: PullPage) -> str:
    """Digest what a page brought, as a tablet does that held nothing before."""
    told = (entry for entry in page.entries if isinstance(entry, BriefingUpdated))
    jobs = (entry for entry in page.entries if isinstance(entry, JobEntered | JobUpdated))
    issues = (entry for entry in page.entries if isinstance(entry, IssueRaised))
    return scope_digest(
        [
            *(HeldDocument("job", str(job.document.id), bytes(job.job)) for job in jobs),
            *(HeldDocument("issue", str(each.document.id), bytes(each.issue)) for each in issues),
            *(
                HeldDocument("briefing", str(each.document.technician_id), bytes(each.briefing))
                for each in told
            ),
        ]
    )


def test_a_last_page_that_brings_something_carries_the_digest_of_the_scope(field: Field) -> None:
    assigned_job(field.store, field.town.ada, "O-2", house=2)
    field.tablet.say(set_field(field.job_id, "bell"), set_field(field.job_id, "knock", base=7))
    field.push()

    page = pull_page(field.store, field.tablet)

    assert len(of_work(page)) == 3
    assert page.digest == digest_of(page)


def test_pages_before_the_last_and_empty_ones_carry_none(field: Field) -> None:
    assigned_job(field.store, field.town.ada, "O-2", house=2)

    first = pull_page(field.store, field.tablet, limit=2)
    last = pull_page(field.store, field.tablet, first.cursor, limit=2)
    empty = pull_page(field.store, field.tablet, last.cursor)

    assert (first.more, first.digest) == (True, None)
    assert last.digest == pull_page(field.store, field.tablet).digest
    assert (empty.entries, empty.digest) == ((), None)


def test_an_empty_page_carries_it_where_it_is_asked_for(field: Field) -> None:
    whole = pull_page(field.store, field.tablet)

    _, asked = field.store.read_now(pull.read, field.town.ada, None, whole.cursor, check_scope=True)

    assert (asked.entries, asked.digest) == ((), whole.digest)


@pytest.mark.parametrize("is_left", [True, False])
def test_a_row_that_the_feed_lost_shows_in_the_digest(field: Field, *, is_left: bool) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    held = digest_of(pull_page(field.store, field.tablet))
    if is_left:
        assign(field.store, other, field.town.ben)
    change(field.store, sa.delete(feed).where(feed.c.entity_id == other))

    assert pull_page(field.store, field.tablet).digest != held
    assert pull_page(field.store, field.tablet).digest == digest_of(
        pull_page(field.store, field.tablet)
    )


def test_a_report_of_a_healed_scope_is_audited_once(field: Field) -> None:
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT))
    request = msgspec.structs.replace(field.tablet.request(), healed=2)
    device_id: UUID = field.tablet.device_id
    for _ in range(3):
        field.store.write_now(commands.receive, device_id, request, act=field.tablet.act())
    more = msgspec.structs.replace(field.tablet.request(), healed=3)
    field.store.write_now(commands.receive, device_id, more, act=field.tablet.act())

    reported = [row for row in rows(field.store, audit) if row["action"] == "scope.healed"]

    assert [row["detail"]["heals"] for row in reported] == [2, 3]


def test_the_digest_is_the_same_whether_the_rest_of_the_scope_is_rendered_or_remembered(
    field: Field,
) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    known = Fingerprints()
    first = _news(field, None, known)
    field.tablet.say(set_field(other, "gate 1"))
    field.push()

    then = _news(field, first.cursor, known)

    assert then.digest == _news(field, first.cursor, None).digest
    assert then.digest != first.digest


def test_a_change_that_the_feed_was_not_told_of_is_found_by_who_asks_for_the_scope(
    field: Field,
) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    known = Fingerprints()
    first = _news(field, None, known)
    change(field.store, sa.update(jobs).where(jobs.c.id == field.job_id).values(number="another"))
    field.tablet.say(set_field(other, "gate 1"))
    field.push()

    then = _news(field, first.cursor, known)
    whole = _news(field, None, None)
    asked = _news(field, then.cursor, known, check_scope=True)

    assert then.digest != whole.digest  # what did not change in the feed was not rendered
    assert asked.digest == whole.digest


def test_a_scope_that_healed_stays_whole_whatever_was_remembered_of_it(field: Field) -> None:
    other = assigned_job(field.store, field.town.ada, "O-2", house=2).job_id
    known = Fingerprints()
    _news(field, None, known)
    change(field.store, sa.update(jobs).where(jobs.c.id == field.job_id).values(number="another"))

    healed = _news(field, None, known)
    field.tablet.say(set_field(other, "gate 1"))
    field.push()
    then = _news(field, healed.cursor, known)

    assert healed.digest == digest_of(healed)
    assert then.digest == digest_of(_news(field, None, None))


def test_what_is_known_of_one_life_of_the_server_says_nothing_of_the_next() -> None:
    known = Fingerprints()
    row = Standing(UUID(int=1), "job", UUID(int=2), 7)
    known.keep(Epoch(UUID(int=3)), [(row, "a" * 64)])

    assert known.find(Epoch(UUID(int=3)), row) == "a" * 64
    assert known.find(Epoch(UUID(int=4)), row) is None
    assert known.find(Epoch(UUID(int=3)), row._replace(seq=8)) is None
    assert known.find(Epoch(UUID(int=3)), row._replace(scope=UUID(int=9))) is None


def test_no_more_is_remembered_than_there_is_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprints, "DOCUMENTS_MAX", 2)
    known, epoch = Fingerprints(), Epoch(UUID(int=3))
    rows = [Standing(UUID(int=1), "job", UUID(int=number), 7) for number in range(4)]
    for row in rows:
        known.keep(epoch, [(row, "a" * 64)])

    assert [known.find(epoch, row) is not None for row in rows] == [False, False, False, True]


def _news(
    field: Field, cursor: Cursor | None, known: Fingerprints | None, *, check_scope: bool = False
) -> PullPage:
    return field.store.read_now(
        pull.read,
        field.town.ada,
        None,
        cursor,
        check_scope=check_scope,
        fingerprints=known,
    )[1]
