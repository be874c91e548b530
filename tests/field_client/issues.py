"""Issues as the office raises them, on a tablet."""

from typing import Final
from uuid import UUID

import msgspec

from field_client.storage import Connection
from field_client.storage.statements import run
from sync_protocol import wire
from sync_protocol.documents import IssueDocument, IssueKind
from sync_protocol.ids import Incarnation, IssueId
from tests.field_client.factories import NOON
from tests.field_client.tablets import JOB

ISSUE: Final = IssueId(UUID(int=5))


def raise_issue(db: Connection, **changes: object) -> None:
    """Let the office tell of something: of two values of a field, where nothing else is said."""
    issue = IssueDocument(
        id=ISSUE,
        job_id=JOB,
        kind=IssueKind.KEPT_AS_CONFLICT,
        code="edited_on_both_sides",
        incarnation=Incarnation(UUID(int=1)),
        dseq=1,
        raised_at=NOON,
        field="access_notes",
        base_value="ring",
        field_value="gate 4711",
        office_value="gate 0815",
        office_by="Dora Dispatch",
        office_at=NOON,
    )
    issue = msgspec.structs.replace(issue, **changes)
    job_id = None if issue.job_id is None else str(issue.job_id)
    run(db, "issue_store", id=str(issue.id), job_id=job_id, document=wire.encode(issue))
