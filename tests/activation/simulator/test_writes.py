"""What a SET may and may not do, with error status and error index."""

import pytest

from activation.simulator.cells import Written
from activation.simulator.huawei import oids
from activation.simulator.oids import Oid
from activation.simulator.records import PonPort
from tests.activation.simulator.factories import (
    IF_INDEX,
    OTHER,
    OTHER_PORT,
    PORT,
    SERIAL,
    Bench,
    a_scenario,
    an_ont_row,
    creating_flow,
    flow_cell,
    ont_cell,
    registering,
)

NO_ERROR, WRONG_TYPE, WRONG_LENGTH, WRONG_VALUE = 0, 7, 8, 10
NO_CREATION, INCONSISTENT_VALUE, NOT_WRITABLE, INCONSISTENT_NAME = 11, 12, 17, 18
OTHER_IF_INDEX = IF_INDEX + 256
Variables = list[tuple[Oid, Written]]


def with_cell(variables: Variables, column: int, value: Written) -> Variables:
    return [(oid, value if oid[-3] == column else old) for oid, old in variables]


def without_cell(variables: Variables, column: int) -> Variables:
    return [(oid, value) for oid, value in variables if oid[-3] != column]


def test_the_registering_pdu_of_field_code_makes_a_row_that_reads_back() -> None:
    bench = Bench()
    assert bench.set(registering()) == (NO_ERROR, 0)
    assert bench.get(*(ont_cell(column) for column in (2, 3, 6, 7, 8, 9, 10))) == [
        1,
        bytes.fromhex("485754431a2b3c4d"),
        1,
        b"FTTH",
        b"HG8245H",
        b"S-1",
        1,
    ]


REFUSED_ONTS: list[tuple[str, Variables, int, int]] = [
    ("line_profile_missing", registering(line_profile=b"NONE"), INCONSISTENT_VALUE, 5),
    ("service_profile_missing", registering(service_profile=b"NONE"), INCONSISTENT_VALUE, 6),
    ("serial_registered_elsewhere", registering(OTHER), INCONSISTENT_VALUE, 2),
    ("ont_id_taken", registering(ont_id=3, if_index=OTHER_IF_INDEX), INCONSISTENT_VALUE, 4),
    (
        "already_registered",
        registering(OTHER, ont_id=3, if_index=OTHER_IF_INDEX),
        INCONSISTENT_VALUE,
        4,
    ),
    ("column_missing", without_cell(registering(), 3), INCONSISTENT_VALUE, 3),
    ("serial_is_not_eight_bytes", with_cell(registering(), 3, b"HWTC1A2B"[:7]), WRONG_LENGTH, 2),
    ("no_vendor_letters_in_serial", with_cell(registering(), 3, bytes(8)), WRONG_VALUE, 2),
    ("not_an_octet_string", with_cell(registering(), 3, 7), WRONG_TYPE, 2),
    ("not_a_number", with_cell(registering(), 10, b"4"), WRONG_TYPE, 4),
    ("too_long", with_cell(registering(), 9, bytes(129)), WRONG_LENGTH, 7),
    ("not_utf_8", with_cell(registering(), 9, b"\xff"), WRONG_VALUE, 7),
    ("value_out_of_range", with_cell(registering(), 10, 5), WRONG_VALUE, 4),
    ("no_such_port_or_ont_id", registering(ont_id=128), NO_CREATION, 1),
    ("no_such_port_or_ont_id", registering(ont_id=4294967295), NO_CREATION, 1),
    ("no_such_port_or_ont_id", registering(if_index=IF_INDEX + 1), NO_CREATION, 1),
    ("no_such_ont", [(ont_cell(9), b"new")], INCONSISTENT_NAME, 1),
    ("no_such_ont", [(ont_cell(10), 1)], INCONSISTENT_VALUE, 1),
    ("not_writable", [*registering(), ((*oids.ONT_STATE, 15, IF_INDEX, 5), 1)], NOT_WRITABLE, 8),
    ("not_writable", [((1, 3, 6, 1, 2, 1, 1, 5, 0), b"name")], NOT_WRITABLE, 1),
    ("no_such_ont", [((*oids.ONT_STATE, 2, IF_INDEX, 5), 1)], NO_CREATION, 1),
    ("no_such_port", [((*oids.PON_PORT, 4, IF_INDEX + 1), 1)], NO_CREATION, 1),
]


@pytest.mark.parametrize(("reason", "variables", "status", "position"), REFUSED_ONTS)
def test_a_refused_set_changes_nothing_and_blames_the_right_variable(
    reason: str, variables: Variables, status: int, position: int
) -> None:
    bench = Bench()
    before = bench.olt.registrations.values()
    assert bench.set(variables) == (status, position)
    assert bench.olt.registrations.values() == before
    (event,) = bench.told("set.rejected")
    assert (event.reason, event.status, event.position) == (reason, status, position)


def test_a_refused_variable_takes_the_good_rows_of_its_pdu_with_it() -> None:
    bench = Bench()
    good, bad = registering(), registering("HWTC00000001", ont_id=6, line_profile=b"NONE")
    assert bench.set([*good, *bad]) == (INCONSISTENT_VALUE, 12)
    assert len(bench.olt.registrations) == 1
    assert bench.get(ont_cell(10))[0] != 1


def test_a_repeated_create_is_inconsistent_and_leaves_the_row() -> None:
    bench = Bench()
    bench.set(registering())
    assert bench.set(registering()) == (INCONSISTENT_VALUE, 4)
    assert bench.get(ont_cell(10)) == [1]


def test_a_serial_cannot_be_registered_twice_in_one_pdu() -> None:
    bench = Bench()
    assert bench.set([*registering(), *registering(ont_id=6)]) == (INCONSISTENT_VALUE, 9)


def test_a_conflict_is_logged_with_the_place_that_holds_the_serial() -> None:
    bench = Bench()
    bench.set(registering(OTHER))
    row = [(*oids.REGISTER_LOG, column, IF_INDEX, 1) for column in (2, 3, 5, 6)]
    assert bench.get(*row) == [bytes.fromhex("48575443000000aa"), 3, OTHER_IF_INDEX, 3]


def test_destroying_an_absent_row_is_no_error() -> None:
    bench = Bench()
    assert bench.set([(ont_cell(10), 6)]) == (NO_ERROR, 0)
    assert bench.set([(flow_cell(15), 6)]) == (NO_ERROR, 0)
    assert not bench.told("set.accepted")


def test_a_full_port_takes_no_more_onts() -> None:
    rows = tuple(an_ont_row(port=PORT, ont_id=n, serial=f"HWTC0000{n:04X}") for n in range(1, 4))
    bench = Bench(
        a_scenario(
            ports=(PonPort(name=PORT, capacity=4), PonPort(name=OTHER_PORT)), registered=rows
        )
    )
    assert bench.set(registering()) == (NO_ERROR, 0)
    assert bench.set(registering("HWTC0000FFFF", ont_id=9)) == (INCONSISTENT_VALUE, 4)
    assert bench.told("set.rejected")[0].reason == "port_full"


def test_a_port_takes_128_onts_in_one_pdu_and_then_every_id_is_taken() -> None:
    bench = Bench(a_scenario(onts=(), registered=()))
    for ont_id in range(128):
        assert bench.set(registering(f"HWTC0000{ont_id:04X}", ont_id=ont_id)) == (NO_ERROR, 0)
    assert bench.set(registering("HWTC0000FFFF", ont_id=127)) == (INCONSISTENT_VALUE, 4)


def test_profiles_and_description_of_a_registered_ont_can_be_changed() -> None:
    bench = Bench(a_scenario(line_profiles=("FTTH", "FTTH-XL")))
    bench.set(registering())
    bench.wait(60)
    assert bench.set([(ont_cell(7), b"FTTH-XL"), (ont_cell(9), b"moved")]) == (NO_ERROR, 0)
    assert bench.get(ont_cell(7), ont_cell(8), ont_cell(9)) == [b"FTTH-XL", b"HG8245H", b"moved"]
    assert bench.get((*oids.ONT_STATE, 15, IF_INDEX, 5)) == [1]
    assert bench.set([(ont_cell(7), b"NONE")]) == (INCONSISTENT_VALUE, 1)
    other_serial = registering("HWTC00000001")[1]
    assert bench.set([other_serial]) == (INCONSISTENT_VALUE, 1)


def test_the_service_port_pdu_of_field_code_makes_a_row_that_reads_back() -> None:
    bench = Bench()
    free = (*oids.FLOW_NEXT_INDEX, 0)
    assert bench.get(free) == [1]
    bench.set(registering())
    assert bench.set(creating_flow()) == (NO_ERROR, 0)
    columns = (2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 18, 21, 22)
    assert bench.get(*(flow_cell(column) for column in columns)) == [
        *(0, 1, 0, 5, 1, 4, 100, 1, 100, 2, 1, 2),
        *(b"100M", b"100M"),
    ]
    assert bench.get(free) == [2]
    bench.wait(5)
    assert bench.get(flow_cell(14)) == [1]


REFUSED_FLOWS: list[tuple[str, Variables, int, int]] = [
    ("no_such_ont", creating_flow(ont_id=6), INCONSISTENT_VALUE, 4),
    ("no_such_port", creating_flow(c4=9), INCONSISTENT_VALUE, 3),
    ("vlan_missing", creating_flow(c8=200), INCONSISTENT_VALUE, 7),
    ("traffic_table_missing", creating_flow(c22=b"1G"), INCONSISTENT_VALUE, 11),
    ("traffic_table_missing", creating_flow(c21=b"1G"), INCONSISTENT_VALUE, 12),
    ("column_missing", creating_flow()[1:], INCONSISTENT_VALUE, 9),
    ("value_out_of_range", creating_flow(c7=1), WRONG_VALUE, 6),
    ("value_out_of_range", creating_flow(c12=4095), WRONG_VALUE, 9),
    ("no_such_service_port_index", creating_flow(index=0), NO_CREATION, 1),
    ("no_such_service_port", [(flow_cell(8), 100)], INCONSISTENT_NAME, 1),
    ("no_such_service_port", [(flow_cell(15), 1)], INCONSISTENT_VALUE, 1),
]


@pytest.mark.parametrize(("reason", "variables", "status", "position"), REFUSED_FLOWS)
def test_a_refused_service_port_changes_nothing(
    reason: str, variables: Variables, status: int, position: int
) -> None:
    bench = Bench()
    bench.set(registering())
    assert bench.set(variables) == (status, position)
    assert len(bench.olt.flows) == 0
    assert [event.reason for event in bench.told("set.rejected")] == [reason]


@pytest.mark.parametrize(
    ("reason", "index", "position"), [("index_taken", 1, 10), ("flow_conflict", 2, 9)]
)
def test_a_service_port_cannot_be_created_twice(reason: str, index: int, position: int) -> None:
    bench = Bench()
    bench.set(registering())
    bench.set(creating_flow())
    assert bench.set(creating_flow(index=index)) == (INCONSISTENT_VALUE, position)
    assert bench.told("set.rejected")[0].reason == reason


def test_an_active_service_port_cannot_be_changed_in_place() -> None:
    bench = Bench()
    bench.set(registering())
    bench.set(creating_flow())
    assert bench.set([(flow_cell(15), 1)]) == (NO_ERROR, 0)
    assert bench.set([(flow_cell(12), 100)]) == (INCONSISTENT_VALUE, 1)


def test_an_ont_goes_only_after_its_service_ports() -> None:
    bench = Bench()
    bench.set(registering())
    bench.set(creating_flow())
    assert bench.set([(ont_cell(10), 6)]) == (INCONSISTENT_VALUE, 1)
    assert bench.told("set.rejected")[0].reason == "service_port_left"
    assert bench.set([(flow_cell(15), 6)]) == (NO_ERROR, 0)
    assert bench.set([(ont_cell(10), 6)]) == (NO_ERROR, 0)
    assert bench.olt.owner(SERIAL) is None
    assert bench.set(registering(ont_id=7)) == (NO_ERROR, 0)


def test_ont_and_service_port_can_come_and_go_in_one_pdu() -> None:
    bench = Bench()
    assert bench.set([*registering(), *creating_flow()]) == (NO_ERROR, 0)
    assert bench.set([(flow_cell(15), 6), (ont_cell(10), 6)]) == (NO_ERROR, 0)
    assert (len(bench.olt.flows), bench.olt.owner(SERIAL)) == (0, None)
    tables = [(event.table, event.action) for event in bench.told("set.accepted")]
    assert tables == [
        ("ont", "create"),
        ("service_port", "create"),
        ("service_port", "destroy"),
        ("ont", "destroy"),
    ]


def test_an_ont_can_move_to_another_port_in_one_pdu() -> None:
    bench = Bench()
    move = [(ont_cell(10, 3, OTHER_IF_INDEX), 6), *registering(OTHER)]
    assert bench.set(move) == (NO_ERROR, 0)
    assert bench.olt.owner(OTHER) == (IF_INDEX, 5)
