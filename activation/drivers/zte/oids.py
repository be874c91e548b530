"""The OIDs and figures of ZTE C300 and C320 OLTs.

SERVICE is ZXGPON-SERVICE-MIB (2006-09-27) and ONTMGMT is ZXGPON-ONTMGMT-MIB (2008-10-07), both as
published in the collection DotZero24/pysnmp-mibs, folder mibs/zte; they are tree 1012. LIVE is
docs/PROVISIONING_CAPABILITIES.md and docs/MIB_DISCOVERY.md of ardani17/snmp-zte, which wrote to a
real C320. FIELD is public code of operators that reads real OLTs; of tree 1082 no MIB was found, so
every OID of it is from there. Read from documents; no OLT was asked by us.
"""

from typing import Final

# fmt: off
_GPON: Final = "1.3.6.1.4.1.3902.1012.3"           # SERVICE, zxGponRootMib
_NEWER: Final = "1.3.6.1.4.1.3902.1082.500"        # FIELD, tree of newer firmwares and of the C600

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"             # RFC 3418, sysDescr
SYS_UP_TIME: Final = "1.3.6.1.2.1.1.3.0"           # RFC 3418, sysUpTime, hundredths of a second
IF_NUMBER: Final = "1.3.6.1.2.1.2.1.0"             # RFC 2863, ifNumber
IF_NAME: Final = "1.3.6.1.2.1.31.1.1.1.1"          # RFC 2863, ifName; index ifIndex

# Ports; index port
PORT_ONT_COUNT: Final = f"{_GPON}.13.1.1.13"       # FIELD, registered ONTs
PORT_WAITING: Final = f"{_GPON}.13.1.1.14"         # FIELD, ONTs that wait for registration
PORT_ONT_COUNT_NEWER: Final = f"{_NEWER}.10.2.2.3.1.14"  # FIELD, registered ONTs

# Unregistered ONTs; index port.entry
WAITING_SERIAL: Final = f"{_GPON}.13.3.1.2"        # SERVICE, zxGponUnCfgSnOntSN, 8 bytes
WAITING_MODEL: Final = f"{_GPON}.13.3.1.10"        # FIELD, model; the MIB of 2006 ends before it
WAITING_SERIAL_NEWER: Final = f"{_NEWER}.10.2.2.5.1.2"  # FIELD, serial, 8 bytes
WAITING_MODEL_NEWER: Final = f"{_NEWER}.10.2.2.5.1.7"  # FIELD, model

# Registrations; index port.ont
ONT_TYPE: Final = f"{_GPON}.28.1.1.1"              # SERVICE, zxGponOntDevMgmtTypeName, to 64 bytes
ONT_DESCRIPTION: Final = f"{_GPON}.28.1.1.3"       # SERVICE, zxGponOntDevMgmtDescription, to 127
ONT_SERIAL: Final = f"{_GPON}.28.1.1.5"            # SERVICE, zxGponOntDevMgmtProvisionSn, 8 bytes
ONT_ROW_STATUS: Final = f"{_GPON}.28.1.1.9"        # SERVICE, zxGponOntDevMgmtEntryStatus; LIVE
# The MIB of 2006 has this in column 11. Five code bases have it in 12, and two of them write it.
ONT_REGISTERS_BY: Final = f"{_GPON}.28.1.1.12"     # FIELD, zxGponOntRegMode

# State; index port.ont
ONT_ADMIN: Final = f"{_GPON}.28.2.1.1"             # SERVICE, zxGponOntAdminState; FIELD writes it
ONT_PHASE: Final = f"{_GPON}.28.2.1.4"             # SERVICE, zxGponOntPhaseState
ONT_PHASE_NEWER: Final = f"{_NEWER}.10.2.3.8.1.4"  # FIELD, phase, each number one more
ONT_DISTANCE: Final = f"{_GPON}.11.4.1.2"          # SERVICE, zxGponRTDDistance; LIVE, metres
ONT_DISTANCE_NEWER: Final = f"{_NEWER}.10.2.3.10.1.2"  # FIELD, metres
ONT_TOLD_SERIAL: Final = f"{_GPON}.50.11.2.1.3"    # ONTMGMT, zxGponONTSerialNum, told by the ONT
ONT_TOLD_SERIAL_NEWER: Final = f"{_NEWER}.20.2.1.2.1.3"  # FIELD, serial that the ONT tells
ONT_REBOOT: Final = f"{_GPON}.50.11.3.1.1"         # ONTMGMT, zxGponONTReboot; FIELD writes it

# Light; index port.ont, behind it .1 where the ONT measures
ONT_RX_POWER: Final = f"{_GPON}.50.12.1.1.10"      # ONTMGMT, 16 bits, 0.002 dB from -30 dBm (FIELD)
ONT_RX_POWER_NEWER: Final = f"{_NEWER}.20.2.2.2.1.10"  # FIELD, the same encoding
OLT_RX_POWER: Final = "1.3.6.1.4.1.3902.1015.1010.11.2.1.2"  # FIELD, 0.001 dBm
OLT_RX_POWER_NEWER: Final = f"{_NEWER}.1.2.4.2.1.2"  # FIELD, the same encoding

# Traps. FIELD: cmd of tikman/olt-provisioning compared 23158 of a C300 with the states that polling
# found; trap of Cepat-Kilat-Teknologi/go-snmp-olt-zte-c320 reads those of a C320. They agree in
# these numbers; a C320 has more of them (10, 15, 16), which tell by their level alone.
TRAPS_OF_ONTS: Final = f"{_NEWER}.10.3.1"          # FIELD, all that are about one ONT
TRAP_DOWN: Final = (1, 9)                          # FIELD, numbers below TRAPS_OF_ONTS
TRAP_UP: Final = 2                                 # FIELD, likewise
TRAP_FOUND: Final = 80                             # FIELD, one captured from a C320
TRAP_ONT: Final = f"{_NEWER}.10.2.3.3.1"           # FIELD, registration; index column.port.ont
TRAP_ONT_SERIAL: Final = f"{TRAP_ONT}.18"          # FIELD, text like 1,ZTEG1A2B3C4D
EVENT_LEVEL: Final = "eventLevel="                 # FIELD, in the community of a trap by v2c
EVENT_OVER: Final = "cleared"                      # FIELD, its value at the end of an alarm
EVENT_ALARMS: Final = frozenset({"critical", "major", "minor", "warning"})  # FIELD, other values

BY_SERIAL: Final = 1                               # SERVICE, zxGponOntRegMode regModeSn
ROW_ACTIVE: Final = 1                              # RFC 2579, RowStatus active
CREATE_AND_GO: Final = 4                           # RFC 2579, RowStatus createAndGo
DESTROY: Final = 6                                 # RFC 2579, RowStatus destroy
ENABLED: Final = 1                                 # SERVICE, zxGponOntAdminState enable
DISABLED: Final = 2                                # SERVICE, zxGponOntAdminState disable
REBOOT: Final = 1                                  # RFC 2579, TruthValue true
NEWER_PHASE_OFFSET: Final = 1                      # FIELD, four phases compared on a real C600
ONT_NOT_MEASURED: Final = 65_535                   # FIELD, ONT without a level
OLT_NOT_MEASURED: Final = -80_000                  # FIELD, librenms/librenms issue 14203

FIRST_ONT: Final = 1                               # SERVICE, zxGponMgmtPonOnuId, from 1
ONTS_PER_PORT: Final = 128                         # FIELD, where public code calls a port full
TYPE_BYTES_MAX: Final = 64                         # SERVICE, zxGponOntDevMgmtTypeName
DESCRIPTION_BYTES_MAX: Final = 127                 # SERVICE, zxGponOntDevMgmtDescription

# zxGponMgmtPonOltId: type (4 bits), shelf (4), slot (8), port (8), nothing (8). LIVE: 268501248 is
# slot 1, port 1. The command line calls the shelf 0 of this number 1.
FRAME: Final = 1                                   # FIELD, gpon-olt_1/2/1 is 268566784
PORT_INDEX_BASE: Final = 0x10000000                # SERVICE, zxGponMgmtPonOltId
PER_SLOT: Final = 0x10000                          # SERVICE, zxGponMgmtPonOltId
PER_PORT: Final = 0x100                            # SERVICE, zxGponMgmtPonOltId
NEWER_INDEX_BASE: Final = 0x11010000               # FIELD, 285278977 is 1/3/1
NEWER_PER_SLOT: Final = 0x100                      # FIELD, 285278977 is 1/3/1
# fmt: on
