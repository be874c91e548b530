"""What the pages read, on SQLite and on PostgreSQL."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from server.acts import utc_now
from server.database import Connection, Store, Written
from server.database.tables.billing import invoice_lines, invoices, notifications
from server.database.tables.offers import order_items
from server.jobs import board
from server.jobs import commands as jobs
from server.jobs.queries import JobFilter
from server.people import commands as people
from server.people import queries
from server.people.commands import NewSession
from server.people.records import Role, Scope
from server.people.secrets import hash_secret
from server.problems import NotFound
from sync_protocol.jobs import JobState
from tests.server.console.field_work import capture_everything
from tests.server.console.town import (
    NOON,
    act,
    add_token,
    add_user,
    found_town,
    human,
    place_job,
)


def test_the_story_of_a_job_is_told_in_the_order_in_which_it_happened(store: Store) -> None:
    town = found_town(store)
    dora = add_user(store, "dora@operator.example", Role.DISPATCHER)
    job_id = place_job(store, "FL-1")
    store.write_now(
        jobs.assign, job_id, town.ada, act=act(NOON + timedelta(seconds=1), human(dora))
    )
    capture_everything(store, job_id, town.ada)
    store.write_now(bill_and_tell, store.read_now(board.load_story, job_id).service.id)

    story = store.read_now(board.load_story, job_id)

    actions = [entry.action for entry in story.entries]
    assert actions[:3] == ["order.placed", "job.created", "job.assigned"]
    assert actions[-3:] == ["job.completed", "invoice_line.posted", "notification.sent"]
    assert [entry.at for entry in story.entries] == sorted(entry.at for entry in story.entries)
    assert len(story.captures) == 5
    assert story.names[town.ada] == "Ada Lind"
    assert story.names[dora.id] == "Dora Dispatch"


def bill_and_tell(db: Connection, service_id: UUID) -> Written[None]:
    later = NOON + timedelta(hours=2)
    first, last = later.date(), later.date() + timedelta(days=29)
    period = {"currency": "EUR", "period_start": first, "period_end": last}
    invoice_id, account_id = UUID(int=10), UUID(int=1)
    db.execute(
        sa.insert(invoices).values(id=invoice_id, account_id=account_id, state="draft", **period)
    )
    db.execute(
        sa.insert(invoice_lines).values(
            id=UUID(int=11),
            invoice_id=invoice_id,
            service_id=service_id,
            order_item_id=db.execute(sa.select(order_items.c.id)).scalar_one(),
            charge_kind="first_period",
            revision=1,
            amount_minor=2845,
            price_minor=3990,
            price_version="HOME-500/1",
            billed_days=29,
            period_days=31,
            billing_start=first,
            policy="live_day",
            zone="Europe/Berlin",
            posted_at=later,
            **period,
        )
    )
    for number, sent_at in ((12, later + timedelta(seconds=1)), (13, None)):
        db.execute(
            sa.insert(notifications).values(
                id=UUID(int=number),
                notification_key=f"k{number}",
                account_id=account_id,
                service_id=service_id,
                template="service_live",
                state="sent" if sent_at else "waiting",
                attempt=1,
                next_at=later,
                recorded_at=later,
                sent_at=sent_at,
            )
        )
    return Written(None)


def test_a_row_is_read_alone_as_it_stands_in_the_list(store: Store) -> None:
    town = found_town(store)
    ids = [place_job(store, f"FL-{n}", premise=f"P-{n}") for n in range(1, 4)]
    store.write_now(jobs.assign, ids[1], town.ben, act=act())

    found = store.read_now(board.load_board, JobFilter(), page=1, page_size=2)

    assert found.has_more
    assert found.counts == {JobState.UNASSIGNED: 2, JobState.ASSIGNED: 1}
    everything = store.read_now(board.load_board, JobFilter(), page=1, page_size=9).lines
    assert {line.id: line for line in everything} == {
        job_id: store.read_now(board.get_line, job_id) for job_id in ids
    }
    assert store.read_now(board.zones) == ("Europe/Berlin",)
    with pytest.raises(NotFound, match="no job"):
        store.read_now(board.get_line, UUID(int=4))


def test_sessions_and_tokens_are_found_by_the_hash_of_their_secret(store: Store) -> None:
    user = add_user(store, "dora@operator.example", Role.DISPATCHER)
    new = NewSession(
        secret_hash=hash_secret("s"), csrf_token="t", lifetime=timedelta(hours=1), replaces=None
    )
    now = utc_now()
    store.write_now(people.start_session, user, new, act=act(now, human(user)))
    secret = add_token(store, Scope.FEED_READ)

    def at(minutes: int) -> object:
        when = now + timedelta(minutes=minutes)
        return store.read_now(queries.find_signed_in, hash_secret("s"), now=when)

    assert at(59) is not None
    assert at(60) is None
    token = store.read_now(queries.find_api_token, hash_secret(secret))
    assert token is not None
    assert token.scopes == {Scope.FEED_READ}
    assert store.read_now(queries.find_api_token, hash_secret("other")) is None
