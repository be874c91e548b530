"""The server comes to the published vectors on the ways that a request takes through it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.sync import reading, refusals
from server.sync.planning import JobContext, Loaded, PushPlanner
from server.sync.records import Device, Issue
from server.sync.refusals import SyncRefused
from sync_protocol import evidence, wire
from sync_protocol.ids import Incarnation
from sync_protocol.merge import Code, Decision, Situation
from sync_protocol.messages import OperationVerdict, Refusal, SyncRequest, VerdictKind
from sync_protocol.operations import AnswerIssue, Capture, CreateJob, Operation, OperationBody
from tests.server.factories import NOON, act
from tests.server.sync.field import Field
from tests.server.tablets import moment
from tests.sync_protocol.vectors.reading import read


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: what is asked here is decided without it."""
    return sqlite_url


def request_of(*raw: bytes, chain_before: str = "0" * 64) -> SyncRequest:
    return SyncRequest(
        protocol=1,
        app_version="1",
        incarnation=Incarnation(UUID(int=3)),
        chain_before=chain_before,
        clock=moment(),
        operations=tuple(map(msgspec.Raw, raw)),
    )


def test_the_server_chains_operations_as_they_were_sent() -> None:
    first, *others = read("chain")
    raw = [vector["operation"].encode() for vector in others]
    body = wire.encode(request_of(*raw, chain_before=first["chain"]))

    received = reading.read_operations(wire.decode(body, SyncRequest))

    assert [each.raw for each in received] == raw
    assert [each.chain for each in received] == [vector["chain"] for vector in others]


def captures() -> list[dict[str, Any]]:
    return [vector for vector in read("evidence") if vector["kind"] == "capture"]


@pytest.mark.parametrize("vector", captures(), ids=lambda each: each["name"])
def test_the_server_comes_to_the_digest_of_what_it_read_and_of_what_it_stored(
    vector: dict[str, Any],
) -> None:
    capture = wire.decode(vector["as_sent"].encode(), Capture)
    stored = msgspec.json.encode(msgspec.to_builtins(capture))

    assert evidence.capture_digest(capture) == vector["digest"]
    assert evidence.capture_digest(msgspec.json.decode(stored, type=Capture)) == vector["digest"]


@pytest.mark.parametrize("vector", read("merge"), ids=lambda each: each["name"])
def test_the_server_plans_what_the_rules_decide(vector: dict[str, Any], field: Field) -> None:
    situation = msgspec.convert(vector["situation"], Situation)
    body: OperationBody = msgspec.convert(vector["body"], OperationBody)  # pyright: ignore[reportArgumentType]  msgspec takes unions
    decision = msgspec.convert(vector["decision"], Decision)
    raw = wire.encode(Operation(dseq=1, tx="t", at=moment(), body=body))
    planner = planner_of(situation, body, field)

    planner.add(reading.read_operations(request_of(raw))[0])

    verdict = msgspec.json.decode(planner.plan.verdicts[0], type=OperationVerdict)
    assert (verdict.verdict, verdict.code) == (decision.verdict, decision.code)
    assert [job.state for job in planner.plan.moved_jobs.values()] == (
        [decision.state] if decision.state else []
    )
    assert len(planner.plan.created) == decision.creates_job
    assert [issue.answer for issue in planner.plan.answered.values()] == (
        [decision.answer] if decision.answer else []
    )
    assert [write.value for write in planner.plan.fields] == (
        [decision.field_value] if decision.field_value else []
    )
    assert [issue.office_value for issue in planner.plan.issues if issue.office_value] == (
        [decision.clash.office_value] if decision.clash and decision.clash.office_value else []
    )


def planner_of(situation: Situation, body: OperationBody, field: Field) -> PushPlanner:
    contexts: dict[UUID, JobContext] = {}
    if situation.state is not None and body.job_id is not None:
        job = msgspec.structs.replace(
            field.job,
            id=body.job_id,
            state=situation.state,
            state_version=situation.state_version,
            assignee_id=situation.assignee_id,
        )
        contexts[body.job_id] = JobContext(
            job=job, fields=dict(situation.fields), captures=dict(situation.captures)
        )
    if situation.has_place and isinstance(body, CreateJob) and body.premise_of is not None:
        beside = msgspec.structs.replace(field.job, assignee_id=situation.actor_id)
        contexts[body.premise_of] = JobContext(job=beside, fields={}, captures={})
    device = Device(
        id=UUID(int=4),
        technician_id=situation.actor_id,
        name="tablet",
        public_key="",
        enrolled_at=NOON,
        revoked_at=None,
    )
    homes = dict.fromkeys(situation.captures, body.job_id or UUID(int=0))
    loaded = Loaded(
        technician="Ada",
        contexts=contexts,
        origins={},
        signers={},
        capture_homes=homes,
        completions={},
        issues=issues_of(situation, body),
    )
    return PushPlanner(device, request_of(), loaded, act())


def issues_of(situation: Situation, body: OperationBody) -> dict[UUID, Issue]:
    standing = situation.issue
    if standing is None or not isinstance(body, AnswerIssue):
        return {}
    issue = Issue(
        id=body.issue_id,
        technician_id=situation.actor_id,
        job_id=body.job_id,
        kind=VerdictKind.KEPT_AS_CONFLICT,
        code=Code.EDITED_ON_BOTH_SIDES if standing.is_of_field else Code.NOT_ASSIGNED,
        incarnation=UUID(int=5),
        dseq=1,
        raised_at=NOON,
        field="access_notes",
        base_value="",
        field_value="bell",
        office_value="knock",
        field_by="Ada",
        field_at=NOON,
        office_by=None,
        office_at=None,
        answer=standing.answer,
        closed_by=UUID(int=6) if standing.is_closed else None,
    )
    return {issue.id: issue}


@pytest.mark.parametrize("vector", read("refusals"), ids=lambda each: each["refusal"])
def test_the_server_refuses_with_the_status_of_the_page(vector: dict[str, Any]) -> None:
    refused = SyncRefused(Refusal(vector["refusal"]), "why")

    assert refusals.STATUS[refused.body.refusal] == vector["status"]
