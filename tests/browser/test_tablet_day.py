"""A technician's day on the tablet: set up, plan, work without a network, send, see receipts."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page, Request, expect

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.guide import keep_picture
from tests.browser.hands import SERIAL, UPRIGHT, Hands, invite
from tests.browser.relay import Relay
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser


def plan_day(store: Store, town: Town) -> tuple[UUID, UUID]:
    """Give Ada two jobs for today and one for tomorrow; the two of today."""
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    placed = [
        place_job(store, "FL-1001", premise="P-1", starts_at=now),
        place_job(store, "FL-1002", premise="P-2", starts_at=now + timedelta(minutes=1)),
        place_job(store, "FL-1003", premise="P-3", starts_at=now + timedelta(days=1)),
    ]
    for job_id in placed:
        store.write_now(jobs.assign, job_id, town.ada, act=act(utc_now()))
    return placed[0], placed[1]


@pytest.fixture
def asked(page: Page) -> list[str]:
    """Every address that the pages ask for."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", note)
    return addresses


async def test_a_whole_day_with_and_without_a_network(
    hands: Hands, store: Store, town: Town, network: Relay, asked: list[str], screenshots: Path
) -> None:
    page = hands.page
    plan_day(store, town)
    await page.set_viewport_size(UPRIGHT)
    await hands.open()
    await keep_picture(page, screenshots, "enrol")
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(3)
    await expect(page.locator(".hello")).to_have_text("Ada Lind")
    await keep_picture(page, screenshots, "today")

    network.cut()
    await work_offline(hands, screenshots)
    await cannot_finish(hands, screenshots)
    await hands.goto("/queue")
    await expect(page.get_by_role("heading", name="Entries, oldest first")).to_be_visible()
    await keep_picture(page, screenshots, "queue")

    network.mend()
    await hands.press("Send now")
    await hands.wait_for_chip("All sent")
    await hands.open_job("FL-1001-1")
    await hands.press("What has become of it")
    await expect(page.locator(".receipt")).to_contain_text("Activation is running")
    await keep_picture(page, screenshots, "receipt")
    assert [url for url in asked if not url.startswith(hands.agent.url)] == []


async def work_offline(hands: Hands, screenshots: Path) -> None:
    """Install, from the way there to the signature, with nothing but the tablet."""
    page = hands.page
    await hands.open_job("FL-1001-1")
    await keep_picture(page, screenshots, "job")
    await page.get_by_label("Remark for the office").fill("Gate code 4711")
    await page.get_by_label("Remark for the office").press("Tab")
    await expect(page.get_by_text("Saved on this tablet")).to_be_visible()

    await hands.press("Begin the visit")
    await hands.arrive()
    await hands.scan(SERIAL)
    await keep_picture(page, screenshots, "scan")
    await hands.press("Next: Light")
    verdict = await hands.measure("-28,9")
    await expect(verdict).to_contain_text("Light is not good enough")
    await keep_picture(page, screenshots, "light_low")
    await expect(await hands.measure("-17.6")).to_contain_text("Light is good")
    await hands.press("Next: Photos")
    for shade, subject in enumerate(
        await page.locator("li.slot.needed .slot-name").all_inner_texts()
    ):
        await hands.photograph(subject, 60 + 40 * shade)
    await keep_picture(page, screenshots, "photos")
    await hands.press("Next: Checks")
    await hands.check("No bend tighter than 25 mm", "Yes")
    await keep_picture(page, screenshots, "checks")
    await hands.press("Next: Sign")
    await hands.sign("Erika Muster")
    await keep_picture(page, screenshots, "sign")
    await hands.press("Next: Finish")
    await hands.press("Finish the job")
    await expect(page.locator(".receipt")).to_contain_text("Finished, not sent yet")


async def cannot_finish(hands: Hands, screenshots: Path) -> None:
    """Leave the second job with a reason."""
    page = hands.page
    await hands.open_job("FL-1002-1")
    await hands.press("Cannot finish")
    await hands.press("Leave without finishing")
    await expect(page.get_by_text("Choose one of the reasons.")).to_be_visible()
    hands.forgive(" 422 ")
    await page.get_by_label("No access: locked, dog, tenant").check()
    await keep_picture(page, screenshots, "cannot_finish")
    await page.get_by_label("What the office should know").fill("Dog in the yard")
    await hands.press("Leave without finishing")
    await expect(page.locator(".receipt")).to_contain_text("Not done, with a reason")
