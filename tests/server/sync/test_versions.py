"""Tablets of other versions: nothing that they have done is lost."""

from pathlib import Path

import msgspec
import pytest

from server.app import build_app
from server.database import Store
from server.database.tables.sync import issues, operations
from server.routes import api_routes
from server.settings import Settings
from server.sync.blob_store import FolderBlobStore
from server.sync.unknown import find_kind
from sync_protocol import wire
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import RefusedSync, SyncResponse
from sync_protocol.versions import PULL_PROTOCOLS, PUSH_PROTOCOLS, Spoken, VersionRange
from tests.server.factories import Town, assigned_job, rows
from tests.server.sync.doors import bearer, client_of, enrolled_now
from tests.server.sync.field import Field
from tests.server.tablets import Tablet, move, of_work, verdicts

NEWER = Spoken(push=VersionRange(lowest=1, highest=3), pull=VersionRange(lowest=2, highest=3))
NEWEST = Spoken(push=VersionRange(lowest=2, highest=3), pull=VersionRange(lowest=3, highest=3))


async def ask(
    store: Store, folder: Path, tablet: Tablet, spoken: Spoken, protocol: int
) -> tuple[int, bytes]:
    """Let a tablet sync with a server that speaks other versions."""
    routes = (api_routes(FolderBlobStore(folder), Settings(), spoken),)
    app = build_app(Settings(secure_cookies=False), store, routes=routes)
    request = msgspec.structs.replace(tablet.request(), protocol=protocol)
    async with client_of(app) as client:
        answer = await client.post(
            "/sync/v1", content=wire.encode(request), headers=bearer(tablet.token)
        )
    return answer.status_code, answer.content


def test_pushes_are_taken_from_at_least_as_far_back_as_pulls() -> None:
    assert PUSH_PROTOCOLS.lowest <= PULL_PROTOCOLS.lowest
    assert PUSH_PROTOCOLS.highest == PULL_PROTOCOLS.highest


async def test_a_tablet_too_old_to_pull_still_gets_its_verdicts(
    store: Store, town: Town, tmp_path: Path
) -> None:
    tablet = enrolled_now(store, town.ada)
    job_id = assigned_job(store, town.ada).job_id
    tablet.say(move(job_id, JobEvent.ACCEPT))

    status, body = await ask(store, tmp_path, tablet, NEWER, 1)

    answer = wire.decode(body, SyncResponse)
    assert (status, answer.protocol, answer.acked_dseq, len(answer.verdicts)) == (200, 1, 1, 1)
    assert (answer.pull.entries, answer.pull.snapshot, answer.pull.more) == ((), False, False)
    assert answer.upgrade is not None
    assert answer.upgrade.needed_for == "pull"
    assert b'"upgrade":{"for":"pull"' in body


@pytest.mark.parametrize("protocol", [2, 3])
async def test_a_tablet_is_answered_in_the_version_that_it_speaks(
    store: Store, town: Town, tmp_path: Path, protocol: int
) -> None:
    tablet = enrolled_now(store, town.ada)
    assigned_job(store, town.ada)

    _, body = await ask(store, tmp_path, tablet, NEWER, protocol)

    answer = wire.decode(body, SyncResponse)
    assert (answer.protocol, answer.upgrade, len(of_work(answer.pull))) == (protocol, None, 1)


@pytest.mark.parametrize("protocol", [1, 4, -1])
async def test_what_cannot_be_pushed_is_refused_with_what_could(
    store: Store, town: Town, tmp_path: Path, protocol: int
) -> None:
    tablet = enrolled_now(store, town.ada)
    tablet.say(move(assigned_job(store, town.ada).job_id, JobEvent.ACCEPT))

    status, body = await ask(store, tmp_path, tablet, NEWEST, protocol)

    refused = wire.decode(body, RefusedSync)
    assert (status, refused.needed_for) == (426, "push")
    assert (refused.lowest_protocol, refused.highest_protocol) == (2, 3)
    assert rows(store, operations) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"measure","job_id":7,"ohms":12}',
        b'{"type":"capture","job_id":"x","capture":{"body":{"type":"video","codec":"av1"}}}',
    ],
)
def test_an_operation_of_an_unknown_kind_is_parked_with_its_bytes(
    field: Field, body: bytes
) -> None:
    field.tablet.say_raw(b'{"dseq":%d,"tx":"t","body":' + body + b"}")
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT))

    pushed = field.push()

    assert verdicts(pushed) == [("parked", "unknown_operation"), ("applied", None)]
    kept = next(row for row in rows(field.store, operations) if row["dseq"] == 1)
    assert bytes(kept["raw"]) == field.tablet.said[0]
    (issue,) = rows(field.store, issues)
    assert (issue["kind"], issue["code"]) == ("parked", "unknown_operation")
    assert verdicts(field.push()) == verdicts(pushed)


def test_fields_that_are_not_known_survive_in_an_operation_that_is(field: Field) -> None:
    field.tablet.say(move(field.job_id, JobEvent.ACCEPT))
    field.tablet.said[0] = b'{"mood":"good",' + field.tablet.said[0][1:]

    pushed = field.push()

    assert verdicts(pushed) == [("applied", None)]
    assert field.job.state is JobState.ACCEPTED
    (kept,) = rows(field.store, operations)
    assert bytes(kept["raw"]) == field.tablet.said[0]


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"body":{}}', b'{"body":{"type":"move","job_id":1}}', b"[" * 100_000]
)
def test_what_is_merely_faulty_is_of_no_unknown_kind(raw: bytes) -> None:
    assert find_kind(raw) is None
