"""The plant is corrected while an ONT is registered: nothing of ours is left where it was wrong."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from activation.simulator.faults import FaultKind
from activation.simulator.records import OntRow
from server.database import Connection, Store, Written
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.plant import olts, pon_ports, splitters
from server.fulfilment.lanes import lane_of
from server.fulfilment.records import Process, ProcessState
from server.services.records import ServiceState
from tests.server import factories
from tests.server.factories import change, rows
from tests.server.fulfilment.shift import Shift
from tests.server.olt import OTHER_PORT, TownOlt, plugged
from tests.server.tablets import SERIAL

NEVER_S = 100_000


def copied(store: Store, table: sa.Table, source: UUID, **changes: object) -> UUID:
    """Copy a row under a new id."""
    key = uuid7()

    def unit(db: Connection) -> Written[None]:
        found = db.execute(sa.select(table).where(table.c.id == source)).mappings().one()
        values: Mapping[str, Any] = {**found, "id": key, "external_id": str(key), **changes}
        db.execute(sa.insert(table).values(values))
        return Written(None)

    store.write_now(unit)
    return key


def move_splitter(shift: Shift, pon_port: UUID) -> None:
    statement = sa.update(splitters).where(splitters.c.id == shift.town.splitter)
    change(shift.store, statement.values(pon_port_id=pon_port))


async def register_in_the_dark(shift: Shift) -> UUID:
    """Register an ONT that never comes up, because the house does not hang there."""
    shift.world.olt.unplug(SERIAL)
    shift.world.olt.plug(plugged(SERIAL, come_up_s=NEVER_S))
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=200)
    assert shift.process().state is ProcessState.HELD
    assert shift.world.olt.registered == [SERIAL]
    shift.world.olt.unplug(SERIAL)
    return placed.service_id


def found_second_olt(shift: Shift) -> TownOlt:
    """Give the plant a second OLT, where the house really hangs."""
    second = TownOlt(shift.world.clock, plugged(SERIAL))
    shift.world.other_olts["olt-2"] = second
    olt = copied(shift.store, olts, shift.town.olt, host="olt-2", name="Neustadt-1")
    move_splitter(shift, copied(shift.store, pon_ports, shift.town.pon_port, olt_id=olt))
    return second


async def test_a_house_that_hangs_on_another_olt_leaves_nothing_on_the_first(shift: Shift) -> None:
    service_id = await register_in_the_dark(shift)
    second = found_second_olt(shift)

    await shift.worker.settle(within_s=200)

    assert shift.process().state is ProcessState.DONE
    assert (shift.world.olt.registered, second.registered) == ([], [SERIAL])
    assert (shift.world.olt.flows, second.flows) == (0, 1)
    assert shift.service(service_id).state is ServiceState.ACTIVE


async def test_the_first_olt_is_written_to_in_its_own_lane(shift: Shift) -> None:
    await register_in_the_dark(shift)
    found_second_olt(shift)
    lanes: list[str | None] = []

    def note() -> None:
        def lane(db: Connection) -> str | None:
            process: Process = shift.process()
            assert process.lane == lane_of(db, process)
            return process.lane

        lanes.append(shift.store.read_now(lane))

    shift.world.olt.before_set = note
    await shift.worker.settle(within_s=200)

    assert set(lanes) == {f"olt:{shift.town.olt}"}


async def test_a_first_olt_that_is_silent_keeps_the_service_waiting_and_says_so(
    shift: Shift,
) -> None:
    """Two registrations of one ONT would be worse than a wait that names its reason."""
    await register_in_the_dark(shift)
    second = found_second_olt(shift)
    shift.world.olt.fail(FaultKind.SILENT, count=8)

    await shift.worker.settle(within_s=100)
    process = shift.process()
    assert (process.step, process.code) == ("release", "OLT_UNREACHABLE")
    assert second.registered == []

    await shift.worker.settle(within_s=2000)
    assert shift.process().state is ProcessState.DONE
    assert (shift.world.olt.registered, second.registered) == ([], [SERIAL])


async def test_a_renumbered_port_does_not_change_what_was_written(shift: Shift) -> None:
    """The plant row gets other numbers; the registration is taken back where it was made."""
    service_id = await register_in_the_dark(shift)
    shift.world.olt.plug(plugged(SERIAL, port=OTHER_PORT))
    renumbered = sa.update(pon_ports).where(pon_ports.c.id == shift.town.pon_port)
    change(shift.store, renumbered.values(port=1))

    await shift.worker.settle(within_s=200)

    assert shift.process().state is ProcessState.DONE
    assert shift.world.olt.registered == [SERIAL]
    (kept,) = rows(shift.store, ont_allocations)
    assert (kept["frame"], kept["slot"], kept["port"]) == (0, 1, 1)
    assert shift.service(service_id).state is ServiceState.ACTIVE


@pytest.mark.parametrize("adopted", [True, False])
async def test_a_registration_that_was_there_before_us_is_never_removed(
    shift: Shift, *, adopted: bool
) -> None:
    shift.world.olt.unplug(SERIAL)
    if adopted:
        shift.world.olt.exchange.olt.add_ont(
            OntRow(
                port=factories.PORT,
                ont_id=5,
                serial=SERIAL,
                line_profile=factories.LINE_PROFILE,
                service_profile=factories.SERVICE_PROFILE,
            ),
            shift.world.clock(),
        )
    shift.world.olt.plug(plugged(SERIAL, come_up_s=NEVER_S))
    shift.complete_job()
    await shift.worker.settle(within_s=200)
    (kept,) = rows(shift.store, ont_allocations)
    assert kept["adopted"] is adopted
    second = found_second_olt(shift)

    await shift.worker.settle(within_s=200)

    assert shift.world.olt.registered == ([SERIAL] if adopted else [])
    assert second.registered == [SERIAL]
