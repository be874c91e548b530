"""Object identifiers that every simulated OLT serves, whatever its vendor, each with its source."""

from typing import Final, TypeAlias

Oid: TypeAlias = tuple[int, ...]

SYS_DESCR: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 1)  # RFC 3418 sysDescr
SYS_OBJECT_ID: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 2)  # RFC 3418 sysObjectID
SYS_UP_TIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3)  # RFC 3418 sysUpTime
SYS_NAME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 5)  # RFC 3418 sysName
IF_NUMBER: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 1)  # RFC 2863 ifNumber
IF_NAME: Final[Oid] = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 1)  # RFC 2863 ifName
