"""Whom the local API answers, and what it says before the tablet is anybody's."""

from pathlib import Path

from tests.field_client.http_server import HttpFakeServer
from tests.field_client.test_api import launched


async def test_only_this_machine_with_the_launch_token_is_answered(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        foreign = await client.get("/status", headers={"Host": "evil.example"})
        without = await client.get("/status", headers={"Authorization": ""})
        other = await client.post("/sync", headers={"Authorization": "Bearer guess"})
        nowhere = await client.get("/nothing-here", headers={"Authorization": ""})
        by_name = await client.get("/status", headers={"Host": "localhost"})

    assert (foreign.status_code, foreign.json()["code"]) == (400, "foreign_host")
    assert [answer.status_code for answer in (without, other, nowhere)] == [401, 401, 401]
    assert by_name.status_code == 200


async def test_a_used_up_code_is_refused_and_the_tablet_stays_nobodys(
    tmp_path: Path, server: HttpFakeServer
) -> None:
    async with launched(tmp_path, server.url) as client:
        refused = await client.post("/enrol", json={"code": "used-up-99", "device_name": "t"})
        jobs = await client.get("/jobs")

    assert (refused.status_code, "used-up-99" in refused.text) == (403, True)
    assert (jobs.status_code, jobs.json()["code"]) == (409, "not_enrolled")
