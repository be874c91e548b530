"""No statement of a sync reads a whole table: its cost does not grow with the installation."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from server.acts import utc_now
from server.database import Connection, Store
from server.sync import devices, pull
from tests.server.factories import assigned_job, found_town
from tests.server.tablets import Tablet, enrolled, pull_page, push, set_field

Asked = tuple[str, Any]
SMALL = ("sync_head", "ont_models")
"""Tables of one row, and of one for each model of an ONT: all of them is what is wanted."""


def test_every_statement_of_push_and_pull_finds_its_rows_by_an_index(store: Store) -> None:
    town = found_town(store)
    tablet = enrolled(store, town.ada)
    job = assigned_job(store, town.ada).job_id
    tablet.complete(job)
    tablet.say(set_field(job, "gate 1"), set_field(job, "gate 2", field="nothing of ours"))

    asked = _asked(store, tablet)
    scans = [
        (sql, line)
        for sql, values in asked
        for line in store.read_now(_plan, sql, values)
        if _is_scan(line) and not any(table in line for table in SMALL)
    ]

    assert len(asked) > 20
    assert scans == []


def test_a_first_pull_reads_no_row_of_what_has_left(store: Store) -> None:
    wanted = "SELECT entity_id FROM feed WHERE scope = 1 AND kind <> 'leave' ORDER BY seq, entity"

    def ask(db: Connection) -> tuple[dict[Any, Any], list[str]]:
        indexes = {
            each["name"]: each["column_names"] for each in sa.inspect(db).get_indexes("feed")
        }
        return indexes, _plan(db, wanted, ()) if db.dialect.name == "sqlite" else []

    indexes, told = store.read_now(ask)

    assert indexes["ix_feed_scope_order"][-1] == "kind"
    assert all("COVERING INDEX ix_feed_scope_order" in line for line in told)


def _is_scan(line: str) -> bool:
    # SQLite says SCAN; it says so of the values in the statement as well.
    is_constant = line.endswith(("VALUES CLAUSE", "CONSTANT ROW"))
    return (line.startswith("SCAN") and not is_constant) or "Seq Scan" in line


def _asked(store: Store, tablet: Tablet) -> list[Asked]:
    """Push, push again, pull from nothing and from the end; what the database was asked."""
    asked: list[Asked] = []

    def note(*of: Any) -> None:  # noqa: ANN401  SQLAlchemy's arguments of this event
        _connection, _cursor, sql, values, _context, many = of
        if sql.split()[0] in {"SELECT", "UPDATE", "DELETE", "INSERT"}:
            asked.append((sql, values[0] if many else values))

    for engine in (store.writing, store.reading):
        event.listen(engine, "before_cursor_execute", note)
    push(store, tablet)
    push(store, tablet)
    page = pull_page(store, tablet)
    pull_page(store, tablet, page.cursor)
    store.read_now(pull.epoch)
    store.read_now(devices.find_by_token, tablet.token, utc_now())
    for engine in (store.writing, store.reading):
        event.remove(engine, "before_cursor_execute", note)
    return asked


def _plan(db: Connection, sql: str, values: Any) -> list[str]:  # noqa: ANN401  a driver's
    if db.dialect.name == "sqlite":
        rows = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        return [str(row[3]) for row in rows]
    # Tables as small as a test's are read whole unless that is forbidden.
    db.execute(sa.text("SET LOCAL enable_seqscan = off"))
    return [str(row[0]) for row in db.exec_driver_sql(f"EXPLAIN {sql}", values)]
