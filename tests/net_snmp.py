"""Whether the tools of net-snmp are here."""

import shutil
from typing import Final

TOOLS: Final = ("snmpget", "snmpbulkwalk", "snmpset")
TESTS_LEFT_OUT: Final = (
    "LEFT OUT: every test marked 'netsnmp' (tests/activation/test_net_snmp.py), because "
    f"{', '.join(TOOLS)} were not found or could not be installed; get them with "
    "'apt install snmp'"
)


def has_net_snmp() -> bool:
    """Say whether all of them are on PATH."""
    return all(map(shutil.which, TOOLS))
