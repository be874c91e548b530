"""Alarms and lines over HTTP, as an integration sees them."""

from pathlib import Path
from typing import Any

from server.database import Store
from server.people.records import Scope
from tests.server.alarms.access import Access
from tests.server.factories import add_token
from tests.server.sync.doors import bearer, client_of, whole_app


async def ask(store: Store, folder: Path, *paths: str, scope: Scope = Scope.JOBS_READ) -> list[Any]:
    headers = bearer(add_token(store, scope))
    async with client_of(whole_app(store, folder)) as client:
        return [(await client.get(path, headers=headers)) for path in paths]


async def test_alarms_are_listed_while_open_and_a_page_at_a_time(
    store: Store, tmp_path: Path
) -> None:
    access = Access(store, onts=8)
    await access.poll_round()
    access.cut(0, 1, 2)
    await access.poll_round()

    first, cleared = await ask(store, tmp_path, "/api/alarms", "/api/alarms?cleared=true")
    newest = first.json()[0]["id"]
    (older,) = await ask(store, tmp_path, f"/api/alarms?older_than={newest}")

    assert [each["kind"] for each in first.json()] == ["loss_of_signal"] * 3
    assert older.json() == first.json()[1:]
    assert cleared.json() == []


async def test_the_line_of_a_service_tells_its_alarm_and_its_light(
    store: Store, tmp_path: Path
) -> None:
    access = Access(store, onts=8)
    await access.poll_round()
    access.cut(3)
    await access.poll_round()

    (answer,) = await ask(store, tmp_path, f"/api/services/{access.services[3]}/line")

    line = answer.json()
    assert (line["state"]["phase"], line["fault_id"]) == ("offline", None)
    assert [each["severity"] for each in line["alarms"]] == ["major"]
    assert line["light"]["serial"] == "HWTC5F000003"


async def test_a_token_for_something_else_sees_no_alarms(store: Store, tmp_path: Path) -> None:
    Access(store, onts=4)

    (answer,) = await ask(store, tmp_path, "/api/alarms", scope=Scope.WEBHOOKS_WRITE)

    assert answer.status_code == 403
