"""Differences over HTTP, and on the console's page."""

from pathlib import Path
from typing import Any

import httpx
import msgspec

from server.adoption.list_view import TITLES, WHAT_TO_DO
from server.adoption.records import DRIFTS
from server.database import Store
from server.people.records import Scope
from tests.server.adoption.living import HOUSES, SERIALS, Living, line_of
from tests.server.factories import add_token
from tests.server.sync.doors import bearer, client_of, whole_app


async def ask(store: Store, folder: Path, *paths: str) -> list[httpx.Response]:
    headers = bearer(add_token(store, Scope.JOBS_READ))
    async with client_of(whole_app(store, folder)) as client:
        return [await client.get(path, headers=headers) for path in paths]


async def test_differences_are_listed_a_page_at_a_time(living: Living, tmp_path: Path) -> None:
    living.compare(await living.read())
    store = living.shift.store

    (first,) = await ask(store, tmp_path, "/api/network/drift?olt=OLT-1&limit=3")
    last = first.json()["drifts"][-1]["id"]
    rest, readings, unknown = await ask(
        store,
        tmp_path,
        f"/api/network/drift?after={last}",
        "/api/network/readings",
        "/api/network/drift?olt=OLT-9",
    )

    def serials(answer: httpx.Response) -> list[Any]:
        return [each["serial"] for each in answer.json()["drifts"]]

    assert (serials(first), first.json()["more"]) == (list(SERIALS[:3]), True)
    assert (serials(rest), rest.json()["more"]) == ([SERIALS[3]], False)
    (reading,) = readings.json()
    assert (reading["external_id"], reading["drifts"]) == ("OLT-1", HOUSES)
    assert unknown.status_code == 404


def test_every_difference_has_a_title_and_a_next_step() -> None:
    assert set(TITLES) == set(WHAT_TO_DO) == DRIFTS


async def test_a_missing_ont_names_its_service(living: Living, tmp_path: Path) -> None:
    reading = await living.read()
    living.adopt(reading, line_of(0))
    living.compare(msgspec.structs.replace(reading, onts=()))

    (answer,) = await ask(living.shift.store, tmp_path, "/api/network/drift")

    (drift,) = answer.json()["drifts"]
    assert (drift["verdict"], drift["serial"]) == ("missing", SERIALS[0])
    assert drift["service_id"]
