"""A scenario: what the simulated OLT has at its start, as a JSON file that a person writes.

The smallest useful one::

    {"ports": [{"name": "0/1/0"}],
     "line_profiles": ["FTTH"], "service_profiles": ["HG8245H"], "vlans": [100],
     "onts": [{"serial": "HWTC1A2B3C4D", "port": "0/1/0", "come_up_s": 5}]}
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from activation.simulator.ports import problem_of
from activation.simulator.reading import ValueWrong, read_json
from activation.simulator.records import (
    FlowRow,
    OntRow,
    PluggedOnt,
    PonPort,
    ProfileName,
    TrafficTable,
    Vendor,
    Vlan,
    ZteFirmware,
)

Community = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[!-~]+$")]

AuthMethod = Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
PrivMethod = Literal["des", "aes", "aes192", "aes256", "aes192-reeder", "aes256-reeder"]


class SnmpUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user of SNMP v3, who signs and encrypts. The keys are for rehearsals, no secrets."""

    name: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[!-~]+$")]
    auth_method: AuthMethod = "sha1"
    auth_key: Annotated[str, Meta(min_length=8, max_length=64)]
    priv_method: PrivMethod = "aes"
    priv_key: Annotated[str, Meta(min_length=8, max_length=64)]
    may_write: bool = False


class ScenarioWrong(ValueError):
    """The scenario cannot be used; the message names the place in it and what would be right."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OLT at its start."""

    ports: Annotated[tuple[PonPort, ...], Meta(min_length=1)]
    vendor: Vendor = Vendor.HUAWEI
    zte: ZteFirmware = ZteFirmware()
    """Says something of ZTE alone."""
    line_profiles: tuple[ProfileName, ...] = ()
    service_profiles: tuple[ProfileName, ...] = ()
    traffic_tables: tuple[TrafficTable, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    """The VLANs that service ports may use."""
    onts: tuple[PluggedOnt, ...] = ()
    """The ONTs on the fiber, registered or not."""
    registered: tuple[OntRow, ...] = ()
    """The ONTs that the OLT already expects; up from the start where they are plugged in."""
    service_ports: tuple[FlowRow, ...] = ()
    name: Annotated[str, Meta(max_length=64)] = "olt-1"
    description: Annotated[str, Meta(max_length=255)] = "Firstlight OLT simulator (SmartAX tables)"
    read_community: Community = "public"
    write_community: Community = "private"
    users: tuple[SnmpUser, ...] = ()
    """Users of SNMP v3, beside the communities of v2c."""


def read_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        ScenarioWrong: no such file, no JSON, a wrong value, or parts that contradict each other.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ScenarioWrong(
            f"scenario {str(path)!r} cannot be read: {error.strerror}; name a JSON file"
        ) from error
    try:
        scenario = read_json(text, Scenario)
    except ValueWrong as error:
        raise ScenarioWrong(f"scenario {str(path)!r}: {error}") from error
    problem = next(_problems(scenario), None)
    if problem is not None:
        raise ScenarioWrong(f"scenario {str(path)!r}: {problem}")
    return scenario


def _problems(scenario: Scenario) -> Iterator[str]:
    ports = {port.name for port in scenario.ports}
    for i, port in enumerate(scenario.ports):
        problem = problem_of(scenario.vendor, port)
        if problem is not None:
            yield f"$.ports[{i}].name is {problem}"
    yield from _repeated("ports[].name", (port.name for port in scenario.ports))
    yield from _repeated("users[].name", (user.name for user in scenario.users))
    yield from _repeated("onts[].serial", (ont.serial for ont in scenario.onts))
    yield from _repeated("registered[].serial", (row.serial for row in scenario.registered))
    yield from _repeated(
        "registered[].port and ont_id",
        (f"{row.port} {row.ont_id}" for row in scenario.registered),
    )
    yield from _repeated("service_ports[].index", (f"{f.index}" for f in scenario.service_ports))
    tables = scenario.traffic_tables
    yield from _repeated("traffic_tables[].index", (f"{table.index}" for table in tables))
    yield from _repeated("traffic_tables[].name", (table.name for table in tables))
    places = [
        *((f"onts[{i}].port", ont.port) for i, ont in enumerate(scenario.onts)),
        *((f"registered[{i}].port", row.port) for i, row in enumerate(scenario.registered)),
    ]
    for place, port in places:
        if port not in ports:
            yield f"$.{place} is {port!r}, which ports[] does not list; it has {_listed(ports)}"
    yield from _overfull_ports(scenario)
    yield from _missing_profiles(scenario)
    yield from _homeless_flows(scenario)


def _repeated(path: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"$.{path} holds {value!r} {count} times; once is right"


def _overfull_ports(scenario: Scenario) -> Iterator[str]:
    counts = Counter(row.port for row in scenario.registered)
    for i, port in enumerate(scenario.ports):
        if counts[port.name] > port.capacity:
            yield (
                f"$.ports[{i}].capacity is {port.capacity}, but registered[] lists "
                f"{counts[port.name]} ONTs on {port.name}"
            )


def _missing_profiles(scenario: Scenario) -> Iterator[str]:
    for i, row in enumerate(scenario.registered):
        pairs = (
            ("line_profile", row.line_profile, scenario.line_profiles),
            ("service_profile", row.service_profile, scenario.service_profiles),
        )
        for field, name, known in pairs:
            if name not in known:
                yield (
                    f"$.registered[{i}].{field} is {name!r}, which {field}s[] does not list; "
                    f"it has {_listed(known)}"
                )


def _homeless_flows(scenario: Scenario) -> Iterator[str]:
    registered = {(row.port, row.ont_id) for row in scenario.registered}
    for i, flow in enumerate(scenario.service_ports):
        if (flow.port, flow.ont_id) not in registered:
            yield (
                f"$.service_ports[{i}] belongs to ONT {flow.ont_id} on {flow.port}, "
                "which registered[] does not list; it has "
                + _listed(f"{ont_id} on {port}" for port, ont_id in registered)
            )
        if flow.service_vlan not in scenario.vlans:
            yield (
                f"$.service_ports[{i}].service_vlan is {flow.service_vlan}, which vlans[] does "
                f"not list; it has {_listed(map(str, scenario.vlans))}"
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
