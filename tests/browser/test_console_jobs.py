"""A dispatcher's way through the console, in a real browser."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Page, Request, ViewportSize, expect

from server.acts import utc_now
from server.database import Store, schema_versions
from server.jobs import commands as jobs
from server.people.records import Role, Scope
from tests.browser.accessible import too_wide
from tests.server.console.field_work import capture_everything, photograph, send, tell
from tests.server.console.serving import Served, serving
from tests.server.console.town import (
    NOON,
    PASSWORD,
    Town,
    act,
    add_token,
    add_user,
    found_town,
    place_job,
)

pytestmark = pytest.mark.browser

DISPATCHER = "dora@operator.example"
HOUR = timedelta(hours=1)
WIDE = ViewportSize(width=1280, height=800)
UPRIGHT = ViewportSize(width=800, height=1280)


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    url = f"sqlite:///{tmp_path / 'firstlight.db'}"
    schema_versions.upgrade(url)
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def town(store: Store) -> Town:
    found = found_town(store)
    add_user(store, DISPATCHER, Role.DISPATCHER)
    return found


@pytest.fixture
async def served(store: Store, tmp_path: Path) -> AsyncGenerator[Served]:
    async with serving(store, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
def requested(page: Page) -> list[str]:
    """Every address that the browser asks for."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    page.on("request", note)
    return addresses


async def sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/jobs")
    await page.get_by_label("Email").fill(DISPATCHER)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    # The scripts are deferred: a form sent before they ran is answered with a whole page.
    await page.wait_for_load_state()


def some_jobs(store: Store, town: Town) -> UUID:
    """A day's jobs, two of them with technicians; answer one that is unassigned."""
    first = place_job(store, "FL-1001", premise="P-1")
    place_job(store, "FL-1002", premise="P-2", starts_at=NOON + timedelta(hours=2))
    third = place_job(store, "FL-1003", premise="P-3", product="HOME-1000")
    fourth = place_job(store, "FL-1004", premise="P-4", starts_at=NOON + timedelta(days=1))
    place_job(store, "FL-1005", premise="P-5", starts_at=NOON + timedelta(days=1, hours=3))
    store.write_now(jobs.assign, third, town.ada, act=act())
    store.write_now(jobs.assign, fourth, town.ben, act=act())
    capture_everything(store, third, town.ada)
    return first


async def test_a_dispatcher_signs_in_assigns_a_job_and_watches_it_move(
    served: Served, page: Page, store: Store, town: Town, requested: list[str], screenshots: Path
) -> None:
    job_id = some_jobs(store, town)
    await page.set_viewport_size(WIDE)
    await page.goto(served.url)
    await page.screenshot(path=screenshots / "sign_in.png")

    await sign_in(page, served.url)
    await page.screenshot(path=screenshots / "jobs.png")
    row = page.locator(f"#job-{job_id}")
    await row.get_by_label("Technician for job FL-1001-1").select_option(label="Ada Lind")
    await row.get_by_role("button", name="Assign").click()
    await expect(row.locator(".chip")).to_have_text("Assigned")
    await expect(row.get_by_role("button")).to_be_focused()
    await page.screenshot(path=screenshots / "assigned.png")

    await row.get_by_role("link", name="FL-1001-1").click()
    timeline = page.locator("#timeline .line")
    await expect(timeline.last).to_contain_text("Assigned to Ada Lind")

    await reassign_by_api(served, store, job_id, town.ben)
    await expect(timeline.last).to_contain_text("Assigned to Ben Ohm")
    await expect(page.locator("#state")).to_contain_text("Ben Ohm")

    capture_everything(store, job_id, town.ben, since=utc_now())
    await expect(page.locator("#evidence")).to_contain_text("5 of 5 required")
    await expect(page.locator("#state .chip.large")).to_have_text("Completed")
    tell(store, job_id, "process.advanced", {"step": "register"}, at=utc_now() + HOUR)
    await expect(timeline.last).to_contain_text("ONT registered on its OLT")
    await page.screenshot(path=screenshots / "job_live.png", full_page=True)

    assert requested
    assert [url for url in requested if not url.startswith(served.url)] == []


async def reassign_by_api(served: Served, store: Store, job_id: UUID, technician_id: UUID) -> None:
    secret = add_token(store, Scope.JOBS_WRITE)
    async with httpx.AsyncClient(base_url=served.url) as integration:
        moved = await integration.post(
            f"/api/jobs/{job_id}/assignment",
            json={"technician_id": str(technician_id)},
            headers={"Authorization": f"Bearer {secret}"},
        )
    assert moved.is_success


async def test_a_notice_goes_when_the_next_action_succeeds(
    served: Served,
    page: Page,
    page_complaints: list[str],
    store: Store,
    town: Town,
    screenshots: Path,
) -> None:
    job_id = some_jobs(store, town)
    other_id = place_job(store, "FL-1006", premise="P-6")
    await page.set_viewport_size(WIDE)
    await sign_in(page, served.url)
    store.write_now(jobs.cancel, job_id, reason="customer left", act=act())
    notice = page.locator("#notice")

    for _ in range(2):
        await assign_in_list(page, job_id, "FL-1001-1")
        await expect(notice).to_contain_text("That has changed meanwhile")
    await expect(notice.locator(".notice")).to_have_count(1)
    await page.screenshot(path=screenshots / "notice.png")
    await let_the_page_fetch(page)
    await expect(notice.locator(".notice")).to_have_count(1)

    await assign_in_list(page, other_id, "FL-1006-1")
    await expect(page.locator(f"#job-{other_id} .chip")).to_have_text("Assigned")
    await expect(notice).to_be_empty()
    await page.screenshot(path=screenshots / "notice_gone.png")
    assert all("409" in heard for heard in page_complaints), page_complaints
    page_complaints.clear()


async def let_the_page_fetch(page: Page) -> None:
    """Let the page ask by itself for something, as it does when a live part has moved."""
    await page.evaluate(
        """() => new Promise((done) => {
          document.addEventListener("htmx:afterRequest", () => setTimeout(done), {once: true});
          document.body.dispatchEvent(new Event("htmx:sseMessage"));
        })"""
    )


async def assign_in_list(page: Page, job_id: UUID, number: str) -> None:
    row = page.locator(f"#job-{job_id}")
    await row.get_by_label(f"Technician for job {number}").select_option(label="Ada Lind")
    await row.get_by_role("button").click()


async def test_the_pages_fit_an_upright_tablet_and_a_dark_room(
    served: Served, page: Page, store: Store, town: Town, screenshots: Path
) -> None:
    job_id = some_jobs(store, town)
    await page.set_viewport_size(UPRIGHT)
    await page.emulate_media(color_scheme="dark")

    await sign_in(page, served.url)
    await page.screenshot(path=screenshots / "jobs_upright_dark.png")
    assert await too_wide(page) is False
    await page.goto(f"{served.url}/jobs/{job_id}")
    await page.screenshot(path=screenshots / "job_upright_dark.png", full_page=True)
    assert await too_wide(page) is False


@pytest.fixture
async def photographed(page: Page, store: Store, town: Town, tmp_path: Path) -> UUID:
    """A job with three photos of which one has arrived: a picture as wide as WIDE."""
    job_id = some_jobs(store, town)
    capture_everything(store, job_id, town.ada, since=utc_now())
    await page.set_viewport_size(WIDE)
    await page.set_content('<body bgcolor="teal"><h1>ONT</h1><hr>HWTC1A2B3C4D')
    picture = await page.screenshot()
    photograph(store, job_id, town.ada, picture, media_type="image/png")
    send(store, tmp_path / "blobs", picture)
    return job_id


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, UPRIGHT], ids=["wide", "upright"])
async def test_a_dispatcher_sees_photos_and_opens_one(
    served: Served,
    page: Page,
    photographed: UUID,
    screenshots: Path,
    size: ViewportSize,
    colours: Literal["light", "dark"],
) -> None:
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=colours)
    await sign_in(page, served.url)
    await page.goto(f"{served.url}/jobs/{photographed}")

    evidence = page.locator("#evidence")
    small = evidence.get_by_role("img", name="Open the photo: ONT mounted")
    await expect(small).to_have_js_property("naturalWidth", WIDE["width"])
    await expect(evidence).to_contain_text("The photo itself has not arrived yet")
    shape = "wide" if size is WIDE else "upright"
    await page.screenshot(path=screenshots / f"photos_{shape}_{colours}.png", full_page=True)
    assert await too_wide(page) is False

    async with page.context.expect_page() as opening:
        await small.click()
    opened = await opening.value
    await expect(opened.locator("img")).to_have_js_property("naturalWidth", WIDE["width"])
