"""Conflict records: what was withheld or overruled, with both values, who entered each, and when.

Whoever's entry is withheld is told, and whoever's value is written over unseen is told as well. The
two tablets of one technician hear of one clash once: its record comes to both.
"""

from uuid import UUID

from server.acts import Act
from server.database import FeedChange
from server.database.units import FeedKind
from server.jobs.records import Entered, Job
from server.sync.records import Issue
from sync_protocol.documents import OVERRULED
from sync_protocol.merge import Code, Decision
from sync_protocol.messages import VerdictKind


def withheld(
    entered: Entered, job_id: UUID | None, decision: Decision, replaced: Entered | None, act: Act
) -> Issue:
    """Record a verdict that changed or withheld what a technician entered.

    ``replaced`` is whose value it was written over, where it was and that is known.
    """
    clash = decision.clash
    return Issue(
        id=act.new_id(),
        technician_id=entered.technician_id,
        job_id=job_id,
        kind=decision.verdict,
        code=decision.code or Code.BAD_VALUE,
        incarnation=entered.incarnation,
        dseq=entered.dseq,
        raised_at=act.now,
        field=clash.field if clash else None,
        base_value=clash.base_value if clash else None,
        field_value=clash.field_value if clash else decision.detail,
        office_value=clash.office_value if clash else None,
        field_by=entered.name,
        field_at=entered.at,
        office_by=replaced.name if replaced else None,
        office_at=replaced.at if replaced else None,
    )


def overruled(
    replaced: Entered, entered: Entered, job: Job, decision: Decision, act: Act
) -> Issue | None:
    """Record for a technician that another one's entry stands in place of theirs, which it clashed.

    Nothing for the same technician, whom the clash itself is told. Whose job it is no longer is
    told that the own value was replaced, and not by what, by whom or when.
    """
    clash = decision.clash
    if clash is None or replaced.technician_id == entered.technician_id:
        return None
    is_theirs = replaced.technician_id in job.team
    return Issue(
        id=act.new_id(),
        technician_id=replaced.technician_id,
        job_id=job.id,
        kind=VerdictKind.KEPT_AS_CONFLICT,
        code=OVERRULED,
        incarnation=replaced.incarnation,
        dseq=replaced.dseq,
        raised_at=act.now,
        field=clash.field,
        base_value=clash.base_value if is_theirs else None,
        field_value=clash.office_value,
        office_value=clash.field_value if is_theirs else "",
        field_by=replaced.name,
        field_at=replaced.at,
        office_by=entered.name if is_theirs else None,
        office_at=entered.at if is_theirs else None,
    )


def raised(issue: Issue) -> FeedChange:
    """Tell the technician concerned."""
    return _told(issue, FeedKind.ENTER)


def left(issue: Issue) -> FeedChange:
    """Let an issue leave the tablets of its technician: answered, or closed by the office."""
    return _told(issue, FeedKind.LEAVE)


def _told(issue: Issue, kind: FeedKind) -> FeedChange:
    return FeedChange(scope=issue.technician_id, entity="issue", entity_id=issue.id, kind=kind)
