"""net-snmp, which shares no line with us, sees in the simulator what our drivers see.

Keys stand on the command line here because they are those of a rehearsal.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Generator
from typing import Any, Final

import httpx
import msgspec
import pytest

from activation.drivers.huawei.olt import HuaweiOlt
from activation.puresnmp_session import PuresnmpSession
from activation.requests import Observation, OntRef, Phase, PonPort, Reading
from activation.snmp import V3, Credentials, Secret, SnmpSettings, V2c
from sync_protocol.serials import OntSerial
from tests.activation.running_simulator import RunningSimulator, running_simulator

pytestmark = pytest.mark.netsnmp

IF_INDEX: Final = 4194312192
ONTS: Final = ".1.3.6.1.4.1.2011.6.128.1.1.2.43.1"
OPTICS: Final = ".1.3.6.1.4.1.2011.6.128.1.1.2.51.1"
SYS_NAME: Final = ".1.3.6.1.2.1.1.5.0"
UP: Final = "HWTC00000001"
NEW: Final = "HWTC00000002"
PORT: Final = PonPort(frame=0, slot=1, port=0)
MD5_DES: Final = "legacy"
AUTH, PRIV = "auth-password", "priv-password"


NET_SNMP: Final = {
    "sha1": "SHA",
    "md5": "MD5",
    "aes": "AES",
    "des": "DES",
    "sha256": "SHA-256",
    "sha512": "SHA-512",
    "aes192": "AES-192",
    "aes256": "AES-256",
}


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """A way to talk to the agent, as net-snmp and as our session take it."""

    reading: tuple[str, ...]
    writing: tuple[str, ...]
    ours: Credentials


def a_user(name: str, auth: str, priv: str) -> Manner:
    words = ("-v3", "-l", "authPriv", "-u", name, "-A", AUTH, "-X", PRIV)
    words = (*words, "-a", NET_SNMP[auth], "-x", NET_SNMP[priv])
    ours = V3(
        user=name,
        auth_method=auth,
        auth_key=Secret(AUTH),
        priv_method=priv,
        priv_key=Secret(PRIV),
    )
    return Manner(reading=words, writing=words, ours=ours)


MANNERS: Final = {
    "v2c": Manner(
        reading=("-v2c", "-c", "reading"),
        writing=("-v2c", "-c", "writing"),
        ours=V2c(read_community=Secret("reading")),
    ),
    "v3 SHA AES": a_user("noc", "sha1", "aes"),
    "v3 MD5 DES": a_user(MD5_DES, "md5", "des"),
    "v3 SHA-512 AES-256": a_user("strong", "sha512", "aes256"),
    # Here the keys are longer than the hash, and are extended as net-snmp does it.
    "v3 SHA AES-256": a_user("extended", "sha1", "aes256"),
    "v3 SHA-256 AES-192": a_user("middle", "sha256", "aes192"),
}


@pytest.fixture(scope="module")
def olt(tmp_path_factory: pytest.TempPathFactory) -> Generator[RunningSimulator]:
    user = {"auth_key": AUTH, "priv_key": PRIV, "may_write": True}
    scenario = {
        "ports": [{"name": "0/1/0"}],
        "line_profiles": ["line-100"],
        "service_profiles": ["srv-hgu"],
        "vlans": [100],
        "name": "olt-of-net-snmp",
        "read_community": "reading",
        "write_community": "writing",
        "users": [
            user | {"name": "noc"},
            user | {"name": MD5_DES, "auth_method": "md5", "priv_method": "des"},
            user | {"name": "strong", "auth_method": "sha512", "priv_method": "aes256"},
            user | {"name": "extended", "auth_method": "sha1", "priv_method": "aes256"},
            user | {"name": "middle", "auth_method": "sha256", "priv_method": "aes192"},
        ],
        "onts": [
            {"serial": UP, "port": "0/1/0", "ont_rx_cdbm": -1873, "olt_rx_cdbm": -2210},
            {"serial": NEW, "port": "0/1/0"},
        ],
        "registered": [
            {
                "serial": serial,
                "port": "0/1/0",
                "ont_id": ont_id,
                "line_profile": "line-100",
                "service_profile": "srv-hgu",
            }
            for ont_id, serial in ((3, UP), (70, "HWTC000000FF"))
        ],
    }
    with running_simulator(tmp_path_factory.mktemp("olt"), scenario) as running:
        yield running


@pytest.fixture(params=sorted(MANNERS))
def manner(request: pytest.FixtureRequest) -> Manner:
    return MANNERS[request.param]


def ask(olt: RunningSimulator, tool: str, words: tuple[str, ...], *names: str) -> str:
    place = f"127.0.0.1:{olt.snmp_port}"
    # -Oqnx: quick, numeric, octets in hexadecimal; no MIB file decides anything.
    command = (tool, "-m", "", "-Oqnx", "-t", "5", "-r", "1", *words, place, *names)
    # What this user has configured for net-snmp, and what it would keep, is left alone.
    settings = {"SNMPCONFPATH": tempfile.gettempdir(), "SNMP_PERSISTENT_DIR": tempfile.gettempdir()}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **settings}
    )
    return done.stdout + done.stderr


def rows(said: str) -> dict[str, str]:
    """Give what was printed by OID; hexadecimal octets without quotes and spaces."""
    found: dict[str, str] = {}
    for line in filter(lambda each: each.startswith("."), said.splitlines()):
        oid, _, value = line.partition(" ")
        found[oid] = re.sub(r'["\s]', "", value)
    return found


def truth(olt: RunningSimulator) -> dict[str, dict[str, Any]]:
    registered = httpx.get(f"{olt.control_url}/state", trust_env=False).json()["registered"]
    return {each["row"]["serial"]: each for each in registered}


def octets_of(serial: str) -> str:
    return serial[:4].encode().hex().upper() + serial[4:]


def test_a_walk_of_serials_agrees_with_the_control_api(
    olt: RunningSimulator, manner: Manner
) -> None:
    walked = rows(ask(olt, "snmpbulkwalk", manner.reading, f"{ONTS}.3"))

    assert walked == {
        f"{ONTS}.3.{IF_INDEX}.{each['row']['ont_id']}": octets_of(serial)
        for serial, each in truth(olt).items()
    }


async def test_light_is_the_same_to_net_snmp_and_to_our_driver(
    olt: RunningSimulator, manner: Manner
) -> None:
    cells = [f"{OPTICS}.{column}.{IF_INDEX}.3" for column in (4, 6)]
    read = rows(ask(olt, "snmpget", manner.reading, *cells))
    session = PuresnmpSession(
        "127.0.0.1", olt.snmp_port, manner.ours, SnmpSettings(timeout_ms=5_000)
    )
    seen = await HuaweiOlt(session).observe(OntRef(port=PORT, ont_id=3), OntSerial(UP))

    assert isinstance(seen, Observation)
    assert (seen.phase, truth(olt)[UP]["up"]) == (Phase.ONLINE, True)
    assert seen.ont_rx == Reading(power_cdbm=int(read[cells[0]]))
    assert seen.olt_rx == Reading(power_cdbm=int(read[cells[1]]) - 10_000)


def test_a_set_registers_what_the_control_api_then_shows(
    olt: RunningSimulator, manner: Manner
) -> None:
    index = f"{IF_INDEX}.9"
    values = (
        (2, "i", "1"),
        (3, "x", octets_of(NEW)),
        (6, "i", "1"),
        (10, "i", "4"),
        (7, "s", "line-100"),
        (8, "s", "srv-hgu"),
        (9, "s", "by net-snmp"),
    )
    words = [word for column, *rest in values for word in (f"{ONTS}.{column}.{index}", *rest)]

    ask(olt, "snmpset", manner.writing, *words)

    assert truth(olt)[NEW]["row"]["description"] == "by net-snmp"
    ask(olt, "snmpset", manner.writing, f"{ONTS}.10.{index}", "i", "6")
    assert NEW not in truth(olt)


def test_what_is_refused_is_an_error_to_net_snmp_too(olt: RunningSimulator, manner: Manner) -> None:
    said = ask(olt, "snmpset", manner.writing, f"{ONTS}.7.{IF_INDEX}.3", "s", "no-such-profile")

    assert "Error in packet" in said
    assert truth(olt)[UP]["row"]["line_profile"] == "line-100"


def test_a_wrong_key_reads_nothing_and_says_why(olt: RunningSimulator) -> None:
    words = tuple(
        "wrong-password" if word == AUTH else word for word in MANNERS["v3 SHA AES"].reading
    )

    said = ask(olt, "snmpget", words, SYS_NAME)

    assert "Authentication failure" in said
    assert "olt-of-net-snmp" not in said


def test_after_a_restart_net_snmp_reads_on(olt: RunningSimulator, manner: Manner) -> None:
    httpx.post(f"{olt.control_url}/restart", trust_env=False).raise_for_status()

    assert "olt-of-net-snmp" in bytes.fromhex(
        rows(ask(olt, "snmpget", manner.reading, SYS_NAME))[SYS_NAME]
    ).decode("ascii")
