import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from server import inputs
from server.database import Store
from server.database.tables import offers, plant, work
from server.jobs import queries as jobs
from server.orders import commands, queries
from server.orders.records import OrderState, WantedOrder
from server.problems import Conflicting, NotFound, WrongInput
from server.services import storage as services
from server.services.records import ServiceState
from sync_protocol.jobs import JobState
from tests.server.factories import NOON, act, change, count, found_town, place_order

ORDER = WantedOrder(
    number="O-1",
    account="A-1",
    premise="P-1",
    product="FIBER-300",
    appointment_starts_at=NOON,
    appointment_ends_at=NOON + timedelta(hours=2),
)


def test_an_order_brings_its_item_a_designed_service_and_an_unassigned_job(store: Store) -> None:
    town = found_town(store)

    placed = place_order(store)

    assert placed.state is OrderState.IN_PROGRESS
    service = store.read_now(services.get, placed.service_id)
    assert (service.state, service.premise_id) == (ServiceState.DESIGNED, town.premises[0])
    job = store.read_now(jobs.get, placed.job_id)
    assert (job.state, job.assignee_id) == (JobState.UNASSIGNED, None)
    assert store.read_now(queries.get_placed, "O-1") == placed


def test_the_same_number_again_answers_what_came_of_it_the_first_time(store: Store) -> None:
    found_town(store)
    first = place_order(store)

    assert place_order(store) == first
    assert count(store, offers.orders) == count(store, work.jobs) == 1


def test_the_same_instants_under_another_offset_are_the_same_order(store: Store) -> None:
    found_town(store)
    first = place_order(store)
    east = timezone(timedelta(hours=9))
    again = msgspec.structs.replace(
        ORDER,
        appointment_starts_at=ORDER.appointment_starts_at.astimezone(east),
        appointment_ends_at=ORDER.appointment_ends_at.astimezone(east),
    )

    assert store.write_now(commands.place, again, act=act()) == first


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"premise": "P-2"}, "premise was 'P-1', now 'P-2'"),
        ({"account": "A-9"}, "account was 'A-1', now 'A-9'"),
        ({"product": "FIBER-9"}, "product was 'FIBER-300', now 'FIBER-9'"),
        (
            {"appointment_ends_at": NOON + timedelta(hours=3)},
            "appointment_ends_at was 2026-07-02T14:00:00+00:00, now 2026-07-02T15:00:00+00:00",
        ),
    ],
)
def test_a_number_does_not_stand_for_two_orders(
    store: Store, changes: dict[str, object], named: str
) -> None:
    found_town(store)
    place_order(store)
    other = msgspec.structs.replace(ORDER, **changes)

    with pytest.raises(Conflicting, match=re.escape(named)) as refused:
        store.write_now(commands.place, other, act=act())

    assert str(refused.value).count(" was '") + str(refused.value).count(" was 2") == 1
    assert count(store, offers.orders) == 1


@pytest.mark.parametrize(
    "instant",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12))),
        datetime(1999, 12, 31, tzinfo=UTC),
        datetime(2200, 1, 1, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("field", ["appointment_starts_at", "appointment_ends_at"])
def test_a_time_that_nobody_can_mean_is_refused_by_name(field: str, instant: datetime) -> None:
    values = {**msgspec.structs.asdict(ORDER), field: instant.isoformat()}

    with pytest.raises(WrongInput, match=f"{field} is .* its year must be 2000 to 2199"):
        inputs.read(values, WantedOrder)


def test_the_newest_version_of_a_product_is_sold(store: Store) -> None:
    town = found_town(store)
    newer = {"id": town.ada, "version": 2, "price_minor": 4990}
    columns = [column for column in offers.products.columns if column.name not in newer]
    change(
        store,
        sa.insert(offers.products).from_select(
            [*newer, *(column.name for column in columns)],
            sa.select(sa.literal(town.ada, sa.Uuid), sa.literal(2), sa.literal(4990), *columns),
        ),
    )

    placed = place_order(store)

    assert store.read_now(services.get, placed.service_id).product_id == town.ada


def test_a_product_that_the_account_cannot_pay_in_its_currency_is_not_sold(store: Store) -> None:
    found_town(store)
    change(store, sa.update(offers.products).values(currency="USD"))

    with pytest.raises(WrongInput, match=r"'FIBER-300' is priced in USD.*'A-1' pays in EUR"):
        place_order(store)

    assert count(store, offers.orders) == 0


@pytest.mark.parametrize("field", ["account", "premise", "product"])
def test_what_an_order_names_and_does_not_exist_is_named(store: Store, field: str) -> None:
    found_town(store)
    wanted = msgspec.structs.replace(ORDER, **{field: "X-9"})

    with pytest.raises(WrongInput, match=f"no {field} 'X-9'"):
        store.write_now(commands.place, wanted, act=act())
    assert count(store, offers.orders) == 0


def test_a_premise_without_a_drop_takes_no_order(store: Store) -> None:
    town = found_town(store)
    change(store, sa.delete(plant.drops).where(plant.drops.c.id == town.drops[0]))

    with pytest.raises(NotFound, match="drop for premise"):
        store.write_now(commands.place, ORDER, act=act())


def test_an_appointment_that_ends_before_it_starts_is_refused_whole(store: Store) -> None:
    found_town(store)
    wanted = msgspec.structs.replace(ORDER, appointment_ends_at=NOON)

    with pytest.raises(WrongInput, match="ends at"):
        store.write_now(commands.place, wanted, act=act())
    assert count(store, offers.orders) == count(store, offers.services) == 0


def test_one_number_at_one_instant_is_one_order(postgres_store: Store) -> None:
    found_town(postgres_store)
    url = postgres_store.url.render_as_string(hide_password=False)
    start = threading.Barrier(2)

    def place(_try: int) -> object:
        store = Store(url)
        start.wait(20)
        try:
            return place_order(store)
        except IntegrityError:
            return place_order(store)  # as whoever is answered 503 does
        finally:
            store.close()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(place, (1, 2))

    assert one == other
    assert count(postgres_store, offers.orders) == 1
