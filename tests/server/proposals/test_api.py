"""Proposals over HTTP and at the shell."""

from pathlib import Path

import pytest

from server import cli
from server.database import Store
from server.people.records import Scope
from sync_protocol.operations import Subject
from tests.server.factories import add_token, assigned_job, found_town
from tests.server.proposals.proposing import listed, proposed
from tests.server.sync.doors import bearer, client_of, whole_app
from tests.server.sync.field import Field
from tests.server.tablets import enrolled


async def test_a_program_lists_and_decides_proposals(field: Field, tmp_path: Path) -> None:
    proposal_id = proposed(field, Subject.PLANT, "terminal_port", "9", seen="1")
    reads = bearer(add_token(field.store, Scope.JOBS_READ))
    writes = bearer(add_token(field.store, Scope.JOBS_WRITE))
    path = f"/api/proposals/{proposal_id}/decision"
    async with client_of(whole_app(field.store, tmp_path / "blobs")) as client:
        found = await client.get("/api/proposals?state=open", headers=reads)
        refused = await client.post(path, json={"ruling": "accept"}, headers=reads)
        odd = await client.post(path, json={"ruling": "maybe"}, headers=writes)
        decided = await client.post(path, json={"ruling": "accept"}, headers=writes)
        gone = await client.get("/api/proposals?state=open", headers=reads)

    assert [line["id"] for line in found.json()] == [str(proposal_id)]
    assert (refused.status_code, odd.status_code, decided.status_code) == (403, 400, 200)
    assert "ruling is 'maybe'; it must be one of accept, decline" in odd.json()["detail"]
    assert (decided.json()["state"], decided.json()["is_applied"]) == ("accepted", True)
    assert gone.json() == []


def test_a_person_lists_and_decides_proposals_at_the_shell(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store(sqlite_url)
    town = found_town(store)
    job_id = assigned_job(store, town.ada).job_id
    field = Field(store=store, town=town, tablet=enrolled(store, town.ada), job_id=job_id)
    port = proposed(field, Subject.PLANT, "terminal_port", "9", seen="1")
    unit = proposed(field, Subject.PREMISE, "unit", "3rd floor")
    roof = proposed(field, Subject.PREMISE, "hazards", "loose roof")
    settings = tmp_path / "settings.toml"
    settings.write_text(f'database_url = "{sqlite_url}"\n', encoding="utf-8")

    def said(*args: str) -> str:
        status = cli.main(["--settings", str(settings), "proposal", *args])
        told = capsys.readouterr()
        return f"{status} {told.out}{told.err}".strip()

    assert "Ada: plant terminal_port '1' -> '9'  Lindenweg 1" in said("list")
    assert said("accept", str(port)) == f"0 {port} is accepted; plant terminal_port is changed"
    assert said("accept", str(unit)) == (
        f"0 {unit} is accepted; change premise unit where it is kept"
    )
    assert said("decline", str(roof)) == f"0 {roof} is declined"
    assert said("list") == "0"
    assert "3rd floor" in said("list", "--state", "accepted")
    assert said("accept", "7").startswith("2 firstlight: '7' is no id")
    assert said("accept", str(roof)).startswith("1 firstlight: proposal")
    assert len(listed(field)) == 3
    store.close()
