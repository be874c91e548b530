"""The NOC's and support's way through an activation, in a real browser before an OLT."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Literal
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.async_api import Page, ViewportSize, expect
from uuid_utils.compat import uuid7

from activation.requests import Phase
from server.acts import utc_now
from server.alarms import alarm_storage
from server.alarms import storage as states
from server.alarms.records import SEVERITIES, Alarm, AlarmKind, OntState
from server.database import Connection, Store, Written
from server.database.tables.offers import products
from server.fulfilment import storage
from server.people.records import Role
from tests.browser import accessible
from tests.browser.guide import keep_picture
from tests.server.console.serving import Served, serving
from tests.server.console.test_network_page import raise_fault
from tests.server.console.town import PASSWORD, add_user
from tests.server.factories import LINE_PROFILE, Clock, change, found_town
from tests.server.fulfilment.shift import Shift
from tests.server.olt import TownOlt, plugged
from tests.server.operator import Operator, outside
from tests.server.tablets import OTHER_SERIAL

pytestmark = pytest.mark.browser

NOC = "nora@operator.example"
WIDE = ViewportSize(width=1280, height=800)
SHOWN = {"fallout", "process", "service", "network"}
"""The pages that ``docs/noc.md`` shows."""
PHONE = ViewportSize(width=390, height=844)


@pytest.fixture
async def shift(store: Store) -> AsyncGenerator[Shift]:
    """A town whose OLT answers, on the clock of the wall, for pages go by that."""
    clock = Clock(utc_now())
    found = found_town(store)
    add_user(store, NOC, Role.NOC, name="Nora Nox")
    async with outside(clock, TownOlt(clock)) as world:
        yield Shift(store=store, town=found, world=world, worker=Operator(store, world))


@pytest.fixture
async def served(shift: Shift, tmp_path: Path) -> AsyncGenerator[Served]:
    network = shift.worker.network
    async with serving(shift.store, tmp_path / "blobs", network=network) as running:
        yield running


async def sign_in(page: Page, url: str, path: str) -> None:
    await page.goto(f"{url}{path}")
    await page.get_by_label("Email").fill(NOC)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_load_state()


async def test_a_stuck_activation_appears_is_retried_goes_live_and_is_suspended(
    served: Served, page: Page, shift: Shift
) -> None:
    await page.set_viewport_size(WIDE)
    await sign_in(page, served.url, "/fallout")
    lines = page.locator("#lines .fallout")
    await expect(page.locator("#lines")).to_contain_text("Nothing is stuck")

    sell(shift, line_profile="LACKING")
    shift.complete_job()
    await shift.worker.settle(within_s=5)
    await expect(lines).to_have_count(1)
    await expect(lines).to_contain_text("The OLT lacks a profile of the product")
    await expect(page.locator("#fallout-count")).to_contain_text("1")

    sell(shift, line_profile=LINE_PROFILE)
    await lines.get_by_role("button", name="Retry").click()
    await expect(lines.locator(".chip")).to_have_text("Tried again now")
    await lines.get_by_role("link", name="O-1", exact=True).click()
    await shift.worker.settle(within_s=30)
    await expect(page.locator("#process .chip").first).to_have_text("Done")

    summary = page.locator("summary").first
    await summary.click()
    await expect(page.locator(".exchange").first).to_contain_text("1.3.6.1.4.1.2011")

    await page.get_by_role("link", name="Service", exact=True).click()
    await suspend_and_resume(page, shift)


def sell(shift: Shift, **changes: str) -> None:
    change(shift.store, sa.update(products).values(**changes))


async def suspend_and_resume(page: Page, shift: Shift) -> None:
    """Look at a service that runs, let it rest, and let it run again."""
    state = page.locator("#state")
    await expect(state.locator(".chip")).to_have_text("Active")
    await page.get_by_role("button", name="Look now").click()
    await expect(page.locator("#look")).to_contain_text("Online")

    await order(page, "Suspend", "The subscriber is away")
    await expect(page.locator("#doing")).to_contain_text("Suspension is under way")
    await go_on(shift)
    await expect(state).to_contain_text("Vacation")
    await order(page, "Resume", "The subscriber is away")
    await expect(page.locator("#doing")).to_contain_text("Resumption is under way")
    await go_on(shift)
    await expect(state.locator(".chip")).to_have_text("Active")


async def order(page: Page, what: str, reason: str) -> None:
    doing = page.locator("#doing")
    await doing.locator("summary", has_text=what).click()
    await doing.locator("details[open] select").select_option(label=reason)
    await doing.get_by_role("button", name=what).click()


async def go_on(shift: Shift) -> None:
    """Let the worker do what was ordered by now."""
    shift.world.clock.now = max(shift.world.clock(), utc_now())
    await shift.worker.settle(within_s=30)


async def in_trouble(shift: Shift) -> dict[str, str]:
    """One service runs, one is held, the plant has a fault; answer the pages to look at."""
    live, _ = shift.complete_job("O-1")
    await shift.worker.settle(within_s=60)
    held, _ = shift.complete_job("O-2", house=2, serial=OTHER_SERIAL)
    shift.world.olt.plug(plugged(OTHER_SERIAL, come_up_s=100_000))
    await shift.worker.settle(within_s=300)
    fault = raise_fault(shift.store, raised_at=utc_now())
    shift.store.write_now(darken, live.service_id, shift.town.olt, shift.town.pon_port)
    ahead = await shift.store.read(storage.find_ahead, held.service_id)
    assert ahead is not None
    return {
        "fallout": "/fallout",
        "process": f"/processes/{ahead.id}",
        "call_off": f"/processes/{ahead.id}/call-off",
        "search": "/services?q=A-1",
        "service": f"/services/{live.service_id}",
        "network": "/network",
        "affected": f"/network/faults/{fault.id}",
    }


def darken(db: Connection, service_id: UUID, olt_id: UUID, port_id: UUID) -> Written[None]:
    """Let the last poll have found an ONT dark, and its light low before that."""
    down = OntState(service_id=service_id, phase=Phase.OFFLINE, since=utc_now())
    states.store_states(db, [down])
    kind = AlarmKind.DEGRADATION
    alarm = Alarm(
        id=uuid7(),
        kind=kind,
        severity=SEVERITIES[kind],
        olt_id=olt_id,
        pon_port_id=port_id,
        service_id=service_id,
        raised_at=utc_now(),
        detail="-24.1 dBm, was -19.1 dBm",
    )
    return Written(alarm_storage.add(db, [alarm]))


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
async def test_each_page_is_read_and_reached_in_every_size_and_colour(
    served: Served,
    page: Page,
    shift: Shift,
    screenshots: Path,
    size: ViewportSize,
    colours: Literal["light", "dark"],
) -> None:
    pages = await in_trouble(shift)
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=colours)
    await sign_in(page, served.url, "/fallout")

    shape = "wide" if size is WIDE else "phone"
    for name, path in pages.items():
        await page.goto(f"{served.url}{path}")
        await expect(page.locator("#fallout-count .count-chip")).to_be_visible()
        if name in SHOWN and (shape, colours) == ("wide", "light"):
            await keep_picture(page, screenshots, name, of="noc", width=WIDE["width"])
        for folded in await page.locator("summary").all():
            await folded.click()
        for button in await page.get_by_role("button", name="Look now").all():
            await button.click()
            await expect(page.locator("#look")).to_contain_text("Light at the ONT")
        await page.screenshot(
            path=screenshots / f"activation_{name}_{shape}_{colours}.png", full_page=True
        )
        await accessible.check(page, target_min=accessible.OFFICE_TARGET_MIN)
