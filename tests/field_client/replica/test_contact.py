from datetime import timedelta
from pathlib import Path

from field_client.replica.contact import find_offline, note_time
from field_client.storage import Unencrypted, open_replica
from field_client.storage.driver import driver
from field_client.storage.migrations import STEPS, migrate
from tests.field_client.factories import NOON, FakeClock
from tests.field_client.http_server import lose
from tests.field_client.tablets import Tablet

WEEK = timedelta(days=7)


async def test_every_answer_of_the_server_is_a_contact(tablet: Tablet) -> None:
    assert await tablet.store.read(find_offline, tablet.clock.moment(), WEEK) is None

    await tablet.sync()
    tablet.clock.pass_ms(3_600_000)
    offline = await tablet.store.read(find_offline, tablet.clock.moment(), WEEK)

    assert offline is not None
    assert offline.passed_ms == 3_600_000
    assert offline.last_contact_at == tablet.server.protocol.now()


async def test_an_attempt_that_reached_nobody_is_none(tablet: Tablet) -> None:
    await tablet.sync()
    tablet.server.tricks.append(lose)
    tablet.clock.pass_ms(3_600_000)
    await tablet.sync()

    offline = await tablet.store.read(find_offline, tablet.clock.moment(), WEEK)
    assert offline is not None
    assert offline.passed_ms == 3_600_000


def test_a_replica_of_before_is_not_counted_until_it_meets_its_server(tmp_path: Path) -> None:
    path, later = tmp_path / "replica.db", FakeClock(NOON + timedelta(days=300)).moment()
    before = driver.connect(str(path), isolation_level=None)
    migrate(before, STEPS[: STEPS.index("contact.sql")])
    before.close()

    db = open_replica(path, Unencrypted())
    note_time(db, later)

    assert find_offline(db, later, WEEK) is None
    db.close()
