"""Looking at one ONT now: in the OLT's turn, with a limit, never a sentinel as a value."""

from datetime import timedelta

import httpx
import msgspec
import pytest
import sqlalchemy as sa

from activation.simulator.faults import FaultKind
from server.acts import utc_now
from server.alarms import turns
from server.database import Connection, Written
from server.database.tables.alarms import olt_polls
from server.people.records import Role
from server.support import looking
from tests.server.console.visits import csrf_token
from tests.server.factories import change, rows
from tests.server.fulfilment.running import running
from tests.server.fulfilment.shift import Shift
from tests.server.olt import plugged
from tests.server.support.office import enter, page_of
from tests.server.tablets import OTHER_SERIAL, SERIAL


async def look(browser: httpx.AsyncClient, service_id: object) -> httpx.Response:
    headers = {"HX-Request": "true", "X-CSRF-Token": await csrf_token(browser)}
    return await browser.post(f"/services/{service_id}/look", headers=headers)


async def test_a_look_says_what_the_ont_says_and_when(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)

    said = (await look(browser, service_id)).text

    for part in ("Online", "\N{MINUS SIGN}19.1 dBm", SERIAL, "just now"):
        assert part in said
    assert all(row["taken_until"] is None for row in rows(shift.store, olt_polls))


async def test_without_scripts_the_whole_page_comes_with_the_look(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    data = {"csrf_token": await csrf_token(browser)}

    page = (await browser.post(f"/services/{service_id}/look", data=data)).text

    assert "What the ONT says now" in page
    assert "<h1>" in page


async def test_what_a_dark_ont_does_not_say_is_no_value(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    shift.world.olt.unplug()
    shift.world.clock.advance(60)
    await enter(shift, browser)

    said = (await look(browser, service_id)).text

    assert "Offline" in said
    assert "cannot be read" in said
    assert "dBm" not in said


async def test_a_silent_olt_is_said_in_words(shift: Shift, browser: httpx.AsyncClient) -> None:
    service_id = await running(shift)
    shift.world.olt.fail(FaultKind.SILENT, count=40)
    await enter(shift, browser)

    answer = await look(browser, service_id)

    assert answer.status_code == 200
    assert "The OLT does not answer" in answer.text
    assert all(row["taken_until"] is None for row in rows(shift.store, olt_polls))


async def test_another_ont_at_its_place_is_never_taken_for_ours(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    olt = shift.world.olt.exchange.olt
    (ours,) = olt.registrations.values()
    olt.change_ont(msgspec.structs.replace(ours.row, serial=OTHER_SERIAL))
    await enter(shift, browser)

    said = (await look(browser, service_id)).text

    assert "Another ONT stands where ours was expected" in said


async def test_an_olt_that_is_being_polled_is_waited_for_and_then_left(
    shift: Shift, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "TURN_S", 0.05)
    service_id = await running(shift)
    until = utc_now() + timedelta(minutes=1)
    change(shift.store, sa.update(olt_polls).values(taken_until=until))
    asked = shift.world.olt.exchange.stats().get_requests
    await enter(shift, browser)

    said = (await look(browser, service_id)).text

    assert "The OLT is being asked something else" in said
    assert shift.world.olt.exchange.stats().get_requests == asked
    assert [row["taken_until"] for row in rows(shift.store, olt_polls)] == [until]


async def test_one_at_a_time_has_an_olt_until_it_is_given_back(shift: Shift) -> None:
    olt_id, now = shift.town.olt, utc_now()
    until = now + timedelta(seconds=15)

    def take(db: Connection) -> Written[bool]:
        return Written(turns.take_olt(db, olt_id, now, until))

    def let_go(db: Connection) -> Written[None]:
        return Written(turns.let_go_olt(db, olt_id, until=until))

    assert [shift.store.write_now(take) for _ in range(2)] == [True, False]
    shift.store.write_now(let_go)
    assert shift.store.write_now(take)


async def test_what_somebody_else_has_taken_since_is_not_given_back(shift: Shift) -> None:
    await running(shift)
    now = utc_now()
    theirs = now + timedelta(minutes=1)
    change(shift.store, sa.update(olt_polls).values(taken_until=theirs))

    def let_go(db: Connection) -> Written[None]:
        return Written(turns.let_go_olt(db, shift.town.olt, until=now))

    shift.store.write_now(let_go)

    assert [row["taken_until"] for row in rows(shift.store, olt_polls)] == [theirs]


async def test_a_service_without_registration_has_nothing_to_look_at(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    shift.world.olt.unplug()
    placed, _ = shift.complete_job()
    shift.world.olt.plug(plugged(come_up_s=10))
    await enter(shift, browser)

    assert "Look now" not in await page_of(browser, placed.service_id)
    assert "No ONT of this service" in (await look(browser, placed.service_id)).text


async def test_a_dispatcher_does_not_ask_olts(shift: Shift, browser: httpx.AsyncClient) -> None:
    service_id = await running(shift)
    await enter(shift, browser, Role.DISPATCHER)

    assert "Look now" not in await page_of(browser, service_id)
    assert (await look(browser, service_id)).status_code == 403
