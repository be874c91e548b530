import base64
import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import Actor, ActorKind, utc_now
from server.database import Store
from server.database.tables.people import audit, devices
from server.database.tables.sync import operations, quarantined
from server.jobs import queries
from server.problems import Conflicting, NotFound
from server.sync import devices as device_commands
from server.sync import quarantine
from sync_protocol import evidence, wire
from sync_protocol.ids import DeviceId, Incarnation
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.messages import HandOver, HandOverTaken
from sync_protocol.operations import Photo
from tests.server.factories import Town, act, assigned_job, change, count
from tests.server.sync.doors import bearer, enrolled_now, sync
from tests.server.tablets import Tablet, bodies, capture, move, push, record, set_field

PHOTO = b"\xff\xd8\xff\xe0 a photo of the wall"
SHA256 = hashlib.sha256(PHOTO).hexdigest()


class Revoked(msgspec.Struct, frozen=True):
    """A tablet with work that it had not sent when the office withdrew it."""

    store: Store
    tablet: Tablet
    job_id: UUID

    def body(self, first: int = 1, *, blobs: tuple[str, ...] = ()) -> bytes:
        push = self.tablet.request(first)
        return wire.compress(wire.encode(HandOver(push=push, blobs=blobs)))

    async def hand_over(
        self, client: httpx.AsyncClient, body: bytes, *, by: Tablet | None = None
    ) -> httpx.Response:
        device_id = DeviceId(self.tablet.device_id)
        signature = (by or self.tablet).sign(evidence.hand_over_bytes(device_id, body))
        return await client.post(
            "/sync/v1/quarantine",
            params={"device_id": str(device_id)},
            content=body,
            headers={"content-encoding": "gzip", "firstlight-signature": signature},
        )

    @property
    def state(self) -> JobState:
        return self.store.read_now(queries.get, self.job_id).state

    def release(self, kept: UUID | None = None) -> dict[str, int]:
        wanted = kept or self.store.read_now(quarantine.list_all)[0].id
        person = act(utc_now(), Actor(ActorKind.HUMAN))
        return dict(self.store.write_now(quarantine.release, wanted, act=person))


@pytest.fixture
def revoked(store: Store, town: Town) -> Revoked:
    job_id = assigned_job(store, town.ada).job_id
    tablet = enrolled_now(store, town.ada)
    tablet.say(move(job_id, JobEvent.START), set_field(job_id, "bell 3"))
    store.write_now(device_commands.revoke, tablet.device_id, act=act(utc_now()))
    return Revoked(store, tablet, job_id)


async def test_a_withdrawn_tablet_hands_over_and_nothing_of_it_is_merged(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    assert (await sync(client, revoked.tablet)).status_code == 403

    answer = await revoked.hand_over(client, revoked.body())

    assert answer.status_code == 200, answer.text
    taken = wire.decode(answer.content, HandOverTaken)
    (kept,) = revoked.store.read_now(quarantine.list_all)
    assert (taken.operations, kept.operations, kept.released_at) == (2, 2, None)
    assert taken.digest == kept.digest == hashlib.sha256(revoked.body()).hexdigest()
    assert quarantine.read(kept).push == revoked.tablet.request()
    assert count(revoked.store, operations) == 0
    assert revoked.state is JobState.ASSIGNED
    assert (await sync(client, revoked.tablet)).status_code == 403


async def test_a_hand_over_whose_answer_was_lost_is_answered_again_and_kept_once(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    first = await revoked.hand_over(client, revoked.body())
    again = await revoked.hand_over(client, revoked.body())

    assert again.status_code == 200
    assert again.json()["digest"] == first.json()["digest"]
    assert count(revoked.store, quarantined) == 1


async def test_it_is_taken_for_a_month_and_then_no_more(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    for days, status in ((29, 200), (31, 403)):
        withdrawn = utc_now() - timedelta(days=days)
        change(revoked.store, sa.update(devices).values(revoked_at=withdrawn))
        assert (await revoked.hand_over(client, revoked.body())).status_code == status


async def test_only_the_key_of_the_withdrawn_device_hands_anything_over(
    client: httpx.AsyncClient, revoked: Revoked, town: Town
) -> None:
    colleague = enrolled_now(revoked.store, town.ada)
    forged = await revoked.hand_over(client, revoked.body(), by=colleague)
    unsigned = await client.post(
        "/sync/v1/quarantine",
        params={"device_id": str(revoked.tablet.device_id)},
        content=revoked.body(),
        headers={"content-encoding": "gzip"},
    )
    working = Revoked(revoked.store, colleague, revoked.job_id)
    colleague.say(move(revoked.job_id, JobEvent.START))
    not_withdrawn = await working.hand_over(client, working.body())

    assert [answer.status_code for answer in (forged, unsigned, not_withdrawn)] == [401, 401, 400]
    assert "was not revoked; push to /sync/v1" in not_withdrawn.json()["detail"]
    assert count(revoked.store, quarantined) == 0


@pytest.mark.parametrize(
    ("body", "status", "complaint"),
    [
        (b"no gzip", 400, "no gzip body"),
        (wire.compress(b'{"push": 1}'), 400, "push"),
        (wire.compress(b" " * (wire.BODY_BYTES_MAX + 1)), 413, "once unpacked"),
        (bytes(wire.COMPRESSED_BYTES_MAX + 1), 413, ""),
    ],
)
async def test_what_is_no_hand_over_is_refused_with_its_fault(
    client: httpx.AsyncClient, revoked: Revoked, body: bytes, status: int, complaint: str
) -> None:
    answer = await revoked.hand_over(client, body)

    assert answer.status_code == status
    assert complaint in answer.text
    assert count(revoked.store, quarantined) == 0


async def test_a_device_fills_no_more_than_its_share(
    client: httpx.AsyncClient, revoked: Revoked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "BUNDLES_MAX", 2)
    answers: list[httpx.Response] = []
    for number in range(3):
        revoked.tablet.say(set_field(revoked.job_id, f"bell {number}"))
        answers.append(await revoked.hand_over(client, revoked.body()))

    assert [answer.status_code for answer in answers] == [200, 200, 413]


async def test_released_work_comes_in_late_by_the_rules_of_every_push_and_once(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    await revoked.hand_over(client, revoked.body())
    (kept,) = revoked.store.read_now(quarantine.list_all)

    assert revoked.release() == {"applied": 2}

    assert revoked.state is JobState.WORKING
    with pytest.raises(Conflicting, match=f"hand-over {kept.id} was released on"):
        revoked.release()
    assert count(revoked.store, operations) == 2
    rows = revoked.store.read_now(_rows)
    assert {(row.device_id, row.received_at) for row in rows} == {
        (revoked.tablet.device_id, kept.received_at)
    }, "as of the instant it was handed over"
    assert [row.action for row in revoked.store.read_now(_audited)] == [
        "quarantine.released",
        "quarantine.taken",
    ]


def _rows(db: sa.Connection) -> Sequence[sa.Row[Any, Any]]:
    return db.execute(sa.select(operations.c.device_id, operations.c.received_at)).all()


def _audited(db: sa.Connection) -> list[sa.Row[tuple[str]]]:
    found = sa.select(audit.c.action).where(audit.c.action.startswith("quarantine"))
    return list(db.execute(found.order_by(audit.c.action)).all())


async def test_what_had_arrived_before_is_recognised_when_it_is_released(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    """Its answer was lost and then it was withdrawn: the tablet does not know that it arrived."""
    job_id = assigned_job(store, town.ada).job_id
    tablet = enrolled_now(store, town.ada)
    tablet.say(move(job_id, JobEvent.START), set_field(job_id, "bell 3"))
    push(store, tablet, 1, 1, now=utc_now())
    store.write_now(device_commands.revoke, tablet.device_id, act=act(utc_now()))
    revoked = Revoked(store, tablet, job_id)
    await revoked.hand_over(client, revoked.body())

    assert revoked.release() == {"applied": 2}
    assert count(store, operations) == 2


async def test_an_incarnation_that_was_never_registered_is_let_in_with_its_work(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    revoked.tablet.incarnation = Incarnation(uuid7())
    await revoked.hand_over(client, revoked.body())

    assert revoked.release() == {"applied": 2}


async def test_what_continues_an_earlier_hand_over_waits_for_it(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    first = revoked.body()
    revoked.tablet.say(set_field(revoked.job_id, "bell 4", base=1, base_value="bell 3"))
    await revoked.hand_over(client, first)
    await revoked.hand_over(client, revoked.body(first=3))
    later, earlier = revoked.store.read_now(quarantine.list_all)

    with pytest.raises(Conflicting, match="does not fit: operation 3 came, 1 is next"):
        revoked.release(later.id)
    assert revoked.release(earlier.id) == {"applied": 2}
    assert revoked.release(later.id) == {"applied": 1}


def test_an_unknown_hand_over_is_named(revoked: Revoked) -> None:
    with pytest.raises(NotFound, match="hand-over"):
        revoked.release(UUID(int=5))


async def test_the_files_that_were_named_can_be_brought_and_no_others(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    photo = Photo(subject="wall", sha256=SHA256, size_bytes=len(PHOTO))
    revoked.tablet.say(record(revoked.job_id, capture(photo)))
    answer = await revoked.hand_over(client, revoked.body(blobs=(SHA256,)))
    token = answer.json()["token"]

    async def bring(sha256: str, shown: str) -> list[int]:
        place = f"/blobs/{sha256}"
        named = httpx.Headers(bearer(shown, **{"tus-resumable": "1.0.0"}))
        begun = await client.post(
            "/blobs",
            headers={
                **named,
                "upload-length": str(len(PHOTO)),
                "upload-metadata": f"sha256 {_base64(sha256)}",
            },
        )
        sent = await client.patch(
            place,
            content=PHOTO,
            headers={
                **named,
                "upload-offset": "0",
                "content-type": "application/offset+octet-stream",
            },
        )
        asked = await client.head(place, headers=named)
        return [begun.status_code, sent.status_code, asked.status_code]

    assert await bring(hashlib.sha256(b"another").hexdigest(), token) == [401] * 3
    assert await bring(SHA256, revoked.tablet.token) == [403] * 3
    assert await bring(SHA256, token) == [201, 204, 200]
    assert (await client.post("/sync/v1", content=b"{}", headers=bearer(token))).status_code == 401


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_a_completion_in_quarantine_has_no_effect_before_it_is_released(
    client: httpx.AsyncClient, revoked: Revoked
) -> None:
    revoked.tablet.complete(revoked.job_id, bodies())
    await revoked.hand_over(client, revoked.body())
    assert revoked.state is JobState.ASSIGNED

    revoked.release()

    assert revoked.state is JobState.COMPLETED
