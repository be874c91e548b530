"""What an OLT is asked for a product: by the product, or by what was imported for this OLT."""

from pathlib import Path
from uuid import UUID

import hypothesis
import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from activation.simulator.records import PonPort, Vendor
from server.database import Store
from server.database.tables.fulfilment import ont_allocations
from server.database.tables.plant import olts, pon_ports
from server.fulfilment import commands, flows, ownership, storage
from server.fulfilment.flows import Flow, Override, overridden
from server.fulfilment.records import Intent, ProcessState
from server.people.records import Role, Scope
from server.problems import NotFound
from tests.server.factories import OFFICE, VLAN, act, change, rows
from tests.server.fulfilment.running import add_product, order, process_of, running, swap
from tests.server.fulfilment.shift import Shift
from tests.server.fulfilment.test_service_api import office
from tests.server.imports.loading import Heard, load
from tests.server.olt import TownOlt, plugged, town_scenario
from tests.server.tablets import OTHER_SERIAL, SERIAL

NAMES = ("line_profile", "service_profile", "traffic_in", "traffic_out")
NUMBERS = ("vlan", "user_vlan", "gem_port")
ASKED = Flow(
    line_profile="product",
    service_profile="product",
    vlan=1,
    user_vlan=1,
    gem_port=1,
    traffic_in="product",
    traffic_out="product",
)


def imported(store: Store, folder: Path, *lines: str) -> Heard:
    """Import lines of ``product,olt,line_profile,vlan``."""
    file = folder / "product-overrides.csv"
    file.write_text("\n".join(("product,olt,line_profile,vlan", *lines)), encoding="utf-8")
    return load(store, file)


def flow_on(shift: Shift, product_id: UUID, olt_id: UUID | None) -> Flow:
    return shift.store.read_now(flows.load_flow, product_id, olt_id)


@hypothesis.given(
    own=st.fixed_dictionaries(
        {
            **{name: st.none() | st.just("olt") for name in NAMES},
            **{name: st.none() | st.integers(0, 4094) for name in NUMBERS},
        }
    )
)
def test_each_value_is_the_olts_where_it_has_one(own: dict[str, str | int | None]) -> None:
    there = overridden(ASKED, Override(**own))  # pyright: ignore[reportArgumentType]  as drawn

    for name, value in own.items():
        assert getattr(there, name) == (getattr(ASKED, name) if value is None else value)


async def test_an_activation_takes_the_vlan_and_profile_of_its_olt(
    shift: Shift, tmp_path: Path
) -> None:
    stand_with(shift, line_profiles=("FTTH-OLD-TOWN",), vlans=(2100,))
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,FTTH-OLD-TOWN,2100")

    await running(shift)

    (registration,) = shift.world.olt.exchange.olt.registrations.values()
    assert (registration.row.line_profile, vlan_of(shift)) == ("FTTH-OLD-TOWN", 2100)


async def test_what_was_overridden_since_comes_to_a_running_service_by_reprovisioning_it(
    shift: Shift, tmp_path: Path
) -> None:
    stand_with(shift, vlans=(VLAN, 101))
    service_id = await running(shift)
    sets = shift.world.olt.sets
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,101")
    await shift.worker.settle()
    assert (vlan_of(shift), shift.world.olt.sets) == (VLAN, sets)

    order(shift, service_id, Intent.REPROVISION, "R-1")
    await shift.worker.settle()

    assert vlan_of(shift) == 101
    assert process_of(shift, Intent.REPROVISION).state is ProcessState.DONE
    assert shift.service(service_id).product_id == shift.town.product


@pytest.mark.parametrize(
    ("intent", "product"), [(Intent.REPROVISION, None), (Intent.CHANGE, "FIBER-900")]
)
async def test_what_the_olt_refuses_goes_back_to_what_it_had_and_not_to_what_is_asked_now(
    shift: Shift, tmp_path: Path, intent: Intent, product: str | None
) -> None:
    service_id = await running(shift)
    add_product(shift, "FIBER-900", vlan=102)
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,101")

    order(shift, service_id, intent, "C-1", product=product)
    await shift.worker.settle(within_s=60)

    process = process_of(shift, intent)
    assert (process.state, process.code) == (ProcessState.STUCK, "VLAN_MISSING")
    assert vlan_of(shift) == VLAN

    shift.store.write_now(commands.cancel, process.id, act=act(shift.world.clock(), actor=OFFICE))
    await shift.worker.settle()

    assert process_of(shift, intent).state is ProcessState.CANCELLED
    assert vlan_of(shift) == VLAN


async def test_what_is_refused_after_something_was_given_goes_back_to_that(
    shift: Shift, tmp_path: Path
) -> None:
    stand_with(shift, vlans=(VLAN, 101))
    service_id = await running(shift)
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,101")
    order(shift, service_id, Intent.REPROVISION, "R-1")
    await shift.worker.settle()
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,102")

    order(shift, service_id, Intent.REPROVISION, "R-2")
    await shift.worker.settle(within_s=60)

    assert vlan_of(shift) == 101


async def test_a_swapped_ont_gets_what_its_product_asks_by_now(
    shift: Shift, tmp_path: Path
) -> None:
    stand_with(shift, vlans=(VLAN, 101))
    await running(shift)
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,101")

    swap(shift, OTHER_SERIAL)
    await shift.worker.settle()

    assert process_of(shift, Intent.SWAP).state is ProcessState.DONE
    assert vlan_of(shift) == 101
    (kept,) = rows(shift.store, ont_allocations)
    assert kept["given"]["vlan"] == 101


def stand_with(shift: Shift, **changes: object) -> None:
    """Put an OLT there that is configured otherwise than the town's."""
    scenario = msgspec.structs.replace(town_scenario(), **changes)
    shift.world.olt = TownOlt(shift.world.clock, scenario=scenario)


def vlan_of(shift: Shift) -> int:
    (flow,) = shift.world.olt.exchange.olt.flows.values()
    return flow.service_vlan


def test_the_olt_of_another_town_is_asked_as_the_product_says(shift: Shift, tmp_path: Path) -> None:
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,2100")

    own = flow_on(shift, shift.town.product, shift.town.olt)

    assert own.vlan == 2100
    assert flow_on(shift, shift.town.product, None).vlan == VLAN
    assert flow_on(shift, shift.town.product, UUID(int=7)).vlan == VLAN
    with pytest.raises(NotFound):
        flow_on(shift, UUID(int=7), shift.town.olt)


def test_a_new_version_of_a_product_keeps_what_its_olt_has(shift: Shift, tmp_path: Path) -> None:
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,2100")

    newer = add_product(shift, "FIBER-300", version=2, price_minor=2990)

    assert flow_on(shift, newer, shift.town.olt).vlan == 2100


def test_an_empty_row_takes_an_override_back(shift: Shift, tmp_path: Path) -> None:
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,FTTH-OLD-TOWN,2100")

    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,")

    as_sold = flow_on(shift, shift.town.product, None)
    assert flow_on(shift, shift.town.product, shift.town.olt) == as_sold


@pytest.mark.parametrize(
    ("line", "column", "right"),
    [
        ("FIBER-900,OLT-1,,2100", "product", "the code of one of the products"),
        ("FIBER-300,OLT-9,,2100", "olt", "the id of one of the olts"),
        ("FIBER-300,OLT-1,,4095", "vlan", "a whole number from 1 to 4094"),
        (f"FIBER-300,OLT-1,{'X' * 33},", "line_profile", "32"),
    ],
)
def test_a_wrong_override_is_refused_by_column_and_value(
    shift: Shift, tmp_path: Path, line: str, column: str, right: str
) -> None:
    heard = imported(shift.store, tmp_path, line)

    (complaint,) = heard.complaints
    assert complaint.column == column
    assert right in complaint.right


async def test_the_office_sees_what_an_olt_is_asked_for_each_product(
    shift: Shift, tmp_path: Path
) -> None:
    imported(shift.store, tmp_path, "FIBER-300,OLT-1,,2100")
    add_product(shift, "FIBER-300", version=2, traffic_in="NEWER")
    add_product(shift, "BASIC")
    async with office(shift, tmp_path, Scope.JOBS_READ) as client:
        answer = await client.get("/api/product-flows", params={"olt": "OLT-1"})
        unknown = await client.get("/api/product-flows", params={"olt": "OLT-9"})

    listed = answer.json()["products"]
    assert [(each["product"], each["version"], each["overridden"]) for each in listed] == [
        ("BASIC", 1, []),
        ("FIBER-300", 2, ["vlan"]),
    ]
    assert (listed[1]["flow"]["vlan"], listed[1]["flow"]["traffic_in"]) == (2100, "NEWER")
    assert (answer.json()["more"], unknown.status_code) == (False, 404)


async def test_a_product_on_an_olt_that_carries_no_service_sticks_and_writes_nothing(
    shift: Shift,
) -> None:
    at = {"frame": 1, "slot": 1, "port": 1}
    change(shift.store, sa.update(olts).values(driver="zte"))
    change(shift.store, sa.update(pon_ports).values(**at))
    onts = (plugged(SERIAL, port="1/1/1"),)
    stand_with(shift, ports=(PonPort(name="1/1/1"),), vendor=Vendor.ZTE, onts=onts)

    shift.complete_job()
    await shift.worker.settle()

    process = shift.process()
    assert (process.state, process.code) == (ProcessState.STUCK, "UNSUPPORTED")
    (waiting,) = ownership.waiting_for((process,))
    assert waiting.owner is Role.NOC
    (said,) = told(shift, process.id)
    assert "carries no traffic" in said
    assert "Cancel the process and have it done by hand" in said
    assert (shift.world.olt.sets, shift.world.olt.registered) == (0, [])


def told(shift: Shift, process_id: UUID) -> list[str]:
    """Read what a person is told of the attempts that ended with a code."""
    attempts = shift.store.read_now(storage.list_attempts, [process_id])
    return [str(each.detail["detail"]) for each in attempts if each.code == "UNSUPPORTED"]
