"""Whatever is lost, repeated or interrupted: afterwards both sides agree, and all is told."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from field_client import capture
from field_client.entries import JobReadOnly
from field_client.replica.cards import list_jobs
from field_client.replica.held import JobUnknown
from field_client.replica.inbox import Progress, apply_response
from field_client.replica.outbox import next_push
from field_client.replica.state import get_state
from field_client.replica.uploads import note_uploaded
from field_client.replica.views import count_all, get_job, list_operations
from field_client.storage import (
    CommitPoint,
    Connection,
    StoredBlob,
    Unencrypted,
    open_replica,
    write_unit,
)
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent, MoveNotAllowed
from sync_protocol.messages import RefusedSync, SyncRequest, SyncResponse
from tests.field_client.factories import (
    COLLEAGUE,
    NOON,
    TECHNICIAN,
    Ids,
    a_job,
    a_moment,
    a_pen,
    an_enrolled_replica,
)
from tests.field_client.fake_server import FakeServer

JOBS = [JobId(UUID(int=100 + number)) for number in range(3)]
PHOTO = StoredBlob(sha256="a" * 64, size_bytes=9, media_type="image/jpeg")
EVENTS = [JobEvent.ACCEPT, JobEvent.START, JobEvent.PAUSE, JobEvent.RESUME, JobEvent.ABORT]
REFUSED = (JobUnknown, JobReadOnly, MoveNotAllowed)


class Crashed(BaseException):
    """The tablet is gone."""


class OneTabletAndItsServer(RuleBasedStateMachine):
    """A technician works, the office plans, the network and the battery do what they do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "replica.db"
        self.db = an_enrolled_replica(self.path)
        self.server = FakeServer(page_size=2)
        self.ids = Ids()
        self.recorded = 0
        self.late: list[tuple[SyncRequest, SyncResponse]] = []
        for job_id in JOBS:
            self.server.put_job(a_job(id=job_id))

    def teardown(self) -> None:
        self.heal()
        self.db.close()
        self.folder.cleanup()

    @rule(job_id=st.sampled_from(JOBS), event=st.sampled_from(EVENTS))
    def move(self, job_id: JobId, event: JobEvent) -> None:
        self.enter(lambda db: capture.move_job(db, a_pen(self.ids), job_id, event))

    @rule(job_id=st.sampled_from(JOBS), value=st.text(max_size=3))
    def note(self, job_id: JobId, value: str) -> None:
        self.enter(
            lambda db: capture.set_field(
                db, a_pen(self.ids), job_id, field="access_notes", value=value
            )
        )

    @rule(job_id=st.sampled_from(JOBS))
    def photograph(self, job_id: JobId) -> None:
        self.enter(
            lambda db: capture.record_photo(
                db, a_pen(self.ids), job_id, subject="ont", stored=PHOTO
            )
        )

    @rule()
    def upload(self) -> None:
        write_unit(self.db, lambda db: note_uploaded(db, PHOTO.sha256, NOON))

    @rule(job_id=st.sampled_from(JOBS))
    def reassign(self, job_id: JobId) -> None:
        if self.server.jobs[job_id].assignee_id == TECHNICIAN:
            self.server.take_away(job_id, COLLEAGUE)
        else:
            job = self.server.jobs[job_id]
            self.server.put_job(
                a_job(id=job_id, state_version=job.state_version + 1, fields=job.fields)
            )

    @rule(fate=st.sampled_from(["arrives", "is lost", "comes twice", "comes late"]))
    def exchange(self, fate: str) -> None:
        request = next_push(self.db, a_moment(), "1", operations_max=3)
        response = self.server.handle(request)
        assert isinstance(response, SyncResponse)
        if fate == "comes late":
            self.late.append((request, response))
        for _ in range({"arrives": 1, "comes twice": 2}.get(fate, 0)):
            self.apply(request, response)

    @precondition(lambda self: self.late)
    @rule()
    def hear_late(self) -> None:
        self.apply(*self.late.pop(0))

    @rule(point=st.sampled_from(CommitPoint))
    def crash_in_an_exchange(self, point: CommitPoint) -> None:
        request = next_push(self.db, a_moment(), "1", operations_max=3)
        response = self.server.handle(request)
        assert isinstance(response, SyncResponse)

        def crash(reached: CommitPoint) -> None:
            if reached is point:
                raise Crashed

        try:
            write_unit(self.db, lambda db: apply_response(db, request, response, a_moment()), crash)
        except Crashed:
            self.db.close()
            self.db = open_replica(self.path, Unencrypted())

    @invariant()
    def nothing_is_forgotten(self) -> None:
        state = get_state(self.db)
        assert state.settled_dseq <= state.acked_dseq <= state.head_dseq == self.recorded
        assert state.acked_dseq <= len(self.server.operations) <= state.head_dseq

    def enter(self, unit: Callable[[Connection], object]) -> None:
        try:
            write_unit(self.db, unit)
        except REFUSED:
            return
        self.recorded += 1

    def apply(self, request: SyncRequest, response: SyncResponse) -> Progress:
        answer = write_unit(self.db, lambda db: apply_response(db, request, response, a_moment()))
        assert isinstance(answer, Progress)
        return answer

    def heal(self) -> None:
        """With a good network: a bounded number of rounds, then both sides agree."""
        self.upload()
        for _ in range(40):
            request = next_push(self.db, a_moment(), "1")
            response = self.server.handle(request)
            assert not isinstance(response, RefusedSync)
            if not self.apply(request, response).more:
                break
        else:
            raise AssertionError("not through after 40 rounds")
        self.upload()
        agree(self.db, self.server, self.recorded)


def agree(db: Connection, server: FakeServer, recorded: int) -> None:
    assert [operation.dseq for operation in server.operations] == list(range(1, recorded + 1))
    rows = list_operations(db, after=0, count_max=500)
    assert [row.dseq for row in rows] == list(range(1, recorded + 1))
    assert all(row.verdict for row in rows)
    assert count_all(db).pending_operations == 0
    mine = {job_id: job for job_id, job in server.jobs.items() if job.assignee_id == TECHNICIAN}
    assert {card.id for card in list_jobs(db)} == set(mine)
    for job_id, job in mine.items():
        view = get_job(db, job_id)
        assert view.document == job
        assert (view.card.state, view.fields) == (job.state, job.fields)


OneTabletAndItsServer.TestCase.settings = settings(stateful_step_count=30, max_examples=40)
test_tablet_and_server_agree_after_any_history = OneTabletAndItsServer.TestCase
