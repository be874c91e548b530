"""What a simulated ZTE OLT shows, in which tree, and that walks find what is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.simulator.oids import Oid
from activation.simulator.records import PonPort, ZteFirmware
from activation.simulator.rows import Rows
from activation.simulator.scenario import ScenarioWrong, read_scenario
from activation.simulator.tables import Absence
from activation.simulator.zte import oids
from activation.simulator.zte.views import Newer, Optics
from tests.activation.simulator.factories import Bench, an_ont
from tests.activation.simulator.zte.olts import (
    BOTH_TREES,
    LEAN,
    NEWER_NUMBER,
    NUMBER,
    PLACE,
    a_zte_scenario,
    registering,
)

IF_NAME = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)
NEWER_PLACE = (NEWER_NUMBER, 5)


def an_olt(firmware: ZteFirmware = BOTH_TREES, **ont: object) -> Bench:
    """One ONT is registered, up and readable."""
    bench = Bench(a_zte_scenario(zte=firmware, onts=(an_ont(port="1/2/1", **ont),)))
    bench.set(registering())
    bench.wait(60)
    return bench


def test_ports_have_the_names_and_counts_that_operators_read() -> None:
    bench = an_olt()

    assert bench.get((*IF_NAME, NUMBER), (1, 3, 6, 1, 2, 1, 2, 1, 0)) == [b"gpon_1/2/1", 2]
    assert bench.get((*oids.PORT, 13, NUMBER), (*oids.PORT, 14, NUMBER)) == [1, 0]
    assert bench.get((*oids.NEWER_PORT, 14, NEWER_NUMBER)) == [1]


def test_an_ont_that_waits_is_listed_in_both_trees() -> None:
    bench = Bench(a_zte_scenario(zte=BOTH_TREES))
    serial = b"HWTC\x1a\x2b\x3c\x4d"

    assert bench.get((*oids.WAITING, 2, NUMBER, 1), (*oids.WAITING, 10, NUMBER, 1)) == [
        serial,
        b"HG8245H",
    ]
    assert bench.get((*oids.NEWER_WAITING, 2, NEWER_NUMBER, 1)) == [serial]
    assert bench.get((*oids.PORT, 14, NUMBER)) == [1]


def test_the_newer_tree_counts_phases_from_one() -> None:
    assert an_olt().get((*oids.STATE, 4, *PLACE), (*oids.NEWER_STATE, 4, *NEWER_PLACE)) == [3, 4]


@pytest.mark.parametrize(
    ("cdbm", "raw"), [(-1910, 5450), (-3000, 0), (-3100, 65_036), (-805, 10_975)]
)
def test_an_ont_shows_its_light_in_sixteen_bits(cdbm: int, raw: int) -> None:
    bench = an_olt(ont_rx_cdbm=cdbm)

    assert bench.get((*oids.OPTICS, 10, *PLACE, 1), (*oids.NEWER_OPTICS, 10, *NEWER_PLACE, 1)) == [
        raw,
        raw,
    ]


def test_light_that_is_not_measured_has_a_sentinel_in_each_column() -> None:
    bench = an_olt(sentinel_s=3600)

    assert bench.get((*oids.OPTICS, 10, *PLACE, 1), (*oids.OLT_RX, *PLACE)) == [65_535, -80_000]
    assert bench.get((*oids.NEWER_OLT_RX, *NEWER_PLACE)) == [-80_000]


def test_an_ont_tells_its_serial_only_once_it_is_up() -> None:
    bench = Bench(a_zte_scenario())
    bench.set(registering())
    told = (*oids.EQUIPMENT, 3, *PLACE)

    assert bench.get(told) == [b"    \x00\x00\x00\x00"]
    bench.wait(10)
    assert bench.get(told) == [b"HWTC\x1a\x2b\x3c\x4d"]


def test_each_firmware_answers_in_its_own_trees_alone() -> None:
    tree_50, newer = (*oids.OPTICS, 10, *PLACE, 1), (*oids.NEWER_STATE, 4, *NEWER_PLACE)

    assert an_olt(ZteFirmware()).get(tree_50, newer) == [5450, Absence.NO_SUCH_OBJECT]
    assert an_olt(LEAN).get(tree_50, newer) == [Absence.NO_SUCH_OBJECT] * 2
    assert an_olt(BOTH_TREES).get(tree_50, newer) == [5450, 4]


@pytest.mark.parametrize("name", ["0/1/1", "1/0/1", "1/1/0", "1/1/17"])
def test_a_port_that_no_zte_olt_has_is_refused_with_one_that_it_has(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "olt.json"
    path.write_text(f'{{"vendor": "zte", "ports": [{{"name": "{name}"}}]}}', encoding="utf-8")

    with pytest.raises(ScenarioWrong, match="like 1/1/1"):
        read_scenario(path)


_SLOTS, _PORTS, _IDS = st.integers(1, 21), st.integers(1, 16), st.integers(1, 128)
_PLACES = st.sets(st.tuples(_SLOTS, _PORTS, _IDS), max_size=12)


def some_rows(places: set[tuple[int, int, int]]) -> Rows[str]:
    rows: Rows[str] = Rows()
    for slot, port, ont_id in places:
        rows.put((oids.port_number(slot, port), ont_id), f"{slot}/{port}:{ont_id}")
    return rows


def walked(view: Newer[str] | Optics[str], start: Oid = ()) -> Iterator[tuple[Oid, str]]:
    index = view.after(start)
    while index is not None:
        row = view.get(index)
        assert row is not None
        yield index, row
        following = view.after(index)
        assert following is None or following > index
        index = following


@given(_PLACES)
def test_a_walk_by_other_indexes_finds_every_row_in_its_order(
    places: set[tuple[int, int, int]],
) -> None:
    rows = some_rows(places)
    names = [f"{slot}/{port}:{ont_id}" for slot, port, ont_id in sorted(places)]

    assert [name for _, name in walked(Newer(rows))] == names
    assert [name for _, name in walked(Optics(rows))] == names
    assert [name for _, name in walked(Newer(Optics(rows)))] == names


@given(_PLACES, _SLOTS, _PORTS)
def test_a_walk_of_one_port_begins_at_its_first_ont(
    places: set[tuple[int, int, int]], slot: int, port: int
) -> None:
    number = oids.newer_number(oids.port_number(slot, port))
    behind = [place for place in sorted(places) if place[:2] >= (slot, port)]

    found = [name for _, name in walked(Newer(Optics(some_rows(places))), (number,))]
    assert found == [f"{one}/{two}:{ont_id}" for one, two, ont_id in behind]


@pytest.mark.parametrize("index", [(), (5,), (NUMBER, 5), (2**31, 5), (NEWER_NUMBER, 6)])
def test_an_index_of_the_other_tree_names_no_row(index: Oid) -> None:
    assert Newer(some_rows({(2, 1, 5)})).get(index) is None


def test_ports_of_a_zte_olt_may_be_many() -> None:
    ports = tuple(PonPort(name=f"1/{slot}/{port}") for slot in (1, 21) for port in (1, 16))

    bench = Bench(a_zte_scenario(ports=ports, onts=(), registered=()))

    assert bench.get((*IF_NAME, 0x10151000)) == [b"gpon_1/21/16"]
