"""ZTE C300 and C320 OLTs over SNMP: they register, tell and switch, and set up no service."""
