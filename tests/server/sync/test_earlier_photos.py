"""A tablet gets the photos of earlier visits where its technician goes, and of nowhere else."""

import hashlib
from pathlib import Path

import httpx
import pytest

from server.database import Store
from server.sync.blob_store import FolderBlobStore
from sync_protocol.operations import Photo
from tests.server.factories import Town, assign, assigned_job
from tests.server.sync.doors import bearer, enrolled_now
from tests.server.tablets import Tablet, bodies, push

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4
SHA256 = hashlib.sha256(JPEG).hexdigest()


@pytest.fixture
def visited(store: Store, town: Town, tmp_path: Path) -> Tablet:
    """Ada was at house 1 and took a photo there."""
    blobs = FolderBlobStore(tmp_path / "blobs")
    blobs.begin(SHA256, len(JPEG))
    blobs.append(SHA256, 0, JPEG)
    tablet = enrolled_now(store, town.ada)
    job_id = assigned_job(store, town.ada).job_id
    photo = Photo(subject="cellar", sha256=SHA256, size_bytes=len(JPEG))
    tablet.complete(job_id, [*bodies(), photo])
    push(store, tablet)
    return tablet


async def ask(client: httpx.AsyncClient, token: str, sha256: str = SHA256) -> httpx.Response:
    return await client.get(f"/blobs/{sha256}", headers=bearer(token))


@pytest.mark.usefixtures("visited")
async def test_whoever_goes_there_next_gets_the_photo(
    store: Store, town: Town, client: httpx.AsyncClient
) -> None:
    bens = enrolled_now(store, town.ben)
    assigned_job(store, town.ben, "O-2")

    answer = await ask(client, bens.token)

    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"


PARTS = [
    ("bytes=0-99", 206, JPEG[:100], f"bytes 0-99/{len(JPEG)}"),
    (f"bytes=1000-{10**9}", 206, JPEG[1000:], f"bytes 1000-{len(JPEG) - 1}/{len(JPEG)}"),
    (f"bytes={len(JPEG)}-{10**9}", 200, JPEG, None),
    ("bytes=9-3", 200, JPEG, None),
    ("bytes=-5", 200, JPEG, None),
    ("lines=1-2", 200, JPEG, None),
]


@pytest.mark.usefixtures("visited")
@pytest.mark.parametrize(("asked", "status", "sent", "said"), PARTS)
async def test_a_part_is_sent_where_it_is_asked_for_and_there_and_else_the_whole(  # noqa: PLR0913, PLR0917  a table of cases
    store: Store,
    town: Town,
    client: httpx.AsyncClient,
    asked: str,
    status: int,
    sent: bytes,
    said: str | None,
) -> None:
    bens = enrolled_now(store, town.ben)
    assigned_job(store, town.ben, "O-2")

    headers = {**bearer(bens.token), "Range": asked}
    answer = await client.get(f"/blobs/{SHA256}", headers=headers)

    assert (answer.status_code, answer.content) == (status, sent)
    assert answer.headers.get("content-range") == said


@pytest.mark.usefixtures("visited")
async def test_whoever_goes_elsewhere_does_not(
    store: Store, town: Town, client: httpx.AsyncClient
) -> None:
    bens = enrolled_now(store, town.ben)
    assigned_job(store, town.ben, "O-2", house=2)

    answer = await ask(client, bens.token)

    assert answer.status_code == 404
    assert (await ask(client, bens.token, "f" * 64)).status_code == 404


@pytest.mark.usefixtures("visited")
async def test_whose_job_was_taken_away_gets_it_no_more(
    store: Store, town: Town, client: httpx.AsyncClient
) -> None:
    bens = enrolled_now(store, town.ben)
    other = assigned_job(store, town.ben, "O-2").job_id
    assert (await ask(client, bens.token)).status_code == 200

    assign(store, other, town.ada)

    assert (await ask(client, bens.token)).status_code == 404


async def test_a_signature_is_no_photo(client: httpx.AsyncClient, visited: Tablet) -> None:
    assert (await ask(client, visited.token, "c" * 64)).status_code == 404


@pytest.mark.usefixtures("visited")
async def test_without_a_devices_token_there_is_nothing(client: httpx.AsyncClient) -> None:
    assert (await ask(client, "nobody's")).status_code == 401
