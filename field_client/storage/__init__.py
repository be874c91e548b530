"""The only place with SQLite, threads and encryption; the rest sees plain functions and values."""

from field_client.storage.blobs import BlobFolder, BlobUnreadable, StoredBlob
from field_client.storage.driver import Connection
from field_client.storage.files import Disk, FileSystem, place_file
from field_client.storage.full_disk import StorageFull
from field_client.storage.migrations import ReplicaTooNew
from field_client.storage.replica_file import (
    ReplicaKey,
    ReplicaUnreadable,
    SettingNotTaken,
    Unencrypted,
    open_replica,
)
from field_client.storage.store import Aside, Store, open_store
from field_client.storage.units import Checkpoint, CommitPoint, read_unit, write_unit

__all__ = [
    "Aside",
    "BlobFolder",
    "BlobUnreadable",
    "Checkpoint",
    "CommitPoint",
    "Connection",
    "Disk",
    "FileSystem",
    "ReplicaKey",
    "ReplicaTooNew",
    "ReplicaUnreadable",
    "SettingNotTaken",
    "StorageFull",
    "Store",
    "StoredBlob",
    "Unencrypted",
    "open_replica",
    "open_store",
    "place_file",
    "read_unit",
    "write_unit",
]
