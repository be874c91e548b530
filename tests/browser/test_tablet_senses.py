"""What the tablet sees: the office's code through the camera, where it is, and earlier photos."""

import hashlib
import io
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Geolocation, expect

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from server.sync.blob_store import FolderBlobStore
from sync_protocol.operations import Photo
from tests.browser.accessible import check
from tests.browser.hands import UPRIGHT, WIDE, Hands, invite
from tests.browser.relay import Relay
from tests.field_client.labels import QR_CODE, draw_code
from tests.server.console.town import Town, act, place_job
from tests.server.sync.doors import enrolled_now
from tests.server.tablets import bodies, push

pytestmark = pytest.mark.browser

HERE = Geolocation(latitude=52.5211, longitude=13.4061, accuracy=8.2)
ELSEWHERE = Geolocation(latitude=48.1, longitude=11.5, accuracy=8.2)


def cellar() -> bytes:
    """A photo of a wall with a box on it."""
    picture, file = Image.new("RGB", (1600, 1200), (200, 190, 170)), io.BytesIO()
    ImageDraw.Draw(picture).rectangle((500, 300, 1100, 900), fill=(70, 90, 110))
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


@pytest.fixture
def code(store: Store, town: Town) -> str:
    """What the office shows to whoever sets the tablet up."""
    return invite(store, town.ada)


@pytest.fixture
def chromium_flags(code: str, network: Relay, tmp_path: Path) -> tuple[str, ...]:
    """A camera that looks at the office's code and nothing else."""
    frame, file = Image.new("L", (640, 480), 255), io.BytesIO()
    qr = draw_code(f"{network.url}/enrol?code={code}", QR_CODE, scale=6)
    frame.paste(qr, ((frame.width - qr.width) // 2, (frame.height - qr.height) // 2))
    frame.convert("RGB").save(file, "JPEG", quality=90)
    film = tmp_path / "camera.mjpeg"
    film.write_bytes(file.getvalue() * 2)
    return (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )


@pytest.fixture
def job_id(store: Store, town: Town, tmp_path: Path) -> UUID:
    """Ada's job at a house where Ben took photos, of which one has reached the office."""
    data = cellar()
    sha256 = hashlib.sha256(data).hexdigest()
    blobs = FolderBlobStore(tmp_path / "blobs")
    blobs.begin(sha256, len(data))
    blobs.append(sha256, 0, data)
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    bens, ended = enrolled_now(store, town.ben), place_job(store, "FL-1000", starts_at=now)
    store.write_now(jobs.assign, ended, town.ben, act=act(utc_now()))
    photo = Photo(subject="terminal_port", sha256=sha256, size_bytes=len(data))
    bens.complete(ended, [*bodies(), photo])
    push(store, bens)
    placed = place_job(store, "FL-1001", starts_at=now)
    store.write_now(jobs.assign, placed, town.ada, act=act(utc_now()))
    return placed


async def test_a_tablet_sees_its_code_where_it_is_and_what_was_there_before(
    hands: Hands, code: str, job_id: UUID, screenshots: Path
) -> None:
    page = hands.page
    await page.set_viewport_size(UPRIGHT)
    await page.context.grant_permissions(["camera", "geolocation"])
    await page.context.set_geolocation(HERE)
    await set_up_by_camera(hands, code, screenshots)

    await look_at_photos(hands, job_id, screenshots)
    await note_position(hands, job_id, screenshots)


async def set_up_by_camera(hands: Hands, code: str, screenshots: Path) -> None:
    page = hands.page
    await hands.open()
    await page.screenshot(path=screenshots / "tablet_enrol.png", full_page=True)
    await check(page)

    await hands.press("Scan with the camera")
    await expect(page.get_by_label("Code", exact=True)).to_have_value(code)
    await expect(page.locator("#camera")).to_be_hidden()
    live = "document.getElementById('camera-video').srcObject.active"
    assert await page.evaluate(live) is False, "the camera stops when the code was read"

    await hands.press("Set up this tablet")
    await hands.see_jobs(1)


async def look_at_photos(hands: Hands, job_id: UUID, screenshots: Path) -> None:
    page = hands.page
    await hands.wait_for_chip("All sent")
    await hands.goto(f"/jobs/{job_id}")
    await page.get_by_text("Earlier visits").click()
    small = page.get_by_role("img", name="Port at the terminal").or_(page.locator(".thumbs img"))
    await expect(small.first).to_have_js_property("naturalWidth", 1600)
    await expect(page.get_by_text("Not here yet")).to_have_count(2)
    await page.screenshot(path=screenshots / "tablet_job_earlier.png", full_page=True)
    await check(page)

    await page.locator(".thumbs a").press("Enter")
    await expect(page.locator(".large-photo img")).to_have_js_property("naturalWidth", 1600)
    for shape, size in {"upright": UPRIGHT, "wide": WIDE}.items():
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme="dark" if shape == "wide" else "light")
        await page.screenshot(path=screenshots / f"tablet_earlier_photo_{shape}.png")
        await check(page)
    await page.set_viewport_size(UPRIGHT)


async def note_position(hands: Hands, job_id: UUID, screenshots: Path) -> None:
    page = hands.page
    light = f"/jobs/{job_id}/visit/light"
    await hands.goto(light)
    await expect(page.locator("[data-position-url]")).to_have_count(0)

    await hands.goto("/settings")
    await page.get_by_label("Note it", exact=True).check()
    await page.screenshot(path=screenshots / "tablet_settings_position.png", full_page=True)
    await hands.press("Save")
    await hands.goto(light)
    place = page.locator("[data-position-url]")
    await expect(place).to_have_text("Position noted, exact to 9 m")
    await page.context.set_geolocation(ELSEWHERE)
    await hands.goto(light)
    await expect(place).to_contain_text("km from the address of this job")
    await page.screenshot(path=screenshots / "tablet_position_far.png")
    await check(page)
