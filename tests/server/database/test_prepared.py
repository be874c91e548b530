"""Prepared statements: what Core would say and give, by the driver's own cursor."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, InvalidRequestError, MultipleResultsFound

from server.database import engines, prepared
from server.database.prepared import Prepared
from server.database.tables.people import audit

AT: Final = datetime(2026, 7, 2, 9, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))
INSERT: Final = Prepared(sa.insert(audit))
IDS: Final[sa.BindParameter[Any]] = sa.bindparam("ids", expanding=True)
BY_ID: Final = sa.select(audit).where(audit.c.id.in_(IDS)).order_by(audit.c.id)
FIND: Final = Prepared(BY_ID)


class Line(msgspec.Struct, frozen=True):
    id: UUID
    at: datetime
    action: str
    job_id: UUID | None
    detail: dict[str, Any]


def line(number: int, action: str = "job.moved") -> dict[str, Any]:
    return {
        "id": UUID(int=number),
        "at": AT,
        "actor_kind": "system",
        "actor_id": None,
        "action": action,
        "job_id": UUID(int=100 + number % 2),
        "order_id": None,
        "process_id": None,
        "detail": {"what": "Tür ä", "number": number, "parts": [1, None, True]},
    }


@pytest.fixture
def db(database_url: str) -> Generator[sa.Connection]:
    writing, reading = engines.create(engines.parse_url(database_url))
    with writing.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
    writing.dispose()
    reading.dispose()


def test_rows_that_are_stored_so_read_alike_by_core_and_so(db: sa.Connection) -> None:
    INSERT.run_many(db, [line(1), line(2), line(3)])

    ids = [UUID(int=number) for number in (1, 2, 3)]
    by_core = [dict(row) for row in db.execute(BY_ID, {"ids": ids}).mappings()]
    so = FIND.rows(db, {"ids": ids})

    assert so == by_core
    assert so == [line(1), line(2), line(3)]
    assert so[0]["at"].tzinfo is UTC


def test_a_list_may_have_any_length(db: sa.Connection) -> None:
    INSERT.run_many(db, [line(number) for number in range(1, 6)])

    for wanted in ([], [1], [2, 5], [1, 2, 3, 4, 5], [9]):
        found = FIND.rows(db, {"ids": [UUID(int=number) for number in wanted]})
        assert [row["id"].int for row in found] == [number for number in wanted if number < 9]


def test_a_list_may_hold_pairs(db: sa.Connection) -> None:
    INSERT.run_many(db, [line(number) for number in range(1, 5)])
    pairs = Prepared(
        sa.select(audit.c.id)
        .where(sa.tuple_(audit.c.id, audit.c.job_id).in_(sa.bindparam("ids", expanding=True)))
        .order_by(audit.c.id)
    )
    wanted = [(UUID(int=1), UUID(int=101)), (UUID(int=2), UUID(int=101))]

    assert [row["id"].int for row in pairs.rows(db, {"ids": wanted})] == [1]
    assert pairs.rows(db, {"ids": wanted[1:]}) == []


def test_records_are_checked_field_by_field(db: sa.Connection) -> None:
    INSERT.run(db, line(1))
    find = Prepared(sa.select(audit).where(audit.c.id == sa.bindparam("wanted")))

    found = find.record(db, {"wanted": UUID(int=1)}, Line)

    assert found == Line(UUID(int=1), AT, "job.moved", UUID(int=101), line(1)["detail"])
    assert find.record(db, {"wanted": UUID(int=2)}, Line) is None


def test_one_row_is_not_one_of_several(db: sa.Connection) -> None:
    INSERT.run_many(db, [line(1), line(2)])

    with pytest.raises(MultipleResultsFound):
        FIND.row(db, {"ids": [UUID(int=1), UUID(int=2)]})


def test_what_the_statement_holds_itself_needs_no_value(db: sa.Connection) -> None:
    INSERT.run_many(db, [line(1), line(2, "job.given_up")])
    renamed = Prepared(
        sa.update(audit)
        .where(audit.c.action == "job.given_up")
        .values(action=sa.bindparam("to"))
        .returning(audit.c.id, audit.c.action)
    )

    assert renamed.rows(db, {"to": "job.left"}) == [{"id": UUID(int=2), "action": "job.left"}]


def test_an_error_is_core_s_and_tells_no_values(db: sa.Connection) -> None:
    INSERT.run(db, line(1))

    prepared.run_text(db, "SAVEPOINT here")
    with pytest.raises(IntegrityError) as raised:
        INSERT.run(db, line(1, "somebody's name"))
    prepared.run_text(db, "ROLLBACK TO SAVEPOINT here")

    assert "INSERT INTO audit" in str(raised.value)
    assert "somebody" not in str(raised.value)
    assert not raised.value.connection_invalidated
    assert len(FIND.rows(db, {"ids": [UUID(int=1)]})) == 1


def test_outside_a_transaction_nothing_runs() -> None:
    with sa.create_engine("sqlite://").connect() as db:
        with pytest.raises(InvalidRequestError, match="begin one"):
            INSERT.run(db, line(1))
        assert not db.in_transaction()


def test_whoever_listens_to_cursors_hears_of_it(db: sa.Connection) -> None:
    heard: list[tuple[str, bool]] = []

    def note(*asked: Any) -> None:  # noqa: ANN401  SQLAlchemy's arguments of this event
        _db, _cursor, sql, _values, _context, many = asked
        heard.append((sql[:17], many))

    event.listen(db.engine, "before_cursor_execute", note)
    INSERT.run_many(db, [line(1), line(2)])
    INSERT.run_many(db, [])

    assert heard == [("INSERT INTO audit", True)]
