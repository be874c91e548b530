"""What a completion causes, by the kind of its job; an activation only where one was ordered."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from server.database import Store
from server.database.tables import fulfilment, offers
from server.orders import commands as orders
from server.orders import queries
from server.orders.records import OrderState, PlacedOrder, WantedOrder
from sync_protocol.documents import JobKind
from sync_protocol.effects import Effect, effect_of
from sync_protocol.operations import CaptureBody, LightReading, Photo, SerialScan, Signature
from sync_protocol.visit_codes import DONE
from tests.server.factories import NOON, act, assign, change, found_town, place_order, rows
from tests.server.tablets import SERIAL, Tablet, enrolled, push, verdicts

CAPTURED: tuple[CaptureBody, ...] = (
    SerialScan(serial=SERIAL, raw_text=SERIAL, method="scan"),
    LightReading(rx_power_cdbm=-1940, plant_snapshot="p1"),
    Photo(subject="repaired", sha256="a" * 64, size_bytes=5),
    Signature(signer_name="Erika", statement="It works.", sha256="c" * 64, size_bytes=4),
)


def ordered(store: Store, kind: JobKind) -> tuple[Tablet, PlacedOrder]:
    """Let a service run, and order something about it; Ada has the job."""
    town = found_town(store)
    place_order(store)
    change(store, sa.update(offers.services).values(state="active"))
    wanted = WantedOrder(
        number="R-1",
        kind=kind,
        account="A-1",
        premise="P-2" if kind is JobKind.MOVE else "P-1",
        appointment_starts_at=NOON,
        appointment_ends_at=NOON + timedelta(hours=2),
    )
    placed = store.write_now(orders.place, wanted, act=act())
    assign(store, placed.job_id, town.ada)
    return enrolled(store, town.ada), placed


def complete(store: Store, tablet: Tablet, placed: PlacedOrder, code: str) -> None:
    tablet.complete(placed.job_id, CAPTURED)
    said = tablet.said.pop()
    tablet.said.append(said.replace(b'"code":"D02"', b'"code":"%s"' % code.encode()))
    assert ("applied", None) in verdicts(push(store, tablet))


def state_of(store: Store, placed: PlacedOrder) -> OrderState:
    return store.read_now(queries.get_item, placed.order_item_id).state


def test_a_repair_fulfils_its_order_and_touches_no_network(store: Store) -> None:
    tablet, placed = ordered(store, JobKind.REPAIR)

    complete(store, tablet, placed, "D05")

    assert state_of(store, placed) is OrderState.COMPLETED
    assert rows(store, fulfilment.processes) == rows(store, fulfilment.inbox_items) == []


@pytest.mark.parametrize(
    ("kind", "code", "intent"),
    [
        (JobKind.SWAP, "D07", "swap"),
        (JobKind.REPAIR, "D07", "swap"),
        (JobKind.DISCONNECT, "D10", "disconnect"),
        (JobKind.DISCONNECT, "D11", "disconnect"),
        (JobKind.DISCONNECT, "D01", "disconnect"),
    ],
)
def test_what_changed_in_the_field_starts_the_process_that_changes_the_network(
    store: Store, kind: JobKind, code: str, intent: str
) -> None:
    tablet, placed = ordered(store, kind)

    complete(store, tablet, placed, code)
    push(store, tablet)

    (process,) = rows(store, fulfilment.processes)
    assert (process["intent"], process["step"]) == (intent, "verify_evidence")
    assert process["job_id"] == placed.job_id
    assert state_of(store, placed) is OrderState.IN_PROGRESS
    assert rows(store, fulfilment.inbox_items) == []


def test_what_the_network_does_not_know_yet_is_put_before_a_person(store: Store) -> None:
    kind, code = JobKind.MOVE, "D12"
    tablet, placed = ordered(store, kind)

    complete(store, tablet, placed, code)
    push(store, tablet)

    (item,) = rows(store, fulfilment.inbox_items)
    assert (item["kind"], item["code"]) == ("completion_without_effect", "needs_network_change")
    assert item["detail"] == {"kind": kind.value, "visit_code": code}
    assert (item["job_id"], item["decided_at"]) == (placed.job_id, None)
    assert state_of(store, placed) is OrderState.IN_PROGRESS
    assert rows(store, fulfilment.processes) == [], "nothing is activated"
    (service,) = [row for row in rows(store, offers.services) if row["id"] == placed.service_id]
    assert service["state"] == "active"


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize("code", [*DONE, "Z99"])
def test_only_an_install_ever_activates(kind: JobKind, code: str) -> None:
    assert (effect_of(kind, code) is Effect.ACTIVATE) == (kind is JobKind.INSTALL)


@pytest.mark.parametrize("kind", JobKind)
@pytest.mark.parametrize("code", DONE)
def test_what_changes_no_service_activates_none(kind: JobKind, code: str) -> None:
    assert effect_of(kind, code, changes_service=False) is not Effect.ACTIVATE
