"""An OLT that exists only in memory and answers real SNMP over UDP.

Shares no constant with the drivers that it tests: both copy theirs from the same public sources, so
that a mistake in one shows. Needs the ``simulator`` extra of the package.
"""
