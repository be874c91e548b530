"""Noting where the tablet is: only if the person wants it, and never in the way."""

import httpx
import pytest

from field_client.agent import Agent
from field_client.position import GOOD_FOR_MS
from field_client.replica.views import get_job
from sync_protocol.operations import Capture
from tests.field_client.factories import FakeClock
from tests.field_client.tablets import JOB

HERE = {"latitude": 52.5001, "longitude": 13.4001, "accuracy_m": 12}
FAR = {"latitude": 52.52, "longitude": 13.4, "accuracy_m": 100}
URL = f"/jobs/{JOB}/position"
SCREEN = f"/jobs/{JOB}/visit/light"


async def measure(agent: Agent, browser: httpx.AsyncClient) -> Capture:
    """Enter a light level; what was recorded."""
    await browser.post(f"/jobs/{JOB}/light", data={"reading": "-19.4"})
    return (await agent.store.read(get_job, JOB)).captures[-1].capture


async def test_no_position_is_noted_unless_the_person_wants_it(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    assert URL not in (await browser.get(SCREEN)).text
    answer = await browser.post(URL, json=HERE)

    assert answer.json() == {"text": "", "is_far": False}
    assert (await measure(agent, browser)).latitude is None


@pytest.fixture
async def wanted(browser: httpx.AsyncClient) -> None:
    """The person has switched it on."""
    await browser.post("/settings", data={"position": "on"})


@pytest.mark.usefixtures("wanted")
async def test_an_entry_says_where_it_was_made(agent: Agent, browser: httpx.AsyncClient) -> None:
    assert f'data-position-url="{URL}"' in (await browser.get(SCREEN)).text
    answer = await browser.post(URL, json=HERE)

    entered = await measure(agent, browser)
    assert answer.json() == {"text": "Position noted, exact to 12 m", "is_far": False}
    assert (entered.latitude, entered.longitude, entered.accuracy_m) == (52.5001, 13.4001, 12)


@pytest.mark.usefixtures("wanted")
async def test_an_old_position_is_said_of_nothing(
    agent: Agent, browser: httpx.AsyncClient, clock: FakeClock
) -> None:
    await browser.post(URL, json=HERE)
    clock.pass_ms(GOOD_FOR_MS + 1)

    assert (await measure(agent, browser)).latitude is None


@pytest.mark.usefixtures("wanted")
async def test_a_position_far_from_the_premise_is_told_and_blocks_nothing(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    told = (await browser.post(URL, json=FAR)).json()

    assert told["is_far"]
    assert told["text"].startswith("You are about 2.1 km from the address of this job.")
    assert (await measure(agent, browser)).latitude == FAR["latitude"]


@pytest.mark.usefixtures("wanted")
async def test_switching_it_off_forgets_what_was_told(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(URL, json=HERE)
    await browser.post("/settings", data={"position": "off"})

    assert (await measure(agent, browser)).latitude is None


@pytest.mark.usefixtures("wanted")
@pytest.mark.parametrize("wrong", [{"latitude": 91, "longitude": 0}, {"latitude": 1}, {}, []])
async def test_what_is_no_position_is_refused(browser: httpx.AsyncClient, wrong: object) -> None:
    assert (await browser.post(URL, json=wrong)).status_code == 400
