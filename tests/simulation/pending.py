"""What is still pending on a tablet must be there to be sent and to be seen, at every moment."""

import msgspec

from field_client.replica.created import list_created
from field_client.storage import Connection as ReplicaConnection


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a tablet has settled, and whether a pull is half way."""

    settled_dseq: int
    is_staging: bool
    orphans: tuple[str, ...]
    """Jobs that are not here although something of them is pending; some never were."""
    jobs: frozenset[str]


def place(db: ReplicaConnection) -> Place:
    """Look at what the next step of a tablet may not undo."""
    row = db.execute(
        "SELECT settled_dseq, staged_cursor IS NOT NULL AS is_staging FROM replica"
    ).fetchone()
    orphans = db.execute(
        # An issue outlives its job, and can be answered then.
        "SELECT job_id FROM operation, replica WHERE dseq > acked_dseq"
        " AND issue_id IS NULL AND job_id NOT IN (SELECT id FROM job)"
        " UNION SELECT job_id FROM blob WHERE uploaded_at IS NULL"
        " AND job_id NOT IN (SELECT id FROM job)"
    ).fetchall()
    # What began here is here without a document, also on a disk that was rolled back to before it.
    begun = {str(said.body.job_id) for said in list_created(db)} if orphans else set[str]()
    jobs = db.execute("SELECT id FROM job").fetchall()
    return Place(
        jobs=frozenset(each["id"] for each in jobs),
        settled_dseq=row["settled_dseq"],
        is_staging=bool(row["is_staging"]),
        orphans=tuple(sorted({each["job_id"] for each in orphans} - begun)),
    )
