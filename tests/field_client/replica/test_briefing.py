"""The briefing on the tablet: kept as it came, replaced whole, part of what is compared."""

from pathlib import Path
from uuid import UUID

import msgspec

from field_client.replica.cards import list_jobs
from field_client.replica.healing import digest_of_replica
from field_client.replica.inbox import apply_response
from field_client.replica.outbox import next_push
from field_client.replica.views import get_briefing
from field_client.storage import Connection
from field_client.storage.driver import driver
from field_client.storage.migrations import STEPS, migrate
from sync_protocol import wire
from sync_protocol.briefing import Briefing, OntModel, StockedOnt
from sync_protocol.digest import HeldDocument, scope_digest
from sync_protocol.messages import BriefingUpdated, FeedEntry, PullPage
from tests.field_client.exchanges import answer, sync
from tests.field_client.factories import TECHNICIAN, a_moment
from tests.field_client.fake_server import FakeServer

STOCK = (StockedOnt(serial="HWTC1A2B3C4D", model="HG8245H"),)


def a_briefing(**changes: object) -> Briefing:
    return msgspec.structs.replace(Briefing(technician_id=TECHNICIAN, van_stock=STOCK), **changes)


def told(briefing: Briefing) -> BriefingUpdated:
    return BriefingUpdated(briefing=msgspec.Raw(wire.encode(briefing)))


def hear(db: Connection, server: FakeServer, *entries: FeedEntry, snapshot: bool = False) -> None:
    """Let the server say something; without entries it says that nothing is there."""
    request = next_push(db, a_moment(), "1")
    said = answer(server, request)
    page = PullPage(cursor=said.pull.cursor, more=False, entries=entries, snapshot=snapshot)
    apply_response(db, request, msgspec.structs.replace(said, pull=page), a_moment())


def test_before_anything_was_told_there_is_no_briefing(db: Connection) -> None:
    assert get_briefing(db) is None


def test_the_newest_briefing_is_the_one_that_is_read(db: Connection, server: FakeServer) -> None:
    models = (OntModel(model="HG8245H", vendor="Huawei"),)
    sync(db, server)
    hear(db, server, told(a_briefing()))
    assert get_briefing(db) == a_briefing()

    hear(db, server, told(a_briefing(van_stock=(), supported_models=models)))

    assert get_briefing(db) == a_briefing(van_stock=(), supported_models=models)


def test_the_briefing_is_part_of_what_is_compared(db: Connection, server: FakeServer) -> None:
    document = wire.encode(a_briefing())
    hear(db, server, told(a_briefing()), snapshot=True)

    assert digest_of_replica(db) == scope_digest(
        [HeldDocument("briefing", str(TECHNICIAN), document)]
    )


def test_a_snapshot_that_names_no_briefing_leaves_none(db: Connection, server: FakeServer) -> None:
    sync(db, server)
    hear(db, server, told(a_briefing()))

    hear(db, server, snapshot=True)

    assert get_briefing(db) is None
    assert list_jobs(db) == ()


def test_a_replica_from_before_there_were_briefings_pulls_everything_anew(tmp_path: Path) -> None:
    """What the server had told while this program could not read it would else never come."""
    file = tmp_path / "old.db"
    old = driver.connect(file)
    old.isolation_level = None
    migrate(old, STEPS[: STEPS.index("briefing.sql")])
    old.execute(
        "INSERT INTO replica (id, incarnation, head_dseq, head_chain, acked_dseq, acked_chain, "
        "settled_dseq, cursor) VALUES (1, ?, 0, ?, 0, ?, 0, ?)",
        (str(UUID(int=1)), "0" * 64, "0" * 64, b'{"seq":9,"entity":"job","entity_id":"x"}'),
    )

    migrate(old)

    assert old.execute("SELECT cursor, staged_cursor FROM replica").fetchone() == (None, None)
    old.close()


def test_fields_that_this_version_does_not_know_are_kept_as_they_came(
    db: Connection, server: FakeServer
) -> None:
    raw = wire.encode(a_briefing())[:-1] + b',"colour":null}'

    hear(db, server, BriefingUpdated(briefing=msgspec.Raw(raw)), snapshot=True)

    assert get_briefing(db) == a_briefing()
    expected = scope_digest([HeldDocument("briefing", str(TECHNICIAN), raw)])
    assert digest_of_replica(db) == expected
