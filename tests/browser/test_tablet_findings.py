"""What is found beside the planned work, told without a network and over a crash of the agent."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.guide import keep_picture
from tests.browser.hands import SERIAL, UPRIGHT, Hands, fill_van, invite
from tests.browser.relay import Relay
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser

UNREACHABLE = ("net::ERR_", "htmx:sendError", "htmx:afterRequest")


async def test_what_is_found_is_told_without_a_network_and_after_a_crash(
    hands: Hands, store: Store, town: Town, network: Relay, screenshots: Path
) -> None:
    page = hands.page
    await page.set_viewport_size(UPRIGHT)
    job_id = place_job(store, "FL-1001", premise="P-1", starts_at=utc_now())
    store.write_now(jobs.assign, job_id, town.ada, act=act(utc_now()))
    fill_van(store, town.ada, SERIAL, "HWTC00000002")
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(1)
    network.cut()
    await page.context.grant_permissions(["geolocation"])
    await page.context.set_geolocation({"latitude": 52.5212, "longitude": 13.40611})

    await note(hands)
    await correct(hands, screenshots)
    await begin_job(hands, screenshots)
    await tell_defective(hands, screenshots)

    network.mend()
    await hands.goto("/queue")
    await hands.press("Send now")
    await hands.wait_for_chip("All sent")
    await hands.open_job("FL-1001-1")
    await expect(page.locator("#note-box .lines")).to_contain_text("Sent")
    hands.forgive(*UNREACHABLE, " 400 ")


async def note(hands: Hands) -> None:
    """Save a note; an empty one is explained."""
    page = hands.page
    await hands.open_job("FL-1001-1")
    await hands.press("Save the note")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing is written there yet")
    await page.get_by_label("Write a note").fill("The cellar is wet")
    await hands.press("Save the note")
    await expect(page.locator("#note-box .lines")).to_contain_text("The cellar is wet")
    await expect(page.get_by_label("Write a note")).to_have_value("")
    await expect(page.get_by_role("alert")).to_be_empty()


async def correct(hands: Hands, screenshots: Path) -> None:
    """Correct a position; one that is half typed is there after the agent was killed."""
    page = hands.page
    await hands.press("Something is wrong here")
    form = page.locator("details").filter(has_text="Tell the office: Position")
    await form.locator("summary").click()
    value = form.get_by_label("What it should be")
    await value.fill("52,5212")
    await value.press("Tab")
    await expect(form.locator(".saved").first).to_contain_text("Saved on this tablet")
    await hands.agent.kill()
    await hands.agent.start()
    await page.reload()
    await expect(value).to_have_value("52,5212")

    await form.get_by_role("button", name="Tell the office").click()
    await expect(page.get_by_role("alert")).to_contain_text("This is no position")
    await page.screenshot(path=screenshots / "tablet_correct_refused.png")
    await form.get_by_role("button", name="Take the position of this tablet").click()
    await expect(value).to_have_value("52.521200, 13.406110")
    await form.get_by_label("Why, or how you know").fill("I stand there")
    await form.get_by_role("button", name="Tell the office").click()
    told = page.get_by_role("region", name="What you told the office")
    await expect(told).to_contain_text("52.521200, 13.406110")
    await expect(told).to_contain_text("not sent yet")


async def begin_job(hands: Hands, screenshots: Path) -> None:
    """Begin a job at the same premise."""
    page = hands.page
    await hands.open_job("FL-1001-1")
    await hands.press("Another job here")
    await page.get_by_label("Repair").check()
    await page.get_by_label("What is it for?").fill("The neighbour's outlet is loose")
    await keep_picture(page, screenshots, "new_job")
    await hands.press("Begin this job")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("FIELD-")
    await expect(page.get_by_text("The office has not seen it yet.")).to_be_visible()
    await page.screenshot(path=screenshots / "tablet_begun_here.png", full_page=True)


async def tell_defective(hands: Hands, screenshots: Path) -> None:
    """Find an ONT of the van and tell that it is defective."""
    page = hands.page
    await hands.goto("/stock")
    await page.get_by_role("searchbox").fill("0002")
    await expect(page.locator("a.card-link")).to_have_count(1)
    await page.locator("a.card-link").click()
    await hands.press("FL-1001-1")
    await expect(page.get_by_label("ONT defective")).to_be_checked()
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".lines")).to_contain_text("HWTC00000002")
    await hands.goto("/stock?show=changed")
    await expect(page.locator("a.card-link")).to_contain_text("Defective")
    await keep_picture(page, screenshots, "stock")
