"""The pages over an agent in the same process: what they answer to entries, right and wrong."""

from typing import get_args
from uuid import UUID

import httpx
import msgspec
import pytest

from field_client.agent import Agent
from field_client.pages import captures
from field_client.replica.views import count_all
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.documents import (
    Appointment,
    CustomerCard,
    JobKind,
    ProductCard,
    TicketCard,
    VersionedValue,
    VisitCard,
)
from sync_protocol.jobs import JobState
from sync_protocol.operations import CaptureBody
from sync_protocol.optics import UNKNOWN_PATH
from tests.field_client.factories import JPEG, NOON, SERIAL, SVG, a_job
from tests.field_client.issues import raise_issue
from tests.field_client.tablets import JOB

HOSTILE = '<script>alert("x")</script>'
STEPS = ("travel", "scan", "light", "photos", "checks", "signature", "finish")
PAGES = ["/", "/queue", "/issues", "/settings", "/jobs", "/jobs/new", "/stock", f"/jobs/{JOB}",
         f"/jobs/{JOB}/cannot-finish", f"/jobs/{JOB}/receipt", f"/jobs/{JOB}/correct",
         f"/jobs/{JOB}/onts", *(f"/jobs/{JOB}/visit/{step}" for step in STEPS)]  # fmt: skip


def put_job(db: Connection, **changes: object) -> None:
    """Let the office change the job."""
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job(**changes)))


async def test_no_page_lets_a_text_become_a_script(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    job = a_job()
    plant = msgspec.structs.replace(job.plant, olt=HOSTILE, terminal=HOSTILE, splitter=HOSTILE)
    await agent.store.write(
        put_job,
        number=HOSTILE,
        customer=CustomerCard(name=HOSTILE, phone=HOSTILE),
        premise=msgspec.structs.replace(
            job.premise, address=HOSTILE, access_notes=HOSTILE, hazards=(HOSTILE,)
        ),
        expected_model=HOSTILE,
        visits=(
            VisitCard(
                job_number=HOSTILE,
                kind=JobKind.INSTALL,
                state=JobState.NOT_DONE,
                ended_at=NOON,
                technician=HOSTILE,
                code="N02",
                remark=HOSTILE,
            ),
        ),
        tickets=(TicketCard(number=HOSTILE, subject=HOSTILE, priority="high", opened_at=NOON),),
        product=ProductCard(name=HOSTILE, down_mbps=1, up_mbps=1),
        plant=plant,
        fields={"access_notes": VersionedValue(value=HOSTILE, version=1)},
        required_photos=(HOSTILE,),
    )
    await agent.store.write(raise_issue, field_value=HOSTILE, office_by=HOSTILE)
    await browser.post(f"/jobs/{JOB}/drafts/reason_remark", data={"reason_remark": HOSTILE})
    await browser.post(f"/jobs/{JOB}/drafts/signer_name", data={"signer_name": HOSTILE})
    await browser.post(f"/jobs/{JOB}/light", data={"reading": HOSTILE})
    await browser.post("/meter", data={"meter": HOSTILE})
    answer = {"answer": "no", "value": HOSTILE, "remark": HOSTILE}
    await browser.post(f"/jobs/{JOB}/checks/bend_radius", data=answer)

    for path in PAGES:
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert HOSTILE not in answer.text, path


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_page_is_written_in_the_language_that_was_chosen(
    browser: httpx.AsyncClient, language: str
) -> None:
    await browser.post("/settings", data={"language": language, "theme": "dark"})

    for path in PAGES:
        answer = await browser.get(path)
        assert f'<html lang="{language}" data-theme="dark">' in answer.text, path
    first = await browser.get("/")
    assert ("Meine Aufträge" in first.text) is (language == "de")


async def test_a_choice_that_is_none_changes_nothing(browser: httpx.AsyncClient) -> None:
    await browser.post("/settings", data={"language": "klingon", "theme": "<b>"})

    assert 'lang="en" data-theme="auto"' in (await browser.get("/")).text


async def test_what_the_office_changed_is_shown_once_with_both_values(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.get(f"/jobs/{JOB}")
    later = Appointment(starts_at=NOON.replace(hour=15), ends_at=NOON.replace(hour=17))
    await agent.store.write(put_job, appointment=later)

    assert "Changed" in (await browser.get("/")).text
    told = (await browser.get(f"/jobs/{JOB}")).text
    assert "<del>Sat 14 Mar, 13:00</del> <ins>Sat 14 Mar, 16:00</ins>" in told
    assert "Changed since you looked" not in (await browser.get(f"/jobs/{JOB}")).text


async def test_everything_to_know_before_arriving_is_on_the_page(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    visit = VisitCard(
        job_number="J-9",
        kind=JobKind.REPAIR,
        state=JobState.NOT_DONE,
        ended_at=NOON,
        technician="Ben Ohm",
        code="N02",
        remark="dog",
        rx_power_cdbm=-2210,
    )
    ticket = TicketCard(number="T-7", subject="slow", priority="high", opened_at=NOON)
    premise = msgspec.structs.replace(
        a_job().premise, access_notes="key at no. 4", hazards=("asbestos roof",)
    )
    await agent.store.write(
        put_job, premise=premise, visits=(visit,), tickets=(ticket,), expected_model="HG8245H",
        current_serial="HWTC00000001", baseline_cdbm=-1850,
    )  # fmt: skip

    told = (await browser.get(f"/jobs/{JOB}")).text
    for known in (
        "asbestos roof", "key at no. 4", "HG8245H", "HWTC00000001", "18.5 dBm", "Ben Ohm",
        "Repair, No access: locked, dog, tenant", "22.1 dBm", "T-7, Sat 14 Mar, 13:00: slow",
    ):  # fmt: skip
        assert known in told


async def test_what_one_enters_oneself_is_no_news(agent: Agent, browser: httpx.AsyncClient) -> None:
    await browser.get(f"/jobs/{JOB}")
    await browser.post(f"/jobs/{JOB}/fields/technician_remark", data={"value": "gate open"})
    await browser.post(f"/jobs/{JOB}/moves", data={"event": "depart"})

    assert "Changed since you looked" not in (await browser.get(f"/jobs/{JOB}")).text
    assert "gate open" in (await browser.get(f"/jobs/{JOB}")).text
    assert (await agent.store.read(count_all)).captured == 2


async def test_an_issue_is_told_with_both_values_who_and_when(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(raise_issue)

    told = (await browser.get("/issues")).text
    for said in ("How to get in", "gate 4711", "gate 0815", "Dora Dispatch, Sat 14 Mar, 13:00"):
        assert said in told


async def test_a_reading_over_an_unknown_path_is_kept_without_a_verdict(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    plant = msgspec.structs.replace(a_job().plant, light_path=UNKNOWN_PATH)
    await agent.store.write(put_job, plant=plant)

    answer = await browser.post(
        f"/jobs/{JOB}/light", data={"reading": "-19.4"}, headers={"HX-Request": "true"}
    )

    assert "Saved without a verdict" in answer.text
    assert "\N{MINUS SIGN}19.4 dBm" in answer.text


async def test_a_photo_comes_back_as_it_was_taken_and_of_this_job_only(
    browser: httpx.AsyncClient,
) -> None:
    taken = await browser.post(f"/jobs/{JOB}/photos/ont", files={"photo": ("a.jpg", JPEG)})
    url = taken.text.split('<img src="')[1].split('"')[0]

    shown = await browser.get(url)
    other = await browser.get(url.replace(str(JOB), str(UUID(int=404))))
    unknown = await browser.get(url[:-4] + "0000")

    assert (shown.status_code, shown.content, shown.headers["content-type"]) == (
        200, JPEG, "image/jpeg",
    )  # fmt: skip
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert (other.status_code, unknown.status_code) == (404, 404)


async def test_finishing_with_something_missing_says_what_and_records_nothing(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(f"/jobs/{JOB}/finish", data={"done_code": "D02"})

    assert answer.status_code == 409
    for missing in ("ONT serial", "Light level", "Signature", "Photo: ONT"):
        assert missing in answer.text
    assert (await agent.store.read(count_all)).captured == 0


async def test_a_job_done_is_finished_in_one_go_and_its_drafts_go(
    browser: httpx.AsyncClient,
) -> None:
    await browser.post(f"/jobs/{JOB}/serial", data={"text": SERIAL})
    await browser.post(f"/jobs/{JOB}/light", data={"reading": "-17,6"})
    for subject in ("ont", "wall"):
        photo = {"photo": ("a.jpg", JPEG + subject.encode())}
        await browser.post(f"/jobs/{JOB}/photos/{subject}", files=photo)
    await browser.post(f"/jobs/{JOB}/signature", data={"signer_name": "Ada", "svg": SVG})

    ended = await browser.post(f"/jobs/{JOB}/finish", data={"done_code": "D02"})

    assert (ended.status_code, ended.headers["location"]) == (303, f"/jobs/{JOB}/receipt")
    receipt = (await browser.get(f"/jobs/{JOB}/receipt")).text
    assert "Finished, not sent yet" in receipt
    assert "-17,6" not in (await browser.get(f"/jobs/{JOB}/visit/light")).text
    again = await browser.post(f"/jobs/{JOB}/finish", data={"done_code": "D02"})
    assert again.status_code == 409


WRONG: list[tuple[str, str, dict[str, str], int, str]] = [
    ("POST", "/moves", {"event": "resume"}, 409, "the job has moved on"),
    ("POST", "/moves", {"event": "fly"}, 400, "A mistake of this program"),
    ("POST", "/serial", {"text": "3FE49715AEAA"}, 200, "This is no ONT serial"),
    ("POST", "/light", {"reading": "bright"}, 200, "This is no light level"),
    ("POST", "/photos/ont", {}, 200, "This file is no photo"),
    ("POST", "/signature", {"svg": "scribble"}, 200, "There is no signature to save yet"),
    ("POST", "/cannot-finish", {"reason": "bored"}, 422, "Choose one of the reasons"),
    ("POST", "/code", {"done_code": "N01"}, 400, "Choose one of the reasons"),
    ("POST", "/checks/site_tidy", {"answer": "maybe"}, 400, "A mistake of this program"),
    ("POST", "/checks/Site tidy", {"answer": "yes"}, 400, "A mistake of this program"),
    ("GET", "/visit/dance", {}, 400, "There is no such page here"),
    ("GET", "/nothing", {}, 404, "Not Found"),
]


@pytest.mark.parametrize(("method", "path", "data", "status", "said"), WRONG)
async def test_a_wrong_entry_is_explained_and_records_nothing(  # noqa: PLR0913, PLR0917  a table of cases
    agent: Agent,
    browser: httpx.AsyncClient,
    method: str,
    path: str,
    data: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = await browser.request(method, f"/jobs/{JOB}{path}", data=data)

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert (await agent.store.read(count_all)).captured == 0


async def test_a_job_that_is_gone_is_explained(browser: httpx.AsyncClient) -> None:
    answer = await browser.get(f"/jobs/{UUID(int=404)}")

    assert answer.status_code == 404
    assert "This job is no longer on this tablet." in answer.text


def test_every_kind_of_capture_has_words() -> None:
    assert frozenset(get_args(CaptureBody)) == captures.KINDS
