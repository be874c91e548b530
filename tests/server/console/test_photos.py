"""Photos on a job's page: who may see which, as what they are sent, and what is never sent."""

import re
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from server.console.headers import HEADERS
from server.database import Store
from server.jobs.photos import PIECE_BYTES, media_type_of
from server.people.records import Role, User
from sync_protocol.operations import Photo
from tests.server.console.field_work import photograph, send
from tests.server.console.fixtures import OpenClient
from tests.server.console.town import Town, add_user, place_job
from tests.server.console.visits import sign_in

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2500
HEADS = {
    "image/jpeg": JPEG[:16],
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/webp": b"RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/heic": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00",
}
_URL = re.compile(r'<a class="photo" href="([^"]+)"')


@pytest.fixture
async def office(client: httpx.AsyncClient, dispatcher: User) -> httpx.AsyncClient:
    """A dispatcher's browser."""
    await sign_in(client, dispatcher.email)
    return client


class Album(msgspec.Struct, frozen=True, kw_only=True):
    """One job's photos: on the tablet, on their way, and in a browser."""

    store: Store
    job_id: UUID
    technician_id: UUID
    folder: Path
    """Where the application keeps its blobs."""

    def take(self, data: bytes, media_type: str = "image/jpeg") -> Photo:
        return photograph(self.store, self.job_id, self.technician_id, data, media_type=media_type)

    def send(self, data: bytes) -> None:
        send(self.store, self.folder, data)

    async def page(self, client: httpx.AsyncClient) -> str:
        page = await client.get(f"/jobs/{self.job_id}")
        assert page.status_code == 200, page.text
        return page.text

    async def url(self, client: httpx.AsyncClient) -> str:
        (url,) = _URL.findall(await self.page(client))
        return url


@pytest.fixture
def album(house: Store, town: Town, tmp_path: Path) -> Album:
    """A job without photos."""
    job_id = place_job(house, "FL-1")
    return Album(store=house, job_id=job_id, technician_id=town.ada, folder=tmp_path / "blobs")


@pytest.fixture
async def url(album: Album, office: httpx.AsyncClient) -> str:
    """The address of a JPEG that has arrived."""
    album.take(JPEG)
    album.send(JPEG)
    return await album.url(office)


async def test_a_photo_is_shown_small_and_opens_whole(
    office: httpx.AsyncClient, album: Album, url: str
) -> None:
    assert len(JPEG) > 2 * PIECE_BYTES
    assert f'<img src="{url}" alt="Open the photo: ONT mounted"' in await album.page(office)

    photo = await office.get(url)

    assert photo.status_code == 200
    assert photo.content == JPEG
    assert photo.headers["content-type"] == "image/jpeg"
    assert photo.headers["content-length"] == str(len(JPEG))
    assert photo.headers["cache-control"] == "private, no-cache"
    assert photo.headers["content-disposition"] == "inline"
    assert "content-encoding" not in photo.headers, "it is compressed already"
    assert {name: photo.headers[name] for name in HEADERS} == HEADERS


async def test_a_browser_that_has_a_photo_is_not_sent_it_again(
    office: httpx.AsyncClient, url: str
) -> None:
    tag = (await office.get(url)).headers["etag"]

    again = await office.get(url, headers={"If-None-Match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "private, no-cache"
    assert (await office.get(url, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_photo_that_is_still_on_its_tablet_says_so(
    office: httpx.AsyncClient, album: Album
) -> None:
    photo = album.take(JPEG)

    page = await album.page(office)
    assert "The photo itself has not arrived yet" in page
    assert _URL.findall(page) == []

    album.send(JPEG)
    url = await album.url(office)
    (album.folder / photo.sha256[:2] / photo.sha256).unlink()
    gone = await office.get(url)
    assert gone.status_code == 404
    assert "No photo here yet; its tablet has still to send" in gone.text


async def test_a_photo_is_found_through_its_own_job_only(
    office: httpx.AsyncClient, album: Album, url: str
) -> None:
    other = place_job(album.store, "FL-2", premise="P-2")

    for wrong in (
        url.replace(str(album.job_id), str(other)),
        url.replace(str(album.job_id), str(UUID(int=9))),
        f"/jobs/{album.job_id}/photos/{UUID(int=9)}",
        f"/jobs/{album.job_id}/photos/nonsense",
        f"/jobs/{album.job_id}/photos/{'a' * 64}",
    ):
        assert (await office.get(wrong)).status_code == 404, wrong


async def test_a_signature_is_no_photo(office: httpx.AsyncClient, album: Album) -> None:
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    album.take(drawing, "image/svg+xml")
    album.send(drawing)
    url = await album.url(office)

    answer = await office.get(url)

    assert answer.status_code == 404
    assert "No picture in what was sent as" in answer.text
    assert b"alert(1)" not in answer.content


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.BILLING])
async def test_who_may_not_see_the_job_may_not_see_its_photos(
    office: httpx.AsyncClient, open_client: OpenClient, album: Album, url: str, role: Role
) -> None:
    tag = {"If-None-Match": (await office.get(url)).headers["etag"]}
    nobody, other = open_client(), open_client()
    user = add_user(album.store, "otto@operator.example", role)
    await sign_in(other, user.email)

    assert (await nobody.get(url)).headers["location"].startswith("/sign-in?then=")
    assert (await nobody.get(url, headers=tag)).status_code == 303
    assert (await other.get(url)).status_code == 403
    assert (await other.get(url, headers=tag)).status_code == 403


@pytest.mark.parametrize("media_type", HEADS)
async def test_a_photo_is_sent_as_what_its_bytes_are(
    office: httpx.AsyncClient, album: Album, media_type: str
) -> None:
    data = HEADS[media_type] + bytes(600)
    album.take(data, "text/html")
    album.send(data)
    url = await album.url(office)

    answer = await office.get(url)

    assert (answer.headers["content-type"], answer.content) == (media_type, data)


async def test_a_format_that_browsers_do_not_draw_is_a_link(
    office: httpx.AsyncClient, album: Album
) -> None:
    data = HEADS["image/heic"] + bytes(600)
    album.take(data, "image/heic")
    album.send(data)

    page = await album.page(office)

    assert "Open the photo: ONT mounted</a>" in page
    assert "<img" not in page.partition('id="evidence"')[2]


@pytest.mark.parametrize(
    "head", [b"", b"<html>", b"<svg", b"GIF89a", b"<!--WEBP", b"%PDF-1.7", b"RIFF\0\0\0\0WAVE"]
)
def test_what_is_no_photo_has_no_media_type(head: bytes) -> None:
    assert media_type_of(head) is None
