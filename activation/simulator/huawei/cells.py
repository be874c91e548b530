"""The columns of a Huawei OLT that may be written, each with what it takes."""

from typing import Final

from activation.simulator.cells import (
    ACTIVE,
    CREATE_AND_GO,
    DESTROY,
    Writable,
    octets,
    one_of,
    serial_octets,
    within,
)
from activation.simulator.huawei import oids

# createAndWait(5), notInService(2) and notReady(3) are no values that this OLT takes.
ROW_STATUS: Final = one_of(ACTIVE, CREATE_AND_GO, DESTROY)

# The EXT MIB's exact integer types were not at hand, so every integer type passes (see agent.py).
WRITABLE: Final[Writable] = {
    oids.ONT_CONFIG: {
        oids.ONT_AUTH: one_of(1),
        oids.ONT_SERIAL: serial_octets,
        oids.ONT_MANAGEMENT: one_of(1),
        oids.ONT_LINE_PROFILE: octets(32),
        oids.ONT_SERVICE_PROFILE: octets(32),
        oids.ONT_DESCRIPTION: octets(128),
        oids.ONT_ROW_STATUS: ROW_STATUS,
    },
    oids.ONT_STATE: {
        oids.ONT_ACTIVATE: one_of(1, 2),
        oids.ONT_RESET: one_of(1),
        oids.ONT_REREGISTER: one_of(1),
    },
    oids.PON_PORT: {oids.PON_PORT_AUTOFIND: one_of(1, 2)},
    oids.FLOW: {
        oids.FLOW_FRAME: one_of(0),
        oids.FLOW_SLOT: within(range(22)),
        oids.FLOW_PORT: within(range(32)),
        oids.FLOW_ONT: within(range(128)),
        oids.FLOW_GEM: within(range(1024)),
        oids.FLOW_TYPE: one_of(4),
        oids.FLOW_SERVICE_VLAN: within(range(1, 4095)),
        oids.FLOW_RECEIVE_INDEX: within(range(1024)),
        oids.FLOW_TRANSMIT_INDEX: within(range(1024)),
        oids.FLOW_MULTI_SERVICE: within(range(1, 256)),
        oids.FLOW_USER_VLAN: within(range(1, 4095)),
        oids.FLOW_ROW_STATUS: ROW_STATUS,
        oids.FLOW_TAG_TRANSFORM: within(range(21)),
        oids.FLOW_OUTBOUND_TABLE: octets(32),
        oids.FLOW_INBOUND_TABLE: octets(32),
    },
}
