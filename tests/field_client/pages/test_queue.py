"""The page of what waits: each entry by what it is and says; and the chip."""

from typing import get_args

import httpx

from field_client.agent import Agent
from field_client.engine import Blocked, EngineState, Obstacle
from field_client.pages.frame import chip_of
from field_client.pages.languages import choose
from field_client.pages.queue import KINDS
from field_client.replica.queue import count_waiting
from sync_protocol.operations import MoveJob, OperationBody, RecordCapture, SetField
from tests.field_client.factories import SERIAL
from tests.field_client.tablets import JOB


async def test_each_entry_says_what_it_is(browser: httpx.AsyncClient) -> None:
    await browser.post(f"/jobs/{JOB}/moves", data={"event": "depart"})
    await browser.post(f"/jobs/{JOB}/fields/technician_remark", data={"value": "Gate 4711"})
    await browser.post(f"/jobs/{JOB}/serial", data={"text": SERIAL})

    page = (await browser.get("/queue")).text

    for name in ("I am on my way", "Remark for the office: Gate 4711", f"ONT serial: {SERIAL}"):
        assert name in page


def test_every_kind_of_entry_has_a_name() -> None:
    assert {*get_args(OperationBody)} == {*KINDS, MoveJob, SetField, RecordCapture}


async def test_the_chip_of_a_tablet_that_was_just_set_up_says_what_goes_on(agent: Agent) -> None:
    waiting = await agent.store.read(count_waiting)
    before = Blocked(obstacle=Obstacle.NOT_ENROLLED, detail="")

    chip = chip_of(waiting, EngineState(is_syncing=True, obstacle=before), None, choose("en", ""))

    assert (waiting.is_enrolled, waiting.flight_mode) == (True, False)
    assert chip.text == "Sending"
