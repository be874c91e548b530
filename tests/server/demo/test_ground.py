import csv
from pathlib import Path

import msgspec
import pytest

from activation.simulator.scenario import read_scenario
from server.demo import ground
from server.demo.ground import NoSuchGround

COMMUNITIES = ("reads", "writes")
HEADER = (
    "source_id,house_number,house_number_suffix,street,city,state,postcode,lat,lon,use,status,"
    "parent_id\n"
)


def write_addresses(file: Path, count: int) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        stream.write(HEADER)
        writer = csv.writer(stream)
        for number in range(count):
            lat, lon = 39.4 + number % 12 * 0.0004, -76.6 + number // 12 * 0.0005
            row = (number, number + 1, "", "ELM ST", "TOWSON", "MD", "21204", lat, lon)
            writer.writerow((*row, "RESIDENTIAL", "ACTIVE", 0))
    return file


def test_the_last_pon_port_goes_to_an_olt_of_its_own() -> None:
    olts, ports = ground.spread(
        [{"external_id": "A", "name": "Exchange", "credentials": "old"}],
        [{"external_id": "P0", "olt": "A"}, {"external_id": "P1", "olt": "A"}],
    )

    assert [row["external_id"] for row in olts] == ["A", "A-B"]
    assert {row["credentials"] for row in olts} == {"demo"}
    assert [row["olt"] for row in ports] == ["A", "A-B"]


def test_the_sample_town_has_sites_on_both_olts(tmp_path: Path) -> None:
    files = tmp_path / "files"

    ground.prepare(files, None, seed=1)
    found = ground.read_ground(files)

    assert len(found.olts) == 2
    assert {site.port for site in found.sites_on(found.olts[0])} == {"0/1/0", "0/1/1"}
    assert {site.port for site in found.sites_on(found.olts[1])} == {"0/1/2"}
    assert all(len(found.serials[van]) >= 4 for van in found.technicians)
    assert found.serials[""] != ()


@pytest.mark.parametrize("number", [0, 1])
def test_the_simulator_takes_the_scenario_of_each_olt(tmp_path: Path, number: int) -> None:
    files, file = tmp_path / "files", tmp_path / "scenario.json"
    ground.prepare(files, None, seed=1)
    olt = ground.read_ground(files).olts[number]
    port = ground.port_name(
        next(row for row in ground.read_rows(files, "pon-ports") if row["olt"] == olt)
    )
    foreign = {"port": port, "ont_id": 5, "serial": "HWTC5A114E92"}

    file.write_bytes(msgspec.json.encode(ground.scenario(files, olt, COMMUNITIES, [foreign])))
    scenario = read_scenario(file)

    assert scenario.write_community == "writes"
    assert scenario.vlans == (100,)
    assert [row.serial for row in scenario.registered] == ["HWTC5A114E92"]


def test_a_plant_is_laid_over_the_addresses_of_a_file(tmp_path: Path) -> None:
    addresses = write_addresses(tmp_path / "addresses.csv", 200)
    files = tmp_path / "files"

    premises = ground.prepare(files, addresses, seed=7)
    found = ground.read_ground(files, premises)

    assert len(found.sites) == 128
    assert len(found.olts) == 2
    assert {site.zone for site in found.sites} == {"America/New_York"}
    assert {row["zone"] for row in ground.read_rows(files, "accounts")} == {"America/New_York"}


def test_a_file_with_few_addresses_is_refused_with_both_numbers(tmp_path: Path) -> None:
    addresses = write_addresses(tmp_path / "addresses.csv", 5)

    with pytest.raises(NoSuchGround, match=r"holds 5 addresses.*needs 96"):
        ground.prepare(tmp_path / "files", addresses, seed=7)


def test_the_olts_are_placed_where_they_answer() -> None:
    rows = [{"external_id": "A", "snmp_port": "161"}, {"external_id": "B", "snmp_port": "161"}]

    assert ground.place_olts(rows, {"A": 4001, "B": 4002}) == [
        {"external_id": "A", "snmp_port": "4001"},
        {"external_id": "B", "snmp_port": "4002"},
    ]
