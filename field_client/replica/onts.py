"""What was said on this tablet of where ONTs are."""

from datetime import datetime, timedelta

import msgspec

from field_client.replica.state import get_state
from field_client.storage import Connection
from field_client.storage.driver import Row
from field_client.storage.statements import fetch_all
from field_client.van import Mark, OntSaid
from sync_protocol import wire
from sync_protocol.ids import JobId
from sync_protocol.operations import OntMoved, Operation, RecordCapture


def list_onts_said(db: Connection) -> tuple[OntSaid, ...]:
    """List what scans and moves say of ONTs, in the order in which they were recorded."""
    offset = timedelta(milliseconds=get_state(db).server_offset_ms or 0)
    said = (_said(row, offset) for row in fetch_all(db, "onts_said"))
    return tuple(each for each in said if each is not None)


def _said(row: Row, offset: timedelta) -> OntSaid | None:
    said = OntSaid(
        serial=row["serial"] or "",
        mark=Mark.SCANNED,
        job_id=msgspec.convert(row["job_id"], JobId, strict=False),
        at=datetime.fromisoformat(row["recorded_at"]) + offset,
        is_settled=bool(row["is_settled"]),
    )
    return said if row["raw"] is None else _moved(said, row["raw"])


def _moved(said: OntSaid, raw: bytes) -> OntSaid | None:
    """Read a move; None: it says nothing of the van."""
    body = wire.decode(raw, Operation).body
    if not (isinstance(body, RecordCapture) and isinstance(moved := body.capture.body, OntMoved)):
        raise TypeError(f"an operation was taken for an ONT moved: {type(body).__name__}")
    if moved.move not in set(Mark):
        return None
    return msgspec.structs.replace(
        said, serial=moved.serial, mark=Mark(moved.move), model=moved.model
    )
