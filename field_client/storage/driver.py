"""The one SQLite library of the tablet: sqlcipher3, with and without a key. See docs/adr/0003."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3 as driver  # noqa: TID251  types only: sqlcipher3 has none and the same interface
else:
    from sqlcipher3 import dbapi2 as driver

Connection = driver.Connection
Row = driver.Row
DatabaseError = driver.DatabaseError

__all__ = ["Connection", "DatabaseError", "Row", "driver"]
