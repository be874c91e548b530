"""The object identifiers that a simulated Huawei OLT serves, each with its source.

Facts only, written down from the MIBs below; columns are the last number before the row's index.
Nothing here was read from a real OLT.

Sources:
    XPON: HUAWEI-XPON-MIB V2.14 (2019-08-22), in the public repository DotZero24/pysnmp-mibs.
    EXT: HUAWEI-ETHERLIKE-EXT-MIB, in the same repository.
    TRAP: HUAWEI-XPON-TRAP-MIB V1.43 (2019-04-10), in the same repository.
    DEVICE: HUAWEI-DEVICE-MIB, its names resolved in a public parser of Huawei's traps.
"""

from typing import Final

from activation.simulator.oids import Oid

HUAWEI: Final[Oid] = (1, 3, 6, 1, 4, 1, 2011)  # enterprise number 2011
SMARTAX: Final[Oid] = (*HUAWEI, 2, 248)  # a product id for sysObjectID; not confirmed by a source
XPON: Final[Oid] = (*HUAWEI, 6, 128, 1, 1)  # XPON hwXponMIB objects

AUTOFIND_AGE: Final[Oid] = (*XPON, 1, 1)  # XPON, seconds, 0 = never forgotten
AUTOFIND_INTERVAL: Final[Oid] = (*XPON, 1, 2)  # XPON, seconds
DEVICE_MODE: Final[Oid] = (*XPON, 1, 3)  # XPON hwXponDeviceModeCfgSwitch, profilemode(2)

PON_PORT: Final[Oid] = (*XPON, 2, 21, 1)  # XPON, index ifIndex
PON_PORT_AUTOFIND: Final = 4  # enable(1) disable(2)
PON_PORT_STATUS: Final = 10  # up(1) down(2)
PON_PORT_OPTIC: Final = 13  # online(1) offline(2)
PON_PORT_ONTS: Final = 16  # number of ONTs

PON_OPTICS_TX: Final[Oid] = (*XPON, 2, 23, 1, 4)  # XPON, 0.01 dBm, index ifIndex

ONT_CONFIG: Final[Oid] = (*XPON, 2, 43, 1)  # XPON hwGponDeviceOntControl, index ifIndex.ontId
ONT_AUTH: Final = 2  # sn(1) snpassword(2)
ONT_SERIAL: Final = 3  # OCTET STRING (8)
ONT_PASSWORD: Final = 4
ONT_MANAGEMENT: Final = 6  # omci(1) snmp(2)
ONT_LINE_PROFILE: Final = 7  # at most 32 characters
ONT_SERVICE_PROFILE: Final = 8  # at most 32 characters
ONT_DESCRIPTION: Final = 9  # at most 128 characters
ONT_ROW_STATUS: Final = 10  # createAndGo(4) destroy(6); reads active(1)

ONT_STATE: Final[Oid] = (*XPON, 2, 46, 1)  # XPON, index ifIndex.ontId
ONT_ACTIVATE: Final = 1  # activate(1) deactivate(2)
ONT_RESET: Final = 2  # reset(1)
ONT_REREGISTER: Final = 3  # reregister(1)
ONT_RUN_STATE: Final = 15  # up(1) down(2)
ONT_CONFIG_STATE: Final = 16  # init(1) normal(2) failed(3)
ONT_MATCH_STATE: Final = 18  # init(1) match(2) mismatch(3)
ONT_DISTANCE: Final = 20  # metres, -1 = none
ONT_LAST_UP: Final = 22  # DateAndTime
ONT_LAST_DOWN: Final = 23  # DateAndTime
ONT_DOWN_CAUSE: Final = 24
ONT_LAST_RANGING: Final = 29  # metres, -1 = none
ONT_ACTUAL_SERIAL: Final = 30  # OCTET STRING (8)

AUTOFIND: Final[Oid] = (*XPON, 2, 48, 1)  # XPON, index ifIndex.n
FOUND_SERIAL: Final = 2
FOUND_PASSWORD: Final = 3
FOUND_VENDOR: Final = 4
FOUND_VERSION: Final = 5
FOUND_SOFTWARE: Final = 6
FOUND_EQUIPMENT: Final = 7
FOUND_AT: Final = 8  # DateAndTime
FOUND_NNI: Final = 12  # 2.5G/1.25G = 1

ONT_OPTICS: Final[Oid] = (*XPON, 2, 51, 1)  # XPON, index ifIndex.ontId
OPTICS_TEMPERATURE: Final = 1  # degrees Celsius
OPTICS_BIAS: Final = 2  # mA
OPTICS_ONT_TX: Final = 3  # 0.01 dBm
OPTICS_ONT_RX: Final = 4  # 0.01 dBm
OPTICS_VOLTAGE: Final = 5  # mV
OPTICS_OLT_RX: Final = 6  # 0.01 dBm + 10000
UNREADABLE: Final = 2_147_483_647  # XPON, the value of an optics column that cannot be read
OLT_RX_OFFSET: Final = 10_000  # XPON, see OPTICS_OLT_RX

REGISTER_LOG: Final[Oid] = (*XPON, 2, 52, 1)  # XPON, index ifIndex.n; a log, not the autofind table
LOG_SERIAL: Final = 2
LOG_RESULT: Final = 3
LOG_AT: Final = 4  # DateAndTime
LOG_CONFLICT_PORT: Final = 5  # ifIndex of the place that holds the serial
LOG_CONFLICT_ONT: Final = 6

LINE_PROFILE_STATUS: Final[Oid] = (*XPON, 3, 61, 1, 7)  # XPON, index IMPLIED name, active(1)
SERVICE_PROFILE_STATUS: Final[Oid] = (*XPON, 3, 65, 1, 4)  # XPON, index IMPLIED name, active(1)

FLOW_NEXT_INDEX: Final[Oid] = (*HUAWEI, 5, 14, 5, 1)  # EXT, next free index, 0 = none
FLOW: Final[Oid] = (*HUAWEI, 5, 14, 5, 2, 1)  # EXT hwExtSrvFlowTable, index service port
FLOW_FRAME: Final = 2
FLOW_SLOT: Final = 3
FLOW_PORT: Final = 4
FLOW_ONT: Final = 5
FLOW_GEM: Final = 6
FLOW_TYPE: Final = 7  # gpon(4)
FLOW_SERVICE_VLAN: Final = 8
FLOW_RECEIVE_INDEX: Final = 9
FLOW_TRANSMIT_INDEX: Final = 10
FLOW_MULTI_SERVICE: Final = 11  # byUserVlan(1) ... single(255)
FLOW_USER_VLAN: Final = 12
FLOW_OPERATION: Final = 14  # up(1) down(2)
FLOW_ROW_STATUS: Final = 15  # createAndGo(4) destroy(6)
FLOW_TAG_TRANSFORM: Final = 18  # translate(2)
FLOW_OUTBOUND_TABLE: Final = 21
FLOW_INBOUND_TABLE: Final = 22


def port_if_index(slot: int, port: int) -> int:
    """Work out the ifIndex of a PON port in frame 0.

    Source: the port map of the public MXMP/swtoolz-core ``devices/MA5608T.py``. The frame's share
    of the number was found nowhere, so that other frames are not simulated.

    >>> port_if_index(0, 0), port_if_index(0, 1), port_if_index(1, 0)
    (4194304000, 4194304256, 4194312192)
    """
    return 0xFA000000 + slot * 0x2000 + port * 0x100


TRAP_ONT_ALARMS: Final[Oid] = (*XPON, 12, 2, 2, 0)  # TRAP hwXponDeviceOntAlarmTrapsPrefix
TRAP_ONT_FOUND: Final = 2  # TRAP hwGponProfOntDiscoveryAlarmTrap
TRAP_ONT_LOS: Final = 12  # TRAP hwGponProfOntLOSAlarmTrap; 13 is its end
TRAP_ONT_DYING_GASP: Final = 18  # TRAP hwGponProfOntDGAlarmTrap; 19 is its end
TRAP_FRAME: Final[Oid] = (*HUAWEI, 6, 3, 3, 1, 1, 1)  # DEVICE hwFrameIndex
TRAP_SLOT: Final[Oid] = (*HUAWEI, 6, 3, 3, 2, 1, 1)  # DEVICE hwSlotIndex
TRAP_PORT: Final[Oid] = (*HUAWEI, 6, 3, 3, 4, 1, 1)  # DEVICE hwPortIndex
TRAP_ONT: Final[Oid] = (*ONT_CONFIG, 1)  # XPON hwGponDeviceOntIndex, taken to be its first column
TRAP_SERIAL: Final[Oid] = (*AUTOFIND, FOUND_SERIAL)  # XPON hwGponDeviceAutoFindOntInfoOntSn
