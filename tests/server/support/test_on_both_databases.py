"""The lists of the NOC on SQLite and PostgreSQL: what they read is the same."""

import httpx
from uuid_utils.compat import uuid7

from server.acts import utc_now
from server.alarms import affected, alarm_storage, list_view, storage
from server.alarms.records import SEVERITIES, Alarm, AlarmKind, FaultKind, PlantFault
from server.database import Connection, Written
from server.fulfilment import fallout
from server.fulfilment.fallout import FalloutFilter, Standing
from server.people.records import Role
from tests.server.fulfilment.running import running
from tests.server.fulfilment.shift import Shift
from tests.server.support.office import enter


async def test_the_fallout_is_counted_filtered_and_listed(shift: Shift) -> None:
    shift.world.olt.unplug()
    shift.complete_job()
    await shift.worker.settle(within_s=60)
    process = shift.process()
    reading = (utc_now(),)

    wanted = FalloutFilter(standing=Standing.HELD, code="ONT_NOT_SEEN", olt_id=shift.town.olt)
    found = shift.store.read_now(fallout.load, wanted, *reading, page_size=5)
    after = FalloutFilter(after=process.id)
    further = shift.store.read_now(fallout.load, after, *reading, page_size=5)

    assert [line.process.id for line in found.lines] == [process.id]
    assert found.counts == {(Standing.HELD, "ONT_NOT_SEEN"): 1}
    assert (further.lines, further.has_more) == ((), False)
    assert shift.store.read_now(fallout.count, *reading) == 1


async def test_alarms_and_faults_are_listed_with_names(shift: Shift) -> None:
    service_id = await running(shift)
    kind = AlarmKind.LOSS_OF_SIGNAL
    alarm = Alarm(
        id=uuid7(),
        kind=kind,
        severity=SEVERITIES[kind],
        olt_id=shift.town.olt,
        pon_port_id=shift.town.pon_port,
        service_id=service_id,
        raised_at=utc_now(),
    )
    fault = PlantFault(
        id=uuid7(),
        olt_id=shift.town.olt,
        kind=FaultKind.PORT,
        branches=(f"pon_port:{shift.town.pon_port}",),
        raised_at=utc_now(),
        affected=1,
        dark=1,
    )

    def unit(db: Connection) -> Written[None]:
        alarm_storage.add(db, [alarm])
        storage.add_fault(db, fault, [service_id])
        return Written(None)

    shift.store.write_now(unit)

    shown = shift.store.read_now(list_view.load, None)
    concerned = shift.store.read_now(affected.load, fault.id, None)
    assert [each.alarm for each in shown.alarms] == [alarm]
    assert [each.id for each in concerned.found] == [service_id]
    assert concerned.back == frozenset()


async def test_the_page_of_a_process_tells_of_the_ont_that_is_not_there(
    shift: Shift, browser: httpx.AsyncClient
) -> None:
    shift.world.olt.unplug()
    shift.complete_job()
    await shift.worker.settle(within_s=60)
    await enter(shift, browser, Role.NOC)

    page = (await browser.get(f"/processes/{shift.process().id}")).text

    assert "The OLT does not see the ONT" in page
    assert "times, the last at" in page
