"""A server of the protocol in memory: numbers, verdicts and feed, by the rules that both sides run.

It is small enough to be believed: one technician's scope, no effects, no storage.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from sync_protocol import evidence, wire
from sync_protocol.digest import HeldDocument, scope_digest
from sync_protocol.documents import JobDocument
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import CaptureId, Epoch, Incarnation, JobId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.merge import Decision, Situation, decide
from sync_protocol.messages import (
    PROTOCOL_VERSION,
    Cursor,
    FeedEntry,
    JobEntered,
    JobLeft,
    JobUpdated,
    LeaveReason,
    OperationVerdict,
    PullPage,
    Refusal,
    RefusedSync,
    SyncRequest,
    SyncResponse,
)
from sync_protocol.operations import CreateJob, Operation, OperationBody, RecordCapture, SetField
from tests.field_client.factories import NOON, TECHNICIAN


class Head(msgspec.Struct):
    """How far one incarnation has been heard."""

    dseq: int
    chain: str


class FakeServer:
    """Takes requests as values and answers with values."""

    def __init__(self, technician_id: TechnicianId = TECHNICIAN, *, page_size: int = 100) -> None:
        self.technician_id = technician_id
        self.page_size = page_size
        self.epoch = Epoch(UUID(int=77))
        self.now: Callable[[], datetime] = lambda: NOON
        self.jobs: dict[JobId, JobDocument] = {}
        self.captures: dict[JobId, dict[CaptureId, str]] = {}
        self.operations: list[Operation] = []
        self.blobs: dict[str, bytes] = {}
        self._seq = 0
        self._feed: dict[str, tuple[int, FeedEntry]] = {}
        self._heads: dict[Incarnation, Head] = {}
        self._verdicts: dict[tuple[Incarnation, int], bytes] = {}

    def put_job(self, job: JobDocument) -> None:
        """Let a job enter the scope, or change in it."""
        is_known = job.id in self.jobs
        self.jobs[job.id] = job
        raw = msgspec.Raw(wire.encode(job))
        self._publish(job.id, JobUpdated(job=raw) if is_known else JobEntered(job=raw))

    def put_document(self, job_id: JobId, document: bytes) -> None:
        """Let a job enter as a newer server writes it."""
        self._publish(job_id, JobEntered(job=msgspec.Raw(document)))

    def lose_row(self, job_id: JobId) -> None:
        """Forget about a job without a word, as a damaged database does."""
        del self._feed[str(job_id)]

    def take_away(self, job_id: JobId, assignee_id: TechnicianId) -> None:
        """Give a job to somebody else."""
        self.jobs[job_id] = msgspec.structs.replace(self.jobs[job_id], assignee_id=assignee_id)
        self._publish(job_id, JobLeft(job_id=job_id, reason=LeaveReason.REASSIGNED))

    def hear_from_a_copy(self, incarnation: Incarnation) -> None:
        """Have heard more under an incarnation than the tablet that is asked about has said."""
        self._heads[incarnation] = Head(9, "9" * 64)

    def handle(self, request: SyncRequest) -> SyncResponse | RefusedSync:
        """Push, then pull."""
        head = self._heads.setdefault(
            request.incarnation, Head(0, wire.first_chain(request.incarnation))
        )
        verdicts: list[msgspec.Raw] = []
        for raw in request.operations:
            operation = wire.decode(bytes(raw), Operation)
            key = (request.incarnation, operation.dseq)
            if operation.dseq > head.dseq + 1:
                return RefusedSync(
                    refusal=Refusal.GAP,
                    detail=f"operation {operation.dseq} came after {head.dseq}",
                    expected_dseq=head.dseq + 1,
                )
            if key not in self._verdicts:
                self._verdicts[key] = self._take(operation)
                head.dseq = operation.dseq
                head.chain = wire.next_chain(head.chain, bytes(raw))
            verdicts.append(msgspec.Raw(self._verdicts[key]))
        return SyncResponse(
            protocol=PROTOCOL_VERSION,
            epoch=self.epoch,
            server_time=self.now(),
            acked_dseq=head.dseq,
            chain=head.chain,
            verdicts=tuple(verdicts),
            pull=self._page(request),
        )

    def _page(self, request: SyncRequest) -> PullPage:
        is_snapshot = request.epoch is not None and request.epoch != self.epoch
        after = None if is_snapshot else request.cursor
        rows = sorted(
            (Cursor(seq=seq, entity="job", entity_id=key), entry)
            for key, (seq, entry) in self._feed.items()
            if after is None or Cursor(seq=seq, entity="job", entity_id=key) > after
        )
        page = rows[: self.page_size]
        wants_digest = bool(page) or request.check_scope
        return PullPage(
            cursor=page[-1][0] if page else after,
            more=len(rows) > len(page),
            entries=tuple(entry for _, entry in page),
            snapshot=is_snapshot or request.cursor is None,
            digest=self._digest() if len(rows) == len(page) and wants_digest else None,
        )

    def _digest(self) -> str:
        present = ((key, entry) for key, (_, entry) in self._feed.items())
        return scope_digest(
            HeldDocument("job", key, bytes(entry.job))
            for key, entry in present
            if isinstance(entry, JobEntered | JobUpdated)
        )

    def _take(self, operation: Operation) -> bytes:
        body = operation.body
        job = None if body.job_id is None else self.jobs.get(body.job_id)
        decision = decide(self._situation(body, job), body)
        self.operations.append(operation)
        if isinstance(body, CreateJob) and decision.creates_job:
            self.put_job(self._begun(body))
        self._store(body, job, decision)
        return wire.encode(
            OperationVerdict(
                dseq=operation.dseq,
                verdict=decision.verdict,
                code=decision.code,
                detail=decision.detail,
            )
        )

    def _begun(self, body: CreateJob) -> JobDocument:
        """Make a document as of the job that the new one is beside."""
        assert body.premise_of is not None
        return msgspec.structs.replace(
            self.jobs[body.premise_of],
            id=body.job_id,
            number=number_of(body.job_id),
            state=JobState.ASSIGNED,
            state_version=1,
            required_photos=(),
            fields={},
        )

    def _situation(self, body: OperationBody, job: JobDocument | None) -> Situation:
        if job is None:
            beside = body.premise_of if isinstance(body, CreateJob) else None
            place = self.jobs.get(beside) if beside is not None else None
            has_place = place is not None and place.assignee_id == self.technician_id
            return Situation(actor_id=self.technician_id, state=None, has_place=has_place)
        return Situation(
            actor_id=self.technician_id,
            state=job.state,
            state_version=job.state_version,
            assignee_id=job.assignee_id,
            fields=job.fields,
            captures=self.captures.get(job.id, {}),
        )

    def _store(self, body: OperationBody, job: JobDocument | None, decision: Decision) -> None:
        if isinstance(body, RecordCapture) and decision.capture is not None:
            digest = evidence.capture_digest(decision.capture)
            self.captures.setdefault(body.job_id, {})[decision.capture.id] = digest
        if job is None:
            return
        changed = job
        if decision.state is not None:
            changed = msgspec.structs.replace(
                changed, state=decision.state, state_version=job.state_version + 1
            )
        if decision.field_value is not None and isinstance(body, SetField):
            fields = {**job.fields, body.field: decision.field_value}
            changed = msgspec.structs.replace(changed, fields=fields)
        if changed is not job:
            self.jobs[job.id] = changed
            if changed.assignee_id == self.technician_id:
                self._publish(job.id, JobUpdated(job=msgspec.Raw(wire.encode(changed))))

    def _publish(self, job_id: JobId, entry: FeedEntry) -> None:
        self._seq += 1
        self._feed[str(job_id)] = (self._seq, entry)
