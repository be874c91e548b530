"""An OLT is brought back to the records when a person orders it, and not before."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from activation.simulator import hands
from server.acts import utc_now
from server.adoption import repairing
from server.adoption.repairing import Repair, order_all
from server.console.live import LiveStreams
from server.database.tables.offers import orders
from server.fulfilment.records import Intent
from server.people.records import Role, Scope
from tests.server.adoption.living import HOUSES, SERIALS, Living, line_of, service_of
from tests.server.console.serving import console_app
from tests.server.console.visits import csrf_token
from tests.server.factories import OFFICE, act, add_token, count
from tests.server.fulfilment.running import active_onts, order
from tests.server.support.office import enter
from tests.server.sync.doors import bearer, client_of, whole_app


@pytest.fixture
async def browser(living: Living, tmp_path: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser that nobody has signed in with yet."""
    store = living.shift.store
    app = console_app(store, LiveStreams(store.signals), tmp_path / "blobs")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # pyright: ignore[reportArgumentType]  Litestar's scope is typed more narrowly
    async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
        yield client


async def lost(living: Living, numbers: Sequence[int] = range(HOUSES)) -> None:
    """Let the OLT of adopted services forget ONTs, and be read afterwards."""
    living.adopt(await living.read(), *(line_of(number) for number in range(HOUSES)))
    olt, clock = living.shift.world.olt, living.shift.world.clock
    for number in numbers:
        hands.deregister(olt.exchange.olt, SERIALS[number], clock())
    olt.exchange.reread()
    clock.advance(60)
    living.compare(await living.read())


async def repaired(living: Living, *, differing: bool = False) -> Repair:
    shift = living.shift
    now = act(shift.world.clock(), actor=OFFICE)
    repair = await order_all(shift.store, "OLT-1", differing=differing, act=now)
    await shift.worker.settle()
    return repair


async def test_all_that_an_olt_has_lost_is_registered_again_by_one_order_each(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repairing, "AT_ONCE", 3)
    await lost(living)
    assert active_onts(living.shift) == {}

    assert await repaired(living) == Repair(ordered=HOUSES, refused=())

    assert active_onts(living.shift) == dict.fromkeys(SERIALS, True)
    living.shift.world.clock.advance(60)
    living.compare(await living.read())
    assert living.drifts() == ()


async def test_the_same_again_before_the_olt_was_read_orders_nothing_twice(living: Living) -> None:
    await lost(living)
    await repaired(living)
    before = (count(living.shift.store, orders), living.shift.world.olt.sets)

    assert (await repaired(living)).ordered == HOUSES

    assert (count(living.shift.store, orders), living.shift.world.olt.sets) == before


async def test_what_is_lost_once_more_can_be_ordered_once_more(living: Living) -> None:
    await lost(living, [1])
    await repaired(living)
    await lost(living, [1])

    assert (await repaired(living)).ordered == 1

    assert active_onts(living.shift) == dict.fromkeys(SERIALS, True)


async def test_what_a_process_is_at_is_refused_by_name(living: Living) -> None:
    await lost(living, [0, 1])
    busy = service_of(living, 0)
    order(living.shift, busy, Intent.SUSPEND, "S-1", reason="vacation")

    repair = await repaired(living)

    assert repair.ordered == 1
    (refused,) = repair.refused
    assert (refused.service_id, refused.serial) == (busy, SERIALS[0])
    assert "is under way" in refused.why


async def test_what_is_there_and_differs_is_set_right_only_where_that_is_asked_for(
    living: Living,
) -> None:
    await lost(living, [])
    olt, clock = living.shift.world.olt, living.shift.world.clock
    index = olt.exchange.olt.owner(SERIALS[0])
    assert index is not None
    olt.exchange.olt.activate_ont(index, clock(), active=False)
    olt.exchange.reread()
    clock.advance(60)
    living.compare(await living.read())

    assert (await repaired(living)).ordered == 0
    assert not active_onts(living.shift)[SERIALS[0]]
    assert (await repaired(living, differing=True)).ordered == 1

    assert active_onts(living.shift)[SERIALS[0]]


async def test_of_strangers_nothing_is_ordered(living: Living) -> None:
    living.compare(await living.read())
    assert len(living.drifts()) == HOUSES

    assert await repaired(living, differing=True) == Repair(ordered=0, refused=())


@pytest.mark.parametrize(
    ("scope", "olt", "status"),
    [
        (Scope.ORDERS_WRITE, "OLT-1", 201),
        (Scope.ORDERS_WRITE, "OLT-9", 404),
        (Scope.ORDERS_WRITE, "", 400),
        (Scope.JOBS_READ, "OLT-1", 403),
    ],
)
async def test_programs_order_it_with_the_scope_for_orders(
    living: Living, tmp_path: Path, scope: Scope, olt: str, status: int
) -> None:
    await lost(living)
    store = living.shift.store
    async with client_of(whole_app(store, tmp_path)) as client:
        answer = await client.post(
            "/api/network/drift/reprovision",
            json={"olt": olt},
            headers=bearer(add_token(store, scope)),
        )

    assert answer.status_code == status, answer.text
    if status == 201:
        assert answer.json() == {"ordered": HOUSES, "refused": []}


async def test_the_page_offers_it_for_the_chosen_olt_and_tells_what_came_of_it(
    living: Living, browser: httpx.AsyncClient
) -> None:
    await lost(living, [1, 2])
    shift = living.shift
    await enter(shift, browser, Role.NOC)
    assert "Re-provision 2 missing services" not in (await browser.get("/network/drift")).text
    page = (await browser.get("/network/drift?olt=OLT-1")).text
    assert "Re-provision 2 missing services" in page
    assert f'href="/services/{service_of(living, 1)}"' in page

    shift.world.clock.now = max(shift.world.clock(), utc_now() + timedelta(minutes=1))
    data = {"csrf_token": await csrf_token(browser), "olt": "OLT-1"}
    answer = await browser.post("/network/drift/reprovision", data=data)
    assert (answer.status_code, answer.headers["location"]) == (303, "/network/drift?olt=OLT-1")
    assert "On its way" in (await browser.get("/network/drift?olt=OLT-1")).text
    await shift.worker.settle()

    page = (await browser.get("/network/drift?olt=OLT-1")).text
    assert page.count('<span class="chip good">Done</span>') == 2
    assert "missing service" not in page, "it was done already"
    assert active_onts(shift) == dict.fromkeys(SERIALS, True)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.DISPATCHER])
async def test_who_may_not_is_not_offered_it_and_refused(
    living: Living, browser: httpx.AsyncClient, role: Role
) -> None:
    await lost(living)
    await enter(living.shift, browser, role)

    page = (await browser.get("/network/drift?olt=OLT-1")).text
    data = {"csrf_token": await csrf_token(browser), "olt": "OLT-1"}
    answer = await browser.post("/network/drift/reprovision", data=data)

    assert "Re-provision 4 missing services" not in page
    assert answer.status_code == 403
    assert count(living.shift.store, orders) == 0
