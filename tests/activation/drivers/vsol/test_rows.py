"""V-SOL's texts and numbers, read strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.drivers.vsol import oids
from activation.drivers.vsol.light import light, phase_meaning
from activation.drivers.vsol.rows import (
    number_of,
    operation,
    port_of,
    profiles,
    registration,
    replacement,
    serial_text,
    service_port,
    service_port_deletion,
    service_port_of,
    speeds,
)
from activation.failures import FlowConflict, Unsupported
from activation.requests import Allocation, NotReadable, OntRef, Phase, Reading
from tests.activation.drivers.vsol.specs import NEW, PLACE, a_spec

PLACES = st.builds(
    OntRef,
    port=st.integers(1, oids.PONS).map(port_of),
    ont_id=st.integers(1, oids.ONTS_PER_PORT),
)


@pytest.mark.parametrize(
    ("shown", "level"),
    [
        (b"-28.530(dBm)", -2853),
        (b"-19.1", -1910),
        (b" -8 (dBm) ", -800),
        (b"2.520(dBm)", 252),
        (b"-19.105(dBm)\x00", -1910),
        (b"-27.00 dBm", -2700),
    ],
)
def test_a_light_level_is_read_as_it_is_written(shown: bytes, level: int) -> None:
    assert light(shown) == Reading(power_cdbm=level)


@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"N/A",
        b"--",
        b"0",
        b"0.000(dBm)",
        b"-0.00(dBm)",
        b"-40.000(dBm)",
        b"-inf(dBm)",
        b"47.957(C)",
        b"-19.1(dBm) -20",
        b"\xff\xfe",
        b"99.0(dBm)",
        b"1e1",
        -1910,
        2_147_483_647,
        None,
    ],
)
def test_a_sentinel_or_another_text_is_never_a_light_level(shown: bytes | int | None) -> None:
    assert isinstance(light(shown), NotReadable)


@given(st.binary(max_size=20))
def test_no_text_at_all_breaks_the_reading_of_light(shown: bytes) -> None:
    level = light(shown)

    assert isinstance(level, NotReadable) or -4000 < level.power_cdbm <= 1500


@given(st.integers(-3999, 1499).filter(bool))
def test_every_level_survives_being_shown_as_a_text(level: int) -> None:
    assert light(f"{level / 100:.3f}(dBm)".encode()) == Reading(power_cdbm=level)


@given(PLACES, st.integers(1, oids.PORTS_PER_ONT))
def test_a_service_port_number_leads_back_to_its_ont(place: OntRef, number: int) -> None:
    allocation = Allocation(ref=place, service_port=service_port_of(place, number))

    assert number_of(allocation) == number


@given(PLACES, PLACES, st.integers(1, oids.PORTS_PER_ONT))
def test_a_service_port_of_another_ont_is_a_conflict(
    place: OntRef, other: OntRef, number: int
) -> None:
    allocation = Allocation(ref=place, service_port=service_port_of(other, number))

    if place != other:
        conflict = number_of(allocation)
        assert isinstance(conflict, FlowConflict)
        assert conflict.taken_by == other


@given(PLACES, st.one_of(st.integers(-5, 1_000_000), st.integers(17_000_000, 2**31)))
def test_a_number_that_is_no_service_port_here_is_refused(place: OntRef, number: int) -> None:
    assert isinstance(number_of(Allocation(ref=place, service_port=number)), Unsupported)


def test_every_mailbox_is_told_to_act_last() -> None:
    actions = {
        oids.ADD_ACTION,
        oids.BIND_ACTION,
        oids.SPEED_ACTION,
        oids.PORT_ACTION,
        oids.OPERATE_ACTION,
        oids.REPLACE_ACTION,
    }
    letters = [
        registration(a_spec(), PLACE),
        profiles(a_spec(), PLACE),
        speeds(a_spec(), PLACE, 1),
        service_port(a_spec(), PLACE, 1, oids.ADD),
        service_port_deletion(PLACE, 1),
        operation(PLACE, oids.REBOOT),
        replacement(NEW, PLACE),
    ]

    assert {letter[-1].oid for letter in letters} == actions
    assert all(binding.oid not in actions for letter in letters for binding in letter[:-1])


@pytest.mark.parametrize(
    ("shown", "serial"),
    [
        (b"HWTC1A2B3C4D", "HWTC1A2B3C4D"),
        (b"hwtc1a2b3c4d", "HWTC1A2B3C4D"),
        (b"485754431A2B3C4D", "HWTC1A2B3C4D"),
        (b"somebody", "somebody"),
        (None, ""),
    ],
)
def test_a_serial_is_shown_in_its_canonical_form(shown: bytes | None, serial: str) -> None:
    assert serial_text(shown) == serial


@pytest.mark.parametrize("shown", [7, -1, b"3", None])
def test_a_phase_without_a_name_is_unknown(shown: bytes | int | None) -> None:
    assert phase_meaning(shown).phase is Phase.UNKNOWN
