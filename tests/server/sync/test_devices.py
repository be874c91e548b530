from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from server.acts import utc_now
from server.database import Store
from server.database.tables.people import device_tokens, devices, enrolment_codes
from server.database.tables.sync import operations
from server.people.records import Scope
from server.sync import devices as device_commands
from sync_protocol import wire
from sync_protocol.ids import Incarnation, TechnicianId
from sync_protocol.jobs import JobEvent
from tests.server.factories import Town, act, add_token, change, count
from tests.server.sync.doors import bearer, enrolled_now, sync
from tests.server.tablets import Tablet, move

CODE = "ABCDE-FGHJK"


@pytest.fixture
def code(store: Store, town: Town) -> str:
    """A code of Ada's, just issued."""
    store.write_now(device_commands.issue_code, town.ada, CODE, act=act(utc_now()))
    return CODE


async def enrol(client: httpx.AsyncClient, tablet: Tablet, code: str) -> httpx.Response:
    return await client.post("/devices/v1/enrol", content=wire.encode(tablet.enrolment(code)))


async def renewed(client: httpx.AsyncClient, tablet: Tablet, challenge: str) -> httpx.Response:
    return await client.post(
        "/devices/v1/token", content=wire.encode(tablet.token_request(challenge))
    )


async def challenge(client: httpx.AsyncClient, device_id: UUID) -> httpx.Response:
    return await client.post("/devices/v1/challenge", params={"device_id": str(device_id)})


@pytest.mark.parametrize("typed", [CODE, "abcdefghjk", " abcde fghjk ", "ABCDE FGHJK"])
async def test_a_code_works_however_it_is_typed(
    client: httpx.AsyncClient, town: Town, code: str, typed: str
) -> None:
    answer = await enrol(client, Tablet(), typed)

    assert answer.status_code == 201, code
    assert answer.json()["technician_id"] == str(town.ada)


async def test_a_code_works_once(client: httpx.AsyncClient, store: Store, code: str) -> None:
    assert (await enrol(client, Tablet(), code)).status_code == 201
    assert (await enrol(client, Tablet(), code)).status_code == 403
    assert count(store, devices) == 1


async def test_a_code_ends_after_its_time(
    client: httpx.AsyncClient, store: Store, code: str
) -> None:
    change(store, sa.update(enrolment_codes).values(expires_at=utc_now() - timedelta(seconds=1)))

    assert (await enrol(client, Tablet(), code)).status_code == 403


async def test_a_wrong_code_is_refused_without_saying_why(
    client: httpx.AsyncClient, code: str
) -> None:
    wrong = await enrol(client, Tablet(), "ABCDE-FGHJZ")
    await enrol(client, Tablet(), code)
    used = await enrol(client, Tablet(), code)

    assert wrong.json() == used.json()


@pytest.mark.parametrize("key", ["A" * 44, "%" * 44, "ä" * 44, "A" * 43 + "=", "A" * 42 + "=="])
async def test_a_wrong_key_leaves_the_code_usable(
    client: httpx.AsyncClient, code: str, key: str
) -> None:
    wanted = msgspec.structs.replace(Tablet().enrolment(code), public_key=key)

    answer = await client.post("/devices/v1/enrol", content=wire.encode(wanted))

    if len(key.rstrip("=")) == 43:
        assert answer.status_code == 201, "32 bytes are a key"
        return
    assert answer.status_code == 400
    assert "public_key" in answer.json()["detail"]
    assert (await enrol(client, Tablet(), code)).status_code == 201


async def test_the_incarnation_of_another_device_is_refused_by_name(
    client: httpx.AsyncClient, store: Store, town: Town, code: str
) -> None:
    known, new = enrolled_now(store, town.ben), Tablet()
    new.incarnation = known.incarnation

    answer = await enrol(client, new, code)

    assert answer.status_code == 409
    assert str(known.incarnation) in answer.json()["detail"]
    new.incarnation = Incarnation(uuid7())
    assert (await enrol(client, new, code)).status_code == 201


async def test_a_code_of_another_technician_is_refused_for_a_tablet_with_work_on_it(
    client: httpx.AsyncClient, town: Town, code: str
) -> None:
    tablet = Tablet()
    request = tablet.enrolment(code)

    refused = await client.post(
        "/devices/v1/enrol",
        content=wire.encode(msgspec.structs.replace(request, technician_id=TechnicianId(town.ben))),
    )
    taken = await client.post(
        "/devices/v1/enrol",
        content=wire.encode(msgspec.structs.replace(request, technician_id=TechnicianId(town.ada))),
    )

    assert refused.status_code == 403
    assert "another technician's" in refused.json()["detail"]
    assert taken.status_code == 201


@pytest.mark.parametrize("state", ["unknown", "used", "expired"])
async def test_without_a_code_that_works_nobody_learns_which_incarnations_are_known(
    client: httpx.AsyncClient, store: Store, town: Town, code: str, state: str
) -> None:
    if state == "used":
        await enrol(client, Tablet(), code)
    if state == "expired":
        ended = utc_now() - timedelta(seconds=1)
        change(store, sa.update(enrolment_codes).values(expires_at=ended))
    shown = "ABCDE-FGHJZ" if state == "unknown" else code
    known, stranger = enrolled_now(store, town.ben), Tablet()
    stranger.incarnation = known.incarnation

    guessed = await enrol(client, stranger, shown)
    plain = await enrol(client, Tablet(), shown)

    assert guessed.status_code == 403
    assert (guessed.status_code, guessed.content) == (plain.status_code, plain.content)


async def test_a_device_name_with_nul_is_a_400(client: httpx.AsyncClient, code: str) -> None:
    wanted = msgspec.structs.replace(Tablet().enrolment(code), device_name="a\0b")

    answer = await client.post("/devices/v1/enrol", content=wire.encode(wanted))

    assert answer.status_code == 400


async def test_a_signed_challenge_gives_the_next_token_once(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    asked = (await challenge(client, tablet.device_id)).json()["challenge"]

    first = await renewed(client, tablet, asked)
    again = await renewed(client, tablet, asked)

    assert (first.status_code, again.status_code) == (200, 401)
    tablet.token = first.json()["token"]
    assert (await sync(client, tablet)).status_code == 200


async def test_only_the_devices_own_signature_answers_its_challenge(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    adas, bens = enrolled_now(store, town.ada), enrolled_now(store, town.ben)
    asked = (await challenge(client, adas.device_id)).json()["challenge"]
    thief = Tablet()
    thief.device_id = adas.device_id

    assert (await renewed(client, thief, asked)).status_code == 401
    assert (await renewed(client, bens, asked)).status_code == 401
    assert (await renewed(client, adas, asked)).is_success, "it was not used up"


async def test_a_challenge_opens_nothing(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    """Whoever knows a device's id may ask for a challenge; it must not stand for a token."""
    tablet = enrolled_now(store, town.ada)
    asked = (await challenge(client, tablet.device_id)).json()["challenge"]

    for token in (asked, f"challenge:{tablet.device_id}:{asked}", f"{tablet.device_id}:{asked}"):
        tablet.token = token
        assert (await sync(client, tablet)).status_code == 401


async def test_a_challenge_ends_after_its_time(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    asked = (await challenge(client, tablet.device_id)).json()["challenge"]
    change(store, sa.update(device_tokens).values(expires_at=utc_now() - timedelta(seconds=1)))

    assert (await renewed(client, tablet, asked)).status_code == 401
    assert (await sync(client, tablet)).status_code == 401, "the token ended, too"


async def test_an_unknown_device_gets_no_challenge(client: httpx.AsyncClient) -> None:
    answer = await challenge(client, UUID(int=7))

    assert (answer.status_code, answer.json()["refusal"]) == (401, "unknown_device")


async def test_a_revoked_device_comes_in_nowhere(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    asked = (await challenge(client, tablet.device_id)).json()["challenge"]
    office = bearer(add_token(store, Scope.PEOPLE_WRITE))

    revoked = await client.post(f"/api/devices/{tablet.device_id}/revocation", headers=office)

    assert revoked.is_success
    refused = await sync(client, tablet)
    assert (refused.status_code, refused.json()["refusal"]) == (403, "device_revoked")
    for answer in (await challenge(client, tablet.device_id), await renewed(client, tablet, asked)):
        assert (answer.status_code, answer.json()["refusal"]) == (403, "device_revoked")
    blob = await client.head(f"/blobs/{'a' * 64}", headers=bearer(tablet.token))
    assert blob.status_code == 403


async def test_a_device_that_was_let_in_a_moment_ago_is_refused_once_it_is_revoked(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    assert (await sync(client, tablet)).status_code == 200
    office = bearer(add_token(store, Scope.PEOPLE_WRITE))

    await client.post(f"/api/devices/{tablet.device_id}/revocation", headers=office)

    asking = await sync(client, tablet)
    tablet.say(move(UUID(int=5), JobEvent.DEPART))
    pushing = await sync(client, tablet)
    for refused in (asking, pushing):
        assert (refused.status_code, refused.json()["refusal"]) == (403, "device_revoked")
    assert count(store, operations) == 0


async def test_revoking_an_unknown_device_says_so(client: httpx.AsyncClient, store: Store) -> None:
    office = bearer(add_token(store, Scope.PEOPLE_WRITE))

    answer = await client.post(f"/api/devices/{UUID(int=7)}/revocation", headers=office)

    assert answer.status_code == 404


async def test_a_device_token_opens_nothing_of_the_office(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    for path in ("/api/jobs", "/api/technicians", "/feed/completions"):
        assert (await client.get(path, headers=bearer(tablet.token))).status_code == 401


async def test_an_office_token_is_no_tablet(
    client: httpx.AsyncClient, store: Store, town: Town
) -> None:
    tablet = enrolled_now(store, town.ada)
    tablet.token = add_token(store, *Scope)

    assert (await sync(client, tablet)).status_code == 401
