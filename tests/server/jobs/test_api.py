"""Jobs over HTTP."""

from pathlib import Path

import pytest

from server.database import Store
from server.people.records import Scope
from tests.server.factories import add_token, found_town, place_order
from tests.server.sync.doors import bearer, client_of, whole_app


@pytest.mark.parametrize(
    ("offset", "status"), [("0", 200), ("1", 200), ("-1", 400), ("1000001", 400), ("x", 400)]
)
async def test_an_offset_out_of_range_is_refused_with_its_value(
    store: Store, tmp_path: Path, offset: str, status: int
) -> None:
    found_town(store)
    place_order(store)
    token = add_token(store, Scope.JOBS_READ)
    async with client_of(whole_app(store, tmp_path / "blobs")) as client:
        answer = await client.get(f"/api/jobs?offset={offset}", headers=bearer(token))

    assert answer.status_code == status, answer.text
    if status == 400:
        assert f"offset is '{offset}'; it must be a whole number" in answer.json()["detail"]
