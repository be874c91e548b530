"""The page of open issues: both values, who and when, and what the office may do."""

import re
from uuid import UUID

import httpx
import pytest

from server.audit import list_of_job
from server.database import Store
from server.database.tables.sync import issues
from server.jobs import commands as jobs
from server.jobs import queries
from server.people.records import Role, User
from sync_protocol.jobs import JobEvent
from tests.server.console.town import NOON, Town, act, add_user, place_job
from tests.server.console.visits import csrf_token, sign_in
from tests.server.factories import rows
from tests.server.sync.crew import told
from tests.server.tablets import Tablet, enrolled, move, push, set_field


@pytest.fixture
async def office(client: httpx.AsyncClient, dispatcher: User) -> httpx.AsyncClient:
    """A dispatcher's browser."""
    await sign_in(client, dispatcher.email)
    return client


@pytest.fixture
def job_id(house: Store, town: Town) -> UUID:
    placed = place_job(house, "FL-1")
    house.write_now(jobs.assign, placed, town.ada, act=act())
    house.write_now(jobs.set_crew, placed, (town.ben,), act=act())
    return placed


@pytest.fixture
def tablets(house: Store, town: Town, job_id: UUID) -> tuple[Tablet, Tablet]:
    """Ada's and Ben's, of whom Ben has written over what Ada entered and he had not seen."""
    ada, ben = enrolled(house, town.ada), enrolled(house, town.ben)
    for tablet, value in ((ada, "bell"), (ben, "knock")):
        tablet.say(set_field(job_id, value))
        push(house, tablet)
    return ada, ben


def note(house: Store, job_id: UUID) -> str:
    return house.read_now(queries.fields_of, [job_id])[job_id]["access_notes"].value


def sections(page: str) -> list[str]:
    return re.findall(r'<section class="sheet issue".*?</section>', page, re.DOTALL)


async def close(
    office: httpx.AsyncClient, issue_id: UUID, closing: str, *, seen_version: int = 2
) -> httpx.Response:
    data = {
        "csrf_token": await csrf_token(office),
        "closing": closing,
        "seen_version": str(seen_version),
        "remark": "rang them",
    }
    return await office.post(f"/issues/{issue_id}/close", data=data)


@pytest.mark.usefixtures("tablets")
async def test_both_values_are_shown_with_who_and_a_way_to_the_job(
    office: httpx.AsyncClient, job_id: UUID
) -> None:
    page = sections((await office.get("/issues")).text)

    assert len(page) == 2
    for each in page:
        for said in ("bell", "knock", "Ada Lind, ", "Ben ", f"/jobs/{job_id}", "stands now"):
            assert said in each


async def test_the_technicians_value_can_be_put_in_place_and_leaves_the_tablet(
    office: httpx.AsyncClient, house: Store, job_id: UUID, tablets: tuple[Tablet, Tablet]
) -> None:
    (issue,) = told(house, tablets[0])

    answer = await close(office, issue.id, "field_value")

    assert (answer.status_code, note(house, job_id)) == (303, "bell")
    assert told(house, tablets[0]) == []
    (row,) = (row for row in rows(house, issues) if row["id"] == issue.id)
    assert (row["closing"], row["remark"], row["answer"]) == ("field_value", "rang them", None)
    line = house.read_now(list_of_job, job_id)[-1]
    assert (line.action, line.detail["closing"]) == ("issue.closed", "field_value")
    assert len(sections((await office.get("/issues")).text)) == 1


async def test_a_value_that_has_changed_since_is_not_overwritten(
    office: httpx.AsyncClient, house: Store, job_id: UUID, tablets: tuple[Tablet, Tablet]
) -> None:
    (issue,) = told(house, tablets[0])

    answer = await close(office, issue.id, "field_value", seen_version=1)

    assert (answer.status_code, note(house, job_id)) == (409, "knock")
    assert "has changed since the page was shown" in answer.text
    assert len(told(house, tablets[0])) == 1


async def test_what_is_closed_cannot_be_closed_again(
    office: httpx.AsyncClient, house: Store, tablets: tuple[Tablet, Tablet]
) -> None:
    (issue,) = told(house, tablets[0])
    await close(office, issue.id, "as_it_is")

    assert (await close(office, issue.id, "as_it_is")).status_code == 409


async def test_an_issue_without_two_values_can_only_be_closed_as_it_is(
    office: httpx.AsyncClient, house: Store, town: Town, job_id: UUID
) -> None:
    ada = enrolled(house, town.ada)
    house.write_now(jobs.assign, job_id, town.ben, act=act(NOON))
    house.write_now(jobs.set_crew, job_id, (), act=act(NOON))
    ada.say(move(job_id, JobEvent.ACCEPT))
    push(house, ada)
    (issue,) = told(house, ada)
    (shown,) = sections((await office.get("/issues")).text)
    assert "Close as it is" in shown
    assert "stand</button>" not in shown

    assert (await close(office, issue.id, "field_value")).status_code == 400
    assert (await close(office, issue.id, "as_it_is")).status_code == 303
    assert told(house, ada) == []


@pytest.mark.usefixtures("tablets")
async def test_the_list_is_filtered_and_goes_on_from_its_last(
    office: httpx.AsyncClient, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.issues.queries.PAGE_SIZE", 1)

    mine = (await office.get(f"/issues?technician={town.ada}&kind=kept_as_conflict")).text
    parked = (await office.get("/issues?kind=parked")).text
    first = (await office.get("/issues")).text
    following = re.findall(r'href="(/issues\?older_than=[^"]+)" rel="next"', first)
    second = (await office.get(following[0])).text

    assert (len(sections(mine)), len(sections(parked))) == (1, 0)
    assert (len(sections(first)), len(sections(second))) == (1, 1)
    assert sections(first) != sections(second)
    assert 'rel="next"' not in second


@pytest.mark.parametrize("role", [Role.NOC, Role.SUPPORT, Role.BILLING])
async def test_only_dispatchers_see_and_close_issues(
    client: httpx.AsyncClient, house: Store, role: Role
) -> None:
    await sign_in(client, add_user(house, "n@operator.example", role).email)

    assert (await client.get("/issues")).status_code == 403
    assert 'href="/issues"' not in (await client.get("/jobs")).text
