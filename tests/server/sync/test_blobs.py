import asyncio
import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from server.database import Store
from server.database.tables.sync import blobs
from server.sync.blob_store import BlobUnknown, ContentWrong, FolderBlobStore, OffsetWrong
from tests.server.factories import Town, rows
from tests.server.sync.doors import bearer, enrolled_now

PHOTO = bytes(range(256)) * 40
PIECE = "application/offset+octet-stream"
SHA256 = hashlib.sha256(PHOTO).hexdigest()
HALF = len(PHOTO) // 2


class Uploader:
    """A tus client of one tablet."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self.headers = bearer(token, **{"tus-resumable": "1.0.0"})

    async def begin(self, size: int = len(PHOTO), sha256: str = SHA256) -> httpx.Response:
        named = base64.b64encode(sha256.encode()).decode()
        headers = {"upload-length": str(size), "upload-metadata": f"sha256 {named}"}
        return await self._client.post("/blobs", headers={**self.headers, **headers})

    async def send(self, offset: int, piece: bytes, *, sha256: str = SHA256) -> httpx.Response:
        headers = {
            **self.headers,
            "upload-offset": str(offset),
            "content-type": "application/offset+octet-stream",
        }
        return await self._client.patch(f"/blobs/{sha256}", content=piece, headers=headers)

    async def ask(self, sha256: str = SHA256) -> httpx.Response:
        return await self._client.head(f"/blobs/{sha256}", headers=self.headers)

    async def offset(self) -> int:
        return int((await self.ask()).headers["upload-offset"])


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One database is enough: of blobs it holds a note."""
    return sqlite_url


@pytest.fixture
def uploader(client: httpx.AsyncClient, store: Store, town: Town) -> Uploader:
    return Uploader(client, enrolled_now(store, town.ada).token)


def stored(folder: Path) -> bytes:
    return (folder / "blobs" / SHA256[:2] / SHA256).read_bytes()


async def test_a_photo_arrives_in_pieces_and_is_known(
    uploader: Uploader, store: Store, tmp_path: Path
) -> None:
    begun = await uploader.begin()
    assert (begun.status_code, begun.headers["location"]) == (201, f"/blobs/{SHA256}")
    assert (await uploader.send(0, PHOTO[:HALF])).headers["upload-offset"] == str(HALF)
    assert rows(store, blobs) == []
    assert await uploader.offset() == HALF

    assert (await uploader.send(HALF, PHOTO[HALF:])).status_code == 204

    assert stored(tmp_path) == PHOTO
    assert [(row["sha256"], row["size_bytes"]) for row in rows(store, blobs)] == [
        (SHA256, len(PHOTO))
    ]


async def test_beginning_again_keeps_what_is_there(uploader: Uploader) -> None:
    await uploader.begin()
    await uploader.send(0, PHOTO[:HALF])

    assert (await uploader.begin()).status_code == 201
    assert await uploader.offset() == HALF


async def test_a_wrong_announcement_of_the_size_keeps_no_blob_out(
    uploader: Uploader, tmp_path: Path
) -> None:
    await uploader.begin(size=len(PHOTO) * 2)
    await uploader.send(0, PHOTO)

    await uploader.begin()
    assert await uploader.offset() == 0
    await uploader.send(0, PHOTO)

    assert stored(tmp_path) == PHOTO


@pytest.mark.parametrize("offset", [1, HALF - 1, HALF + 1, 10**17])
async def test_a_piece_at_a_wrong_offset_is_refused(uploader: Uploader, offset: int) -> None:
    await uploader.begin()
    await uploader.send(0, PHOTO[:HALF])

    assert (await uploader.send(offset, b"x")).status_code == 409
    assert await uploader.offset() == HALF


async def test_more_than_was_announced_is_refused(uploader: Uploader) -> None:
    await uploader.begin()

    assert (await uploader.send(0, PHOTO + b"x")).status_code == 409
    assert await uploader.offset() == 0


async def test_other_content_than_its_hash_says_is_dropped(
    uploader: Uploader, store: Store, tmp_path: Path
) -> None:
    await uploader.begin()

    assert (await uploader.send(0, b"x" * len(PHOTO))).status_code == 460

    assert rows(store, blobs) == []
    assert (await uploader.ask()).status_code == 404
    await uploader.begin()
    await uploader.send(0, PHOTO)
    assert stored(tmp_path) == PHOTO


async def test_what_is_here_already_is_complete_at_once(uploader: Uploader) -> None:
    await uploader.begin()
    await uploader.send(0, PHOTO)

    assert (await uploader.begin()).status_code == 201
    assert await uploader.offset() == len(PHOTO)
    assert (await uploader.send(0, PHOTO)).status_code == 204


async def test_many_uploads_of_one_blob_at_once_leave_one_right_blob(
    uploader: Uploader, tmp_path: Path
) -> None:
    async def upload() -> None:
        await uploader.begin()
        while (offset := await uploader.offset()) < len(PHOTO):
            await uploader.send(offset, PHOTO[offset : offset + 1000])

    await asyncio.gather(*(upload() for _ in range(4)))

    assert stored(tmp_path) == PHOTO


def test_pieces_of_two_threads_never_mix(tmp_path: Path) -> None:
    """The store itself, without a loop that would order the threads."""
    store = FolderBlobStore(tmp_path)

    def upload(_number: int) -> None:
        store.begin(SHA256, len(PHOTO))
        while (offset := store.progress(SHA256)[0]) < len(PHOTO):
            try:
                store.append(SHA256, offset, PHOTO[offset : offset + 500])
            except (OffsetWrong, BlobUnknown):
                continue

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upload, range(8)))

    assert store.path(SHA256).read_bytes() == PHOTO


async def test_a_crash_between_the_last_piece_and_its_note_heals_when_asked(
    uploader: Uploader, store: Store, tmp_path: Path
) -> None:
    await uploader.begin()
    FolderBlobStore(tmp_path / "blobs").append(SHA256, 0, PHOTO)
    assert rows(store, blobs) == []

    assert await uploader.offset() == len(PHOTO)

    assert len(rows(store, blobs)) == 1


@pytest.mark.parametrize("torn", ["", "1e", "-"])
def test_a_torn_announcement_is_begun_anew(tmp_path: Path, torn: str) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    (tmp_path / SHA256[:2] / f"{SHA256}.size").write_text(torn)
    with pytest.raises(BlobUnknown):
        store.progress(SHA256)

    store.begin(SHA256, len(PHOTO))

    assert store.append(SHA256, 0, PHOTO) == len(PHOTO)


def test_what_was_written_and_never_acknowledged_is_sent_again(tmp_path: Path) -> None:
    """A power cut may leave anything there, and of any length; a replay of power cuts showed it."""
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    store.append(SHA256, 0, PHOTO[:500])
    write_part(tmp_path, PHOTO[:500] + bytes(277))

    assert store.progress(SHA256) == (500, len(PHOTO))
    store.append(SHA256, 500, PHOTO[500:])
    assert store.is_present(SHA256)


def test_a_torn_last_piece_takes_no_acknowledged_one_along(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    store.append(SHA256, 0, PHOTO[:500])
    write_part(tmp_path, PHOTO[:500] + bytes(len(PHOTO) - 500))

    assert store.progress(SHA256) == (500, len(PHOTO))
    store.append(SHA256, 500, PHOTO[500:])
    assert store.is_present(SHA256)


@pytest.mark.parametrize("torn", [b"000", bytes(20), b"0" * 19 + b"\0"])
def test_a_torn_note_counts_for_nothing_and_is_written_over(tmp_path: Path, torn: bytes) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    store.append(SHA256, 0, PHOTO[:500])
    with (tmp_path / SHA256[:2] / f"{SHA256}.size").open("ab") as announcement:
        announcement.write(torn)

    assert store.progress(SHA256) == (500, len(PHOTO))
    store.append(SHA256, 500, PHOTO[500:600])
    assert store.progress(SHA256) == (600, len(PHOTO))


def write_part(folder: Path, content: bytes) -> None:
    (folder / SHA256[:2] / f"{SHA256}.part").write_bytes(content)


def test_a_whole_part_is_checked_before_it_is_called_complete(tmp_path: Path) -> None:
    """The process died after the last piece and before its check."""
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    write_part(tmp_path, PHOTO)

    assert store.progress(SHA256) == (len(PHOTO), len(PHOTO))
    assert store.is_present(SHA256)


def test_a_whole_part_of_wrong_bytes_is_never_called_complete(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    write_part(tmp_path, b"x" * len(PHOTO))

    with pytest.raises(BlobUnknown, match="begin again"):
        store.progress(SHA256)

    assert not store.is_present(SHA256)


def test_a_part_of_a_blob_is_read_once_all_of_it_is_here(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, len(PHOTO))
    store.append(SHA256, 0, PHOTO[:-1])
    with pytest.raises(BlobUnknown, match=f"blob {SHA256} is not here"):
        store.read(SHA256, 0, 4)

    store.append(SHA256, len(PHOTO) - 1, PHOTO[-1:])

    assert store.read(SHA256, 1, 4) == PHOTO[1:5]
    assert store.read(SHA256, len(PHOTO) - 2, 4) == PHOTO[-2:]
    assert store.read(SHA256, len(PHOTO), 4) == b""


def test_wrong_content_is_named_with_both_hashes(tmp_path: Path) -> None:
    store = FolderBlobStore(tmp_path)
    store.begin(SHA256, 1)

    with pytest.raises(ContentWrong, match=SHA256):
        store.append(SHA256, 0, b"x")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"upload-length": "x"},
        {"upload-length": "0"},
        {"upload-length": str(10**12)},
        {"upload-length": "5"},
        {"upload-length": "5", "upload-metadata": "sha256 ???"},
        {"upload-length": "5", "upload-metadata": "sha256 " + base64.b64encode(b"../x").decode()},
    ],
    ids=str,
)
async def test_an_upload_that_cannot_be_is_refused_by_name(
    uploader: Uploader, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await client.post("/blobs", headers={**uploader.headers, **headers})

    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("spoken", [{}, {"tus-resumable": "0.2.2"}], ids=str)
@pytest.mark.parametrize("method", ["POST", "HEAD", "PATCH"])
async def test_another_tus_is_refused_with_the_version_that_is_spoken(
    uploader: Uploader, client: httpx.AsyncClient, method: str, spoken: dict[str, str]
) -> None:
    await uploader.begin()
    token = uploader.headers["authorization"]
    path = "/blobs" if method == "POST" else f"/blobs/{SHA256}"
    described = {"upload-length": "1", "upload-offset": "0", "content-type": PIECE}

    headers = {"authorization": token, **described, **spoken}
    answer = await client.request(method, path, content=b"x", headers=headers)

    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert await uploader.offset() == 0


@pytest.mark.parametrize("media_type", ["application/octet-stream", "text/plain", ""])
async def test_what_does_not_call_itself_a_piece_is_not_added(
    uploader: Uploader, client: httpx.AsyncClient, media_type: str
) -> None:
    await uploader.begin()
    headers = {**uploader.headers, "upload-offset": "0", "content-type": media_type}

    answer = await client.patch(f"/blobs/{SHA256}", content=PHOTO, headers=headers)

    assert answer.status_code == 415
    assert PIECE in answer.json()["detail"]
    assert await uploader.offset() == 0


async def test_a_server_says_without_being_asked_who_one_is_what_it_can_do(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.options("/blobs")

    said = {name: answer.headers[name] for name in ("tus-version", "tus-extension", "tus-max-size")}
    assert said == {"tus-version": "1.0.0", "tus-extension": "creation", "tus-max-size": "50000000"}
    assert answer.status_code == 204


async def test_every_refusal_of_an_upload_speaks_tus(uploader: Uploader) -> None:
    unknown = await uploader.ask()
    await uploader.begin()
    refused = [await uploader.send(7, b"x"), await uploader.send(0, b"x" * len(PHOTO))]

    assert [each.status_code for each in (unknown, *refused)] == [404, 409, 460]
    assert all(each.headers["tus-resumable"] == "1.0.0" for each in (unknown, *refused))


async def test_a_tablet_without_token_uploads_nothing(client: httpx.AsyncClient) -> None:
    stranger = Uploader(client, "nobody's")

    assert (await stranger.begin()).status_code == 401
    assert (await stranger.send(0, b"x")).status_code == 401
    assert (await stranger.ask()).status_code == 401
