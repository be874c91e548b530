"""Orders about a service, and calling off, over HTTP."""

from pathlib import Path

import httpx
import pytest

from server.console.live import LiveStreams
from server.people.records import Scope
from tests.server.console.serving import console_app
from tests.server.factories import add_token
from tests.server.fulfilment.running import running
from tests.server.fulfilment.shift import Shift

BODIES = {
    "suspend": {"number": "X-1", "reason": "vacation"},
    "change": {"number": "X-1", "product": "NONE"},
    "reprovision": {"number": "X-1"},
    "disconnect": {"number": "X-1", "reason": "moved_out"},
}


def office(shift: Shift, folder: Path, *scopes: Scope) -> httpx.AsyncClient:
    app = console_app(shift.store, LiveStreams(shift.store.signals), folder)
    transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]  Litestar's scope is typed more narrowly
    headers = {"Authorization": f"Bearer {add_token(shift.store, *scopes)}"}
    return httpx.AsyncClient(transport=transport, base_url="http://office.test", headers=headers)


async def test_a_suspension_is_ordered_repeated_and_called_off(
    shift: Shift, tmp_path: Path
) -> None:
    service_id = await running(shift)
    async with office(shift, tmp_path, Scope.ORDERS_WRITE, Scope.JOBS_WRITE) as client:
        url = f"/api/services/{service_id}/suspend"
        first = await client.post(url, json=BODIES["suspend"])
        again = await client.post(url, json=BODIES["suspend"])
        process_id = first.json()["process_id"]
        ended = await client.post(f"/api/processes/{process_id}/cancel")

    assert first.status_code == again.status_code == 201, first.text
    assert first.json() == again.json()
    assert (ended.status_code, ended.json()["step"]) == (201, "undo"), ended.text


async def test_a_reason_that_is_not_known_is_refused_with_those_that_are(
    shift: Shift, tmp_path: Path
) -> None:
    service_id = await running(shift)
    async with office(shift, tmp_path, Scope.ORDERS_WRITE) as client:
        url = f"/api/services/{service_id}/suspend"
        answer = await client.post(url, json={"number": "X-1", "reason": "weather"})

    assert answer.status_code == 400
    assert "non_payment" in answer.text


@pytest.mark.parametrize("verb", BODIES)
async def test_a_token_that_only_reads_orders_nothing_about_a_service(
    shift: Shift, tmp_path: Path, verb: str
) -> None:
    service_id = await running(shift)
    async with office(shift, tmp_path, Scope.ORDERS_READ) as client:
        answer = await client.post(f"/api/services/{service_id}/{verb}", json=BODIES[verb])

    assert answer.status_code == 403
