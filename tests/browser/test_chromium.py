import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from dev import BROWSER_TESTS_LEFT_OUT

ROOT = Path(__file__).parents[2]

PAGES = {
    b"/lit": b'<main id="state">dark</main><script src="/light.js"></script>',
    b"/inline": b'<main id="state">dark</main><script>document.title = "inline"</script>',
    b"/broken": b'<main id="state">dark</main><script src="/broken.js"></script>',
}
SCRIPTS = {
    b"/light.js": b"document.getElementById('state').textContent = 'lit'",
    b"/broken.js": b"document.getElementById('nowhere').textContent = 'lit'",
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
    head = b'<!doctype html><title>Light</title><link rel="icon" href="data:,">'
    body = SCRIPTS.get(path) or head + PAGES[path]
    kind = b"text/javascript" if path in SCRIPTS else b"text/html"
    writer.write(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Security-Policy: script-src 'self'\r\n"
        b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.fixture
async def origin() -> AsyncGenerator[str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


@pytest.mark.browser
async def test_chromium_runs_the_scripts_of_a_page_on_this_machine(
    page: Page, origin: str, screenshots: Path
) -> None:
    await page.goto(f"{origin}/lit")

    await expect(page.locator("#state")).to_have_text("lit")
    picture = await page.screenshot(path=screenshots / "chromium.png")
    assert picture.startswith(b"\x89PNG")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "complaint"), [("/inline", "Content Security Policy"), ("/broken", "null")]
)
async def test_a_page_complains_of_a_blocked_or_broken_script(
    page: Page, page_complaints: list[str], origin: str, path: str, complaint: str
) -> None:
    await page.goto(f"{origin}{path}")

    await expect(page.locator("#state")).to_have_text("dark")
    assert [complaint in heard for heard in page_complaints] == [True]
    page_complaints.clear()


@pytest.mark.parametrize(
    ("required", "status"),
    [("", pytest.ExitCode.NO_TESTS_COLLECTED), ("1", pytest.ExitCode.USAGE_ERROR)],
)
def test_without_chromium_the_last_line_says_what_was_left_out(required: str, status: int) -> None:
    environ = {
        **os.environ,
        "FIRSTLIGHT_CHROMIUM": "/nowhere/chromium",
        "FIRSTLIGHT_REQUIRE_BROWSER": required,
        "COLUMNS": "200",
    }

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-m", "browser", __file__, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == status
    assert BROWSER_TESTS_LEFT_OUT in ran.stdout + ran.stderr
