"""Proposals as they come from a tablet."""

from uuid import UUID

from server.proposals import queries
from server.proposals.records import ProposalLine
from sync_protocol.operations import Correction, Subject
from tests.server.sync.field import Field
from tests.server.tablets import capture, record


def proposed(field: Field, subject: Subject, name: str, value: str, *, seen: str = "") -> UUID:
    """Let Ada propose a correction, and give its id."""
    taken = capture(
        Correction(
            subject=subject, field=name, seen_value=seen, proposed_value=value, reason="I saw it"
        )
    )
    (number,) = field.tablet.say(record(field.job_id, taken))
    field.push(number)
    return taken.id


def listed(field: Field) -> tuple[ProposalLine, ...]:
    return field.store.read_now(queries.list_page, state=None)
