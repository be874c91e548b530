"""Every page of the tablet: axe-core finds nothing, fingers in gloves hit, keyboards reach all."""

from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.accessible import check
from tests.browser.clashing import clash_before
from tests.browser.hands import SERIAL, UPRIGHT, WIDE, Hands, fill_van, invite
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser

SIZES = {"upright": UPRIGHT, "wide": WIDE}
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STEPS = ("travel", "scan", "light", "photos", "checks", "signature", "finish")

PARTS = ("/cannot-finish", "/receipt", "/correct", "/onts")
SECTIONS = ("/jobs", "/jobs/new", "/stock", f"/stock/{SERIAL}", "/queue", "/issues", "/settings")


def pages_of(job_id: UUID) -> list[str]:
    """Name every page there is."""
    about = [f"/jobs/{job_id}{part}" for part in ("", *PARTS)]
    steps = [f"/jobs/{job_id}/visit/{step}" for step in STEPS]
    return ["/", *SECTIONS, *about, *steps]


@pytest.fixture
async def job_id(hands: Hands, store: Store, town: Town) -> UUID:
    """A job under way, with a serial, a doubtful reading, a photo and a signature."""
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    placed = place_job(store, "FL-1001", premise="P-1", starts_at=now)
    other = place_job(store, "FL-1002", premise="P-2", starts_at=now + timedelta(hours=2))
    for each in (placed, other):
        store.write_now(jobs.assign, each, town.ada, act=act(utc_now()))
    fill_van(store, town.ada, SERIAL, "HWTC00000002")
    clash_before(store, town, placed)
    clash_before(store, town, other)
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(2)
    await hands.open_job("FL-1001-1")
    await hands.press("Begin the visit")
    await hands.arrive()
    await hands.scan()
    await hands.press("Next: Light")
    await hands.measure("-28,9")
    await hands.press("Next: Photos")
    await hands.photograph("Another photo")
    await hands.press("Next: Checks")
    await hands.check("No bend tighter than 25 mm", "No")
    await hands.press("Next: Sign")
    await hands.sign("Erika Muster")
    await hands.goto("/issues")
    await (
        hands.page.get_by_role("button", name="Keep mine")
        .or_(hands.page.get_by_role("button", name="Put mine back"))
        .first.click()
    )
    await hands.page.wait_for_load_state()
    return placed


async def test_every_page_can_be_read_hit_and_reached(
    hands: Hands, job_id: UUID, screenshots: Path
) -> None:
    page = hands.page
    for (shape, size), colours in product(SIZES.items(), COLOURS):
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme=colours)
        for path in pages_of(job_id):
            await hands.goto(path)
            name = path.replace(str(job_id), "job").strip("/").replace("/", "_") or "today"
            file = screenshots / f"tablet_{name}_{shape}_{colours}.png"
            await page.screenshot(path=file, full_page=True)

            await check(page)


async def test_the_pages_are_accessible_in_german_too(
    hands: Hands, job_id: UUID, screenshots: Path
) -> None:
    page = hands.page
    await page.set_viewport_size(UPRIGHT)
    await page.set_extra_http_headers({"Accept-Language": "de"})
    for path in pages_of(job_id):
        await hands.goto(path)
        name = path.replace(str(job_id), "job").strip("/").replace("/", "_") or "today"
        await page.screenshot(path=screenshots / f"tablet_{name}_german.png", full_page=True)

        await check(page)
