"""The tablet comes to the published vectors with the functions that it really runs."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from field_client.keys import DeviceKey
from field_client.replica.outbox import next_push, record_operations
from field_client.replica.overlay import overlay
from field_client.replica.state import get_state
from field_client.storage.statements import fetch_all
from field_client.transport import HttpTransport, Refused, TokenExpired
from sync_protocol.ids import JobId
from sync_protocol.merge import Decision, Situation
from sync_protocol.operations import Capture, OperationBody, RecordCapture
from tests.field_client.factories import a_job, a_moment, a_pen, an_enrolled_replica
from tests.sync_protocol.vectors import facts, stranger
from tests.sync_protocol.vectors.reading import read


@pytest.mark.parametrize("vector", read("signatures"), ids=lambda each: each["name"])
def test_the_tablet_signs_as_the_page_says(vector: dict[str, Any]) -> None:
    key = DeviceKey(bytes.fromhex(vector["seed"]))

    assert key.public_text() == vector["public_key"]
    assert key.sign(bytes.fromhex(vector["signed"])) == vector["signature"]


def test_the_tablet_notes_each_capture_by_its_digest_and_chains_what_it_will_send(
    tmp_path: Path,
) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db", incarnation=facts.INCARNATION.int)
    vectors = {v["digest"]: v for v in read("evidence") if v["kind"] == "capture"}
    bodies = [
        RecordCapture(
            job_id=JobId(UUID(int=100)), capture=msgspec.json.decode(v["as_sent"], type=Capture)
        )
        for v in vectors.values()
    ]

    record_operations(db, a_pen(), bodies)

    rows = fetch_all(db, "operations_pending", acked_dseq=0, count_max=100)
    request = next_push(db, a_moment(), "1")
    chain = read("chain")[0]["chain"]
    assert (request.chain_before, len(rows)) == (chain, len(vectors))
    for raw in request.operations:
        chain = stranger.next_chain(chain, bytes(raw))
    assert get_state(db).head_chain == chain
    noted = {row[0] for row in db.execute("SELECT capture_digest FROM operation")}
    assert noted == set(vectors)
    db.close()


def known_jobs() -> list[dict[str, Any]]:
    return [vector for vector in read("merge") if vector["situation"]["state"] is not None]


@pytest.mark.parametrize("vector", known_jobs(), ids=lambda each: each["name"])
def test_the_tablet_shows_what_the_rules_decide(vector: dict[str, Any]) -> None:
    situation = msgspec.convert(vector["situation"], Situation)
    body: OperationBody = msgspec.convert(vector["body"], OperationBody)  # pyright: ignore[reportArgumentType]  msgspec takes unions
    decision = msgspec.convert(vector["decision"], Decision)
    job = a_job(
        state=situation.state,
        state_version=situation.state_version,
        assignee_id=situation.assignee_id,
        fields=situation.fields,
    )

    shown = overlay(job, situation.actor_id, captures=situation.captures, pending=[body])

    assert shown.state == (decision.state or situation.state)
    assert shown.state_version == situation.state_version + (decision.state is not None)
    written = {decision.field_value} - {None}
    assert set(shown.fields.values()) == (written or set(situation.fields.values()))


@pytest.mark.parametrize("vector", read("refusals"), ids=lambda each: each["refusal"])
async def test_the_tablet_understands_every_refusal(vector: dict[str, Any]) -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(
            vector["status"],
            stream=httpx.ByteStream(vector["body"].encode()),
            headers={"content-type": "application/problem+json"},
        )

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://operator.test")
    transport = HttpTransport("http://operator.test", http)

    failure = await transport.challenge(facts.DEVICE)

    await transport.close()
    assert isinstance(failure, Refused | TokenExpired)
    assert failure.refusal == vector["refusal"]
    if isinstance(failure, Refused):
        assert (failure.expected_dseq is not None) is (vector["refusal"] == "gap")
        assert (failure.retry_after_ms is not None) is (vector["refusal"] == "busy")
