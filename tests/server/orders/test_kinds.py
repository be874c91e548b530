"""Orders about a service that runs: repair, swap, disconnect, move, and the jobs they bring."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from server import inputs
from server.database import Store
from server.database.tables import offers, plant, work
from server.jobs import queries as jobs
from server.orders import commands, queries
from server.orders.records import PlacedOrder, WantedOrder
from server.problems import Conflicting, NotFound, WrongInput
from sync_protocol.documents import JobKind
from sync_protocol.ids import JobId
from sync_protocol.visits import KINDS
from tests.server.factories import NOON, Town, act, change, count, found_town, place_order

REPAIR = WantedOrder(
    number="R-1",
    kind=JobKind.REPAIR,
    account="A-1",
    premise="P-1",
    appointment_starts_at=NOON,
    appointment_ends_at=NOON + timedelta(hours=2),
)
ABOUT_ONE = (JobKind.REPAIR, JobKind.SWAP, JobKind.DISCONNECT)


def place(store: Store, wanted: WantedOrder) -> PlacedOrder:
    return store.write_now(commands.place, wanted, act=act())


def wanted(**changes: object) -> WantedOrder:
    return msgspec.structs.replace(REPAIR, **changes)


@pytest.fixture
def town(store: Store) -> Town:
    return found_town(store)


@pytest.fixture
def running(store: Store, town: Town) -> UUID:
    """The service that runs at house 1."""
    assert town.premises
    service_id = place_order(store).service_id
    change(store, sa.update(offers.services).values(state="active", ont_serial="HWTC1A2B3C4D"))
    return service_id


@pytest.mark.parametrize("kind", ABOUT_ONE)
def test_an_order_about_a_running_service_makes_no_other(
    store: Store, running: UUID, kind: JobKind
) -> None:
    placed = place(store, wanted(kind=kind))

    assert placed.service_id == running
    assert count(store, offers.services) == 1
    job = store.read_now(jobs.get, placed.job_id)
    assert (job.kind, job.number) == (kind, "R-1-1")
    assert job.required_photos == KINDS[kind].photos
    document = store.read_now(jobs.documents, [placed.job_id])[JobId(placed.job_id)]
    assert (document.kind, document.current_serial) == (kind, "HWTC1A2B3C4D")
    item = store.read_now(queries.get_item, placed.order_item_id)
    assert item.action == commands.ACTIONS[kind]


@pytest.mark.parametrize("kind", ABOUT_ONE)
def test_the_same_order_again_answers_what_came_of_it(
    store: Store, running: UUID, kind: JobKind
) -> None:
    first = place(store, wanted(kind=kind))

    assert place(store, wanted(kind=kind)) == first
    assert place(store, wanted(kind=kind, service=running)) == first
    assert count(store, work.jobs) == 2


@pytest.mark.usefixtures("running")
def test_a_number_does_not_stand_for_two_kinds(store: Store) -> None:
    place(store, REPAIR)

    with pytest.raises(Conflicting, match="kind was 'repair', now 'swap'"):
        place(store, wanted(kind=JobKind.SWAP))
    with pytest.raises(Conflicting, match="product was None, now 'FIBER-300'"):
        place_order(store, "R-1")


@pytest.mark.parametrize("state", ["designed", "reserved", "terminated"])
def test_what_does_not_run_cannot_be_repaired(store: Store, running: UUID, state: str) -> None:
    change(
        store,
        sa.update(offers.services).where(offers.services.c.id == running).values(state=state),
    )

    with pytest.raises(WrongInput, match="no service of account 'A-1' runs at 'P-1'"):
        place(store, REPAIR)


def test_a_service_that_is_suspended_can_be_disconnected(store: Store, running: UUID) -> None:
    change(store, sa.update(offers.services).values(state="suspended"))

    assert place(store, wanted(kind=JobKind.DISCONNECT)).service_id == running


def test_of_several_services_one_has_to_be_named(store: Store, running: UUID) -> None:
    other = place_order(store, "O-2").service_id
    change(store, sa.update(offers.services).values(state="active"))

    with pytest.raises(WrongInput, match=r"2 services .* name one as service") as refused:
        place(store, REPAIR)

    assert {str(running), str(other)} <= set(str(refused.value).replace(",", "").split())
    assert place(store, wanted(service=other)).service_id == other


@pytest.mark.usefixtures("running")
def test_a_service_of_somewhere_else_is_not_repaired_here(store: Store) -> None:
    other = place_order(store, "O-2", house=2).service_id
    change(store, sa.update(offers.services).values(state="active"))

    with pytest.raises(WrongInput, match=f"no service {other} of account 'A-1' runs at 'P-1'"):
        place(store, wanted(service=other))


def test_a_move_is_about_the_service_elsewhere_and_its_job_is_where_it_goes(
    store: Store, town: Town, running: UUID
) -> None:
    placed = place(store, wanted(kind=JobKind.MOVE, premise="P-2"))

    assert placed.service_id == running
    assert store.read_now(jobs.get, placed.job_id).premise_id == town.premises[1]


@pytest.mark.usefixtures("running")
def test_nothing_moves_to_where_no_drop_leads_or_where_it_is(store: Store, town: Town) -> None:
    change(store, sa.delete(plant.drops).where(plant.drops.c.id == town.drops[1]))

    with pytest.raises(NotFound, match="drop for premise"):
        place(store, wanted(kind=JobKind.MOVE, premise="P-2"))
    with pytest.raises(WrongInput, match="runs elsewhere than 'P-1'"):
        place(store, wanted(kind=JobKind.MOVE))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "install"}, "an install needs one"),
        ({"product": "FIBER-300"}, "a service keeps the product it has"),
        (
            {"kind": "install", "product": "FIBER-300", "service": str(UUID(int=1))},
            "an install makes a new one",
        ),
        ({"kind": "survey"}, "kind"),
    ],
)
def test_what_does_not_go_with_the_kind_is_refused(changes: dict[str, str], said: str) -> None:
    values = {
        **{name: value for name, value in msgspec.to_builtins(REPAIR).items() if value is not None},
        **changes,
    }

    with pytest.raises(WrongInput, match=said):
        inputs.read(msgspec.convert(values, dict[str, object]), WantedOrder)
