"""Tickets over HTTP: kept as they are told, shown to nobody once they are closed."""

from pathlib import Path
from typing import Any, Final

import pytest

from server.database import Store
from server.database.tables.people import audit
from server.database.tables.work import tickets
from server.people.records import Scope
from tests.server.factories import add_token, found_town, rows
from tests.server.sync.doors import bearer, client_of, whole_app

TICKET: Final = {
    "number": "T-1",
    "account": "A-1",
    "premise": "P-1",
    "subject": "No light",
    "priority": "high",
    "opened_at": "2026-07-01T10:00:00+02:00",
}


async def put(
    store: Store,
    folder: Path,
    body: object,
    *,
    external_id: str = "X-1",
    scope: Scope | None = None,
) -> tuple[int, Any]:
    token = add_token(store, scope or Scope.TICKETS_WRITE)
    async with client_of(whole_app(store, folder / "blobs")) as client:
        answer = await client.put(f"/api/tickets/{external_id}", json=body, headers=bearer(token))
    return answer.status_code, answer.json()


async def test_a_ticket_is_kept_once_and_closed_under_its_own_id(
    store: Store, tmp_path: Path
) -> None:
    found_town(store)

    first = await put(store, tmp_path, TICKET)
    again = await put(store, tmp_path, TICKET)
    closed = await put(store, tmp_path, {**TICKET, "closed_at": "2026-07-02T10:00:00Z"})

    assert [status for status, _ in (first, again, closed)] == [200, 200, 200]
    (kept,) = rows(store, tickets)
    assert (kept["external_id"], kept["number"]) == ("X-1", "T-1")
    assert kept["closed_at"].isoformat() == "2026-07-02T10:00:00+00:00"
    audited = [row["action"] for row in rows(store, audit)]
    assert audited.count("ticket.kept") == 2, "the same again changes nothing"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"account": "A-9"}, "account is 'A-9'"),
        ({"premise": "P-9"}, "premise is 'P-9'"),
        ({"opened_at": "yesterday"}, "opened_at"),
        ({"opened_at": "1826-07-01T10:00:00Z"}, "its year must be 2000 to 2199"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_the_value(
    store: Store, tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    found_town(store)

    status, problem = await put(store, tmp_path, {**TICKET, **wrong})

    assert status == 400
    assert said in problem["detail"]
    assert rows(store, tickets) == []


async def test_an_id_that_no_table_holds_is_refused(store: Store, tmp_path: Path) -> None:
    found_town(store)

    status, problem = await put(store, tmp_path, TICKET, external_id="x" * 81)

    assert (status, "external_id" in problem["detail"]) == (400, True)


async def test_a_token_for_something_else_keeps_no_ticket(store: Store, tmp_path: Path) -> None:
    found_town(store)

    status, _ = await put(store, tmp_path, TICKET, scope=Scope.JOBS_WRITE)

    assert (status, rows(store, tickets)) == (403, [])
