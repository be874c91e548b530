"""The database: engines, the one writer, tables, and the bridge between rows and records."""

from sqlalchemy import Connection

from server.database.store import Store
from server.database.units import EmbeddedChange, FeedChange, Written

__all__ = ["Connection", "EmbeddedChange", "FeedChange", "Store", "Written"]
