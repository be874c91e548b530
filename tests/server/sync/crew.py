"""Two technicians with one job and a tablet each, whose entries clash."""

from datetime import timedelta
from uuid import UUID

import msgspec

from server.database import Store
from server.jobs import commands as jobs
from sync_protocol.documents import IssueDocument
from sync_protocol.messages import IssueRaised
from tests.server.factories import NOON, Town, act
from tests.server.tablets import Tablet, pull_page, push, set_field

LATER = NOON + timedelta(hours=1)


class Crew(msgspec.Struct, frozen=True, kw_only=True):
    """Ada's job, with Ben of its crew, and a tablet each."""

    store: Store
    town: Town
    job_id: UUID
    ada: Tablet
    ben: Tablet

    def set_crew(self, *technician_ids: UUID) -> None:
        self.store.write_now(jobs.set_crew, self.job_id, technician_ids, act=act())


def clash(crew: Crew) -> None:
    """Ada sets a note; an hour later that of Ben arrives, who has not seen it."""
    crew.ada.say(set_field(crew.job_id, "bell"))
    crew.ben.say(set_field(crew.job_id, "knock"))
    push(crew.store, crew.ada)
    push(crew.store, crew.ben, now=LATER)


def told(store: Store, tablet: Tablet) -> list[IssueDocument]:
    """Give the issues that a fresh tablet of the technician would be told of."""
    entries = pull_page(store, tablet).entries
    return [entry.document for entry in entries if isinstance(entry, IssueRaised)]
