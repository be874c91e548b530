"""The PIN: set, locked, wrong, and right; the lock page is all that a finder sees."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.accessible import check
from tests.browser.hands import UPRIGHT, WIDE, Hands, invite
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser

PIN, WRONG = "471108", "111111"


async def test_a_finder_sees_the_lock_page_and_the_owner_comes_back(
    hands: Hands, store: Store, town: Town, screenshots: Path
) -> None:
    page = hands.page
    await page.set_viewport_size(UPRIGHT)
    job_id = place_job(store, "FL-1001", starts_at=utc_now() + timedelta(minutes=1))
    store.write_now(jobs.assign, job_id, town.ada, act=act(utc_now()))
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(1)
    await hands.goto("/settings")
    for pin, told in (("1", "6"), (PIN, "saved")):
        await page.get_by_label("New PIN").fill(pin)
        await hands.press("Save the PIN")
        await expect(page.locator("#pin-heading ~ .notice")).to_contain_text(told)
    await hands.press("Lock now")

    for path in ("/", f"/jobs/{job_id}", "/queue"):
        await hands.goto(path)
        await expect(page.get_by_label("PIN")).to_be_focused()
        await expect(page.get_by_text("FL-1001")).to_have_count(0)
    await try_pin(page, WRONG)
    await expect(page.get_by_role("alert")).to_be_visible()
    await look(page, screenshots)

    await try_pin(page, PIN)
    await hands.see_jobs(1)
    hands.forgive(" 403 ")


async def try_pin(page: Page, pin: str) -> None:
    await page.locator("#pin").fill(pin)
    await page.locator("button[type=submit]").click()
    await page.wait_for_load_state()


async def look(page: Page, screenshots: Path) -> None:
    """Look at the lock page, turned, in the dark, and in German."""
    await page.screenshot(path=screenshots / "tablet_lock.png")
    await check(page)
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="dark")
    await page.set_extra_http_headers({"Accept-Language": "de"})
    await page.goto(page.url)
    await page.screenshot(path=screenshots / "tablet_lock_german_dark.png")
    await check(page)
