"""The OIDs and figures of V-SOL V1600G OLTs.

MIB is V1600G.my of 2021-04-28 as published in the collection DotZero24/pysnmp-mibs, folder
mibs/vsolution. SWITCH is V1600GSwitch of librenms/librenms, folder mibs/vsolution. LNMS is
LibreNMS/OS/Vsolution.php of the same repository, which reads real V1600GS. NANO is vendors/vsol of
nanoncore/nano-southbound, which reads a real OLT with firmware V2.1.6R. FIELD is a public script
that takes the traps of one operator's OLT of the sister family V1600D. Read from documents; no OLT
was asked.
"""

from typing import Final

# fmt: off
V1600G: Final = "1.3.6.1.4.1.37950.1.1.6"          # MIB, v1600g
_ONTS: Final = f"{V1600G}.1.1"                     # MIB, gOnuAuthList

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"             # RFC 3418, sysDescr
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"           # RFC 3418, sysUpTime, hundredths of a second

# ONTs; index pon.onu
ONT_ADMIN: Final = f"{_ONTS}.1.1.3"                # MIB, administrative state
ONT_PHASE: Final = f"{_ONTS}.1.1.5"                # MIB, phase
ONT_SERIAL: Final = f"{_ONTS}.2.1.5"               # MIB and LNMS, what it authenticates by, as text
ONT_TX_POWER: Final = f"{_ONTS}.3.1.6"             # MIB, text
ONT_RX_POWER: Final = f"{_ONTS}.3.1.7"             # MIB, text, like -28.530(dBm) by NANO
OLT_RX_POWER: Final = f"{_ONTS}.3.1.8"             # LNMS, text; newer firmware than the MIB's
ONT_ACTUAL_SERIAL: Final = f"{_ONTS}.4.1.5"        # MIB, serial that the ONT itself tells, as text
ONT_DISTANCE: Final = f"{_ONTS}.12.1.3"            # MIB and LNMS, metres
PORT_ONT_COUNT: Final = f"{_ONTS}.18.1.2"          # MIB and NANO, registered ONTs; index pon

# Profiles of an ONT; index pon.onu
BOUND_LINE: Final = f"{V1600G}.2.2.7.1.4"          # MIB, line profile name
BOUND_SERVICE: Final = f"{V1600G}.2.2.7.1.5"       # MIB, service profile name

# GEM ports of an ONT; index pon.onu.gem
GEM_TCONT: Final = f"{_ONTS}.8.3.1.5"              # MIB, T-CONT
GEM_UP: Final = f"{_ONTS}.8.3.1.7"                 # MIB, upstream traffic profile name
GEM_DOWN: Final = f"{_ONTS}.8.3.1.8"               # MIB, downstream traffic profile name

# Service ports of an ONT; index pon.onu.number
FLOW_GEM: Final = f"{_ONTS}.8.7.1.4"               # MIB, GEM port
FLOW_DESCRIPTION: Final = f"{_ONTS}.8.7.1.6"       # MIB, description
FLOW_USER_VLAN: Final = f"{_ONTS}.8.7.1.7"         # MIB, first of the user's VLANs; NANO reads it
FLOW_VLAN: Final = f"{_ONTS}.8.7.1.14"             # MIB and NANO, VLAN it is translated to

# Unregistered ONTs; index pon.entry
AUTOFIND_SERIAL: Final = f"{V1600G}.1.2.1.1.3"     # MIB, serial as text
AUTOFIND_MODEL: Final = f"{V1600G}.1.2.2.1.7"      # MIB, model

# Names of profiles; index a number
TRAFFIC_PROFILES: Final = f"{V1600G}.2.2.3.1.2"    # MIB, traffic profiles
LINE_PROFILES: Final = f"{V1600G}.2.2.4.1.1.2"     # MIB, line profiles
SERVICE_PROFILES: Final = f"{V1600G}.2.2.5.1.1.2"  # MIB, service profiles

# Mailbox that registers an ONT
ADD_PON: Final = f"{_ONTS}.6.1.0"                  # MIB, gOnuAddPonInx
ADD_ONT: Final = f"{_ONTS}.6.2.0"                  # MIB, gOnuAddOnuInx
ADD_AUTH_MODE: Final = f"{_ONTS}.6.3.0"            # MIB, gOnuAddAuthMode
ADD_ONT_PROFILE: Final = f"{_ONTS}.6.4.0"          # MIB, gOnuAddOnuProfile
ADD_SERIAL: Final = f"{_ONTS}.6.5.0"               # MIB, gOnuAddSn
ADD_ACTION: Final = f"{_ONTS}.6.8.0"               # MIB, gOnuAddAction

# Mailbox that binds profiles to an ONT
BIND_PON: Final = f"{V1600G}.2.1.7.1.0"            # MIB, profileManualBindPon
BIND_ONT: Final = f"{V1600G}.2.1.7.2.0"            # MIB, profileManualBindOnu
BIND_LINE: Final = f"{V1600G}.2.1.7.3.0"           # MIB, profileManualBindLineName
BIND_SERVICE: Final = f"{V1600G}.2.1.7.4.0"        # MIB, profileManualBindSrvName
BIND_ACTION: Final = f"{V1600G}.2.1.7.6.0"         # MIB, profileManualBindAction

# Mailbox that sets the speeds of a GEM port
SPEED_PON: Final = f"{_ONTS}.7.2.1.0"              # MIB, gOnuCfgGemPonInx
SPEED_ONT: Final = f"{_ONTS}.7.2.2.0"              # MIB, gOnuCfgGemOnuInx
SPEED_GEM: Final = f"{_ONTS}.7.2.3.0"              # MIB, gOnuCfgGemId
SPEED_TCONT: Final = f"{_ONTS}.7.2.4.0"            # MIB, gOnuCfgGemTcont
SPEED_UP: Final = f"{_ONTS}.7.2.7.0"               # MIB, gOnuCfgGemUpTra
SPEED_DOWN: Final = f"{_ONTS}.7.2.8.0"             # MIB, gOnuCfgGemDnTra
SPEED_ACTION: Final = f"{_ONTS}.7.2.12.0"          # MIB, gOnuCfgGemAction

# Mailbox of the service ports
PORT_PON: Final = f"{_ONTS}.7.4.1.0"               # MIB, gOnuCfgSrvPortPonInx
PORT_ONT: Final = f"{_ONTS}.7.4.2.0"               # MIB, gOnuCfgSrvPortOnuInx
PORT_NUMBER: Final = f"{_ONTS}.7.4.3.0"            # MIB, gOnuCfgSrvPortId
PORT_GEM: Final = f"{_ONTS}.7.4.4.0"               # MIB, gOnuCfgSrvPortGemId
PORT_MODE: Final = f"{_ONTS}.7.4.5.0"              # MIB, gOnuCfgSrvPortSetMode
PORT_DESCRIPTION: Final = f"{_ONTS}.7.4.6.0"       # MIB, gOnuCfgSrvPortDesc
PORT_USER_VLAN: Final = f"{_ONTS}.7.4.7.0"         # MIB, gOnuCfgSrvPortUserVlan
PORT_VLAN: Final = f"{_ONTS}.7.4.13.0"             # MIB, gOnuCfgSrvPortVid
PORT_ACTION: Final = f"{_ONTS}.7.4.17.0"           # MIB, gOnuCfgSrvPortAction

# Mailbox that operates an ONT
OPERATE_PON: Final = f"{_ONTS}.5.1.0"              # MIB, gOnuOpPonInx
OPERATE_ONT: Final = f"{_ONTS}.5.2.0"              # MIB, gOnuOpOnuInx
OPERATE_ACTION: Final = f"{_ONTS}.5.3.0"           # MIB, gOnuOpAction

# Mailbox that puts another serial in the place of an ONT
REPLACE_PON: Final = f"{_ONTS}.10.1.0"             # MIB, gOnuAuthPonInx
REPLACE_ONT: Final = f"{_ONTS}.10.2.0"             # MIB, gOnuAuthOnuInx
REPLACE_MODE: Final = f"{_ONTS}.10.3.0"            # MIB, gOnuAuthMode
REPLACE_SERIAL: Final = f"{_ONTS}.10.4.0"          # MIB, gOnuAuthInfo
REPLACE_ACTION: Final = f"{_ONTS}.10.5.0"          # MIB, gOnuAuthAction

SAVE: Final = "1.3.6.1.4.1.37950.1.1.5.10.12.8.2.0"  # SWITCH, saveConfiguration

# Traps: one name for all; which alarm it is stands in one of two variables
_ALARM: Final = "1.3.6.1.4.1.37950.1.1.5.10.13"    # SWITCH, v1600dAlarm
TRAP: Final = f"{_ALARM}.6.1"                      # SWITCH, dataAlarmTrap
TRAP_PON: Final = f"{_ALARM}.2.2"                  # SWITCH, dataPon, text
TRAP_ONT: Final = f"{_ALARM}.2.3"                  # SWITCH, dataOnu, text
TRAP_ALARM: Final = f"{_ALARM}.2.5"                # SWITCH, dataTrapOID, one of the next; or empty
TRAP_TEXT: Final = f"{_ALARM}.2.10"                # SWITCH, dataValue, like PON 0/3 ONU 15 (FIELD)
TRAP_TYPE: Final = f"{_ALARM}.2.11"                # SWITCH, dataAlarmType, one of the last
PON_LOS: Final = f"{_ALARM}.5.22"                  # SWITCH, ponLos
ONT_DEREGISTERS: Final = f"{_ALARM}.5.23"          # SWITCH, onuDeregister; FIELD, fiber or power
ONT_LINK_LOST: Final = f"{_ALARM}.5.24"            # SWITCH, onuLinkLost
ONT_DYING_GASP: Final = f"{_ALARM}.5.30"           # SWITCH, onuDyingGasp; FIELD
PON_LOS_ENDS: Final = f"{_ALARM}.5.45"             # SWITCH, ponLosRecovery
ONT_REGISTERS: Final = f"{_ALARM}.5.46"            # SWITCH, onuRegister
ONT_FINISHES: Final = f"{_ALARM}.5.51"             # SWITCH, onuFinish; FIELD, it is up
ONT_FOUND: Final = f"{_ALARM}.5.110"               # SWITCH, onuAutoFind
TYPE_PON_LOS: Final = "18"                         # LNMS, pon-los; all types from its trap handler
TYPE_DEREGISTERS: Final = "19"                     # LNMS, onu-deregister
TYPE_LINK_LOST: Final = "20"                       # LNMS, onu-link-lost
TYPE_DYING_GASP: Final = "26"                      # LNMS, onu-dying-gasp
TYPE_REGISTERS: Final = "41"                       # LNMS, onu-register

BY_SERIAL: Final = 1                               # MIB, gOnuAuthInfoAuthMode sn
ONT_PROFILE: Final = "default"                     # MIB, DEFVAL of gOnuAutoLearnDefaultProfile
BY_USER_VLAN: Final = 1                            # MIB, gOnuCfgSrvPortSetMode cvlan
ADD: Final = 1                                     # MIB, every action that adds or commits
DELETE: Final = 2                                  # MIB, gOnuCfgSrvPortAction del
MODIFY: Final = 3                                  # MIB, gOnuCfgSrvPortAction modify
REBOOT: Final = 1                                  # MIB, gOnuOpAction reboot
FORGET: Final = 2                                  # MIB, gOnuOpAction del
ACTIVATE: Final = 3                                # MIB, gOnuOpAction activate
DEACTIVATE: Final = 4                              # MIB, gOnuOpAction deactivate
ADMIN_ENABLED: Final = 1                           # MIB, gOnuStaInfoAdminSta enable

PONS: Final = 16                                   # MIB, range of gOnuAddPonInx, from 1
ONTS_PER_PORT: Final = 128                         # MIB, range of gOnuAddOnuInx, from 1
PORTS_PER_ONT: Final = 128                         # MIB, range of gOnuCfgSrvPortId, from 1
GEM_MAX: Final = 255                               # MIB, range of gOnuCfgSrvPortGemId, from 1
VLAN_MAX: Final = 4093                             # MIB, range of gOnuCfgSrvPortVid
NAME_BYTES_MAX: Final = 64                         # MIB, onuPName; of the others it says nothing
# fmt: on
