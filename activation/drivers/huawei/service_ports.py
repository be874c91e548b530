"""The service ports of a Huawei OLT, put together from walks over their columns. Pure."""

from collections.abc import Sequence
from typing import Final

from activation.drivers.huawei import oids
from activation.drivers.huawei.rows import number
from activation.requests import Listing, OntRef, PonPort, ServicePort
from activation.snmp import Oid, Walk

_PLACE: Final = (oids.FLOW_FRAME, oids.FLOW_SLOT, oids.FLOW_PORT, oids.FLOW_ONT_ID)
SERVICE_PORT_COLUMNS: Final[tuple[Oid, ...]] = (*_PLACE, oids.FLOW_VLAN, oids.FLOW_USER_VLAN)
"""What is walked, in this order."""


def service_ports(walks: Sequence[Walk]) -> Listing[ServicePort]:
    """Put the rows together; one of which a walk lacks the place is none that leads anywhere."""
    columns = [{row.index[-1]: number(row.value) for row in walk.rows} for walk in walks]
    found: list[ServicePort] = []
    is_whole = all(walk.complete for walk in walks)
    for index in sorted(set[int]().union(*columns)):
        frame, slot, port, ont_id, vlan, user_vlan = (column.get(index) for column in columns)
        if frame is None or slot is None or port is None or ont_id is None:
            is_whole = False
            continue
        place = OntRef(port=PonPort(frame=frame, slot=slot, port=port), ont_id=ont_id)
        found.append(ServicePort(ref=place, service_port=index, vlan=vlan, user_vlan=user_vlan))
    return Listing(items=tuple(found), complete=is_whole)
