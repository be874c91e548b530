"""What a SET does to a simulated ZTE OLT, and what it refuses."""

import pytest

from activation.simulator.cells import Written
from activation.simulator.oids import Oid
from activation.simulator.records import FlowRow, PonPort
from activation.simulator.zte import oids
from tests.activation.simulator.factories import Bench
from tests.activation.simulator.zte.olts import (
    LEAN,
    NUMBER,
    OTHER,
    OTHER_PORT,
    PLACE,
    PORT,
    SERIAL,
    a_zte_scenario,
    deleting,
    registering,
    restarting,
    switching,
)

OK = (0, 0)
WORKING, LOGGING, OFFLINE = 3, 0, 6
_STATE = (*oids.STATE, 4, *PLACE)


@pytest.fixture
def bench() -> Bench:
    return Bench(a_zte_scenario())


def refusals(bench: Bench) -> list[str | None]:
    return [event.reason for event in bench.told("set.rejected")]


def test_a_registered_ont_logs_in_and_then_works(bench: Bench) -> None:
    assert bench.set(registering()) == OK
    assert bench.get(_STATE) == [LOGGING]
    bench.wait(10)

    assert bench.get(_STATE) == [WORKING]
    assert bench.olt.owner(SERIAL) == PLACE
    assert bench.get((*oids.REGISTERED, 1, *PLACE), (*oids.REGISTERED, 3, *PLACE)) == [
        b"ZTE-F660",
        b"S-1",
    ]


def test_a_deleted_ont_takes_its_flows_along_and_waits_again(bench: Bench) -> None:
    bench.set(registering())
    flow = FlowRow(index=1, port=PORT, ont_id=5, gem_port=1, service_vlan=100, user_vlan=100)
    bench.olt.add_flow(flow)

    assert bench.set(deleting()) == OK
    assert bench.olt.owner(SERIAL) is None
    assert bench.olt.flows.values() == []
    assert [found.ont.serial for found in bench.olt.found.values()] == [SERIAL]


def test_deleting_what_is_not_there_is_fine(bench: Bench) -> None:
    assert bench.set(deleting()) == OK


def test_a_disabled_ont_is_offline_until_it_is_enabled(bench: Bench) -> None:
    bench.set(registering())
    bench.wait(10)

    assert bench.set(switching(2)) == OK
    assert bench.get((*oids.STATE, 1, *PLACE), _STATE) == [2, OFFLINE]
    bench.set(switching(1))
    bench.wait(10)
    assert bench.get((*oids.STATE, 1, *PLACE), _STATE) == [1, WORKING]


def test_a_restarted_ont_comes_up_anew(bench: Bench) -> None:
    bench.set(registering())
    bench.wait(10)

    assert bench.set(restarting()) == OK
    assert bench.get(_STATE) == [LOGGING]
    assert [event.reason for event in bench.told("ont.down")] == ["reset"]


def test_a_firmware_without_tree_50_restarts_nothing() -> None:
    bench = Bench(a_zte_scenario(zte=LEAN))
    bench.set(registering())

    assert bench.set(restarting()) == (17, 1)
    assert refusals(bench) == ["not_writable"]


@pytest.mark.parametrize(
    ("variables", "answer", "reason"),
    [
        (registering(OTHER), (12, 3), "serial_registered_elsewhere"),
        (registering(kind=b"none"), (12, 2), "ont_type_missing"),
        (registering()[:1] + registering()[3:], (12, 3), "column_missing"),
        (registering(place=(NUMBER, 0)), (11, 1), "no_such_port_or_ont_id"),
        (registering(place=(NUMBER, 129)), (11, 1), "no_such_port_or_ont_id"),
        (registering(place=(1, 5)), (11, 1), "no_such_port_or_ont_id"),
        ([((*oids.REGISTERED, 3, *PLACE), b"S-2")], (18, 1), "no_such_ont"),
        ([((*oids.REGISTERED, 9, *PLACE), 1)], (12, 1), "no_such_ont"),
        (switching(2), (11, 1), "no_such_ont"),
        (switching(3), (10, 1), "value_out_of_range"),
        (restarting(), (11, 1), "no_such_ont"),
        ([((*oids.REGISTERED, 11, *PLACE), 1)], (17, 1), "not_writable"),
    ],
)
def test_what_cannot_be_done_is_refused_at_its_variable(
    bench: Bench, variables: list[tuple[Oid, Written]], answer: tuple[int, int], reason: str
) -> None:
    assert bench.set(variables) == answer
    assert refusals(bench) == [reason]
    assert bench.olt.owner(SERIAL) is None


def test_a_place_is_given_once(bench: Bench) -> None:
    bench.set(registering())

    assert bench.set(registering()) == (12, 5)
    assert bench.set(registering("HWTC00000001")) == (12, 5)
    assert refusals(bench) == ["already_registered", "ont_id_taken"]


def test_a_port_takes_as_many_as_it_has_room_for() -> None:
    ports = (PonPort(name=PORT, capacity=1), PonPort(name=OTHER_PORT))
    bench = Bench(a_zte_scenario(ports=ports))
    bench.set(registering())

    assert bench.set(registering("HWTC00000001", (NUMBER, 6))) == (12, 5)
    assert refusals(bench) == ["port_full"]


def test_the_description_of_an_ont_is_changed_and_its_serial_is_not(bench: Bench) -> None:
    bench.set(registering())
    description, serial = (*oids.REGISTERED, 3, *PLACE), (*oids.REGISTERED, 5, *PLACE)

    assert bench.set([(description, b"S-2")]) == OK
    assert bench.get(description) == [b"S-2"]
    assert bench.set([(serial, b"HWTC\x00\x00\x00\x01")]) == (12, 1)
