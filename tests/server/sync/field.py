"""One technician with one job, for tests that begin there."""

from uuid import UUID

import msgspec

from server.database import Store
from server.jobs import queries
from server.jobs.records import Job
from server.sync.commands import Pushed
from tests.server.factories import Town
from tests.server.tablets import Tablet, push


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A store with a town, Ada's tablet, and the job that is assigned to her."""

    store: Store
    town: Town
    tablet: Tablet
    job_id: UUID

    @property
    def job(self) -> Job:
        return self.store.read_now(queries.get, self.job_id)

    def push(self, first: int = 1, last: int | None = None) -> Pushed:
        return push(self.store, self.tablet, first, last)

    def note(self) -> str:
        """Give the access notes as they stand; empty where there are none."""
        fields = self.store.read_now(queries.fields_of, [self.job_id]).get(self.job_id, {})
        return fields["access_notes"].value if fields else ""
