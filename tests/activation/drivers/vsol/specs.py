"""What is asked of a V-SOL OLT in these tests."""

from typing import Any, Final

from activation.requests import Allocation, OntRef, OntSpec, PonPort
from sync_protocol.serials import OntSerial

PORT: Final = PonPort(frame=0, slot=0, port=1)
OTHER_PORT: Final = PonPort(frame=0, slot=0, port=2)
SERIAL: Final = OntSerial("HWTC1A2B3C4D")
REGISTERED: Final = OntSerial("HWTC000000AA")
NEW: Final = OntSerial("HWTC00000001")
PLACE: Final = OntRef(port=PORT, ont_id=5)
ALLOCATION: Final = Allocation(ref=PLACE, service_port=1_005_001)


def a_spec(**changes: Any) -> OntSpec:  # noqa: ANN401  whatever the record takes
    values: dict[str, Any] = {
        "serial": SERIAL,
        "line_profile": "FTTH",
        "service_profile": "HG8245H",
        "description": "fl-1",
        "vlan": 100,
        "user_vlan": 10,
        "gem_port": 1,
        "traffic_in": "up-100",
        "traffic_out": "down-100",
    }
    return OntSpec(**(values | changes))
