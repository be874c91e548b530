"""ZTE's numbers and names as values, by table and at random."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.drivers.zte import oids
from activation.drivers.zte.light import olt_light, ont_light, phase_meaning
from activation.drivers.zte.observation import observation, state_cells
from activation.drivers.zte.plan import free_ont_id, stand_in
from activation.drivers.zte.rows import PortIndex, missing_port, port_cells, port_index, port_named
from activation.failures import PortUnknown, Unsupported
from activation.requests import (
    ConfigState,
    DownReason,
    NotReadable,
    OntRef,
    Phase,
    PonPort,
    Promised,
    Reading,
    parse_pon_port,
)
from tests.activation.drivers.zte.specs import PLACE, PORT

SOURCE = Path(oids.__file__).read_text(encoding="utf-8").splitlines()
CONSTANTS = [line for line in SOURCE if re.match(r"[A-Z_]+: Final", line)]
SLOTS, PORTS, IDS = st.integers(1, 255), st.integers(1, 255), st.integers(1, 128)


@pytest.mark.parametrize("line", CONSTANTS)
def test_every_constant_cites_its_source(line: str) -> None:
    assert re.search(r"#\s+(SERVICE|ONTMGMT|FIELD|RFC [0-9]+), \S+", line), line


@pytest.mark.parametrize(
    ("port", "index"),
    [
        ("1/1/1", PortIndex(pon=268501248, newer=0x11010101)),
        ("1/1/2", PortIndex(pon=268501504, newer=0x11010102)),
        ("1/2/1", PortIndex(pon=268566784, newer=0x11010201)),
        ("1/3/1", PortIndex(pon=268632320, newer=285278977)),
        ("1/2/10", PortIndex(pon=0x10020A00, newer=0x1101020A)),
    ],
)
def test_ports_have_the_numbers_that_were_published(port: str, index: PortIndex) -> None:
    assert port_index(parse_pon_port(port)) == index


@pytest.mark.parametrize("port", ["0/1/1", "2/1/1", "1/0/1", "1/1/0", "1/256/1", "1/1/256"])
def test_a_port_that_no_number_can_name_is_unknown(port: str) -> None:
    assert port_index(parse_pon_port(port)) == PortUnknown(port=parse_pon_port(port))


@pytest.mark.parametrize(
    "name", [b"gpon_1/2/1", b"gpon-olt_1/2/1", b"gpon_olt-1/2/1", b"GPON_1/2/1\0"]
)
def test_a_pon_port_is_known_by_any_of_its_names(name: bytes) -> None:
    assert port_named(name) == PORT


@pytest.mark.parametrize(
    "name", [b"gpon-onu_1/2/1:1", b"gei_1/2/1", b"epon_1/2/1", b"gpon_1/2", b"", b"\xff", None, 7]
)
def test_what_is_no_pon_port_is_not_taken_for_one(name: bytes | int | None) -> None:
    assert port_named(name) is None


def test_a_port_of_the_newer_tree_alone_is_named_as_unsupported() -> None:
    index = port_index(PORT)
    assert isinstance(index, PortIndex)
    first, newer = port_cells(index)

    assert missing_port(PORT, index, {first: b"gpon_1/2/1"}) is None
    assert isinstance(missing_port(PORT, index, {newer: b"gpon_olt-1/2/1"}), Unsupported)
    assert missing_port(PORT, index, {first: b"gpon_1/2/2"}) == PortUnknown(port=PORT)


@given(st.sets(st.tuples(SLOTS, PORTS, IDS), min_size=2, max_size=2))
def test_no_two_places_share_a_stand_in(places: set[tuple[int, int, int]]) -> None:
    numbers = {
        stand_in(OntRef(port=PonPort(frame=1, slot=slot, port=port), ont_id=ont_id))
        for slot, port, ont_id in places
    }

    assert len(numbers) == len(places)


@given(st.sets(IDS), st.frozensets(IDS))
def test_a_free_id_is_neither_taken_nor_promised(taken: set[int], promised: frozenset[int]) -> None:
    free = free_ont_id(taken, Promised(ont_ids=promised))

    assert free is None or (1 <= free <= 128 and free not in taken | promised)
    assert (free is None) == (taken | promised >= set(range(1, 129)))


@pytest.mark.parametrize("raw", [0, 65_535, -1, 65_536, -32_769, 2**31 - 1, None, b"5450"])
def test_what_is_no_level_of_an_ont_is_not_read_as_one(raw: int | bytes | None) -> None:
    assert isinstance(ont_light(raw), NotReadable)


@pytest.mark.parametrize("raw", [0, -80_000, -80_001, 2**31 - 1, -65_535 * 1000, None, b"-21000"])
def test_what_is_no_level_of_the_olt_is_not_read_as_one(raw: int | bytes | None) -> None:
    assert isinstance(olt_light(raw), NotReadable)


@given(st.integers(-5999, 1500).filter(lambda cdbm: cdbm != -3000))
def test_both_ways_to_show_sixteen_bits_are_one_level(cdbm: int) -> None:
    signed = (cdbm + 3000) * 5

    assert ont_light(signed) == ont_light(signed % 0x10000) == Reading(power_cdbm=cdbm)


@given(st.integers(-6000, 1500).filter(bool))
def test_a_level_of_the_olt_is_read_in_thousandths(cdbm: int) -> None:
    assert olt_light(cdbm * 10) == Reading(power_cdbm=cdbm)


@pytest.mark.parametrize(
    ("number", "phase", "config", "reason"),
    [
        (0, Phase.OFFLINE, ConfigState.INITIAL, DownReason.UNKNOWN),
        (1, Phase.OFFLINE, ConfigState.UNKNOWN, DownReason.LIGHT),
        (2, Phase.ONLINE, ConfigState.CONFIGURING, DownReason.UNKNOWN),
        (3, Phase.ONLINE, ConfigState.NORMAL, DownReason.UNKNOWN),
        (4, Phase.OFFLINE, ConfigState.UNKNOWN, DownReason.POWER),
        (5, Phase.OFFLINE, ConfigState.UNKNOWN, DownReason.UNKNOWN),
        (6, Phase.OFFLINE, ConfigState.UNKNOWN, DownReason.UNKNOWN),
        (7, Phase.UNKNOWN, ConfigState.UNKNOWN, DownReason.UNKNOWN),
        (-1, Phase.UNKNOWN, ConfigState.UNKNOWN, DownReason.UNKNOWN),
    ],
)
def test_a_phase_means_the_same_in_both_trees(
    number: int, phase: Phase, config: ConfigState, reason: DownReason
) -> None:
    for meaning in (phase_meaning(number, None), phase_meaning(None, number + 1)):
        assert (meaning.phase, meaning.config, meaning.reason) == (phase, config, reason)


@pytest.mark.parametrize("phase", [None, b"3"])
def test_a_phase_that_is_not_told_is_unknown(phase: bytes | None) -> None:
    assert phase_meaning(phase, None).phase is Phase.UNKNOWN


@pytest.mark.parametrize(("raw", "metres"), [(169, 169), (0, None), (-1, None), (60_001, None)])
def test_a_distance_beyond_the_reach_of_gpon_is_none(raw: int, metres: int | None) -> None:
    index = port_index(PORT)
    assert isinstance(index, PortIndex)
    cells = dict.fromkeys(state_cells(index, PLACE.ont_id))
    cells[f"{oids.ONT_SERIAL}.{index.pon}.5"] = b"HWTC\x00\x00\x00\x01"
    cells[f"{oids.ONT_DISTANCE}.{index.pon}.5"] = raw

    seen = observation(PLACE, index, cells, "no light was asked for")

    assert seen is not None
    assert seen.distance_m == metres
    assert seen.ont_rx == NotReadable(reason="no light was asked for")
