"""Every page of the tablet: axe-core finds nothing, fingers in gloves hit, keyboards reach all."""

from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import pytest
from playwright.async_api import Page

from server.acts import utc_now
from server.database import Store
from server.jobs import commands as jobs
from tests.browser.clashing import clash_before
from tests.browser.hands import SERIAL, UPRIGHT, WIDE, Hands, fill_van, invite
from tests.server.console.town import Town, act, place_job

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TARGET_MIN = 48
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

            assert await too_wide(page) is False, path
            assert await small_targets(page) == [], path
            assert await faults(page) == [], path
            assert await out_of_reach(page) == [], path


async def too_wide(page: Page) -> bool:
    """Say whether one would have to scroll sideways."""
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


async def small_targets(page: Page) -> list[str]:
    """Find what can be pressed and is too small for a glove.

    What is unseen is pressed through its label, which is looked at instead.
    """
    return await page.evaluate(
        """(least) => {
          const pressed = "a, button, input:not([type=hidden]), textarea, select, summary, label";
          const isButton = (e) => e.tagName !== "LABEL" || e.matches(".button, .option");
          const seen = (e) => e.checkVisibility() && !e.closest(".unseen, .skip");
          const box = (e) => (e.closest("label") ?? e).getBoundingClientRect();
          return [...document.querySelectorAll(pressed)].filter(seen).filter(isButton)
            .filter((e) => box(e).width < least || box(e).height < least)
            .map((e) => e.outerHTML.slice(0, 120));
        }""",
        TARGET_MIN,
    )


async def faults(page: Page) -> list[dict[str, Any]]:
    """Ask axe-core, contrast at 7:1 included."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    return await page.evaluate(
        """async () => {
          const found = await axe.run({rules: {"color-contrast-enhanced": {enabled: true}}});
          return found.violations.map((each) => ({
            rule: each.id,
            impact: each.impact,
            where: each.nodes.map((node) => node.html.slice(0, 160)),
          }));
        }"""
    )


async def out_of_reach(page: Page) -> list[str]:
    """Press Tab through the page; what can be pressed and never gets the focus is out of reach."""
    needed: list[str] = await page.evaluate(
        """() => {
          const pressed = "a[href], button, input:not([type=hidden]), textarea, select, summary";
          const all = [...document.querySelectorAll(pressed)].filter((e) => e.checkVisibility());
          // Of a group of radio buttons Tab reaches one, the arrow keys the others.
          const alone = all.filter((e) => e.type !== "radio" || e.checked);
          alone.forEach((e, place) => { e.dataset.place = place; });
          document.activeElement?.blur();
          return alone.map((e) => e.dataset.place);
        }"""
    )
    reached: set[str] = set()
    for _ in range(len(needed) + 3):
        await page.keyboard.press("Tab")
        place = await page.evaluate("document.activeElement?.dataset.place ?? ''")
        reached.add(str(place))
    return [place for place in needed if place not in reached]
