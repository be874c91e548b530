"""The pages about jobs, called in process."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from server.database import Store, Written
from server.database.tables import plant
from server.jobs import commands as jobs
from server.jobs import queries, storage
from server.jobs.findings_view import found_items
from server.jobs.list_view import PAGE_SIZE, Asked, filter_of
from server.people.records import Role, User
from server.proposals.records import Proposal, ProposalState
from sync_protocol.operations import (
    Answer,
    Check,
    Correction,
    LightReading,
    Note,
    OntMove,
    OntMoved,
    Place,
    SerialScan,
    Subject,
)
from tests.server.console.field_work import capture, capture_everything, insert_capture, stored
from tests.server.console.town import NOON, Town, act, add_user, place_job
from tests.server.console.visits import csrf_token, sign_in

_NUMBERS = re.compile(r'class="job-number" href="[^"]+">([^<]+)<')
_ROW = re.compile(r'<tr class="job.*?</tr>', re.DOTALL)


@pytest.fixture
async def office(client: httpx.AsyncClient, dispatcher: User) -> httpx.AsyncClient:
    """A dispatcher's browser."""
    await sign_in(client, dispatcher.email)
    return client


async def numbers(client: httpx.AsyncClient, path: str) -> Sequence[str]:
    page = await client.get(path)
    assert page.status_code == 200, page.text
    return _NUMBERS.findall(page.text)


async def test_unassigned_jobs_come_first_then_the_earliest(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    early = place_job(house, "EARLY", starts_at=NOON)
    place_job(house, "LATE", starts_at=NOON + timedelta(days=2))
    place_job(house, "SOON", starts_at=NOON + timedelta(days=1))
    house.write_now(jobs.assign, early, town.ada, act=act())

    assert await numbers(office, "/jobs") == ["SOON-1", "LATE-1", "EARLY-1"]


async def test_what_was_found_beside_the_required_evidence_is_shown(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FOUND")
    house.write_now(jobs.assign, job_id, town.ada, act=act())
    port = Correction(
        subject=Subject.PLANT, field="terminal_port", seen_value="2", proposed_value="3"
    )
    bodies = (
        LightReading(rx_power_cdbm=-1500, plant_snapshot="p1", place=Place.TERMINAL),
        LightReading(rx_power_cdbm=-1660, plant_snapshot="p1", wavelength_nm=1550),
        Check(name="bend_radius", answer=Answer.NO),
        Check(name="bend_radius", answer=Answer.YES, value="30 mm", remark="by the wall"),
        Note(text="the dog is friendly"),
        port,
        OntMoved(serial="HWTC1A2B3C4D", move=OntMove.DEFECTIVE, reason="no power"),
    )
    for body in bodies:
        insert_capture(house, stored(body, job_id, town.ada))

    shown = unescape((await office.get(f"/jobs/{job_id}")).text)

    for text in (
        "Light level at the terminal",
        "not judged, measured at 1550 nm",
        "Check: Bend radius",
        "yes, 30 mm",
        "by the wall",
        "the dog is friendly",
        "Correction: port of the terminal",
        "2 → 3",
        "HWTC1A2B3C4D defective, in the van",
        "no power",
    ):
        assert text in shown
    assert shown.count("Check: Bend radius") == 1
    assert "1 of 5 required" in shown


@pytest.mark.parametrize(
    ("state", "is_applied", "said"),
    [
        (ProposalState.OPEN, False, "open"),
        (ProposalState.ACCEPTED, True, "accepted"),
        (ProposalState.ACCEPTED, False, "accepted, to be changed where it is kept"),
        (ProposalState.DECLINED, False, "declined"),
    ],
)
def test_a_correction_says_what_became_of_it(
    state: ProposalState,
    is_applied: bool,  # noqa: FBT001  one column of the table
    said: str,
) -> None:
    body = Correction(subject=Subject.PREMISE, field="unit", proposed_value="3rd floor")
    taken = capture(body)
    proposal = Proposal(
        id=taken.id,
        job_id=UUID(int=1),
        premise_id=UUID(int=2),
        technician_id=UUID(int=3),
        subject=body.subject,
        field=body.field,
        seen_value="",
        proposed_value="3rd floor",
        reason="",
        raised_at=NOON,
        state=state,
        is_applied=is_applied,
    )

    (item,) = found_items([(taken, "Ada")], {taken.id: proposal})

    assert (item.value, item.note) == ("3rd floor", f"Ada, {said}")


async def test_the_list_is_narrowed_by_state_technician_and_day(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    first = place_job(house, "ADAS", starts_at=NOON)
    second = place_job(house, "BENS", starts_at=NOON + timedelta(days=1))
    place_job(house, "NOBODYS", starts_at=NOON + timedelta(days=1))
    house.write_now(jobs.assign, first, town.ada, act=act())
    house.write_now(jobs.assign, second, town.ben, act=act())

    assert await numbers(office, "/jobs?state=unassigned") == ["NOBODYS-1"]
    assert await numbers(office, f"/jobs?technician={town.ben}&state=&day=") == ["BENS-1"]
    assert await numbers(office, "/jobs?day=2026-07-02") == ["ADAS-1"]
    assert await numbers(office, "/jobs?state=assigned&day=2026-07-03") == ["BENS-1"]
    assert await numbers(office, f"/jobs?technician={UUID(int=9)}") == []


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "technician=ada",
        "day=tomorrow",
        "day=2026-02-30",
        "page=0",
        "page=x",
        "page=99999999999999999999999",
    ],
)
async def test_a_filter_that_cannot_be_is_named(office: httpx.AsyncClient, query: str) -> None:
    page = await office.get(f"/jobs?{query}")

    assert page.status_code == 400
    assert query.split("=")[1] in page.text


async def test_a_day_is_meant_as_the_premises_show_it(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town.ada
    # 22:30 in UTC is half past midnight in Berlin, where the third has begun.
    place_job(house, "NIGHT", starts_at=NOON.replace(hour=22, minute=30))

    assert await numbers(office, "/jobs?day=2026-07-02") == []
    assert await numbers(office, "/jobs?day=2026-07-03") == ["NIGHT-1"]
    assert "00:30–02:30 CEST" in (await office.get("/jobs")).text  # noqa: RUF001  an en dash


def test_a_day_in_several_zones_reaches_from_its_first_to_its_last_hour() -> None:
    asked = Asked(day=NOON.date())

    wanted = filter_of(asked, ("Asia/Tokyo", "America/New_York"))

    assert wanted.from_time is not None
    assert wanted.until_time is not None
    assert wanted.from_time.isoformat() == "2026-07-02T00:00:00+09:00"
    assert wanted.until_time.isoformat() == "2026-07-03T00:00:00-04:00"


async def test_a_long_list_is_shown_in_pages_that_keep_the_filter(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town.ada
    for n in range(PAGE_SIZE + 3):
        place_job(house, f"FL-{n:03}", starts_at=NOON + timedelta(minutes=n))

    first = await office.get("/jobs?state=unassigned")
    following = re.search(r'href="([^"]+)" rel="next"', first.text)
    assert following is not None
    second = await numbers(office, following[1].replace("&amp;", "&"))

    assert len(_NUMBERS.findall(first.text)) == PAGE_SIZE
    assert second == [f"FL-{n:03}-1" for n in range(PAGE_SIZE, PAGE_SIZE + 3)]
    assert 'rel="prev"' not in first.text


async def test_an_assignment_answers_with_the_row_that_the_list_shows(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    form = {"technician_id": str(town.ada), "part": "row", "csrf_token": await csrf_token(office)}

    answer = await office.post(f"/jobs/{job_id}/assign", data=form, headers={"HX-Request": "true"})
    shown = _ROW.search((await office.get("/jobs")).text)

    assert answer.status_code == 200
    assert shown is not None
    assert answer.text.replace(" is-fresh", "").split() == shown[0].split()
    assert house.read_now(queries.get, job_id).assignee_id == town.ada


async def test_an_assignment_works_without_any_script(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    form = {"technician_id": str(town.ada), "csrf_token": await csrf_token(office)}

    answer = await office.post(f"/jobs/{job_id}/assign", data=form)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/jobs/{job_id}")
    assert "Assigned to Ada Lind" in (await office.get(f"/jobs/{job_id}")).text


async def test_a_job_that_is_over_cannot_be_assigned_and_says_so(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    token = await csrf_token(office)
    house.write_now(jobs.cancel, job_id, reason="moved away", act=act())
    form = {"technician_id": str(town.ada), "part": "row", "csrf_token": token}

    answer = await office.post(f"/jobs/{job_id}/assign", data=form, headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert "cancelled" in answer.text
    assert "/assign" not in (await office.get(f"/jobs/{job_id}")).text


async def test_who_may_not_assign_sees_no_control_for_it(
    client: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    assert town.ada
    await sign_in(client, add_user(house, "nora@operator.example", Role.NOC).email)

    for path in ("/jobs", f"/jobs/{job_id}"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "/assign" not in page.text


async def test_a_job_shows_where_whom_what_and_the_way_of_the_light(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    house.write_now(jobs.assign, job_id, town.ada, act=act())
    capture_everything(house, job_id, town.ada)

    page = (await office.get(f"/jobs/{job_id}")).text

    for expected in (
        "Erika Muster",
        "Am Hafen 3, 12345 Neustadt",
        "Thu 2 Jul 2026, 14:00–16:00 CEST",  # noqa: RUF001  an en dash
        "500 / 250 Mbit/s",
        "Altstadt-1 0/1/3",
        "SP-17",
        "NAP-204",
        "−16.27 dBm",  # noqa: RUF001  a minus
        "HWTC1A2B3C4D",
        "5 of 5 required",
        "Completed on site",
        "Times in CEST (Europe/Berlin)",
    ):
        assert expected in page, expected


async def test_a_serial_entered_despite_doubts_stands_there_with_them_and_the_reason(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    doubted = SerialScan(
        serial="HWTC1A2B3C4D",
        raw_text="HWTC1A2B3C4D",
        method="scan",
        override_reason="the other one was broken",
        overridden=("not_in_van_stock", "unsupported_model"),
    )
    fact = stored(doubted, job_id, town.ada)
    house.write_now(lambda db: Written(storage.insert_capture(db, fact)))

    page = await office.get(f"/jobs/{job_id}")

    assert "The tablet warned: not in van stock, unsupported model" in page.text
    assert "Reason given: the other one was broken" in page.text


async def test_a_premise_that_lost_its_drop_says_so_and_the_reading_has_no_verdict(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    job_id = place_job(house, "FL-1")
    house.write_now(lambda db: Written(db.execute(sa.delete(plant.drops))))
    unjudged = LightReading(rx_power_cdbm=-1660, plant_snapshot="unknown")
    fact = stored(unjudged, job_id, town.ada)
    house.write_now(lambda db: Written(storage.insert_capture(db, fact)))

    page = await office.get(f"/jobs/{job_id}")

    assert page.status_code == 200
    assert "cannot be predicted: the plant data name no path to this premise" in page.text
    assert "not judged: its path was unknown" in page.text


async def test_a_plant_that_cannot_be_judged_says_what_it_lacks(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town.ada
    job_id = place_job(house, "FL-1")
    house.write_now(lambda db: Written(db.execute(sa.update(plant.splitters).values(ratios=[3]))))

    page = await office.get(f"/jobs/{job_id}")

    assert page.status_code == 200
    assert "cannot be predicted: splitter 1:3" in page.text


async def test_what_a_customer_is_called_is_never_markup(
    office: httpx.AsyncClient, house: Store, town: Town
) -> None:
    assert town.ada
    house.write_now(
        lambda db: Written(
            db.execute(sa.update(plant.premises).values(address="<b>1</b> & <script>x</script>"))
        )
    )
    job_id = place_job(house, "FL-1")

    for path in ("/jobs", f"/jobs/{job_id}"):
        page = (await office.get(path)).text
        assert "<script>x" not in page
        assert "&lt;b&gt;1&lt;/b&gt; &amp;" in page
