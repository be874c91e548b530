"""Two sides write one field while the tablet is out of reach; the technician chooses, once."""

from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import expect

from server.acts import utc_now
from server.database import Store
from server.issues import queries as issues
from server.issues.records import IssueFilter
from server.jobs import commands as jobs
from server.jobs import queries
from tests.browser.clashing import let_ben_enter
from tests.browser.guide import keep_picture
from tests.browser.hands import UPRIGHT, WIDE, Hands, invite
from tests.browser.relay import Relay
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser


def note(store: Store, job_id: UUID) -> str:
    return store.read_now(queries.fields_of, [job_id])[job_id]["access_notes"].value


async def test_a_conflict_is_shown_with_both_values_and_closed_by_keeping_one(
    hands: Hands, store: Store, town: Town, network: Relay, screenshots: Path
) -> None:
    page = hands.page
    await page.set_viewport_size(UPRIGHT)
    job_id = place_job(store, "FL-1001", premise="P-1", starts_at=utc_now())
    store.write_now(jobs.assign, job_id, town.ada, act=act(utc_now()))
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(1)

    network.cut()
    await enter(hands, "bell")
    let_ben_enter(store, town, job_id, "knock")
    network.mend()
    await send(hands)
    assert note(store, job_id) == "bell"
    await see_both(hands)
    await keep_picture(page, screenshots, "issue")

    network.cut()
    await hands.press("Keep what Ben")
    await expect(page.get_by_text("Saved on this tablet. How to get in: knock")).to_be_visible()
    await expect(page.locator(".tabs .count")).to_have_count(0)
    await page.set_viewport_size(WIDE)
    await page.emulate_media(color_scheme="dark")
    await page.screenshot(path=screenshots / "tablet_conflict_answered.png")
    network.mend()
    await send(hands)

    assert note(store, job_id) == "knock"
    open_there = store.read_now(issues.list_open, IssueFilter())
    assert [line.technician for line in open_there] == ["Ben Ohm"]
    await hands.goto("/issues")
    await expect(page.get_by_text("everything that you entered stands")).to_be_visible()


async def enter(hands: Hands, value: str) -> None:
    """Say how to get in."""
    await hands.open_job("FL-1001-1")
    field = hands.page.get_by_label("How to get in")
    await field.fill(value)
    await field.press("Tab")
    await expect(hands.page.get_by_text("Saved on this tablet")).to_be_visible()


async def see_both(hands: Hands) -> None:
    """Follow the job to its issue, which tells both values and which one stands."""
    await hands.open_job("FL-1001-1")
    await hands.press("1 entry needs your answer")
    for told in ("bell", "knock"):
        await expect(hands.page.locator(".both dd").get_by_text(told, exact=True)).to_be_visible()
    await expect(hands.page.locator(".both .stands")).to_contain_text("bell")


async def send(hands: Hands) -> None:
    """Send all that waits."""
    await hands.goto("/queue")
    await hands.press("Send now")
    await hands.wait_for_chip("All sent")
