"""The fallout and the page of a process: what failed, who owns it, retry and call off."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event

from server.database import Store
from server.database.tables.fulfilment import process_attempts, processes
from server.fulfilment import storage
from server.fulfilment.records import Process, ProcessState
from server.people.records import Role
from tests.server.console.processes import let_fall
from tests.server.console.town import NOON, Town, add_user, place_job
from tests.server.console.visits import csrf_token, sign_in
from tests.server.factories import rows

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
async def noc(client: httpx.AsyncClient, house: Store, town: Town) -> httpx.AsyncClient:
    """The browser of somebody in the NOC."""
    assert town
    await sign_in(client, add_user(house, "noc@operator.example", Role.NOC).email)
    return client


def fall(house: Store, number: str, **changes: Any) -> Process:  # noqa: ANN401  whatever the record takes
    return let_fall(house, place_job(house, number), **changes)


def sections(page: str) -> list[str]:
    return re.findall(r'<section class="sheet fallout".*?</section>', page, re.DOTALL)


def stored(house: Store, process_id: UUID) -> Process:
    return house.read_now(storage.get, process_id)


async def act_on(browser: httpx.AsyncClient, process: Process, what: str) -> httpx.Response:
    data = {"csrf_token": await csrf_token(browser)}
    return await browser.post(f"/processes/{process.id}/{what}", data=data)


async def test_what_is_stuck_says_why_since_when_and_who_owns_it(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")

    (shown,) = sections((await noc.get("/fallout")).text)

    for said in (
        "The OLT lacks a profile of the product",
        "PROFILE_MISSING",
        "profile &#39;line-1&#39; is missing",
        "NOC",
        "Create the profile on the OLT",
        "14:00 CEST",
        "FL-1",
        "Altstadt-1",
        f"/processes/{process.id}/call-off",
    ):
        assert said in shown


async def test_the_oldest_is_on_top_and_what_is_well_is_not_there(
    noc: httpx.AsyncClient, house: Store
) -> None:
    fall(house, "FL-1", state=ProcessState.HELD, code="ONT_NOT_SEEN")
    fall(house, "FL-2", at=NOON + timedelta(hours=1))
    fall(house, "FL-3", state=ProcessState.DONE, code=None)
    fall(house, "FL-4", state=ProcessState.READY, code=None)

    shown = sections((await noc.get("/fallout")).text)

    assert ["FL-1" in shown[0], "FL-2" in shown[1], len(shown)] == [True, True, 2]
    assert (await noc.get("/fallout/count")).text.count(">2<") == 1


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("standing=held", ["FL-1"]),
        ("standing=retrying", ["FL-3"]),
        ("code=PROFILE_MISSING", ["FL-2"]),
        ("olt=00000000-0000-0000-0000-000000000009", []),
    ],
)
async def test_the_fallout_is_filtered(
    noc: httpx.AsyncClient, house: Store, query: str, numbers: list[str]
) -> None:
    fall(house, "FL-1", state=ProcessState.HELD, code="ONT_NOT_SEEN")
    fall(house, "FL-2")
    long_ago = NOON - timedelta(days=365)
    fall(house, "FL-3", state=ProcessState.WAITING, code="OLT_UNREACHABLE", at=long_ago)

    shown = sections((await noc.get(f"/fallout?{query}")).text)

    assert [re.findall(r"FL-\d", each)[0] for each in shown] == numbers


async def test_the_olt_of_the_plant_is_found_by_the_filter(
    noc: httpx.AsyncClient, house: Store
) -> None:
    fall(house, "FL-1")
    page = (await noc.get("/fallout")).text
    (olt,) = re.findall(r'<option value="([0-9a-f-]{36})">Altstadt-1', page)

    assert len(sections((await noc.get(f"/fallout?olt={olt}")).text)) == 1


async def test_pages_go_on_from_the_last_line(
    noc: httpx.AsyncClient, house: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.fulfilment.pages.PAGE_SIZE", 2)
    for number in range(3):
        fall(house, f"FL-{number}")

    first = (await noc.get("/fallout")).text
    (following,) = re.findall(r'href="(/fallout\?after=[^"]+)" rel="next"', first)
    second = (await noc.get(following)).text

    assert (len(sections(first)), len(sections(second))) == (2, 1)
    assert "FL-2" in sections(second)[0]
    assert 'rel="next"' not in second


async def test_what_an_olt_says_is_never_markup(noc: httpx.AsyncClient, house: Store) -> None:
    process = fall(house, "FL-1", detail=HOSTILE)
    (attempt,) = rows(house, process_attempts)

    listed = (await noc.get("/fallout")).text
    shown = (await noc.get(f"/processes/{process.id}")).text
    exchange = (await noc.get(f"/processes/{process.id}/attempts/{attempt['id']}")).text

    assert [HOSTILE in page for page in (listed, shown)] == [False, False]
    assert "&lt;b&gt;4&lt;/b&gt;" in exchange
    assert "no answer" in exchange


async def test_retry_lets_it_go_on_and_answers_its_line(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")
    headers = {"HX-Request": "true", "X-CSRF-Token": await csrf_token(noc)}

    answer = await noc.post(f"/processes/{process.id}/retry", headers=headers)

    assert stored(house, process.id).state is ProcessState.READY
    (line,) = sections(answer.text)
    assert "Tried again now" in line
    assert len(sections((await noc.get("/fallout")).text)) == 1


async def test_without_scripts_retry_leads_to_the_process(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")

    answer = await act_on(noc, process, "retry")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/processes/{process.id}")


async def test_calling_off_says_first_what_is_taken_back(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")

    asked = (await noc.get(f"/processes/{process.id}/call-off")).text
    assert "its ids are given back" in asked
    assert stored(house, process.id).state is ProcessState.STUCK

    answer = await act_on(noc, process, "call-off")
    after = stored(house, process.id)
    assert (answer.status_code, after.state, after.step) == (303, ProcessState.READY, "undo")
    assert "being called off" in (await noc.get(f"/processes/{process.id}")).text


async def test_a_write_with_an_unknown_end_is_not_called_off(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1", state=ProcessState.WAITING, code="OUTCOME_UNKNOWN")

    answer = await act_on(noc, process, "call-off")

    assert answer.status_code == 409
    assert "retry it until it is known" in answer.text


async def test_what_is_done_is_not_retried(noc: httpx.AsyncClient, house: Store) -> None:
    process = fall(house, "FL-1", state=ProcessState.DONE, code=None)

    assert (await act_on(noc, process, "retry")).status_code == 409
    assert "Retry" not in (await noc.get(f"/processes/{process.id}")).text


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.SUPPORT])
async def test_others_see_the_fallout_and_act_on_nothing(
    client: httpx.AsyncClient, house: Store, town: Town, role: Role
) -> None:
    assert town
    process = fall(house, "FL-1")
    await sign_in(client, add_user(house, "o@operator.example", role).email)

    page = (await client.get("/fallout")).text

    assert len(sections(page)) == 1
    assert "/retry" not in page
    for what in ("retry", "call-off"):
        assert (await act_on(client, process, what)).status_code == 403
    assert stored(house, process.id).state is ProcessState.STUCK


async def test_a_form_without_its_token_changes_nothing(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")

    for what in ("retry", "call-off"):
        assert (await noc.post(f"/processes/{process.id}/{what}")).status_code == 403
    assert stored(house, process.id) == process


async def test_a_process_shows_its_path_and_each_attempt(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process = fall(house, "FL-1")

    page = (await noc.get(f"/processes/{process.id}")).text

    for said in ("Evidence verified", "Waiting to register the ONT", "Go live", "SNMP exchange"):
        assert said in page
    assert page.index('class="is-done"') < page.index('class="is-now"') < page.index("is-open")


async def test_an_attempt_of_another_process_is_not_there(
    noc: httpx.AsyncClient, house: Store
) -> None:
    process, other = fall(house, "FL-1"), fall(house, "FL-2")
    attempt = next(row for row in rows(house, process_attempts) if row["process_id"] == process.id)

    answer = await noc.get(f"/processes/{other.id}/attempts/{attempt['id']}")

    assert answer.status_code == 404


async def test_the_list_asks_the_database_as_often_for_many_as_for_few(
    noc: httpx.AsyncClient, house: Store
) -> None:
    asked: list[str] = []
    for number in range(9):
        fall(house, f"FL-{number}")

    def note(*heard: object) -> None:
        asked.append(str(heard[2]))

    event.listen(house.reading, "before_cursor_execute", note)
    await noc.get("/fallout")

    assert sum("FROM processes" in each for each in asked) == 2
    assert len(rows(house, processes)) == 9
