import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from server.database import Store
from server.database.tables import offers, plant, work
from server.jobs import queries as jobs
from server.orders import commands, queries
from server.orders.records import InstallOrder, OrderState
from server.problems import NotFound, WrongInput
from server.services import storage as services
from server.services.records import ServiceState
from sync_protocol.jobs import JobState
from tests.server.factories import NOON, act, change, count, found_town, place_order

ORDER = InstallOrder(
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

    assert place_order(store, house=2) == first
    assert count(store, offers.orders) == count(store, work.jobs) == 1


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


@pytest.mark.parametrize("field", ["account", "premise", "product"])
def test_what_an_order_names_and_does_not_exist_is_named(store: Store, field: str) -> None:
    found_town(store)
    wanted = msgspec.structs.replace(ORDER, **{field: "X-9"})

    with pytest.raises(WrongInput, match=f"no {field} 'X-9'"):
        store.write_now(commands.place_install, wanted, act=act())
    assert count(store, offers.orders) == 0


def test_a_premise_without_a_drop_takes_no_order(store: Store) -> None:
    town = found_town(store)
    change(store, sa.delete(plant.drops).where(plant.drops.c.id == town.drops[0]))

    with pytest.raises(NotFound, match="drop for premise"):
        store.write_now(commands.place_install, ORDER, act=act())


def test_an_appointment_that_ends_before_it_starts_is_refused_whole(store: Store) -> None:
    found_town(store)
    wanted = msgspec.structs.replace(ORDER, appointment_ends_at=NOON)

    with pytest.raises(WrongInput, match="ends at"):
        store.write_now(commands.place_install, wanted, act=act())
    assert count(store, offers.orders) == count(store, offers.services) == 0


def test_one_number_at_one_instant_is_one_order(postgres_store: Store) -> None:
    found_town(postgres_store)
    url = postgres_store.url.render_as_string(hide_password=False)
    start = threading.Barrier(2)

    def place(house: int) -> object:
        store = Store(url)
        start.wait(20)
        try:
            return place_order(store, house=house)
        except IntegrityError:
            return place_order(store, house=house)  # as whoever is answered 503 does
        finally:
            store.close()

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(place, (1, 2))

    assert one == other
    assert count(postgres_store, offers.orders) == 1
