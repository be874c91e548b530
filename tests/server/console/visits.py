"""A browser's side of the console, for tests without a browser."""

import re
from typing import Final

import httpx

from tests.server.console.town import PASSWORD

COOKIE: Final = "firstlight"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


async def sign_in(
    client: httpx.AsyncClient, email: str, password: str = PASSWORD
) -> httpx.Response:
    """Send the sign-in form."""
    return await client.post("/sign-in", data={"email": email, "password": password})


async def csrf_token(client: httpx.AsyncClient) -> str:
    """Read the token that a page of this session carries."""
    page = await client.get("/jobs")
    found = _TOKEN.search(page.text)
    assert found is not None, page.text
    return found[1]
