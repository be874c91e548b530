"""The OIDs and figures of Huawei MA5600/MA5800 OLTs in profile mode.

XPON is HUAWEI-XPON-MIB V2.14 (2019-08-22), FLOW is HUAWEI-ETHERLIKE-EXT-MIB, TRAP is
HUAWEI-XPON-TRAP-MIB V1.43 (2019-04-10), all as published in the collection DotZero24/pysnmp-mibs,
folder mibs/huawei. Read from documents; no OLT was asked.
"""

from typing import Final

# fmt: off
XPON: Final = "1.3.6.1.4.1.2011.6.128.1.1"         # HUAWEI-XPON-MIB, hwXponMib objects
FLOW: Final = "1.3.6.1.4.1.2011.5.14.5"            # HUAWEI-ETHERLIKE-EXT-MIB, hwExtSrvFlow objects

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"             # RFC 3418, sysDescr
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"           # RFC 3418, sysUpTime, hundredths of a second
IF_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"          # RFC 2863, ifName; index ifIndex

DEVICE_MODE: Final = f"{XPON}.1.3.0"               # XPON, hwXponDeviceModeCfgSwitch
PORT_ONT_COUNT: Final = f"{XPON}.2.21.1.16"        # XPON, ONTs of a port; index ifIndex

# ONT configuration; index ifIndex.ontId
ONT_AUTH_METHOD: Final = f"{XPON}.2.43.1.2"        # XPON, authentication method
ONT_SERIAL: Final = f"{XPON}.2.43.1.3"             # XPON, serial as 8 bytes
ONT_MANAGEMENT: Final = f"{XPON}.2.43.1.6"         # XPON, management mode
ONT_LINE_PROFILE: Final = f"{XPON}.2.43.1.7"       # XPON, line profile name, up to 32 bytes
ONT_SERVICE_PROFILE: Final = f"{XPON}.2.43.1.8"    # XPON, service profile name, up to 32 bytes
ONT_DESCRIPTION: Final = f"{XPON}.2.43.1.9"        # XPON, description, up to 128 bytes
ONT_ROW_STATUS: Final = f"{XPON}.2.43.1.10"        # XPON, RowStatus; reads active in any case

# ONT state; index ifIndex.ontId
ONT_ACTIVATE: Final = f"{XPON}.2.46.1.1"           # XPON, activate(1) deactivate(2)
ONT_RESET: Final = f"{XPON}.2.46.1.2"              # XPON, reset(1)
ONT_RUN_STATE: Final = f"{XPON}.2.46.1.15"         # XPON, run state
ONT_CONFIG_STATE: Final = f"{XPON}.2.46.1.16"      # XPON, configuration state
ONT_MATCH_STATE: Final = f"{XPON}.2.46.1.18"       # XPON, match state
ONT_DISTANCE: Final = f"{XPON}.2.46.1.20"          # XPON, distance in metres, -1 for none
ONT_DOWN_CAUSE: Final = f"{XPON}.2.46.1.24"        # XPON, last down cause
ONT_ACTUAL_SERIAL: Final = f"{XPON}.2.46.1.30"     # XPON, serial that the ONT itself tells

# Optics; index ifIndex.ontId
ONT_RX_POWER: Final = f"{XPON}.2.51.1.4"           # XPON, 0.01 dBm, measured by the ONT
OLT_RX_POWER: Final = f"{XPON}.2.51.1.6"           # XPON, (raw - 10000) * 0.01 dBm, by the OLT

# Registration log; index ifIndex.entry
LOG_SERIAL: Final = f"{XPON}.2.52.1.2"             # XPON, registration log, serial
LOG_RESULT: Final = f"{XPON}.2.52.1.3"             # XPON, registration log, result
LOG_CONFLICT_PORT: Final = f"{XPON}.2.52.1.5"      # XPON, registration log, other ifIndex
LOG_CONFLICT_ONT: Final = f"{XPON}.2.52.1.6"       # XPON, registration log, other ontId

# Unregistered ONTs; index ifIndex.entry
AUTOFIND_SERIAL: Final = f"{XPON}.2.48.1.2"        # XPON, autofind table, serial
AUTOFIND_EQUIPMENT: Final = f"{XPON}.2.48.1.7"     # XPON, autofind table, equipment id, 20 bytes

# Profiles; index the bytes of the name without a length (IMPLIED)
LINE_PROFILE_STATUS: Final = f"{XPON}.3.61.1.7"    # XPON, RowStatus of a line profile
SERVICE_PROFILE_STATUS: Final = f"{XPON}.3.65.1.4"  # XPON, RowStatus of a service profile

# Service ports; index the service port
NEXT_SERVICE_PORT: Final = f"{FLOW}.1.0"           # FLOW, next free index, 0 for none
FLOW_FRAME: Final = f"{FLOW}.2.1.2"                # FLOW, frame
FLOW_SLOT: Final = f"{FLOW}.2.1.3"                 # FLOW, slot
FLOW_PORT: Final = f"{FLOW}.2.1.4"                 # FLOW, port
FLOW_ONT_ID: Final = f"{FLOW}.2.1.5"               # FLOW, ONT id
FLOW_GEM_PORT: Final = f"{FLOW}.2.1.6"             # FLOW, GEM port
FLOW_TYPE: Final = f"{FLOW}.2.1.7"                 # FLOW, kind of access
FLOW_VLAN: Final = f"{FLOW}.2.1.8"                 # FLOW, service VLAN
FLOW_MULTI_SERVICE: Final = f"{FLOW}.2.1.11"       # FLOW, how user traffic is told apart
FLOW_USER_VLAN: Final = f"{FLOW}.2.1.12"           # FLOW, user VLAN
FLOW_ROW_STATUS: Final = f"{FLOW}.2.1.15"          # FLOW, RowStatus
FLOW_TRAFFIC_OUT: Final = f"{FLOW}.2.1.21"         # FLOW, outbound traffic table name
FLOW_TRAFFIC_IN: Final = f"{FLOW}.2.1.22"          # FLOW, inbound traffic table name

# Names of traps
_ONT_ALARMS: Final = f"{XPON}.12.2.2.0"            # TRAP, hwXponDeviceOntAlarmTraps
TRAP_ONT_FOUND: Final = f"{_ONT_ALARMS}.2"         # TRAP, hwGponProfOntDiscoveryAlarmTrap
TRAP_ONT_LOS: Final = f"{_ONT_ALARMS}.12"          # TRAP, hwGponProfOntLOSAlarmTrap
TRAP_ONT_LOS_ENDS: Final = f"{_ONT_ALARMS}.13"     # TRAP, hwGponProfOntLOSRecoverAlarmTrap
TRAP_ONT_DYING_GASP: Final = f"{_ONT_ALARMS}.18"   # TRAP, hwGponProfOntDGAlarmTrap
TRAP_ONT_DYING_GASP_ENDS: Final = f"{_ONT_ALARMS}.19"  # TRAP, hwGponProfOntDGRecoverAlarmTrap
_PORT_ALARMS: Final = f"{XPON}.12.2.1.0"           # TRAP, hwXponDeviceOltAlarmTraps
TRAP_PORT_LOS: Final = f"{_PORT_ALARMS}.108"       # TRAP, hwXponProfOltLOSAlarmTrap
TRAP_PORT_LOS_ENDS: Final = f"{_PORT_ALARMS}.109"  # TRAP, hwXponProfOltLOSRecoverAlarmTrap

# Variables of traps (all alarms of PON ports and ONTs carry the first three)
TRAP_FRAME: Final = "1.3.6.1.4.1.2011.6.3.3.1.1.1"  # HUAWEI-DEVICE-MIB, hwFrameIndex
TRAP_SLOT: Final = "1.3.6.1.4.1.2011.6.3.3.2.1.1"  # HUAWEI-DEVICE-MIB, hwSlotIndex
TRAP_PORT: Final = "1.3.6.1.4.1.2011.6.3.3.4.1.1"  # HUAWEI-DEVICE-MIB, hwPortIndex
TRAP_ONT: Final = f"{XPON}.2.43.1.1"               # XPON, hwGponDeviceOntIndex, taken for column 1

LOG_SERIAL_CONFLICT: Final = 3                     # XPON, registration log, snConflict
PROFILE_MODE: Final = 2                            # XPON, hwXponDeviceModeCfgSwitch, profilemode
AUTH_BY_SERIAL: Final = 1                          # XPON, authentication method sn
MANAGED_BY_OMCI: Final = 1                         # XPON, management mode omci
FLOW_TYPE_GPON: Final = 4                          # FLOW, kind of access gpon
FLOW_BY_USER_VLAN: Final = 1                       # FLOW, multi-service by user VLAN
ROW_ACTIVE: Final = 1                              # RFC 2579, RowStatus active
ACTIVATED: Final = 1                               # XPON, ONT_ACTIVATE
DEACTIVATED: Final = 2                             # XPON, ONT_ACTIVATE
RESET: Final = 1                                   # XPON, ONT_RESET
CREATE_AND_GO: Final = 4                           # RFC 2579, RowStatus createAndGo
DESTROY: Final = 6                                 # RFC 2579, RowStatus destroy
NOT_MEASURED: Final = 2_147_483_647                # XPON, optics without a value
OLT_RX_OFFSET: Final = 10_000                      # XPON, offset of OLT_RX_POWER
ONTS_PER_PORT: Final = 128                         # XPON, ontId 0..127
NAME_BYTES_MAX: Final = 32                         # XPON, profile names
DESCRIPTION_BYTES_MAX: Final = 128                 # XPON, ONT description

# MXMP/swtoolz-core, devices/MA5608T.py, port map: 4194304000 is 0/0/0, 4194304256 is 0/0/1 and
# 4194312192 is 0/1/0. Where the frame goes is not known, so this only says where to look first.
IF_INDEX_BASE: Final = 0xFA000000                  # MA5608T.py, port map
IF_INDEX_PER_SLOT: Final = 0x2000                  # MA5608T.py, port map
IF_INDEX_PER_PORT: Final = 0x100                   # MA5608T.py, port map
# fmt: on
