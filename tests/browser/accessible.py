"""What every page must have: read in the rain, hit with a glove, reached by keyboard."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TARGET_MIN = 48
OFFICE_TARGET_MIN = 44
"""Nobody wears a glove at a desk; phones are held in a hurry all the same."""


async def check(page: Page, *, target_min: int = TARGET_MIN) -> None:
    """Look at the page that is open, in its size, colours and language."""
    assert await too_wide(page) is False, page.url
    assert await small_targets(page, target_min) == [], page.url
    assert await faults(page) == [], page.url
    assert await out_of_reach(page) == [], page.url


async def too_wide(page: Page) -> bool:
    """Say whether one would have to scroll sideways."""
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


async def small_targets(page: Page, least: int = TARGET_MIN) -> list[str]:
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
        least,
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
