"""The columns of a ZTE OLT that may be written, each with what it takes."""

from typing import Final

from activation.simulator.cells import (
    ACTIVE,
    CREATE_AND_GO,
    DESTROY,
    Writable,
    octets,
    one_of,
    serial_octets,
)
from activation.simulator.zte import oids

REGISTRATION: Final[Writable] = {
    oids.REGISTERED: {
        oids.REGISTERED_TYPE: octets(64),
        oids.REGISTERED_DESCRIPTION: octets(127),
        oids.REGISTERED_SERIAL: serial_octets,
        oids.REGISTERED_STATUS: one_of(ACTIVE, CREATE_AND_GO, DESTROY),
        oids.REGISTERED_BY: one_of(1),
    },
    oids.STATE: {oids.STATE_ADMIN: one_of(1, 2)},
}
RESTART: Final[Writable] = {oids.ACTION: {oids.ACTION_REBOOT: one_of(1)}}
"""Only where the firmware has tree 1012.3.50."""
