"""What the mailboxes of a simulated V-SOL do with what is put into them."""

import pytest

from activation.simulator.cells import Written
from activation.simulator.oids import Oid
from activation.simulator.vsol import oids
from tests.activation.simulator.factories import Bench
from tests.activation.simulator.vsol.mailboxes import (
    OTHER,
    SERIAL,
    a_vsol_scenario,
    adding,
    adding_service_port,
    binding,
    letter,
    operating,
    setting_speeds,
)

OK = (0, 0)
INCONSISTENT = 12
PLACE = (1, 5)


@pytest.fixture
def bench() -> Bench:
    return Bench(a_vsol_scenario())


def refusals(bench: Bench) -> list[str | None]:
    return [event.reason for event in bench.told("set.rejected")]


def test_an_ont_comes_up_after_all_four_mailboxes_have_acted(bench: Bench) -> None:
    for variables in (adding(), binding(), setting_speeds(), adding_service_port()):
        assert bench.set(variables) == OK
    bench.wait(10)

    assert bench.get((*oids.ONT_STATE, 5, *PLACE), (*oids.ONT_OPTICS, 7, *PLACE)) == [
        3,
        b"-19.100(dBm)",
    ]
    assert bench.get((*oids.GEMS, 7, *PLACE, 1), (*oids.SERVICE_PORTS, 14, *PLACE, 1)) == [
        b"up-100",
        100,
    ]
    assert [flow.inbound_table for flow in bench.olt.flows.values()] == ["up-100"]


def test_values_put_in_one_by_one_act_when_the_action_comes(bench: Bench) -> None:
    answers = [bench.set([variable]) for variable in adding()]

    assert answers == [OK] * 6
    assert bench.olt.owner(SERIAL) == PLACE


def test_two_masters_that_interleave_spoil_each_other(bench: Bench) -> None:
    first, second = adding(), adding(serial=OTHER, ont_id=9)
    for variables in (first[:-1], second[:-1], first[-1:]):
        bench.set(variables)

    # The first one's action found the second one's letter: nobody registered the first ONT.
    assert bench.olt.owner(SERIAL) is None
    assert refusals(bench) == ["serial_registered_elsewhere"]


def test_a_refused_action_leaves_the_mailbox_as_it_was(bench: Bench) -> None:
    bench.set(adding()[:-1])

    assert bench.set(adding(serial=OTHER, ont_id=9)) == (INCONSISTENT, 6)
    assert bench.get((*oids.ADD, 5, 0)) == [SERIAL.encode()]


def test_what_cannot_be_done_is_refused_with_its_reason(bench: Bench) -> None:
    bench.set(adding())
    attempts: list[list[tuple[Oid, Written]]] = [
        adding(),
        adding(serial="HWTC00000001"),
        adding(serial=SERIAL, ont_id=6),
        adding(serial="nonsense", ont_id=7),
        binding(line=b"none"),
        setting_speeds(),
        operating(1, ont_id=77),
    ]

    answers = [bench.set(variables)[0] for variables in attempts]

    assert answers == [INCONSISTENT] * len(attempts)
    assert refusals(bench) == [
        "already_registered",
        "ont_id_taken",
        "serial_registered_elsewhere",
        "no_serial",
        "line_profile_missing",
        "no_such_gem_port",
        "no_such_ont",
    ]


def test_a_service_port_needs_its_gem_port_and_its_vlan(bench: Bench) -> None:
    bench.set(adding())
    without_gem = bench.set(adding_service_port())
    bench.set(binding())
    without_vlan = bench.set(adding_service_port(f13=200))

    assert (without_gem[0], without_vlan[0]) == (INCONSISTENT, INCONSISTENT)
    assert refusals(bench) == ["no_such_gem_port", "vlan_missing"]


def test_speeds_changed_later_reach_the_service_ports_that_use_them(bench: Bench) -> None:
    for variables in (adding(), binding(), adding_service_port(), setting_speeds()):
        bench.set(variables)

    assert [flow.outbound_table for flow in bench.olt.flows.values()] == ["down-100"]
    assert bench.get((*oids.SERVICE_PORTS, 6, *PLACE, 1)) == [b"S-1"]


def test_an_ont_that_is_deleted_takes_everything_with_it(bench: Bench) -> None:
    for variables in (adding(), binding(), adding_service_port(), operating(2)):
        assert bench.set(variables) == OK

    assert bench.olt.owner(SERIAL) is None
    assert not bench.olt.flows.values()
    assert [event.action for event in bench.told("set.accepted")][-2:] == ["destroy", "destroy"]


def test_a_deactivated_ont_is_offline_and_stays_configured(bench: Bench) -> None:
    for variables in (adding(), binding()):
        bench.set(variables)
    bench.wait(10)
    bench.set(operating(4))

    assert bench.get((*oids.ONT_STATE, 3, *PLACE), (*oids.ONT_STATE, 5, *PLACE)) == [2, 6]
    bench.set(operating(3))
    bench.wait(10)
    assert bench.get((*oids.ONT_STATE, 5, *PLACE)) == [3]


def test_an_exchanged_serial_keeps_what_was_configured(bench: Bench) -> None:
    for variables in (adding(), binding(), adding_service_port()):
        bench.set(variables)
    values: dict[int, Written] = {1: 1, 2: 5, 3: 1, 4: b"HWTC00000001", 5: 1}

    assert bench.set(letter(oids.REPLACE, values)) == OK
    assert bench.get((*oids.ONT_AUTH, 5, *PLACE), (*oids.BOUND, 4, *PLACE)) == [
        b"HWTC00000001",
        b"FTTH",
    ]
    assert len(bench.olt.flows.values()) == 1


def test_unreadable_light_is_a_word_and_never_a_number(bench: Bench) -> None:
    bench.set(adding())
    bench.wait(5.2)

    assert bench.get((*oids.ONT_STATE, 5, *PLACE), (*oids.ONT_OPTICS, 7, *PLACE)) == [3, b"N/A"]


def test_a_value_outside_its_range_is_refused_by_itself(bench: Bench) -> None:
    wrong_value, not_writable = 10, 17

    assert bench.set(adding(pon=17)) == (wrong_value, 1)
    assert bench.set([((*oids.ONT_AUTH, 5, 1, 5), b"x")]) == (not_writable, 1)
