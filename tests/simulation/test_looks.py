"""A look at a replica repeats an answer only while nothing was written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from field_client.replica.state import get_state, set_flight_mode
from field_client.storage import Connection
from tests.simulation.chance import Chance
from tests.simulation.clocks import TabletClock, WorldClock
from tests.simulation.tablet import Tablet


@pytest.fixture
def tablet(tmp_path: Path) -> Iterator[Tablet]:
    chance = Chance(0, "looks")
    tablet = Tablet("tablet", tmp_path, TabletClock(WorldClock(), chance), chance, {})
    yield tablet
    tablet.die()


def test_a_look_after_a_write_tells_what_was_written(tablet: Tablet) -> None:
    before = tablet.look(get_state)

    tablet.write(set_flight_mode, 1)

    assert (before.flight_mode, tablet.look(get_state).flight_mode) == (False, True)


def test_a_look_tells_of_a_table_that_was_emptied_at_once(tablet: Tablet) -> None:
    def count(db: Connection) -> int:
        return db.execute("SELECT count(*) FROM replica").fetchone()[0]

    def empty(db: Connection) -> None:
        db.execute("DELETE FROM replica")

    assert tablet.look(count) == 1

    tablet.write(empty)

    assert tablet.look(count) == 0


def test_a_look_after_another_start_reads_the_disk_again(tablet: Tablet) -> None:
    reads: list[Connection] = []

    tablet.look(reads.append)
    tablet.look(reads.append)
    tablet.die()
    tablet.start()
    tablet.look(reads.append)

    assert len(reads) == 2
