"""Pages for what is found beside the planned work: notes, corrections, ONTs, the van, new jobs."""

from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from field_client.agent import Agent
from field_client.replica.memory import NEW_JOB, forget_gone_jobs, get_drafts
from field_client.replica.views import JobView, count_all, get_job
from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.briefing import Briefing, OntModel, StockedOnt
from sync_protocol.documents import Appointment
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from sync_protocol.operations import Correction, Note, OntMove, OntMoved
from tests.field_client.factories import NOON, SERIAL, TECHNICIAN, a_job
from tests.field_client.tablets import JOB

HTMX = {"HX-Request": "true"}
RUNNING, FOREIGN = "HWTC00000002", "HWTC00000003"


def put_jobs(db: Connection, *days: int, **changes: object) -> None:
    """Let the office plan jobs on these days from today."""
    for number, days_on in enumerate(days, start=200):
        starts_at = NOON + timedelta(days=days_on)
        planned = Appointment(starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
        job = a_job(
            id=JobId(UUID(int=number)), number=f"J-{number}", appointment=planned, **changes
        )
        run(db, "job_store", id=str(job.id), document=wire.encode(job))


def put_job(db: Connection, **changes: object) -> None:
    """Let the office change the job."""
    run(db, "job_store", id=str(JOB), document=wire.encode(a_job(**changes)))


def put_briefing(db: Connection, *serials: str) -> None:
    """Let the office send the list of the van."""
    briefing = Briefing(
        technician_id=TECHNICIAN,
        supported_models=(OntModel(model="HG8245H", vendor="Huawei", note="with Wi-Fi"),),
        van_stock=tuple(StockedOnt(serial=each, model="HG8245H", since=NOON) for each in serials),
    )
    run(db, "briefing_store", id=str(TECHNICIAN), document=wire.encode(briefing))


def settle(db: Connection) -> None:
    """Let the server have acknowledged everything."""
    state = db.execute("SELECT head_dseq, head_chain FROM replica").fetchone()
    run(db, "replica_advance_ack", dseq=state["head_dseq"], chain=state["head_chain"])
    run(db, "replica_settle", dseq=state["head_dseq"])


def give_verdict(db: Connection, kind: str) -> None:
    """Let the server judge the operation that began a job."""
    db.execute(
        "UPDATE operation SET verdict = x'00', verdict_kind = ? WHERE kind = 'create_job'", (kind,)
    )


async def job(agent: Agent) -> JobView:
    return await agent.store.read(get_job, JOB)


async def captured(agent: Agent) -> int:
    return (await agent.store.read(count_all)).captured


async def test_a_note_is_listed_with_how_far_it_has_got(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(f"/jobs/{JOB}/drafts/note", data={"note": "behind the"})
    assert "behind the</textarea>" in (await browser.get(f"/jobs/{JOB}")).text

    answer = await browser.post(f"/jobs/{JOB}/notes", data={"note": "the shelf"}, headers=HTMX)

    assert "the shelf</span>" in answer.text
    assert "On this tablet" in answer.text
    assert [each.capture.body for each in (await job(agent)).latest.notes] == [
        Note(text="the shelf")
    ]
    await agent.store.write(settle)
    page = (await browser.get(f"/jobs/{JOB}")).text
    assert "behind the" not in page
    assert (
        'the shelf</span><span class="line-at">13:00</span><span class="pill moving">Sent' in page
    )


async def test_a_form_without_scripts_leads_back_to_its_page(browser: httpx.AsyncClient) -> None:
    note = await browser.post(f"/jobs/{JOB}/notes", data={"note": "wet cellar"})
    correction = await browser.post(f"/jobs/{JOB}/corrections", data=correcting("hazards", "dog"))

    assert (note.status_code, note.headers["location"]) == (303, f"/jobs/{JOB}#notes")
    assert (correction.status_code, correction.headers["location"]) == (303, f"/jobs/{JOB}/correct")


def correcting(field: str, value: str, *, seen: str = "", why: str = "") -> dict[str, str]:
    subject = "plant" if field in {"terminal_port", "terminal"} else "premise"
    name = f"correct_{subject}_{field}"
    return {"subject": subject, "field": field, "seen": seen, name: value, f"{name}_why": why}


async def test_a_correction_is_told_with_what_was_shown_and_why(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    name = "correct_plant_terminal_port"
    await browser.post(f"/jobs/{JOB}/drafts/{name}", data={name: "7"})
    begun = (await browser.get(f"/jobs/{JOB}/correct")).text
    assert 'value="7"' in begun
    assert '<details class="panel" open>' in begun

    answer = await browser.post(
        f"/jobs/{JOB}/corrections",
        data=correcting("terminal_port", "3", seen="2", why="2 is full"),
        headers=HTMX,
    )

    for said in ("<del>2</del> <ins>3</ins>", "2 is full", "On this tablet: not sent yet"):
        assert said in answer.text
    (told,) = (await job(agent)).latest.corrections
    assert isinstance(told.capture.body, Correction)
    assert (told.capture.body.seen_value, told.capture.body.reason) == ("2", "2 is full")
    assert 'value="7"' not in (await browser.get(f"/jobs/{JOB}/correct")).text


async def test_a_correction_that_the_office_has_taken_over_shows_in_the_data(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(f"/jobs/{JOB}/corrections", data=correcting("position", "52,51 13,42"))
    assert await captured(agent) == 0
    told = correcting("position", "52,51001 13,42001")
    await browser.post(f"/jobs/{JOB}/corrections", data=told)
    await agent.store.write(settle)
    assert "Sent: the office decides" in (await browser.get(f"/jobs/{JOB}/correct")).text

    premise = msgspec.structs.replace(a_job().premise, latitude=52.51001, longitude=13.42001)
    await agent.store.write(put_job, premise=premise)

    assert "The office has taken it over" in (await browser.get(f"/jobs/{JOB}/correct")).text


async def test_a_doubtful_ont_is_saved_with_a_reason_only_and_knows_its_model(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_job, current_serial=RUNNING)
    await agent.store.write(put_briefing, SERIAL)
    moved = {"ont_serial": FOREIGN, "ont_move": "recovered"}

    doubted = await browser.post(f"/jobs/{JOB}/onts", data=moved, headers=HTMX)
    plain = await browser.post(f"/jobs/{JOB}/onts", data=moved)

    assert "By the office&#39;s data another ONT runs there." in doubted.text
    assert f'value="{FOREIGN}"' in plain.text
    assert await captured(agent) == 0
    saved = await browser.post(
        f"/jobs/{JOB}/onts", data=moved | {"ont_reason": "stood on the shelf"}, headers=HTMX
    )
    defective = {"ont_serial": SERIAL.lower(), "ont_move": "defective"}
    await browser.post(f"/jobs/{JOB}/onts", data=defective)
    assert saved.headers["HX-Redirect"] == f"/jobs/{JOB}/onts"
    assert [each.capture.body for each in (await job(agent)).latest.onts] == [
        OntMoved(serial=FOREIGN, move=OntMove.RECOVERED, reason="stood on the shelf"),
        OntMoved(serial=SERIAL, move=OntMove.DEFECTIVE, model="HG8245H"),
    ]
    assert "ONT taken back" in (await browser.get(f"/jobs/{JOB}")).text


async def test_the_van_shows_the_list_and_what_was_done_since(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    assert "The office has sent no list of your van." in (await browser.get("/stock")).text
    await agent.store.write(put_briefing, SERIAL, RUNNING)
    await browser.post(f"/jobs/{JOB}/serial", data={"text": SERIAL})
    back = {
        "ont_serial": FOREIGN,
        "ont_move": "recovered",
        "ont_model": "old one",
        "ont_reason": "x",
    }
    await browser.post(f"/jobs/{JOB}/onts", data=back)

    whole = (await browser.get("/stock")).text
    found = (await browser.get("/stock?q=0002+hg82")).text
    changed = (await browser.get("/stock?show=changed")).text

    for said in (
        "Scanned for a job", "J-100, 1 Sample Road", "since Sat 14 Mar, 13:00", "old one",
        "The network cannot activate this model.", "HG8245H · Huawei · with Wi-Fi",
    ):  # fmt: skip
        assert said in whole
    assert [each in found for each in (SERIAL, RUNNING, FOREIGN)] == [False, True, False]
    assert [each in changed for each in (SERIAL, RUNNING, FOREIGN)] == [True, False, True]


async def test_a_full_van_is_shown_page_by_page(agent: Agent, browser: httpx.AsyncClient) -> None:
    serials = [f"HWTC{number:08X}" for number in range(100)]
    await agent.store.write(put_briefing, *serials)

    pages = [(await browser.get(f"/stock?page={number}")).text for number in (1, 2, 3, 9)]

    shown = [[each for each in serials if each in page] for page in pages]
    assert [len(each) for each in shown] == [40, 40, 20, 20]
    assert [each for page in shown[:3] for each in page] == serials
    assert "41 to 80 of 100" in pages[1]


async def test_an_ont_of_the_van_is_told_to_be_defective_on_a_job(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_briefing, SERIAL)
    page = (await browser.get(f"/stock/{SERIAL}")).text
    assert f'action="/jobs/{JOB}/onts/draft"' in page

    led = await browser.post(
        f"/jobs/{JOB}/onts/draft", data={"serial": SERIAL, "move": "defective"}
    )

    assert led.headers["location"] == f"/jobs/{JOB}/onts"
    filled_in = (await browser.get(f"/jobs/{JOB}/onts")).text
    assert f'value="{SERIAL}"' in filled_in
    assert 'value="defective" checked' in filled_in
    assert await captured(agent) == 0
    assert (await browser.get(f"/stock/{FOREIGN}")).status_code == 404


async def test_a_job_is_begun_beside_another_one_and_says_where_it_stands(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(f"/jobs/{JOB}/another")
    for field, value in (("new_kind", "repair"), ("new_reason", "a second outlet")):
        await browser.post(f"/jobs/{NEW_JOB}/drafts/{field}", data={field: value})
    await agent.store.write(forget_gone_jobs)
    asked = (await browser.get("/jobs/new")).text
    assert f'value="{JOB}" checked' in asked
    assert 'value="repair" checked' in asked
    assert "a second outlet</textarea>" in asked

    begun = await browser.post(
        "/jobs/new",
        data={"new_kind": "repair", "new_reason": "a second outlet", "new_place": str(JOB),
              "new_address": "typed before"},
        headers=HTMX,
    )  # fmt: skip

    url = begun.headers["HX-Redirect"]
    page = (await browser.get(url)).text
    for said in ("The office has not seen it yet.", "a second outlet", "1 Sample Road", "Repair"):
        assert said in page
    assert "Begun here" in (await browser.get("/")).text
    assert await agent.store.read(get_drafts, NEW_JOB) == {}
    for verdict, said in (
        ("parked", "which premise is meant"),
        ("rejected", "could not take it up"),
        ("applied", "has taken it up"),
    ):
        await agent.store.write(give_verdict, verdict)
        assert said in (await browser.get(url)).text


async def test_a_job_at_an_address_in_words_leads_nobody_to_the_sea(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    begun = await browser.post(
        "/jobs/new",
        data={"new_kind": "install", "new_reason": "the neighbour", "new_place": "address",
              "new_address": "2 Sample Road", "new_customer": "N. Neighbour"},
    )  # fmt: skip
    url = begun.headers["location"]
    await browser.post(f"{url}/drafts/note", data={"note": "half a"})
    await agent.store.write(forget_gone_jobs)

    page = (await browser.get(url)).text
    assert "2 Sample Road" in page
    assert "geo:" not in page
    assert "half a</textarea>" in page
    assert "13:00" in page
    assert " km" not in (await browser.get("/")).text


WRONG: list[tuple[str, dict[str, str], int, str]] = [
    (f"/jobs/{JOB}/notes", {"note": " "}, 400, "Nothing is written there yet"),
    (f"/jobs/{JOB}/corrections", correcting("unit", " "), 400, "Nothing is written there yet"),
    (f"/jobs/{JOB}/corrections", correcting("unit", "3", seen="3"), 400, "shows already"),
    (f"/jobs/{JOB}/corrections", correcting("position", "52,5"), 400, "This is no position"),
    (f"/jobs/{JOB}/corrections", correcting("position", "13.405, 52.52"), 400, "no position"),
    (f"/jobs/{JOB}/corrections", correcting("position", "13.405, 52.520"), 400, "way round"),
    (f"/jobs/{JOB}/corrections", correcting("terminal_port", "left"), 400, "This is no number"),
    (f"/jobs/{JOB}/onts", {"ont_serial": "x", "ont_move": "installed"}, 400, "no ONT serial"),
    (f"/jobs/{JOB}/onts", {"ont_serial": SERIAL}, 400, "choose one of the list"),
    ("/jobs/new", {"new_reason": "x", "new_address": "y"}, 400, "choose one of the list"),
    ("/jobs/new", {"new_kind": "install", "new_address": "y"}, 400, "what the job is for"),
    ("/jobs/new", {"new_kind": "install", "new_reason": "x"}, 400, "or write the address"),
    ("/jobs/new", {"new_kind": "install", "new_reason": "x", "new_place": "moon"}, 400, "choose a"),
    ("/jobs/new", {"new_kind": "install", "new_reason": "x", "new_place": str(UUID(int=404))}, 404,
     "no longer on this tablet"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "data", "status", "said"), WRONG)
async def test_a_wrong_entry_is_told_in_the_notice_and_records_nothing(
    agent: Agent,
    browser: httpx.AsyncClient,
    path: str,
    data: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = await browser.post(path, data=data, headers=HTMX)

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert answer.headers["HX-Retarget"] == "#notice"
    assert await captured(agent) == 0


async def test_nothing_is_added_to_a_job_that_is_over(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await browser.post(f"/jobs/{JOB}/notes", data={"note": "kept"})
    await agent.store.write(put_job, state=JobState.COMPLETED)

    for path in ("", "/correct", "/onts"):
        assert "<textarea" not in (await browser.get(f"/jobs/{JOB}{path}")).text
    assert "kept" in (await browser.get(f"/jobs/{JOB}")).text


async def test_the_first_page_shows_today_and_tomorrow_and_the_rest_is_found(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_jobs, 0, 1, *range(2, 50), -1)

    first = (await browser.get("/")).text
    later = [(await browser.get(f"/jobs?which=later&page={page}")).text for page in (1, 2)]

    assert [name in first for name in ("J-200", "J-201", "J-202", "J-250")] == [
        True, True, False, True,
    ]  # fmt: skip
    assert "Later days (48)" in first
    assert ["J-202" in later[0], "J-241" in later[0], "J-242" in later[1]] == [True] * 3
    assert "41 to 48 of 48" in later[1]
    for words in ("j-233", "sample 233", "subscriber J-233"):
        found = (await browser.get("/jobs", params={"q": words})).text
        assert (found.count('class="card-link'), "J-233" in found) == (1, True), words
    assert "No job of this tablet fits." in (await browser.get("/jobs?q=nowhere")).text
    assert (await browser.get("/jobs?which=never")).status_code == 400


async def test_what_is_long_overdue_or_done_is_behind_a_link(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_jobs, *[-2] * 25)
    overdue = (await browser.get("/")).text
    assert "All from before today (5 more)" in overdue
    assert "J-224" in (await browser.get("/jobs?which=overdue")).text

    await agent.store.write(put_jobs, *[-2] * 25, state=JobState.COMPLETED)
    assert "All that are done (5 more)" in (await browser.get("/")).text
    done = (await browser.get("/jobs?which=done")).text
    assert done.count('class="card-link') == 25


async def test_where_nothing_is_planned_soon_the_next_day_is_shown(
    agent: Agent, browser: httpx.AsyncClient
) -> None:
    await agent.store.write(put_job, state=JobState.COMPLETED)
    await agent.store.write(put_jobs, 5, 5, 9)

    first = (await browser.get("/")).text

    assert ("J-200" in first, "J-202" in first) == (True, False)
    assert "Later days (1)" in first
    assert "J-200" not in (await browser.get("/jobs?which=later")).text
