"""Reading an ONT back over SNMP, with OIDs and arithmetic of the demo's own.

It shares nothing with the driver but the wire: what the story says of the OLT must not be what the
driver believes. Columns of HUAWEI-XPON-MIB V2.14 under 1.3.6.1.4.1.2011.6.128.1.1, indexed by
ifIndex and ONT id.
"""

from typing import Any, Final

import msgspec
from puresnmp import V2C, Client, PyWrapper

_BASE: Final = "1.3.6.1.4.1.2011.6.128.1.1"
_SERIAL: Final = f"{_BASE}.2.43.1.3"  # hwGponDeviceOntSn, 8 octets
_RUN_STATE: Final = f"{_BASE}.2.46.1.15"  # hwGponDeviceOntControlRunStatus
_RX_POWER: Final = f"{_BASE}.2.51.1.4"  # hwGponOntOpticalDdmRxPower, hundredths of dBm
_RUN_STATES: Final = {1: "up", 2: "down", -1: "invalid"}
_UNREADABLE: Final = 2_147_483_647


class OntOnOlt(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT as the OLT shows it; no power while it is not readable."""

    index: str
    serial: str
    run_state: str
    rx_power_dbm: float | None


async def read_ont(snmp_port: int, community: str, serial: str) -> tuple[OntOnOlt, ...]:
    """Find every row that holds a serial, and read its state and light."""
    client = PyWrapper(Client("127.0.0.1", V2C(community), port=snmp_port))
    found: list[OntOnOlt] = []
    async for row in client.walk(_SERIAL):
        if serial_text(row.value) == serial:
            index = str(row.oid).removeprefix(f"{_SERIAL}.")
            state, power = await client.multiget([f"{_RUN_STATE}.{index}", f"{_RX_POWER}.{index}"])
            found.append(
                OntOnOlt(
                    index=index,
                    serial=serial,
                    run_state=_RUN_STATES.get(state, f"unknown ({state})"),
                    rx_power_dbm=power_dbm(power),
                )
            )
    return tuple(found)


def serial_text(octets: Any) -> str:  # noqa: ANN401  whatever the agent holds there
    """Write a serial of 8 octets as labels do.

    >>> serial_text(bytes.fromhex("485754431a2b3c4d"))
    'HWTC1A2B3C4D'
    """
    if not isinstance(octets, bytes) or len(octets) != 8:  # noqa: PLR2004
        return ""
    return octets[:4].decode("latin-1") + octets[4:].hex().upper()


def power_dbm(raw: int) -> float | None:
    """Read a level in hundredths of dBm; the sentinel is none.

    >>> power_dbm(-1912), power_dbm(2147483647)
    (-19.12, None)
    """
    return None if raw == _UNREADABLE else raw / 100
