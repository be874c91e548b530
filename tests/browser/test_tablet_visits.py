"""A visit that changes an ONT, done without a network: both ONTs, the checks, and what follows."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import expect

from server.acts import utc_now
from server.database import Connection, Store, Written
from server.database.tables import offers
from server.database.tables.plant import onts
from server.jobs import commands as jobs
from server.orders import commands as orders
from server.orders.records import WantedOrder
from sync_protocol.documents import JobKind
from tests.browser.accessible import check
from tests.browser.hands import UPRIGHT, Hands, invite
from tests.browser.relay import Relay
from tests.server.console.town import Town, act, place_job
from tests.server.factories import rows

pytestmark = pytest.mark.browser

RUNNING = "ALCL00000001"


def order_swap(store: Store, town: Town) -> None:
    """Let a service run at P-1, and give Ada the swap of its ONT."""
    now = utc_now().replace(minute=0, second=0, microsecond=0)
    place_job(store, "FL-1001", premise="P-1", starts_at=now)

    def run(db: Connection) -> Written[None]:
        live = {"state": "active", "ont_serial": RUNNING, "live_at": now}
        db.execute(sa.update(offers.services).values(live))
        return Written(None)

    store.write_now(run)
    wanted = WantedOrder(
        number="SW-1",
        kind=JobKind.SWAP,
        account="A-1",
        premise="P-1",
        appointment_starts_at=now,
        appointment_ends_at=now + timedelta(hours=2),
    )
    placed = store.write_now(orders.place, wanted, act=act(now))
    store.write_now(jobs.assign, placed.job_id, town.ada, act=act(now))


async def test_an_ont_is_swapped_without_a_network(
    hands: Hands, store: Store, town: Town, network: Relay, screenshots: Path
) -> None:
    page = hands.page
    order_swap(store, town)
    await page.set_viewport_size(UPRIGHT)
    await hands.enrol(invite(store, town.ada))
    await hands.see_jobs(1)
    network.cut()
    await hands.open_job("SW-1-1")
    await hands.press("Begin the visit")
    await hands.arrive()

    await swap(hands, screenshots)
    await measure_and_photograph(hands, screenshots)
    await answer_checks(hands, screenshots)
    await sign_and_finish(hands, screenshots)

    network.mend()
    await hands.goto("/queue")
    await hands.press("Send now")
    await hands.wait_for_chip("All sent")
    await hands.open_job("SW-1-1")
    await hands.press("What has become of it")
    await expect(page.locator(".receipt")).to_contain_text("gets service by itself within minutes")
    await page.screenshot(path=screenshots / "tablet_swap_receipt.png", full_page=True)
    (taken,) = rows(store, onts)
    assert (taken["serial"], taken["technician_id"], taken["is_defective"]) == (
        RUNNING, town.ada, True,
    )  # fmt: skip


async def swap(hands: Hands, screenshots: Path) -> None:
    """Say what became of the old ONT, and scan the new one."""
    page = hands.page
    await expect(page.locator("#old-ont")).to_contain_text(RUNNING)
    await hands.scan()
    await hands.tell_old_ont("Taken back, defective")
    await page.get_by_label("Why, if that needs a word").fill("no power")
    async with page.expect_response("**/old-ont"):
        await page.get_by_label("Why, if that needs a word").press("Tab")
    await page.get_by_text("It is another ONT").click()
    await page.screenshot(path=screenshots / "tablet_swap_scan.png", full_page=True)
    await check(page)


async def measure_and_photograph(hands: Hands, screenshots: Path) -> None:
    """Prove the light at the new ONT, and show it."""
    page = hands.page
    await hands.press("Next: Light")
    await page.get_by_label("At the ONT").check()
    await expect(await hands.measure("17,6")).to_contain_text("A minus was added.")
    await page.screenshot(path=screenshots / "tablet_swap_light.png", full_page=True)
    await hands.press("Next: Photos")
    subjects = await page.locator("li.slot.needed .slot-name").all_inner_texts()
    for shade, subject in enumerate(subjects):
        await hands.photograph(subject, 60 + 40 * shade)


async def answer_checks(hands: Hands, screenshots: Path) -> None:
    """Look at what is to be looked at; one thing is not as it should be."""
    await hands.press("Next: Checks")
    await hands.check("Address and customer are those of the job", "Yes")
    await hands.check("Connector inspected and cleaned", "Does not apply")
    await hands.check("Room cleaned up", "No")
    await hands.page.screenshot(path=screenshots / "tablet_swap_checks.png", full_page=True)


async def sign_and_finish(hands: Hands, screenshots: Path) -> None:
    """Finish; the check that was answered no is named and keeps nobody."""
    page = hands.page
    await hands.press("Next: Sign")
    await hands.sign("Erika Muster")
    await hands.press("Next: Finish")
    await expect(page.locator("#todo")).to_contain_text("Answered no: Room cleaned up")
    await page.screenshot(path=screenshots / "tablet_swap_finish.png", full_page=True)
    await hands.press("Finish the job")
    await expect(page.locator(".receipt")).to_contain_text("Finished, not sent yet")
