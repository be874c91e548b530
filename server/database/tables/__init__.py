"""Every table, by area. A table says how a record is stored; the record's type says what it is."""

from server.database.tables import (
    adoption,
    alarms,
    billing,
    fulfilment,
    offers,
    people,
    plant,
    sync,
    work,
)
from server.database.tables.schema import metadata

__all__ = [
    "adoption",
    "alarms",
    "billing",
    "fulfilment",
    "metadata",
    "offers",
    "people",
    "plant",
    "sync",
    "work",
]
