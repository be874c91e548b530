"""Talks to OLTs: driver protocol, vendor drivers, SNMP, and the OLT simulator."""
