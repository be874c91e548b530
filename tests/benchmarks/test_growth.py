"""A small town grown as the large one is: whole, and of the figures that the benchmark promises."""

import asyncio
import doctest
from pathlib import Path

import msgspec
import pytest

from server.acts import Actor, ActorKind, act_of
from server.database import Connection, Store
from server.database.tables import metadata
from server.sync import commands
from tests.benchmarks import growth, pattern
from tests.benchmarks.figures import as_record
from tests.benchmarks.grown import Grown, grow
from tests.server.factories import count

SUBSCRIBERS = 500


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "town.db"


@pytest.fixture
def grown(file: Path) -> Grown:
    return grow(file, SUBSCRIBERS, tablets=20)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(pattern).failed == 0


def test_a_grown_town_has_all_its_rows_and_no_reference_leads_nowhere(
    file: Path, grown: Grown
) -> None:
    def broken(db: Connection) -> int:
        return len(db.exec_driver_sql("PRAGMA foreign_key_check").all())

    store = Store(f"sqlite:///{file}")
    found = {table.name: count(store, table) for table in metadata.sorted_tables}

    assert store.read_now(broken) == 0
    assert found["operations"] == grown.operations == 10 * SUBSCRIBERS
    assert found["audit"] - 2 * 12 * 3 == grown.history == 40 * SUBSCRIBERS
    assert found["accounts"] == found["jobs"] == found["feed"] == SUBSCRIBERS + 2 * 12
    assert (found["technicians"], found["incarnations"], len(grown.tablets)) == (2, 2, 2)
    store.close()


def test_a_tablet_of_a_grown_town_goes_on_where_its_rows_stop(file: Path, grown: Grown) -> None:
    store = Store(f"sqlite:///{file}")
    for tablet in grown.tablets:
        act = act_of(Actor(ActorKind.DEVICE, tablet.device_id))
        pushed = store.write_now(
            commands.receive, tablet.device_id, tablet.push(0), act=act
        ).verdicts

        kinds = {msgspec.json.decode(verdict)["verdict"] for verdict in pushed}
        assert len(pushed) == 40
        assert kinds == {"applied", "merged"}
    store.close()


def test_the_benchmark_tells_its_two_ratios_for_any_size() -> None:
    figures = as_record("growth", asyncio.run(growth.measure(SUBSCRIBERS // 2))).figures

    assert {"push_ratio", "pull_ratio", "push_p50_ms_2", "push_p50_ms_250"} <= figures.keys()
