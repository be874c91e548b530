"""What must be known of issues that were answered: what stands, that they left, that they stay."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from field_client.replica.views import list_issues
from server.database.rows import to_records
from server.database.tables import sync
from server.sync.records import Issue
from sync_protocol import wire
from sync_protocol.messages import VerdictKind
from sync_protocol.operations import AnswerIssue, IssueAnswer, Operation
from tests.simulation.checks import Seat
from tests.simulation.office import Office
from tests.simulation.violations import require


class Said(NamedTuple):
    """An answer that was applied, and in which push it came."""

    received_at: datetime
    incarnation: UUID
    dseq: int
    answer: IssueAnswer


def check(office: Office, seats: Sequence[Seat]) -> Counter[str]:
    """The last answer stands, a choice closes, and what was answered is on no tablet."""
    answers, issues = office.read(_answers), office.read(_issues)
    for issue in issues:
        _check_issue(issue, answers.get(issue.id, []))
    gone = {issue.id for issue in issues if issue.answer is not None}
    for seat in seats:
        shown = gone & {issue.id for issue in seat.tablet.read(list_issues)}
        require(not shown, f"{seat.tablet.name} still shows {shown}, which were answered")
    return Counter(f"answered {issue.answer}" for issue in issues if issue.answer is not None)


def _check_issue(issue: Issue, said: Sequence[Said]) -> None:
    last = {each.answer for each in _last_of_each(said)} or {None}
    require(issue.answer in last, f"{issue} is answered {issue.answer}; last said was {last}")
    chosen = any(each.answer is not IssueAnswer.SEEN for each in said)
    require(
        (issue.closed_at is not None) == chosen and issue.closed_by is None,
        f"{issue} is closed at {issue.closed_at}; said was {said}",
    )


def _last_of_each(said: Sequence[Said]) -> Iterable[Said]:
    """Give the last answer; of several tablets at one instant each one's."""
    newest = max((each.received_at for each in said), default=None)
    at_last = [each for each in said if each.received_at == newest]
    return {each.incarnation: each for each in sorted(at_last)}.values()


def _answers(db: sa.Connection) -> Mapping[UUID, list[Said]]:
    stored = sync.operations
    rows = db.execute(sa.select(stored).where(stored.c.verdict_kind == VerdictKind.APPLIED))
    found: dict[UUID, list[Said]] = {}
    for row in rows:
        body = wire.decode(row.raw, Operation).body
        if isinstance(body, AnswerIssue):
            said = Said(row.received_at, row.incarnation, row.dseq, body.answer)
            found.setdefault(body.issue_id, []).append(said)
    return found


def _issues(db: sa.Connection) -> tuple[Issue, ...]:
    return to_records(db.execute(sa.select(sync.issues)), Issue)
