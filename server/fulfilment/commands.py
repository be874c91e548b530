"""What people do with processes: try again what is stuck, call off what shall not happen."""

from typing import Final
from uuid import UUID

import msgspec

from server import audit
from server.acts import Act
from server.database import Connection, Written
from server.fulfilment import storage
from server.fulfilment.records import DUE, Process, ProcessState
from server.fulfilment.steps import StepName
from server.problems import Conflicting

UNKNOWN: Final = "OUTCOME_UNKNOWN"


def cancel(db: Connection, process_id: UUID, *, act: Act) -> Written[Process]:
    """Call a process off: what it made on the OLT is taken back, then its order is cancelled.

    Repeated it answers how the process stands. A later completion of the job starts nothing.

    Raises:
        NotFound: no such process.
        Conflicting: it is done, a step of it runs right now, or nobody knows what its last write
            did; the text says what to do first.
    """
    process = storage.get(db, process_id, lock=True)
    is_called_off = process.step in {StepName.UNDO, StepName.CALL_OFF}
    if process.state is ProcessState.CANCELLED or is_called_off:
        return Written(process)
    if process.state is ProcessState.DONE:
        raise Conflicting(f"process {process_id} is done; order the opposite instead")
    if process.state is ProcessState.LEASED:
        raise Conflicting(f"process {process_id} runs {process.step} now; repeat this in a moment")
    if process.code == UNKNOWN:
        raise Conflicting(
            f"nobody knows what the last write of process {process_id} did; retry it until it is "
            "known, then cancel it"
        )
    ending = msgspec.structs.replace(
        process,
        state=ProcessState.READY,
        step=StepName.UNDO,
        next_at=act.now,
        attempt=0,
        code=None,
        updated_at=act.now,
    )
    storage.store(db, ending)
    audit.record(
        db,
        act,
        "process.cancelled",
        job_id=process.job_id,
        process_id=process.id,
        detail={"step": process.step, "code": process.code},
    )
    return Written(ending, topics=process.topics | DUE)


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
    return Written(ready, topics=process.topics | DUE)
