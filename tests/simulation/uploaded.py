"""Files that a tablet takes for uploaded: the office must hold each, whole and with its hash.

It holds from the moment of the mark on, for the tablet then removes its own copy. Only a restore of
the office may undo it, which begins another epoch; a tablet that has heard of it asks for each file
again.
"""

import hashlib
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from field_client.replica.state import get_state
from field_client.storage import Connection as ReplicaConnection
from server.database.prepared import Prepared
from server.database.tables.sync import blobs, sync_head
from tests.simulation.office import Office
from tests.simulation.tablet import Tablet

_MARKED = "SELECT DISTINCT sha256, size_bytes FROM blob WHERE uploaded_at IS NOT NULL"

_HEAD: Final = Prepared(sa.select(sync_head.c.epoch))
_NOTED: Final = Prepared(
    sa.select(blobs.c.size_bytes).where(blobs.c.sha256 == sa.bindparam("sha256"))
)


class Uploads:
    """What one tablet has marked, and of which epoch it knew then."""

    def __init__(self) -> None:
        self._told: dict[str, UUID | None] = {}

    def faults(self, office: Office, tablet: Tablet, *, anew: bool = False) -> list[str]:
        """Name every file that was marked since the last look (``anew``: ever) and is not there."""
        heard, marked = tablet.look(_marked)
        looked_at = [sha256 for sha256 in marked if anew or sha256 not in self._told]
        self._told = {sha256: self._told.get(sha256, heard) for sha256 in marked}
        if not looked_at:
            return []
        epoch = office.read(_epoch)
        return [
            f"{tablet.name} takes {sha256} for uploaded; the office {fault}"
            for sha256 in looked_at
            if self._told[sha256] == epoch
            and (fault := fault_of(office, sha256, marked[sha256])) is not None
        ]


def fault_of(office: Office, sha256: str, size_bytes: int) -> str | None:
    """Say what the office lacks of a file; None: it holds all of it, and knows."""
    file = office.blob_file(sha256)
    if not file.exists():
        return "has no such file"
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        return f"holds {found} in its place"
    noted = office.read(_noted_size, sha256)
    return None if noted == size_bytes else f"has noted {noted} bytes of it, not {size_bytes}"


def _marked(db: ReplicaConnection) -> tuple[UUID | None, dict[str, int]]:
    marked = {row["sha256"]: row["size_bytes"] for row in db.execute(_MARKED)}
    return get_state(db).epoch if marked else None, marked


def _epoch(db: sa.Connection) -> UUID:
    (head,) = _HEAD.rows(db, {})
    return head["epoch"]


def _noted_size(db: sa.Connection, sha256: str) -> int | None:
    noted = _NOTED.row(db, {"sha256": sha256})
    return None if noted is None else noted["size_bytes"]
