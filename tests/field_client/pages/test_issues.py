"""The page of what needs to be known: its buttons, and what it says after them."""

import httpx
import pytest

from field_client.agent import Agent
from field_client.replica.views import count_all, get_job
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.documents import OVERRULED, VersionedValue
from tests.field_client.factories import a_job
from tests.field_client.issues import ISSUE, raise_issue
from tests.field_client.tablets import JOB

URL = f"/issues/{ISSUE}/answer"


def put_note(db: Connection, value: str) -> None:
    fields = {"access_notes": VersionedValue(value=value, version=4)}
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job(fields=fields)))


@pytest.fixture(autouse=True)
async def clash(agent: Agent) -> None:
    """Mine stands, and the office's is kept."""
    await agent.store.write(put_note, "gate 4711")
    await agent.store.write(raise_issue)


async def note(agent: Agent) -> str:
    return (await agent.store.read(get_job, JOB)).fields["access_notes"].value


def mark(page: str) -> str:
    return page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


async def test_both_values_are_shown_and_which_one_stands(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/issues")).text

    mine, other = page.split("<dd>gate 4711</dd>")
    assert "stands now" in mine
    assert "stands now" not in other
    assert "Keep mine" in page
    assert "Keep what Dora Dispatch entered" in page
    assert "I have seen it" not in page


async def test_an_answer_is_said_to_be_saved_with_what_stands_and_the_count_falls(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    seen = mark((await browser.get("/issues")).text)

    answered = await browser.post(URL, data={"answer": "keep_other", "seen": seen})

    assert (answered.status_code, answered.headers["location"]) == (
        303, f"/issues?answered={ISSUE}",
    )  # fmt: skip
    page = (await browser.get(answered.headers["location"])).text
    assert "Saved on this tablet. How to get in: gate 0815" in page
    assert "You kept what Dora Dispatch entered." in page
    assert 'class="count"' not in page
    assert await note(agent) == "gate 0815"


async def test_an_answer_can_be_taken_back_while_it_is_known(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(URL, data={"answer": "keep_other"})
    page = (await browser.get("/issues")).text
    assert "Keep mine" in page
    assert "Keep what" not in page

    await browser.post(URL, data={"answer": "keep_mine", "seen": mark(page)})

    assert await note(agent) == "gate 4711"
    assert "You kept yours." in (await browser.get("/issues")).text


async def test_what_came_in_since_is_shown_instead_of_overwritten(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    seen = mark((await browser.get("/issues")).text)
    await agent.store.write(put_note, "the fence")

    answer = await browser.post(URL, data={"answer": "keep_mine", "seen": seen})

    assert answer.status_code == 409
    for said in ("Another value has come in since this was shown", "Since then", "the fence"):
        assert said in answer.text
    assert (await agent.store.read(count_all)).captured == 0


async def test_an_issue_that_was_closed_meanwhile_is_explained(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(run, "issue_close", id=str(ISSUE))

    answer = await browser.post(URL, data={"answer": "keep_mine"})

    assert answer.status_code == 409
    assert "The office has closed this meanwhile. Nothing was changed." in answer.text
    assert "Saved, and the office has it." in (await browser.get(f"/issues?answered={ISSUE}")).text


async def test_what_is_not_about_two_values_can_only_be_seen(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(raise_issue, code="not_assigned", office_value="", office_by=None)
    page = (await browser.get("/issues")).text
    assert "I have seen it" in page
    assert "Keep" not in page

    answered = await browser.post(URL, data={"answer": "seen"})

    page = (await browser.get(answered.headers["location"])).text
    assert "What is left to decide, the office decides." in page
    assert "Nothing more: you have answered everything." in page


async def test_an_overruled_value_is_put_back_in_so_many_words(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_note, "gate 0815")
    await agent.store.write(raise_issue, code=OVERRULED)

    assert "Put mine back" in (await browser.get("/issues")).text
    await browser.post(URL, data={"answer": "keep_mine"})

    assert await note(agent) == "gate 4711"


async def test_the_page_of_the_job_leads_to_what_is_open(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/jobs/{JOB}")).text
    assert f'href="/issues#issue-{ISSUE}"' in page
    assert "1 entry needs your answer" in page

    await browser.post(URL, data={"answer": "keep_mine"})

    assert "needs your answer" not in (await browser.get(f"/jobs/{JOB}")).text


async def test_a_value_that_one_keeps_is_no_news_at_the_job(browser: httpx.AsyncClient) -> None:
    await browser.get(f"/jobs/{JOB}")

    await browser.post(URL, data={"answer": "keep_other"})

    assert "Changed since you looked" not in (await browser.get(f"/jobs/{JOB}")).text


async def test_programs_answer_through_the_local_api(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    headers = {"Authorization": "Bearer token"}

    wrong = await browser.post(
        f"/api/issues/{ISSUE}/answer", json={"answer": "seen"}, headers=headers
    )
    right = await browser.post(
        f"/api/issues/{ISSUE}/answer", json={"answer": "keep_other"}, headers=headers
    )

    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_an_answer")
    assert (right.status_code, right.json()["value"]) == (201, "gate 0815")
    assert await note(agent) == "gate 0815"
