import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

pytestmark = pytest.mark.browser

PAGE = b"""<!doctype html><title>Light</title><link rel="icon" href="data:,">
<main id="state">dark</main><script src="/light.js"></script>"""
SCRIPT = b"document.getElementById('state').textContent = 'lit'"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    script = request.startswith(b"GET /light.js ")
    body, kind = (SCRIPT, b"text/javascript") if script else (PAGE, b"text/html")
    writer.write(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Security-Policy: script-src 'self'\r\n"
        b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (kind, len(body), body)
    )
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_chromium_runs_the_scripts_of_a_page_on_this_machine(
    page: Page, screenshots: Path
) -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    await page.goto(f"http://127.0.0.1:{port}/")
    await expect(page.locator("#state")).to_have_text("lit")
    await page.screenshot(path=screenshots / "chromium.png")
    server.close()

    assert (screenshots / "chromium.png").read_bytes().startswith(b"\x89PNG")
