import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from activation.snmp import Secret
from server.session_sources.radius import AT_ONCE, RadiusAccountingSource
from server.session_sources.records import NoSession, Session, SourceUnavailable
from server.session_sources.wanted import RadiusAccounting
from tests.postgres import PostgresServer
from tests.server.session_sources.radacct import Radacct

NINE = datetime(2026, 7, 2, 9, tzinfo=UTC)
WHO = "fl-1"


def source(url: str, **changes: Any) -> RadiusAccountingSource:  # noqa: ANN401  of any setting
    return RadiusAccountingSource(
        RadiusAccounting(url=Secret(url), identifier="fl-{service_id}", **changes)
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'radius #1.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as made:
        yield made


@pytest.fixture
def radacct(url: str) -> Radacct:
    return Radacct(url)


@pytest.fixture
async def asked(url: str, radacct: Radacct) -> AsyncGenerator[RadiusAccountingSource]:
    _ = radacct  # the table is there before it is asked
    opened = source(url, timeout_ms=5000)
    yield opened
    await opened.close()


async def test_the_newest_open_session_of_a_name_is_found(
    radacct: Radacct, asked: RadiusAccountingSource
) -> None:
    hour = timedelta(hours=1)
    radacct.add(1, username=WHO, acctstarttime=NINE, framedipaddress="10.0.0.1")
    radacct.add(2, username=WHO, acctstarttime=NINE + hour, framedipaddress="10.0.0.2")
    radacct.add(3, username="fl-2", acctstarttime=NINE + 3 * hour, framedipaddress="10.0.0.3")
    radacct.add(4, username=WHO, acctstarttime=NINE + 2 * hour, acctstoptime=NINE + 3 * hour)
    radacct.add(5, username=WHO)

    found = await asked.ask(WHO)

    assert found == Session(identifier=WHO, since=NINE + hour, address="10.0.0.2")


async def test_a_session_that_stopped_is_none(
    radacct: Radacct, asked: RadiusAccountingSource
) -> None:
    radacct.add(1, username=WHO, acctstarttime=NINE, acctstoptime=NINE)

    assert await asked.ask(WHO) == NoSession(identifier=WHO)


async def test_a_session_without_an_address_is_one_all_the_same(
    radacct: Radacct, asked: RadiusAccountingSource
) -> None:
    radacct.add(1, username=WHO, acctstarttime=NINE)

    assert await asked.ask(WHO) == Session(identifier=WHO, since=NINE, address=None)


async def test_an_identifier_is_a_value_and_never_part_of_a_statement(
    radacct: Radacct, asked: RadiusAccountingSource
) -> None:
    radacct.add(1, username=WHO, acctstarttime=NINE)
    wanted = "' OR username = 'fl-1"

    assert await asked.ask(wanted) == NoSession(identifier=wanted)


@pytest.mark.parametrize("column", ["callingstationid", "nasportid"])
async def test_another_column_can_hold_the_identifier(
    url: str, radacct: Radacct, column: str
) -> None:
    radacct.add(1, username="erika", acctstarttime=NINE, **{column: "OLT-1/0/1/0:3"})
    asked = source(url, column=column, timeout_ms=5000)

    found = await asked.ask("OLT-1/0/1/0:3")
    await asked.close()

    assert isinstance(found, Session)


async def test_a_time_without_a_zone_is_read_in_the_zone_of_the_settings(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'radius.db'}"
    Radacct(url).add(1, username=WHO, acctstarttime="2026-07-02 11:00:00")
    asked = source(url, zone="Europe/Berlin")

    found = await asked.ask(WHO)
    await asked.close()

    assert found == Session(identifier=WHO, since=NINE, address=None)


@pytest.mark.parametrize("garbage", ["soon", 17, b"\xff", "99999-01-01"])
async def test_a_time_that_is_none_is_named_and_proves_nothing(
    tmp_path: Path, garbage: object
) -> None:
    url = f"sqlite:///{tmp_path / 'radius.db'}"
    Radacct(url).add(1, username=WHO, acctstarttime=garbage)
    asked = source(url)

    found = await asked.ask(WHO)
    await asked.close()

    assert isinstance(found, SourceUnavailable)
    assert "which is no time like 2026-07-02 12:00:00" in found.reason


async def test_a_database_without_the_table_is_unavailable_and_says_so(url: str) -> None:
    if url.startswith("sqlite"):
        Radacct(url).write("DROP TABLE radacct")
    asked = source(url, timeout_ms=5000)

    found = await asked.ask(WHO)
    await asked.close()

    assert isinstance(found, SourceUnavailable)
    assert "radacct" in found.reason


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    found = asyncio.run(source(f"sqlite:///{tmp_path / 'radius.db'}").ask(WHO))

    assert isinstance(found, SourceUnavailable)
    assert list(tmp_path.iterdir()) == []


async def test_a_database_that_cannot_be_had_is_told_without_its_password(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as made:
        wrong = sa.make_url(made).set(database="never_made", password="verysecret")
        asked = source(wrong.render_as_string(hide_password=False), timeout_ms=5000)
        found = await asked.ask(WHO)
        await asked.close()

    assert isinstance(found, SourceUnavailable)
    assert "never_made" in found.reason
    assert "verysecret" not in found.reason


async def test_a_database_is_never_written_to_whatever_its_table_is(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as made:
        radacct = Radacct(made)
        radacct.write("ALTER TABLE radacct RENAME TO kept")
        radacct.write("CREATE SEQUENCE written")
        radacct.write(
            "CREATE VIEW radacct AS SELECT username, acctstoptime, framedipaddress, "
            "acctstarttime + nextval('written') * interval '1 s' AS acctstarttime FROM kept"
        )
        radacct.add(1, username=WHO, acctstarttime=NINE, into="kept")
        asked = source(made, timeout_ms=5000)
        found = await asked.ask(WHO)
        await asked.close()

    assert isinstance(found, SourceUnavailable)
    assert "in a read-only transaction" in found.reason


async def test_a_server_that_never_answers_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_accepting:
        port = never_accepting.getsockname()[1]
        asked = source(f"postgresql://127.0.0.1:{port}/radius", timeout_ms=50)

        found = await asyncio.gather(*(asked.ask(WHO) for _ in range(AT_ONCE + 2)))

    await asked.close()
    assert set(found) == {SourceUnavailable("no answer within 0.05 s")}
