"""The commands against a simulated OLT of each vendor, over datagrams."""

import csv
import json
from collections.abc import Generator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
import sqlalchemy as sa

from activation.simulator.records import FlowRow, PonPort
from activation.simulator.scenario import Vendor
from activation.simulator.vsol.views import flow_index
from server import cli
from server.database import Store
from server.database.tables.offers import orders, services
from server.database.tables.plant import olts, pon_ports
from tests.activation.running_simulator import RunningSimulator, running_simulator
from tests.server.adoption.living import HOUSES, SERIALS, flow_of, line_of, row_of
from tests.server.factories import change, count, found_town
from tests.server.olt import plugged, town_scenario

PORTS = {Vendor.HUAWEI: "0/1/0", Vendor.VSOL: "0/0/1"}
"""How each vendor calls the first port."""


class Shell(NamedTuple):
    """A shell of the operator, with the OLT in reach."""

    store: Store
    simulator: RunningSimulator
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> tuple[int, str, str]:
        status = cli.main(["--settings", str(self.folder / "firstlight.toml"), "network", *words])
        said = self.capsys.readouterr()
        return status, said.out, said.err

    def write(self, *lines: dict[str, str]) -> str:
        path = self.folder / "living.csv"
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(lines[0]))
            writer.writeheader()
            writer.writerows(lines)
        return str(path)


@pytest.fixture(params=[Vendor.HUAWEI, Vendor.VSOL])
def shell(
    request: pytest.FixtureRequest,
    sqlite_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Generator[Shell]:
    vendor: Vendor = request.param
    port = PORTS[vendor]
    scenario = msgspec.structs.replace(
        town_scenario(*(plugged(serial, port=port) for serial in SERIALS)),
        vendor=vendor,
        ports=(PonPort(name=port),),
        registered=tuple(row_of(number, port=port) for number in range(HOUSES)),
        service_ports=tuple(_flow(vendor, number) for number in range(HOUSES)),
    )
    (tmp_path / "firstlight.toml").write_text(
        f'database_url = "{sqlite_url}"\n[snmp.town]\nread = "town-read"\nwrite = "town-write"\n'
    )
    store = Store(sqlite_url)
    with running_simulator(tmp_path, scenario) as simulator:
        found_town(store, snmp_port=simulator.snmp_port)
        change(store, sa.update(olts).values(driver=vendor.value))
        frame, slot, number = map(int, port.split("/"))
        place = {"frame": frame, "slot": slot, "port": number}
        change(store, sa.update(pon_ports).values(**place))
        yield Shell(store, simulator, tmp_path, capsys)
    store.close()


def _flow(vendor: Vendor, number: int) -> FlowRow:
    """A service port as the vendor numbers it: within the OLT, or within the ONT."""
    flow = flow_of(number, port=PORTS[vendor])
    if vendor is Vendor.VSOL:
        flow = msgspec.structs.replace(flow, index=flow_index((1, flow.ont_id, 1)))
    return flow


def test_a_living_olt_is_adopted_and_then_agrees(shell: Shell) -> None:
    before = shell.simulator.registered()
    status, out, _ = shell.run("drift", "OLT-1")
    assert (status, out.splitlines()[-1]) == (1, f"{HOUSES} stranger")
    path = shell.write(*(line_of(number) for number in range(HOUSES)))

    assert shell.run("adopt", "OLT-1", path, "--dry-run")[1].startswith("4 would be adopted")
    assert count(shell.store, services) == 0
    assert shell.run("adopt", "OLT-1", path)[:2] == (0, "4 adopted, 0 were before, 0 refused\n")
    assert shell.run("adopt", "OLT-1", path)[1].startswith("0 adopted, 4 were before")

    assert shell.run("drift", "OLT-1")[:2] == (0, "records and OLT agree\n")
    assert shell.run("drift", "OLT-1", "--stored")[:2] == (0, "records and OLT agree\n")
    assert shell.simulator.registered() == before
    assert shell.simulator.sets() == 0


def test_what_an_olt_has_lost_is_ordered_once_by_its_last_reading(shell: Shell) -> None:
    shell.run("adopt", "OLT-1", shell.write(*(line_of(number) for number in range(HOUSES))))
    shell.simulator.deregister(SERIALS[1])
    assert shell.run("reprovision", "OLT-1")[:2] == (0, "0 have an order now, 0 refused\n"), (
        "not yet read"
    )
    assert shell.run("drift", "OLT-1")[1].endswith("1 missing\n")

    status, out, _ = shell.run("reprovision", "OLT-1", "--dry-run")
    assert (status, out.splitlines()[-1]) == (0, "1 would have an order")
    assert SERIALS[1] in out
    assert count(shell.store, orders) == 0
    for _ in range(2):
        assert shell.run("reprovision", "OLT-1")[:2] == (0, "1 have an order now, 0 refused\n")

    assert count(shell.store, orders) == 1
    assert shell.simulator.sets() == 0, "the server carries it out"


def test_lines_that_are_refused_are_named_and_kept_in_a_file(shell: Shell) -> None:
    path = shell.write(line_of(0), line_of(1, premise="P-9"), line_of(2, serial="nonsense"))
    rejected = shell.folder / "refused.csv"

    status, out, _ = shell.run("adopt", "OLT-1", path, "--quarantine", str(rejected))

    assert status == 1
    assert out.splitlines() == [
        "1 adopted, 0 were before, 2 refused",
        "  1 PREMISE_UNKNOWN",
        "  1 SERIAL_MALFORMED",
    ]
    with rejected.open(newline="") as stream:
        kept = list(csv.DictReader(stream))
    assert [(row["line"], row["code"], row["premise"]) for row in kept] == [
        ("3", "PREMISE_UNKNOWN", "P-9"),
        ("4", "SERIAL_MALFORMED", "P-3"),
    ]


def test_differences_are_given_to_programs_as_json(shell: Shell) -> None:
    status, out, _ = shell.run("drift", "OLT-1", "--json")

    told = [json.loads(line) for line in out.splitlines()]
    assert status == 1
    assert [(each["verdict"], each["serial"]) for each in told] == [
        ("stranger", serial) for serial in SERIALS
    ]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("adopt", "OLT-9", "FILE"), "OLT-9"),
        (("adopt", "OLT-1", "/no/such.csv"), "'/no/such.csv' is no file"),
        (
            ("adopt", "OLT-1", "FILE", "--port", "9/9/9"),
            "'9/9/9' is no port of this OLT",
        ),
        (("adopt", "OLT-1", "FILE", "--quarantine", "FILE"), "is the file itself"),
        (("adopt", "OLT-1", "FILE", "--quarantine", "/no/such/folder/x.csv"), "cannot be written"),
        (("drift", "OLT-9"), "OLT-9"),
        (("reprovision", "OLT-9"), "OLT-9"),
        (("reprovision", "OLT-9", "--dry-run"), "OLT-9"),
    ],
)
def test_wrong_input_is_named_with_what_would_be_right(
    shell: Shell, words: tuple[str, ...], told: str
) -> None:
    path = shell.write(line_of(0))

    status, _, err = shell.run(*(path if word == "FILE" else word for word in words))

    assert status == 2
    assert told in err
    assert count(shell.store, services) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no column serial, account, premise, product"),
        ("serial;account\n", "has no column"),
        ("serial,account,premise,product,colour\n", "columns that are not known: 'colour'"),
        ("serial,account,premise,product\n\xff\n", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(shell: Shell, text: str, told: str) -> None:
    path = shell.folder / "wrong.csv"
    path.write_bytes(text.encode("latin-1"))

    status, _, err = shell.run("adopt", "OLT-1", str(path))

    assert status == 2
    assert told in err


def test_credentials_that_are_missing_are_named(shell: Shell) -> None:
    change(shell.store, sa.update(olts).values(credentials="other"))

    status, _, err = shell.run("drift", "OLT-1")

    assert status == 2
    assert "'other'" in err
