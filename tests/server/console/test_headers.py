from pathlib import Path

import httpx
import pytest

from server.console.headers import HEADERS
from server.database import Store
from server.people.records import User
from tests.server.console.town import Town, place_job
from tests.server.console.visits import sign_in


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sign-in", 200),
        ("GET", "/jobs", 303),
        ("GET", "/api/jobs", 401),
        ("GET", "/no/such/page", 404),
        ("POST", "/healthy", 405),
        ("POST", "/sign-in", 400),
        ("GET", "/static/console.css", 200),
        ("GET", "/static/../settings.py", 404),
        ("GET", "/healthy", 200),
    ],
)
async def test_every_answer_carries_the_security_headers(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)

    assert answer.status_code == status
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    # Over plain HTTP a promise of HTTPS would lock people out.
    assert "Strict-Transport-Security" not in answer.headers


def test_the_policy_allows_no_inline_code_and_no_other_origin() -> None:
    policy = HEADERS["Content-Security-Policy"]

    for forbidden in ("unsafe", "http", "*", "data:", "blob:"):
        assert forbidden not in policy
    assert "frame-ancestors 'none'" in policy


async def test_pages_are_kept_by_nobody_and_static_files_for_long(
    client: httpx.AsyncClient, dispatcher: User
) -> None:
    await sign_in(client, dispatcher.email)

    assert (await client.get("/jobs")).headers["Cache-Control"] == "no-store"
    assert "immutable" in (await client.get("/static/console.css")).headers["Cache-Control"]


def test_no_template_holds_inline_code_or_style() -> None:
    folder = Path(__file__).parents[3] / "server" / "templates"
    for file in folder.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        for forbidden in ("<style", " style=", "javascript:", " onclick", "hx-on", "|safe"):
            assert forbidden not in text, (file.name, forbidden)
        assert text.count("<script") == text.count("<script src=")


async def test_a_problem_is_a_page_for_people_and_json_for_programs(
    client: httpx.AsyncClient, house: Store, town: Town, dispatcher: User
) -> None:
    place_job(house, "FL-1")
    assert town.ada
    await sign_in(client, dispatcher.email)

    page = await client.get("/jobs?state=nonsense")
    for_htmx = await client.get("/jobs?state=nonsense", headers={"HX-Request": "true"})
    for_programs = await client.get("/api/jobs?state=nonsense")

    assert page.status_code == for_htmx.status_code == for_programs.status_code == 400
    assert "<h1>That could not be read</h1>" in page.text
    assert "nonsense" in page.text
    assert for_htmx.headers["HX-Retarget"] == "#notice"
    assert "<html" not in for_htmx.text
    assert for_programs.json()["status"] == 400


async def test_an_action_after_the_session_ended_leads_to_sign_in(
    client: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    assert town.ada

    by_htmx = await client.post(f"/jobs/{job_id}/assign", headers={"HX-Request": "true"})
    by_form = await client.post(f"/jobs/{job_id}/assign")

    assert (by_htmx.status_code, by_htmx.headers["HX-Redirect"]) == (401, "/sign-in")
    assert (by_form.status_code, by_form.headers["Location"]) == (303, "/sign-in")
