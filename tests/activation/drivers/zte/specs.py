"""What is asked of a ZTE OLT in these tests."""

from typing import Any, Final

from activation.requests import Allocation, OntRef, OntSpec, PonPort
from sync_protocol.serials import OntSerial

PORT: Final = PonPort(frame=1, slot=2, port=1)
OTHER_PORT: Final = PonPort(frame=1, slot=2, port=2)
NO_PORT: Final = PonPort(frame=1, slot=3, port=1)
SERIAL: Final = OntSerial("HWTC1A2B3C4D")
REGISTERED: Final = OntSerial("HWTC000000AA")
PLACE: Final = OntRef(port=PORT, ont_id=5)
TAKEN: Final = OntRef(port=OTHER_PORT, ont_id=3)
ALLOCATION: Final = Allocation(ref=PLACE, service_port=131333)


def a_spec(**changes: Any) -> OntSpec:  # noqa: ANN401  whatever the record takes
    values: dict[str, Any] = {
        "serial": SERIAL,
        "line_profile": "",
        "service_profile": "ZTE-F660",
        "description": "fl-1",
        "vlan": 100,
        "user_vlan": 100,
        "gem_port": 1,
        "traffic_in": "",
        "traffic_out": "",
        "registration_alone": True,
    }
    return OntSpec(**(values | changes))
