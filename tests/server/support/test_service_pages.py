"""A subscriber's service in the console: found, shown, and ordered about without a visit."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy import event
from uuid_utils.compat import uuid7

from server.alarms import alarm_storage
from server.alarms.records import SEVERITIES, Alarm, AlarmKind
from server.database import Connection, Written
from server.database.tables import alarms as tables
from server.database.tables.offers import accounts, orders, products
from server.database.tables.plant import olts
from server.people.records import Role
from server.services.records import ServiceState
from tests.server.factories import NOON, assigned_job, change, count, rows
from tests.server.fulfilment.running import add_product, running
from tests.server.fulfilment.shift import Shift
from tests.server.support.office import enter, order, page_of
from tests.server.tablets import OTHER_SERIAL, SERIAL

HOSTILE = "<script>alert(1)</script>"


async def test_a_live_service_shows_who_where_and_on_which_ont(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)

    page = await page_of(browser, service_id)

    for said in ("A-1", SERIAL, "0/1/0:0", "Active", "FIBER-300", "Signed evidence", "Billed from"):
        assert said in page


async def test_an_ont_that_was_never_polled_is_not_known(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)

    page = await page_of(browser, service_id)

    assert "State not known" in page
    assert re.search(r"<dt>Last poll</dt><dd>never<", page)


async def test_the_light_of_an_ont_before_a_swap_is_not_that_of_the_one_after(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    assert "19.1 dBm" in await page_of(browser, service_id)

    change(shift.store, sa.update(tables.ont_lights).values(serial=OTHER_SERIAL))

    page = await page_of(browser, service_id)
    assert "dBm" not in page
    assert re.search(r"<dt>Light</dt><dd>not known<", page)


async def test_alarms_that_explain_it_stand_on_the_page(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    raise_alarm(shift, service_id, AlarmKind.DYING_GASP, "since the last poll")
    raise_alarm(shift, None, AlarmKind.OLT_UNREACHABLE, "")
    await enter(shift, browser)

    page = await page_of(browser, service_id)

    silent, gasp = page.index("The OLT does not answer"), page.index("its power went")
    assert silent < gasp
    assert "since the last poll" in page


def raise_alarm(shift: Shift, service_id: UUID | None, kind: AlarmKind, detail: str) -> None:
    def unit(db: Connection) -> Written[None]:
        alarm = Alarm(
            id=uuid7(),
            kind=kind,
            severity=SEVERITIES[kind],
            olt_id=shift.town.olt,
            pon_port_id=None if service_id is None else shift.town.pon_port,
            service_id=service_id,
            raised_at=NOON,
            detail=detail,
        )
        return Written(alarm_storage.add(db, [alarm]))

    shift.store.write_now(unit)


async def test_names_and_addresses_are_never_markup(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    change(shift.store, sa.update(accounts).values(name=HOSTILE))
    change(shift.store, sa.update(olts).values(name=HOSTILE))
    await enter(shift, browser)

    assert HOSTILE not in await page_of(browser, service_id)
    assert HOSTILE not in (await browser.get("/services?q=script")).text


@pytest.mark.parametrize("text", ["A-1", "O-1", SERIAL, SERIAL.lower(), "O-1-1"])
async def test_a_service_is_found_by_what_a_caller_can_say(
    shift: Shift, browser: httpx.AsyncClient, text: str
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)

    answer = await browser.get("/services", params={"q": f" {text} "})

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/services/{service_id}")


async def test_several_that_match_are_listed_and_a_wildcard_is_a_letter(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    shift.complete_job("O-1", house=1)
    shift.complete_job("O-2", house=2)
    await enter(shift, browser)

    found = (await browser.get("/services", params={"q": "A-1"})).text
    none = (await browser.get("/services", params={"q": "%%"})).text

    assert found.count('class="sheet found"') == 2
    assert "No service matches" in none


async def test_suspend_and_resume_are_ordered_and_carried_out(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)

    page = await page_of(browser, service_id)
    answer = await order(shift, browser, service_id, "suspend", page, reason="vacation")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/services/{service_id}")
    assert "Suspension is under way" in await page_of(browser, service_id)
    await shift.worker.settle()
    suspended = await page_of(browser, service_id)
    assert re.search(r"Vacation <span[^>]*>since ", suspended)

    await order(shift, browser, service_id, "resume", suspended, reason="vacation")
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert "Resumption, vacation" in await page_of(browser, service_id)


async def test_a_double_click_is_one_order(shift: Shift, browser: httpx.AsyncClient) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    page = await page_of(browser, service_id)
    before = count(shift.store, orders)

    first = await order(shift, browser, service_id, "suspend", page, reason="fraud")
    again = await order(shift, browser, service_id, "suspend", page, reason="fraud")

    assert (first.status_code, again.status_code) == (303, 303)
    assert count(shift.store, orders) == before + 1


async def test_two_people_who_order_different_things_at_once_are_told(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    page = await page_of(browser, service_id)
    await order(shift, browser, service_id, "suspend", page, reason="fraud")

    other = await order(shift, browser, service_id, "suspend", page, reason="vacation")
    third = await order(shift, browser, service_id, "disconnect", page, reason="moved_out")

    assert (other.status_code, third.status_code) == (409, 409)
    assert "was placed before" in other.text
    assert "is under way" in third.text


async def test_another_product_is_chosen_from_those_that_there_are(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    add_product(shift, "FIBER-UP", name="Fiber up", traffic_in="DOWN-300")
    (dear, *_) = rows(shift.store, products)
    in_dollars = {**dear, "id": uuid7(), "code": "FIBER-USD", "currency": "USD"}
    change(shift.store, sa.insert(products).values(**in_dollars))
    await enter(shift, browser)
    page = await page_of(browser, service_id)
    assert re.findall(r'<option value="(FIBER-[A-Z0-9]+)"', page) == ["FIBER-UP"]

    await order(shift, browser, service_id, "change", page, product="FIBER-UP")
    await shift.worker.settle()

    assert "Fiber up" in await page_of(browser, service_id)


async def test_the_own_product_can_be_brought_to_what_it_is_by_now(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    page = await page_of(browser, service_id)

    for _ in range(2):
        answer = await order(shift, browser, service_id, "reprovision", page)
        assert answer.status_code == 303
    await shift.worker.settle()

    assert shift.service(service_id).state is ServiceState.ACTIVE
    assert "Re-provisioning" in await page_of(browser, service_id)


async def test_newer_terms_of_the_own_product_are_offered(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    (present,) = rows(shift.store, products)
    newer = {**present, "id": uuid7(), "version": present["version"] + 1}
    change(shift.store, sa.insert(products).values(**newer))
    await enter(shift, browser)

    assert "newest terms" in await page_of(browser, service_id)


async def test_an_ended_service_takes_no_order(shift: Shift, browser: httpx.AsyncClient) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    page = await page_of(browser, service_id)

    await order(shift, browser, service_id, "disconnect", page, reason="moved_out")
    await shift.worker.settle()

    ended = await page_of(browser, service_id)
    assert "The service is ended." in ended
    assert "seen_orders" not in ended
    refused = await order(shift, browser, service_id, "suspend", page, reason="fraud")
    assert (refused.status_code, "the service is terminated" in refused.text.lower()) == (409, True)


async def test_an_order_that_is_stuck_says_what_it_waits_for(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    shift.world.olt.unplug()
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=60)
    await enter(shift, browser)

    page = await page_of(browser, placed.service_id)

    assert "The OLT does not see the ONT, since " in page
    assert f"/processes/{shift.process().id}" in page


async def test_a_visit_to_come_is_what_an_order_waits_for(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    placed = assigned_job(shift.store, shift.town.ada)
    await enter(shift, browser)

    assert "Waits for the visit, Thu 2 Jul 2026, 14:00" in await page_of(browser, placed.service_id)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.BILLING, 403), (Role.TECHNICIAN, 403), (Role.DISPATCHER, 200)]
)
async def test_only_the_office_sees_services(
    shift: Shift, browser: httpx.AsyncClient, role: Role, status: int
) -> None:
    service_id = await running(shift)
    await enter(shift, browser, role)

    shown = await browser.get(f"/services/{service_id}")
    searched = await browser.get("/services?q=nobody")

    assert (shown.status_code, searched.status_code) == (status, status)


async def test_a_form_without_its_token_orders_nothing(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    before = rows(shift.store, orders)

    for action in ("suspend", "resume", "change", "reprovision", "disconnect", "look"):
        data = {"reason": "fraud", "product": "X", "seen_orders": "1"}
        answer = await browser.post(f"/services/{service_id}/{action}", data=data)
        assert answer.status_code == 403
    assert rows(shift.store, orders) == before


async def test_a_service_that_does_not_exist_is_not_found(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    await enter(shift, browser)

    for path in ("", "/live"):
        assert (await browser.get(f"/services/{UUID(int=7)}{path}")).status_code == 404


async def test_the_page_asks_as_often_however_many_orders_there_are(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    service_id = await running(shift)
    await enter(shift, browser)
    asked: list[int] = [0]

    def note(*_heard: object) -> None:
        asked[0] += 1

    event.listen(shift.store.reading, "before_cursor_execute", note)
    await page_of(browser, service_id)
    few, asked[0] = asked[0], 0
    for reason in ("vacation", "fraud", "non_payment"):
        page = await page_of(browser, service_id)
        await order(shift, browser, service_id, "suspend", page, reason=reason)
        await shift.worker.settle()
    asked[0] = 0
    await page_of(browser, service_id)

    assert asked[0] == few


async def test_the_last_poll_is_told_with_its_age(shift: Shift, browser: httpx.AsyncClient) -> None:
    service_id = await running(shift)
    change(
        shift.store,
        sa.update(tables.pon_polls).values(polled_at=NOON - timedelta(days=900)),
    )
    await enter(shift, browser)

    assert re.search(r"<dt>Last poll</dt><dd>\d+ days ago", await page_of(browser, service_id))
