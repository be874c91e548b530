"""The object identifiers that a simulated V-SOL V1600G serves, each with its source.

Facts only, written down from the documents below; columns are the last number before the row's
index, scalars of a mailbox the last number before the zero. Nothing here was read from a real OLT.

Sources:
    G: V1600G.my of 2021-04-28, in the public repository DotZero24/pysnmp-mibs, folder
        mibs/vsolution.
    L: the driver for V-SOL of librenms/librenms, LibreNMS/OS/Vsolution.php, tested on V1600GS.
    S: V1600GSwitch of librenms/librenms, folder mibs/vsolution.
    N: vendors/vsol of nanoncore/nano-southbound, tested on an OLT with firmware V2.1.6R.
"""

from typing import Final

from activation.simulator.oids import Oid

V1600G: Final[Oid] = (1, 3, 6, 1, 4, 1, 37950, 1, 1, 6)  # G v1600g
_ONUS: Final[Oid] = (*V1600G, 1, 1)  # G gOnuAuthList

ONT_STATE: Final[Oid] = (*_ONUS, 1, 1)  # G gOnuStaInfoEntry, index pon.onu
STATE_ADMIN: Final = 3  # enable(1) disable(2)
STATE_OMCC: Final = 4  # enable(1) disable(2)
STATE_PHASE: Final = 5  # logging(0) los(1) syncMib(2) working(3) dyingGasp(4) offLine(6)

ONT_AUTH: Final[Oid] = (*_ONUS, 2, 1)  # G gOnuAuthInfoEntry, index pon.onu
AUTH_ONT_PROFILE: Final = 3
AUTH_MODE: Final = 4  # sn(1)
AUTH_INFO: Final = 5  # the serial as text where the mode is sn; L, N
AUTH_MODEL: Final = 6

ONT_OPTICS: Final[Oid] = (*_ONUS, 3, 1)  # G gOnuOpticalInfoEntry, index pon.onu; all are texts
OPTICS_TEMPERATURE: Final = 3  # N, like 47.957(C)
OPTICS_VOLTAGE: Final = 4  # N, like 3.30(V)
OPTICS_BIAS: Final = 5  # N, like 6.220(mA)
OPTICS_ONT_TX: Final = 6  # N, like 2.520(dBm)
OPTICS_ONT_RX: Final = 7  # N, like -28.530(dBm)
OPTICS_OLT_RX: Final = 8  # L gOnuOpticalInfoRxOptLevOlt; G does not have it

ONT_DETAIL: Final[Oid] = (*_ONUS, 4, 1)  # G gOnuDetailInfoEntry, index pon.onu
DETAIL_SERIAL: Final = 5  # what the ONT itself says
DETAIL_DESCRIPTION: Final = 24

OPERATE: Final[Oid] = (*_ONUS, 5)  # G gOnuOp, a mailbox
OPERATE_PON: Final = 1
OPERATE_ONT: Final = 2
OPERATE_ACTION: Final = 3  # reboot(1) del(2) activate(3) deactivate(4)

ADD: Final[Oid] = (*_ONUS, 6)  # G gOnuManualAdd, a mailbox
ADD_PON: Final = 1
ADD_ONT: Final = 2
ADD_AUTH_MODE: Final = 3
ADD_ONT_PROFILE: Final = 4
ADD_SERIAL: Final = 5
ADD_LOID: Final = 6
ADD_PASSWORD: Final = 7
ADD_ACTION: Final = 8  # add(1)

GEM: Final[Oid] = (*_ONUS, 7, 2)  # G gOnuCfgGem, a mailbox
GEM_PON: Final = 1
GEM_ONT: Final = 2
GEM_ID: Final = 3
GEM_TCONT: Final = 4
GEM_UP: Final = 7  # name of a traffic profile
GEM_DOWN: Final = 8
GEM_ACTION: Final = 12  # add(1) del(2) modify(3)

SERVICE_PORT: Final[Oid] = (*_ONUS, 7, 4)  # G gOnuCfgSrvPort, a mailbox
SERVICE_PON: Final = 1
SERVICE_ONT: Final = 2
SERVICE_ID: Final = 3  # 1..128 of each ONT
SERVICE_GEM: Final = 4
SERVICE_MODE: Final = 5  # cvlan(1)
SERVICE_DESCRIPTION: Final = 6
SERVICE_USER_VLAN: Final = 7  # 0..4093
SERVICE_VLAN: Final = 13  # 0..4093
SERVICE_ACTION: Final = 17  # add(1) del(2) modify(3)

GEMS: Final[Oid] = (*_ONUS, 8, 3, 1)  # G gOnuSrvInfoGemEntry, index pon.onu.gem
GEMS_TCONT: Final = 5
GEMS_UP: Final = 7
GEMS_DOWN: Final = 8

SERVICE_PORTS: Final[Oid] = (*_ONUS, 8, 7, 1)  # G gOnuSrvInfoSrvPortEntry, index pon.onu.id
SERVICES_GEM: Final = 4
SERVICES_MODE: Final = 5
SERVICES_DESCRIPTION: Final = 6
SERVICES_FIRST_VLAN: Final = 7  # N reads the user's VLAN here and in the next
SERVICES_LAST_VLAN: Final = 8
SERVICES_VLAN: Final = 14  # what it is translated to

REPLACE: Final[Oid] = (*_ONUS, 10)  # G gOnuAuthModify, a mailbox
REPLACE_PON: Final = 1
REPLACE_ONT: Final = 2
REPLACE_MODE: Final = 3  # sn(1) loid(2)
REPLACE_SERIAL: Final = 4
REPLACE_ACTION: Final = 5  # commit(1)

ONT_RANGING: Final[Oid] = (*_ONUS, 12, 1)  # G gOnuRttEntry, index pon.onu
RANGING_DISTANCE: Final = 3  # metres

PON_COUNTS: Final[Oid] = (*_ONUS, 18, 1)  # G gOnuNumberEntry, index pon
COUNT_ALL: Final = 2
COUNT_ONLINE: Final = 3

AUTOFIND: Final[Oid] = (*V1600G, 1, 2, 1, 1)  # G gOnuAutoFindBaseEntry, index pon.n
FOUND_SERIAL: Final = 3
FOUND_STATE: Final = 4  # 0..7; what the numbers mean is not said
AUTOFIND_DETAIL: Final[Oid] = (*V1600G, 1, 2, 2, 1)  # G gOnuAutoFindDetailEntry, index pon.n
FOUND_MODEL: Final = 7
FOUND_VERSION: Final = 8

BIND: Final[Oid] = (*V1600G, 2, 1, 7)  # G v1600gProfileManualBind, a mailbox
BIND_PON: Final = 1
BIND_ONT: Final = 2
BIND_LINE: Final = 3
BIND_SERVICE: Final = 4
BIND_ALARM: Final = 5
BIND_ACTION: Final = 6  # commit(1)

ONT_PROFILE_NAME: Final[Oid] = (*V1600G, 2, 2, 1, 1, 2)  # G onuPNameShow, index number
TRAFFIC_PROFILE_NAME: Final[Oid] = (*V1600G, 2, 2, 3, 1, 2)  # G trafficPNameShow, index number
LINE_PROFILE_NAME: Final[Oid] = (*V1600G, 2, 2, 4, 1, 1, 2)  # G linePNameTableName, index number
SERVICE_PROFILE_NAME: Final[Oid] = (*V1600G, 2, 2, 5, 1, 1, 2)  # G srvPNameTableName, index number

BOUND: Final[Oid] = (*V1600G, 2, 2, 7, 1)  # G v1600gProfileBindEntry, index pon.onu
BOUND_ONT_PROFILE: Final = 3
BOUND_LINE: Final = 4
BOUND_SERVICE: Final = 5

CONFIG_FILE: Final[Oid] = (1, 3, 6, 1, 4, 1, 37950, 1, 1, 5, 10, 12, 8)  # S configFile
CONFIG_SAVE: Final = 2  # enable(1)

ONTS_PER_PORT: Final = 128  # G, the range of gOnuAuthInfoOnuInx
SERVICE_PORTS_PER_ONT: Final = 128  # G, the range of gOnuCfgSrvPortId
VLAN_MAX: Final = 4093  # G, the range of gOnuCfgSrvPortVid
DEFAULT_PROFILE: Final = "default"  # G, DEFVAL of gOnuAutoLearnDefaultProfile
UNREADABLE: Final = b"N/A"  # L, a light level that is none; an empty text and 0 are others

_ALARM: Final[Oid] = (1, 3, 6, 1, 4, 1, 37950, 1, 1, 5, 10, 13)  # S v1600dAlarm
TRAP: Final[Oid] = (*_ALARM, 6, 1)  # S dataAlarmTrap, the name of every trap
TRAP_PON: Final[Oid] = (*_ALARM, 2, 2, 0)  # S dataPon; L, like 1
TRAP_ONT: Final[Oid] = (*_ALARM, 2, 3, 0)  # S dataOnu; L, like 3, or empty
TRAP_NAME: Final[Oid] = (*_ALARM, 2, 5, 0)  # S dataTrapOID; L, empty
TRAP_WORDS: Final[Oid] = (*_ALARM, 2, 10, 0)  # S dataValue
TRAP_TYPE: Final[Oid] = (*_ALARM, 2, 11, 0)  # S dataAlarmType; L, like 19
TYPE_LINK_LOST: Final = 20  # L onu-link-lost
TYPE_DYING_GASP: Final = 26  # L onu-dying-gasp
TYPE_REGISTERS: Final = 41  # L onu-register
NAME_FOUND: Final[Oid] = (*_ALARM, 5, 110)  # S onuAutoFind; L has no type for it
