"""The ground the story plays on: an operator's CSV files in a folder, and what stands in them.

Either the sample town, or a plant laid over the addresses of a file. Its last PON port is moved to
an OLT of its own, so that one OLT can fall silent while the other works.
"""

import csv
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from server.demo.plant_maker import OltPlace, make_plant, write_files
from server.imports import files, profiles
from server.imports.rows import PremiseRow

Row = dict[str, str]
TOWN: Final = Path(__file__).parent / "town"
MAPPING: Final = "baltimore-county-addresses"
"""The mapping that ``--addresses`` is read with."""

_PREMISES_MAX: Final = 128
_PREMISES_MIN: Final = 96
"""Enough for three PON ports: two on the first OLT and one on the second."""
_TOWN_ONLY: Final = ("accounts", "products", "technicians", "onts")
_COMMUNITIES_FOR: Final = "demo"


class NoSuchGround(ValueError):
    """The address file gives nothing to play on; the text says what would be right."""


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A premise that a service can be sold to, and where its fiber ends."""

    premise: str
    address: str
    zone: str
    olt: str
    port: str
    """The PON port as frame/slot/port."""


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """What the files say, as far as the story needs it."""

    sites: tuple[Site, ...]
    olts: tuple[str, ...]
    accounts: tuple[str, ...]
    products: tuple[str, ...]
    technicians: tuple[str, ...]
    serials: Mapping[str, tuple[str, ...]]
    """ONTs in the vans, by technician; under "" those in stock."""

    def sites_on(self, olt: str) -> tuple[Site, ...]:
        """List the sites of one OLT."""
        return tuple(site for site in self.sites if site.olt == olt)


def prepare(folder: Path, addresses: Path | None, *, seed: int) -> tuple[PremiseRow, ...]:
    """Fill a folder with the files to import; of a file of addresses, give back what it holds.

    Raises:
        NoSuchGround: no address in the file can be connected.
        FileRefused: the file cannot be read by the mapping.
    """
    if addresses is None:
        shutil.copytree(TOWN, folder, ignore=shutil.ignore_patterns("*.md"))
        premises: tuple[PremiseRow, ...] = ()
    else:
        premises = _read_premises(addresses)
        folder.mkdir()
        for name in _TOWN_ONLY:
            shutil.copy(TOWN / f"{name}.csv", folder)
        _move_accounts(folder, premises[0].zone)
        place = OltPlace(
            external_id="OLT1",
            name="Exchange 1",
            driver="huawei",
            host="127.0.0.1",
            snmp_port=161,
            credentials=_COMMUNITIES_FOR,
        )
        write_files(make_plant(premises, place, seed=seed, limit=_PREMISES_MAX), folder)
    olts, ports = spread(read_rows(folder, "olts"), read_rows(folder, "pon-ports"))
    write_rows(folder, "olts", olts)
    write_rows(folder, "pon-ports", ports)
    return premises


def spread(olts: Sequence[Row], ports: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Give the last PON port to a second OLT that is otherwise like the first."""
    first = {**olts[0], "credentials": _COMMUNITIES_FOR}
    second = {
        **first,
        "external_id": f"{first['external_id']}-B",
        "name": f"{first['name']} B",
    }
    moved = {**ports[-1], "olt": second["external_id"]}
    return [first, second], [*ports[:-1], moved]


def place_olts(olts: Sequence[Row], snmp_ports: Mapping[str, int]) -> list[Row]:
    """Say where each OLT answers; one that does not run stays as it was."""
    return [
        {**row, "snmp_port": str(snmp_ports.get(row["external_id"], row["snmp_port"]))}
        for row in olts
    ]


def read_ground(folder: Path, premises: Iterable[PremiseRow] = ()) -> Ground:
    """Read the files of a folder; premises that have no file there come as rows."""
    known = {one.external_id: (one.address, one.zone) for one in premises}
    if (folder / "premises.csv").exists():
        known |= {
            row["external_id"]: (row["address"], row["zone"])
            for row in read_rows(folder, "premises")
        }
    ports = {row["external_id"]: row for row in read_rows(folder, "pon-ports")}
    splitters = {row["external_id"]: row["pon_port"] for row in read_rows(folder, "splitters")}
    terminals = {row["external_id"]: row["splitter"] for row in read_rows(folder, "terminals")}
    sites: list[Site] = []
    for drop in read_rows(folder, "drops"):
        port = ports[splitters[terminals[drop["terminal"]]]]
        address, zone = known[drop["premise"]]
        sites.append(
            Site(
                premise=drop["premise"],
                address=address,
                zone=zone,
                olt=port["olt"],
                port=port_name(port),
            )
        )
    vans: dict[str, tuple[str, ...]] = {}
    for ont in read_rows(folder, "onts"):
        vans[ont["technician"]] = (*vans.get(ont["technician"], ()), ont["serial"])
    return Ground(
        sites=tuple(sites),
        olts=_ids(folder, "olts"),
        accounts=_ids(folder, "accounts"),
        products=tuple(row["code"] for row in read_rows(folder, "products")),
        technicians=_ids(folder, "technicians"),
        serials=vans,
    )


def scenario(
    folder: Path, olt: str, communities: tuple[str, str], registered: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Describe one OLT of the plant for the simulator: its ports and what products need there."""
    return make_scenario(
        [row for row in read_rows(folder, "pon-ports") if row["olt"] == olt],
        read_rows(folder, "products"),
        name=olt,
        communities=communities,
        registered=registered,
    )


def make_scenario(
    ports: Sequence[Row],
    products: Sequence[Row],
    *,
    name: str,
    communities: tuple[str, str],
    registered: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Describe an OLT with these ports, on which these products can be had."""
    tables = sorted({row[column] for row in products for column in ("traffic_in", "traffic_out")})
    return {
        "name": name,
        "read_community": communities[0],
        "write_community": communities[1],
        "ports": [
            {"name": port_name(row), "sfp_tx_cdbm": int(row["launch_cdbm"] or 350)} for row in ports
        ],
        "line_profiles": sorted({row["line_profile"] for row in products}),
        "service_profiles": sorted({row["service_profile"] for row in products}),
        "traffic_tables": [
            {"index": index, "name": table} for index, table in enumerate(tables, start=10)
        ],
        "vlans": sorted({int(row["vlan"]) for row in products}),
        "registered": [
            {
                "line_profile": products[0]["line_profile"],
                "service_profile": products[0]["service_profile"],
                **row,
            }
            for row in registered
        ],
    }


def port_name(row: Row) -> str:
    """Write the place of a PON port as engineers do.

    >>> port_name({"frame": "0", "slot": "1", "port": "2"})
    '0/1/2'
    """
    return f"{row['frame']}/{row['slot']}/{row['port']}"


def read_rows(folder: Path, kind: str) -> list[Row]:
    """Read one file of the folder."""
    with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(folder: Path, kind: str, rows: Sequence[Row]) -> None:
    """Write one file of the folder."""
    with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _read_premises(addresses: Path) -> tuple[PremiseRow, ...]:
    readings = files.read(addresses, profiles.load(MAPPING))
    rows = (reading.row for reading in readings if isinstance(reading, files.Numbered))
    premises = tuple(row for row in rows if isinstance(row, PremiseRow))
    if len(premises) < _PREMISES_MIN:
        raise NoSuchGround(
            f"{str(addresses)!r} holds {len(premises)} addresses that can be used; "
            f"the demo needs {_PREMISES_MIN}"
        )
    return premises


def _move_accounts(folder: Path, zone: str) -> None:
    """Let the invented people live where the addresses are."""
    moved = [{**row, "zone": zone} for row in read_rows(folder, "accounts")]
    write_rows(folder, "accounts", moved)


def _ids(folder: Path, kind: str) -> tuple[str, ...]:
    return tuple(row["external_id"] for row in read_rows(folder, kind))
