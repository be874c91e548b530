"""What people do with processes: try again what is stuck, call off what shall not happen."""

from uuid import UUID

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.fulfilment import storage
from server.fulfilment.records import Process, ProcessState
from server.problems import Conflicting


def retry(db: Connection, process_id: UUID, *, act: Act) -> Written[Process]:
    """Let a stuck or held process go on at once, from the step where it stands.

    Raises:
        NotFound: no such process.
        Conflicting: it is neither stuck nor held.
    """
    process = storage.get(db, process_id, lock=True)
    if process.state not in {ProcessState.STUCK, ProcessState.HELD, ProcessState.WAITING}:
        raise Conflicting(f"process {process_id} is {process.state}; only what waits is retried")
    ready = msgspec.structs.replace(
        process, state=ProcessState.READY, next_at=act.now, attempt=0, updated_at=act.now
    )
    storage.store(db, ready)
    audit.record(
        db, act, "process.retried", job_id=process.job_id, process_id=process.id, detail={}
    )
    return Written(ready, topics=frozenset({"processes", f"job:{process.job_id}"}))
