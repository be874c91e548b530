"""Who may speak to the local agent: rivals are pages of other sites in the technician's browser."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest
from litestar import Litestar, get, post

from field_client.browser_door import COOKIE, BrowserDoor
from field_client.gate import Gate
from field_client.storage import Disk

BASE = "http://127.0.0.1:8080"
OURS = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}


@get("/page", sync_to_thread=False)
def show_page() -> str:
    return "page"


@post("/entry", status_code=200, sync_to_thread=False)
def enter() -> str:
    return "entered"


@get(["/static/x.css", "/launch"], sync_to_thread=False)
def open_to_all() -> str:
    return "open"


@pytest.fixture
def door(tmp_path: Path) -> BrowserDoor:
    return BrowserDoor(tmp_path, Disk())


@pytest.fixture
def secret(door: BrowserDoor) -> str:
    """The cookie of the browser that is in."""
    let_in = door.let_in(door.new_code())
    assert let_in is not None
    return let_in


def client(door: BrowserDoor) -> httpx.AsyncClient:
    inside = Litestar([show_page, enter, open_to_all], openapi_config=None, logging_config=None)
    gate = Gate(inside, token="token", door=door)
    transport = httpx.ASGITransport(app=gate)  # pyright: ignore[reportArgumentType]  httpx types an ASGI application by plain dicts
    return httpx.AsyncClient(transport=transport, base_url=BASE)


REFUSED: list[tuple[str, str, Mapping[str, str], int, str]] = [
    ("GET", "/page", {}, 401, "no_launch_token"),
    ("GET", "/page", {"Cookie": f"{COOKIE}=guessed"}, 401, "no_launch_token"),
    ("GET", "/page", {"Authorization": "Bearer guessed"}, 401, "no_launch_token"),
    ("GET", "/page", {"Cookie": "{cookie}", "Authorization": "Bearer x"}, 401, "no_launch_token"),
    ("GET", "/page", {"Cookie": "{cookie}", "Host": "evil.example"}, 400, "foreign_host"),
    ("GET", "/static/x.css", {"Host": "evil.example"}, 400, "foreign_host"),
    ("POST", "/entry", {"Cookie": "{cookie}"}, 403, "foreign_page"),
    ("POST", "/entry", {"Cookie": "{cookie}", "Origin": "null"}, 403, "foreign_page"),
    ("POST", "/entry", {"Cookie": "{cookie}", "Origin": "http://a.example"}, 403, "foreign_page"),
    # Another program on this machine is the same site, for cookies do not tell ports apart.
    (
        "POST", "/entry",
        {"Cookie": "{cookie}", "Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"},
        403, "foreign_page",
    ),
    (
        "POST", "/entry", {"Cookie": "{cookie}", **OURS, "Sec-Fetch-Site": "cross-site"},
        403, "foreign_page",
    ),
    ("DELETE", "/page", {"Cookie": "{cookie}"}, 403, "foreign_page"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "headers", "status", "code"), REFUSED)
async def test_what_is_not_to_come_in_is_named_and_changes_nothing(  # noqa: PLR0913, PLR0917  a table of cases
    door: BrowserDoor,
    secret: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    status: int,
    code: str,
) -> None:
    shown = {name: text.replace("{cookie}", f"{COOKIE}={secret}") for name, text in headers.items()}
    async with client(door) as asking:
        answer = await asking.request(method, path, headers=shown)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/page", {"Cookie": "{cookie}"}),
        ("GET", "/page", {"Cookie": "other=1; {cookie}; more=2", "Host": "localhost:8080"}),
        ("POST", "/entry", {"Cookie": "{cookie}", **OURS}),
        ("POST", "/entry", {"Cookie": "{cookie}", "Origin": BASE}),
        ("POST", "/entry", {"Authorization": "Bearer token"}),
        ("GET", "/static/x.css", {}),
        ("GET", "/launch", {}),
    ],
)
async def test_our_pages_and_programs_with_the_token_come_in(
    door: BrowserDoor, secret: str, method: str, path: str, headers: Mapping[str, str]
) -> None:
    shown = {name: text.replace("{cookie}", f"{COOKIE}={secret}") for name, text in headers.items()}
    async with client(door) as asking:
        answer = await asking.request(method, path, headers=shown)

    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_person_without_the_cookie_reads_how_to_come_in(door: BrowserDoor) -> None:
    async with client(door) as asking:
        answer = await asking.get("/page", headers={"Accept": "text/html"})

    assert answer.status_code == 401
    assert "Open Firstlight from its icon" in answer.text


def test_a_launch_code_is_good_once_and_the_last_one_only(tmp_path: Path) -> None:
    door = BrowserDoor(tmp_path, Disk())
    first, second = door.new_code(), door.new_code()

    assert door.let_in("") is None
    assert door.let_in(first) is None
    secret = door.let_in(second)
    assert secret is not None
    assert door.let_in(second) is None
    assert (door.admits(secret), door.admits(""), door.admits(second)) == (True, False, False)


def test_the_browser_stays_in_over_a_restart_until_another_comes(tmp_path: Path) -> None:
    before = BrowserDoor(tmp_path, Disk())
    first = before.let_in(before.new_code())
    assert first is not None
    kept = (tmp_path / "browser.session").read_bytes()

    after = BrowserDoor(tmp_path, Disk())
    assert after.admits(first)
    assert first.encode() not in kept
    second = after.let_in(after.new_code())
    assert second is not None
    assert (after.admits(first), after.admits(second)) == (False, True)
