"""The agent is killed in the middle of every step: what the page said was saved is there after."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from playwright.async_api import expect

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.clashing import clash_before
from tests.browser.hands import SERIAL, Hands, invite
from tests.browser.relay import Relay
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser

# Whatever a request meets that the killed agent no longer answers, or answered in part.
UNREACHABLE = ("net::ERR_", "htmx:sendError", "htmx:afterRequest")
Act = Callable[[Hands], Awaitable[None]]


@pytest.fixture
async def at_work(hands: Hands, store: Store, town: Town, network: Relay) -> UUID:
    """A technician at the premise, out of reach of the office, with an issue to answer."""
    job_id = place_job(store, "FL-1001", premise="P-1", starts_at=utc_now())
    store.write_now(jobs.assign, job_id, town.ada, act=act(utc_now()))
    clash_before(store, town, job_id)
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(1)
    network.cut()
    await hands.open_job("FL-1001-1")
    await hands.press("Begin the visit")
    await hands.arrive()
    return job_id


async def scan(hands: Hands) -> None:
    await hands.scan()


async def see_serial(hands: Hands) -> None:
    await expect(hands.page.locator("#serial .result-value")).to_have_text(SERIAL)


async def type_half_a_serial(hands: Hands) -> None:
    await hands.page.get_by_label("Or type it").fill("HWTC1A2B")
    await hands.page.get_by_label("Or type it").press("Tab")
    await expect(hands.page.locator("#serial")).to_contain_text("This is no ONT serial")


async def see_half_a_serial(hands: Hands) -> None:
    await expect(hands.page.get_by_label("Or type it")).to_have_value("HWTC1A2B")


async def measure(hands: Hands) -> None:
    await expect(await hands.measure("-17,6")).to_contain_text("Light is good")


async def see_light(hands: Hands) -> None:
    await expect(hands.page.locator("#light .result-value")).to_contain_text("17.6")
    await expect(hands.page.get_by_label("What the meter shows")).to_have_value("-17,6")


async def choose_setup(hands: Hands) -> None:
    page = hands.page
    async with page.expect_response("**/drafts/light_place"):
        await page.get_by_label("At the wall outlet").check()
    async with page.expect_response("**/drafts/light_wavelength"):
        await page.get_by_label("1550 nm").check()
    await page.get_by_label("Meter, as you call it").fill("EXFO 12")
    await page.get_by_label("Meter, as you call it").press("Tab")
    await expect(page.locator("#setup .saved")).to_contain_text("Saved on this tablet")


async def see_setup(hands: Hands) -> None:
    await expect(hands.page.get_by_label("At the wall outlet")).to_be_checked()
    await expect(hands.page.get_by_label("1550 nm")).to_be_checked()
    await expect(hands.page.get_by_label("Meter, as you call it")).to_have_value("EXFO 12")


async def answer_no(hands: Hands) -> None:
    await hands.check("Room cleaned up", "No")


async def see_no(hands: Hands) -> None:
    row = hands.page.get_by_role("group", name="Room cleaned up")
    await expect(row.get_by_label("No", exact=True)).to_be_checked()


async def say_what_is_wrong(hands: Hands) -> None:
    async with hands.page.expect_response("**/checks/site_tidy"):
        await hands.page.get_by_label("What is wrong?").fill("Dust from drilling")
        await hands.page.get_by_label("What is wrong?").press("Tab")


async def see_what_is_wrong(hands: Hands) -> None:
    await expect(hands.page.get_by_label("What is wrong?")).to_have_value("Dust from drilling")


async def photograph(hands: Hands) -> None:
    await hands.photograph("Another photo")


async def see_photo(hands: Hands) -> None:
    picture = hands.page.locator(".thumbs img")
    await expect(picture).to_have_js_property("naturalWidth", 1600)


async def name_signer(hands: Hands) -> None:
    await hands.page.get_by_label("Who signs").fill("Nora Neighbour")
    await hands.page.get_by_label("Who signs").press("Tab")
    await expect(hands.page.locator("form .saved").first).to_contain_text("Saved on this tablet")


async def see_signer(hands: Hands) -> None:
    await expect(hands.page.get_by_label("Who signs")).to_have_value("Nora Neighbour")


async def sign(hands: Hands) -> None:
    await hands.sign("Erika Muster")


async def see_signature(hands: Hands) -> None:
    await expect(hands.page.locator("#signed")).to_contain_text("Signed by Erika Muster")


async def choose_code(hands: Hands) -> None:
    async with hands.page.expect_response("**/code"):
        await hands.page.get_by_label("Installed, service verified").check()


async def see_code(hands: Hands) -> None:
    await expect(hands.page.get_by_label("Installed, service verified")).to_be_checked()


async def remark(hands: Hands) -> None:
    await hands.page.get_by_label("Remark for the office").fill("Gate code 4711")
    await hands.page.get_by_label("Remark for the office").press("Tab")
    await expect(hands.page.get_by_text("Saved on this tablet")).to_be_visible()


async def see_remark(hands: Hands) -> None:
    await expect(hands.page.get_by_label("Remark for the office")).to_have_value("Gate code 4711")


async def choose_reason(hands: Hands) -> None:
    async with hands.page.expect_response("**/drafts/reason"):
        await hands.page.get_by_label("Drop damaged").check()
    async with hands.page.expect_response("**/drafts/reason_remark"):
        await hands.page.get_by_label("What the office should know").fill("Torn at the pole")
        await hands.page.get_by_label("What the office should know").press("Tab")


async def see_reason(hands: Hands) -> None:
    await expect(hands.page.get_by_label("Drop damaged")).to_be_checked()
    field = hands.page.get_by_label("What the office should know")
    await expect(field).to_have_value("Torn at the pole")


async def keep_the_other(hands: Hands) -> None:
    await hands.press("Keep what Ben Ohm entered")
    await expect(
        hands.page.get_by_text("Saved on this tablet. How to get in: knock")
    ).to_be_visible()


async def see_the_other_kept(hands: Hands) -> None:
    await expect(hands.page.get_by_text("You kept what Ben Ohm entered.")).to_be_visible()
    await expect(hands.page.locator(".both .stands dd")).to_have_text("knock")


STEPS: Final[list[tuple[str, Act, Act]]] = [
    ("/visit/scan", scan, see_serial),
    ("/visit/scan", type_half_a_serial, see_half_a_serial),
    ("/visit/light", measure, see_light),
    ("/visit/light", choose_setup, see_setup),
    ("/visit/photos", photograph, see_photo),
    ("/visit/checks", answer_no, see_no),
    ("/visit/checks", say_what_is_wrong, see_what_is_wrong),
    ("/visit/signature", name_signer, see_signer),
    ("/visit/signature", sign, see_signature),
    ("/visit/finish", choose_code, see_code),
    ("", remark, see_remark),
    ("/visit/finish", see_remark, see_remark),
    ("/cannot-finish", choose_reason, see_reason),
    ("/issues", keep_the_other, see_the_other_kept),
]


async def test_what_was_said_to_be_saved_is_there_after_a_crash(
    hands: Hands, at_work: UUID
) -> None:
    for path, do, see in STEPS:
        await hands.goto(path if path == "/issues" else f"/jobs/{at_work}{path}")
        await do(hands)
        await hands.agent.kill()
        await hands.agent.start()
        await hands.page.reload()
        await see(hands)
    hands.forgive(*UNREACHABLE)


async def test_an_entry_while_the_agent_is_gone_is_not_said_to_be_saved(
    hands: Hands, at_work: UUID, screenshots: Path
) -> None:
    await hands.goto(f"/jobs/{at_work}")
    field = hands.page.get_by_label("Remark for the office")
    await field.fill("first")
    await field.press("Tab")
    await expect(hands.page.get_by_text("Saved on this tablet")).to_be_visible()
    await hands.agent.kill()

    await field.fill("second")
    await expect(hands.page.get_by_text("Saved on this tablet")).to_have_count(0)
    await field.press("Tab")
    notice = hands.page.get_by_role("alert")
    await expect(notice).to_contain_text("The program on this tablet does not answer")
    await hands.page.screenshot(path=screenshots / "tablet_gone.png")

    await hands.agent.start()
    await field.fill("third")
    await field.press("Tab")
    await expect(hands.page.get_by_text("Saved on this tablet")).to_be_visible()
    await expect(notice).to_be_empty()
    hands.forgive(*UNREACHABLE)
