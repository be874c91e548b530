from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
import sqlalchemy as sa
import structlog

from server.acts import utc_now
from server.console.live import LiveStreams
from server.database import Connection, Store
from server.database.tables.people import sessions
from server.people import commands
from server.people.commands import NewSession
from server.people.records import Role, User
from server.people.secrets import hash_secret
from server.people.sign_in import Admitted, Attempt
from tests.server.console.fixtures import OpenClient
from tests.server.console.serving import SETTINGS, console_app
from tests.server.console.town import PASSWORD, act, add_user
from tests.server.console.visits import COOKIE, csrf_token, sign_in

EMAIL = "dora@operator.example"


def stored_hashes(db: Connection) -> set[str]:
    return set(db.execute(sa.select(sessions.c.secret_hash)).scalars())


async def test_the_right_password_opens_the_page_that_was_wanted(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    asked = await client.get("/jobs?state=working")
    assert asked.status_code == 303
    assert asked.headers["Location"] == "/sign-in?then=%2Fjobs%3Fstate%3Dworking"

    form = {"email": f" {EMAIL.upper()} ", "password": PASSWORD, "then": "/jobs?state=working"}
    signed_in = await client.post("/sign-in", data=form)

    assert signed_in.status_code == 303
    assert signed_in.headers["Location"] == "/jobs?state=working"
    assert dispatcher.name in (await client.get("/jobs")).text


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "/\\evil.example", "jobs", ""]
)
async def test_signing_in_never_leads_away_from_the_console(
    client: httpx.AsyncClient, dispatcher: User, then: str
) -> None:
    form = {"email": dispatcher.email, "password": PASSWORD, "then": then}
    signed_in = await client.post("/sign-in", data=form)

    assert signed_in.headers["Location"] == "/jobs"


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    wrong = await sign_in(client, dispatcher.email, "wrong horse battery")
    unknown = await sign_in(client, "nobody@operator.example", "wrong horse battery")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.text.replace(dispatcher.email, "") == unknown.text.replace(
        "nobody@operator.example", ""
    )
    assert "set-cookie" not in wrong.headers


async def test_a_session_that_the_browser_brought_along_is_never_taken_over(
    open_client: OpenClient, house: Store, dispatcher: User
) -> None:
    """Session fixation: whoever planted a secret in the victim's browser gets nothing by it."""
    attacker, victim = open_client(), open_client()
    for browser in (attacker, victim):
        browser.cookies.set(COOKIE, "planted", domain="console.test")

    await sign_in(victim, dispatcher.email)

    assert victim.cookies[COOKIE] != "planted"
    assert (await attacker.get("/jobs")).status_code == 303
    assert house.read_now(stored_hashes) == {hash_secret(victim.cookies[COOKIE])}


async def test_signing_in_again_ends_the_session_before(
    open_client: OpenClient, house: Store, dispatcher: User
) -> None:
    browser, thief = open_client(), open_client()
    await sign_in(browser, dispatcher.email)
    thief.cookies.set(COOKIE, browser.cookies[COOKIE])

    await sign_in(browser, dispatcher.email)

    assert (await thief.get("/jobs")).status_code == 303
    assert (await browser.get("/jobs")).status_code == 200
    assert len(house.read_now(stored_hashes)) == 1


async def test_the_secret_of_a_session_is_only_in_its_cookie(
    client: httpx.AsyncClient, house: Store, dispatcher: User
) -> None:
    signed_in = await sign_in(client, dispatcher.email)

    secret = client.cookies[COOKIE]
    assert secret not in signed_in.text
    assert secret not in (await client.get("/jobs")).text
    assert house.read_now(stored_hashes) == {hash_secret(secret)}


async def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_http(
    house: Store, streams: LiveStreams, dispatcher: User, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(SETTINGS, secure_cookies=True, session_hours=3)
    app = console_app(house, streams, tmp_path, settings)
    transport = httpx.ASGITransport(app)  # pyright: ignore[reportArgumentType]  as in the fixtures
    async with httpx.AsyncClient(transport=transport, base_url="https://console.test") as client:
        signed_in = await sign_in(client, dispatcher.email)

    name, *flags = signed_in.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-firstlight=")
    assert {flag.lower() for flag in flags} == {
        "httponly",
        "secure",
        "path=/",
        "samesite=strict",
        "max-age=10800",
    }
    assert signed_in.headers["Strict-Transport-Security"]


async def test_signing_out_ends_the_session_and_not_only_the_cookie(
    open_client: OpenClient, house: Store, dispatcher: User
) -> None:
    browser, thief = open_client(), open_client()
    await sign_in(browser, dispatcher.email)
    thief.cookies.set(COOKIE, browser.cookies[COOKIE])
    token = await csrf_token(browser)

    signed_out = await browser.post("/sign-out", data={"csrf_token": token})

    assert signed_out.headers["Location"] == "/sign-in"
    assert (await thief.get("/jobs")).status_code == 303
    assert house.read_now(stored_hashes) == set()


async def test_a_session_ends_when_its_time_is_over(
    client: httpx.AsyncClient, house: Store, dispatcher: User
) -> None:
    def begin(lifetime: timedelta, secret: str) -> None:
        new = NewSession(
            secret_hash=hash_secret(secret), csrf_token="t", lifetime=lifetime, replaces=None
        )
        house.write_now(
            commands.start_session, dispatcher, new, act=act(utc_now() - timedelta(hours=2))
        )

    begin(timedelta(hours=1), "over")
    client.cookies.set(COOKIE, "over")
    assert (await client.get("/jobs")).status_code == 303

    begin(timedelta(hours=3), "lasting")
    client.cookies.set(COOKIE, "lasting")
    assert (await client.get("/jobs")).status_code == 200


async def test_a_form_sent_by_another_site_signs_nobody_in(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    form = {"email": dispatcher.email, "password": PASSWORD}
    sent = await client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "cross-site"})

    assert sent.status_code == 403
    assert "set-cookie" not in sent.headers


async def test_guessing_is_stopped_for_an_account_and_for_an_address(
    open_client: OpenClient, house: Store, dispatcher: User
) -> None:
    guesser = open_client()
    answers = [await sign_in(guesser, dispatcher.email, "wrong guess, again") for _ in range(9)]

    assert [answer.status_code for answer in answers] == [401] * 8 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 60
    # Not even the right password is tried any more, and other people are not concerned.
    assert (await sign_in(guesser, dispatcher.email)).status_code == 429
    colleague = add_user(house, "carl@operator.example", Role.NOC)
    assert (await sign_in(open_client(), colleague.email)).status_code == 303


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"email=a%40b&password=", "application/x-www-form-urlencoded"),
        (b"email=a%40b", "application/x-www-form-urlencoded"),
        (b"\xff\xfe=\xff", "application/x-www-form-urlencoded"),
        (b"email=%ff%fe&password=%ff", "application/x-www-form-urlencoded"),
        (b"email=" + b"a" * 5000 + b"&password=x", "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
        (b"", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_broken_form_is_the_senders_mistake(
    client: httpx.AsyncClient, body: bytes, kind: str
) -> None:
    sent = await client.post("/sign-in", content=body, headers={"Content-Type": kind})

    assert sent.status_code in (400, 401)


async def test_neither_passwords_nor_secrets_nor_addresses_are_logged(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    with structlog.testing.capture_logs() as lines:
        await sign_in(client, dispatcher.email, "wrong horse battery")
        await sign_in(client, dispatcher.email)
        await client.post("/sign-in", data={"password": PASSWORD})
        await client.get("/jobs")

    told = repr(lines)
    assert [line["event"] for line in lines] == ["sign_in.refused", "sign_in.admitted"]
    for secret in (PASSWORD, "wrong horse", dispatcher.email, client.cookies[COOKIE]):
        assert secret not in told


def test_neither_an_attempt_nor_its_outcome_shows_a_secret(dispatcher: User) -> None:
    attempt = Attempt(email=EMAIL, password=PASSWORD, address="192.0.2.1", old_secret="verysecret")

    shown = repr(attempt) + repr(Admitted(user=dispatcher, secret="verysecret"))

    assert "verysecret" not in shown
    assert PASSWORD not in shown
    assert EMAIL not in shown
