"""What people in the office do in the console about a service."""

import re
from datetime import timedelta
from uuid import UUID

import httpx

from server.acts import utc_now
from server.people.records import Role
from tests.server.console.town import add_user
from tests.server.console.visits import csrf_token, sign_in
from tests.server.fulfilment.shift import Shift

_SEEN = re.compile(r'name="seen_orders" value="(\d+)"')


async def enter(shift: Shift, browser: httpx.AsyncClient, role: Role = Role.SUPPORT) -> None:
    """Sign in as somebody new with a role."""
    await sign_in(browser, add_user(shift.store, f"{role}@operator.example", role).email)


async def page_of(browser: httpx.AsyncClient, service_id: UUID) -> str:
    answer = await browser.get(f"/services/{service_id}")
    assert answer.status_code == 200, answer.text
    return answer.text


def seen_orders(page: str) -> str:
    """Read how many orders a page has shown."""
    found = _SEEN.search(page)
    assert found is not None, page
    return found[1]


async def order(
    shift: Shift,
    browser: httpx.AsyncClient,
    service_id: UUID,
    action: str,
    page: str,
    **fields: str,
) -> httpx.Response:
    """Send one of the forms of a page that was shown; pages go by the wall's clock."""
    shift.world.clock.now = max(shift.world.clock(), utc_now() + timedelta(minutes=1))
    data = {"csrf_token": await csrf_token(browser), "seen_orders": seen_orders(page), **fields}
    return await browser.post(f"/services/{service_id}/{action}", data=data)
