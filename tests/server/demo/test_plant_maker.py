from collections import Counter
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from server.demo.plant_maker import PREMISES_MAX, OltPlace, Plant, make_plant, write_files
from server.imports import files, profiles
from server.imports.files import Numbered
from server.imports.kinds import KINDS
from server.imports.rows import PremiseRow
from sync_protocol.optics import LightPath, predict

OLT = OltPlace(
    external_id="OLT1",
    name="Exchange",
    driver="huawei",
    host="127.0.0.1",
    snmp_port=1161,
    credentials="demo",
)


def premise(number: int, latitude: float, longitude: float) -> PremiseRow:
    return PremiseRow(
        external_id=f"P{number}",
        address=f"Street {number}",
        city="Town",
        postcode="1",
        latitude=latitude,
        longitude=longitude,
        zone="Europe/Berlin",
    )


GRID = [
    premise(row * 50 + n, 51 + row / 4000, 12 + n / 2500) for row in range(40) for n in range(50)
]
premises = st.lists(
    st.tuples(st.floats(51, 51.05), st.floats(12, 12.05)), min_size=1, max_size=80
).map(lambda points: [premise(number, *point) for number, point in enumerate(points)])


def by_id(plant: Plant, kind: str) -> dict[str, Any]:
    rows: Any = plant.rows[kind]
    return {row.external_id: row for row in rows}


def light_of(plant: Plant, drop: Any) -> int:  # noqa: ANN401  a row of its kind
    terminal = by_id(plant, "terminals")[drop.terminal]
    splitter = by_id(plant, "splitters")[terminal.splitter]
    port = by_id(plant, "pon-ports")[splitter.pon_port]
    return predict(
        LightPath(
            optic_class=port.optic_class,
            splitter_ratios=splitter.ratios,
            feeder_length_m=splitter.feeder_length_m,
            distribution_length_m=terminal.distribution_length_m,
            drop_length_m=drop.length_m,
            connectors=drop.connectors,
            splices=drop.splices,
            launch_cdbm=port.launch_cdbm,
        )
    ).rx_power_cdbm


def test_the_same_seed_lays_the_same_plant_whatever_the_order_of_the_premises() -> None:
    assert make_plant(GRID, OLT, seed=5) == make_plant(list(reversed(GRID)), OLT, seed=5)
    assert make_plant(GRID, OLT, seed=5) != make_plant(GRID, OLT, seed=6)


def test_a_plant_serves_so_many_premises_and_no_more() -> None:
    plant = make_plant(GRID, OLT, seed=5)
    assert {kind: len(rows) for kind, rows in plant.rows.items()} == {
        "olts": 1,
        "pon-ports": PREMISES_MAX // 32,
        "splitters": PREMISES_MAX // 32,
        "terminals": PREMISES_MAX // 8,
        "drops": PREMISES_MAX,
    }


@hypothesis.given(premises, st.integers(0, 2**32))
def test_every_premise_hangs_on_a_port_of_its_own(around: list[PremiseRow], seed: int) -> None:
    plant = make_plant(around, OLT, seed=seed)
    drops: Any = plant.rows["drops"]
    assert sorted(drop.premise for drop in drops) == sorted(row.external_id for row in around)
    assert max(Counter((drop.terminal, drop.terminal_port) for drop in drops).values()) == 1
    ports: Any = plant.rows["pon-ports"]
    assert max(Counter((port.frame, port.slot, port.port) for port in ports).values()) == 1


def test_the_light_is_what_such_a_plant_gives() -> None:
    plant = make_plant(GRID, OLT, seed=5)
    levels = [light_of(plant, drop) for drop in plant.rows["drops"][::16]]
    assert -2300 < min(levels) <= max(levels) < -1200


def test_its_files_are_read_back_by_the_import(tmp_path: Path) -> None:
    plant = make_plant(GRID, OLT, seed=5)
    write_files(plant, tmp_path)
    for kind, rows in plant.rows.items():
        readings = files.read(tmp_path / f"{kind}.csv", profiles.own(KINDS[kind]))
        assert [reading.row for reading in readings if isinstance(reading, Numbered)] == list(rows)


def test_no_premises_are_a_plain_mistake() -> None:
    with pytest.raises(ValueError, match="there are no premises to lay a plant to"):
        make_plant([], OLT, seed=5)
