"""The object identifiers that a simulated ZTE OLT serves, each with its source.

Facts only; columns are the last number before the row's index. Nothing here was read from a real
OLT.

Sources:
    SERVICE: ZXGPON-SERVICE-MIB of 2006-09-27, in the public repository DotZero24/pysnmp-mibs.
    ONTMGMT: ZXGPON-ONTMGMT-MIB of 2008-10-07, in the same repository.
    C320: docs/MIB_DISCOVERY.md of the public repository ardani17/snmp-zte, taken from a real C320.
    READ: public code of operators that reads real OLTs; tree 1082 is known from such code alone.
"""

from typing import Final

from activation.simulator.oids import Oid

ZTE: Final[Oid] = (1, 3, 6, 1, 4, 1, 3902)  # enterprise number 3902
C320: Final[Oid] = (*ZTE, 1082, 1001, 320, 2, 1)  # READ, sysObjectID of a C320 V2.1.0
GPON: Final[Oid] = (*ZTE, 1012, 3)  # SERVICE zxGponRootMib
NEWER: Final[Oid] = (*ZTE, 1082, 500)  # READ

PORT: Final[Oid] = (*GPON, 13, 1, 1)  # READ, index port
PORT_NAME: Final = 1
PORT_ROOM: Final = 12  # how many ONTs it takes
PORT_REGISTERED: Final = 13
PORT_WAITING: Final = 14

WAITING: Final[Oid] = (*GPON, 13, 3, 1)  # SERVICE zxGponUnCfgSnOntInfoTable, index port.n
WAITING_SERIAL: Final = 2  # OCTET STRING (8)
WAITING_PASSWORD: Final = 5
WAITING_MODEL: Final = 10  # READ
WAITING_SOFTWARE: Final = 11  # READ

REGISTERED: Final[Oid] = (*GPON, 28, 1, 1)  # SERVICE zxGponOntDevMgmtTable, index port.ont
REGISTERED_TYPE: Final = 1  # at most 64 bytes
REGISTERED_NAME: Final = 2  # C320: ONU-1:50 where nobody named it
REGISTERED_DESCRIPTION: Final = 3  # at most 127 bytes
REGISTERED_SERIAL: Final = 5  # OCTET STRING (8)
REGISTERED_TARGET: Final = 8  # deactive(1) omciready(2)
REGISTERED_STATUS: Final = 9  # RowStatus
REGISTERED_BY: Final = 12  # READ zxGponOntRegMode, sn(1); SERVICE has it in 11

STATE: Final[Oid] = (*GPON, 28, 2, 1)  # SERVICE zxGponOntStateTable, index port.ont
STATE_ADMIN: Final = 1  # enable(1) disable(2)
STATE_OMCC: Final = 2  # TruthValue
STATE_ACTIVATION: Final = 3  # unknown(0) o1-initial(1) ... o6-operation(6)
STATE_PHASE: Final = 4  # logging(0) los(1) syncMib(2) working(3) dyinggasp(4) ... offline(6)

RANGING_DISTANCE: Final[Oid] = (*GPON, 11, 4, 1, 2)  # SERVICE zxGponRTDDistance; C320: metres

EQUIPMENT: Final[Oid] = (*GPON, 50, 11, 2, 1)  # ONTMGMT zxGponONTTable, index port.ont
EQUIPMENT_VENDOR: Final = 1
EQUIPMENT_SERIAL: Final = 3  # four spaces and four zeros before the ONT has told it
EQUIPMENT_MODEL: Final = 9

ACTION: Final[Oid] = (*GPON, 50, 11, 3, 1)  # ONTMGMT zxGponONTActionTable, index port.ont
ACTION_REBOOT: Final = 1  # TruthValue

OPTICS: Final[Oid] = (*GPON, 50, 12, 1, 1)  # ONTMGMT, index port.ont.1
OPTICS_RX: Final = 10  # 16 bits; 0.002 dB from -30 dBm (READ)
OPTICS_TX: Final = 14

OLT_RX: Final[Oid] = (*ZTE, 1015, 1010, 11, 2, 1, 2)  # READ, 0.001 dBm, index port.ont

# Tree 1082, by the other number of the port
NEWER_PORT: Final[Oid] = (*NEWER, 10, 2, 2, 3, 1)  # READ, index port
NEWER_PORT_REGISTERED: Final = 14
NEWER_PORT_ONLINE: Final = 15
NEWER_WAITING: Final[Oid] = (*NEWER, 10, 2, 2, 5, 1)  # READ, index port.n
NEWER_WAITING_SERIAL: Final = 2
NEWER_WAITING_MODEL: Final = 7
NEWER_WAITING_SOFTWARE: Final = 8
NEWER_REGISTERED: Final[Oid] = (*NEWER, 10, 2, 3, 3, 1)  # READ, index port.ont
NEWER_REGISTERED_TYPE: Final = 1
NEWER_REGISTERED_NAME: Final = 2
NEWER_REGISTERED_DESCRIPTION: Final = 3
NEWER_REGISTERED_SERIAL: Final = 6
NEWER_STATE: Final[Oid] = (*NEWER, 10, 2, 3, 8, 1)  # READ, index port.ont
NEWER_STATE_ADMIN: Final = 1
NEWER_STATE_PHASE: Final = 4  # logging(1) los(2) syncMib(3) working(4) dyinggasp(5) ...
NEWER_DISTANCE: Final[Oid] = (*NEWER, 10, 2, 3, 10, 1, 2)  # READ, metres, index port.ont
NEWER_EQUIPMENT: Final[Oid] = (*NEWER, 20, 2, 1, 2, 1)  # READ, index port.ont
NEWER_EQUIPMENT_SERIAL: Final = 3
NEWER_EQUIPMENT_MODEL: Final = 8
NEWER_OPTICS: Final[Oid] = (*NEWER, 20, 2, 2, 2, 1)  # READ, index port.ont.1
NEWER_OLT_RX: Final[Oid] = (*NEWER, 1, 2, 4, 2, 1, 2)  # READ, index port.ont

# Traps
TRAPS: Final[Oid] = (*NEWER, 10, 3, 1)  # READ, those of ONTs
TRAP_DOWN: Final = 1  # READ, of a C300
TRAP_UP: Final = 2  # READ, of a C300
TRAP_FOUND: Final = 80  # READ, of a C320
TRAP_SERIAL: Final[Oid] = (*NEWER_REGISTERED, 18)  # READ, text 1,SERIAL; index port.ont

ONT_UNREADABLE: Final = 65_535  # READ, an ONT that told no level
OLT_UNREADABLE: Final = -80_000  # READ, librenms/librenms issue 14203
PHASE_SHIFT: Final = 1  # READ, tree 1082 counts the phases from one


def port_number(slot: int, port: int) -> int:
    """Work out the number of a PON port in shelf 0, which the command line calls 1.

    Source: SERVICE zxGponMgmtPonOltId; C320 has 268501248 for slot 1, port 1.

    >>> port_number(1, 1), port_number(2, 1)
    (268501248, 268566784)
    """
    return 1 << 28 | slot << 16 | port << 8


def newer_number(number: int) -> int:
    """Give the number in tree 1082 of the port that has this one in tree 1012.

    Source: READ, 285278977 is 1/3/1.

    >>> newer_number(port_number(3, 1))
    285278977
    """
    return 0x1101 << 16 | (number >> 8 & 0xFFFF)
