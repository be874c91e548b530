"""Planning a push: a pure walk over its operations that says everything that will be written.

What was loaded comes in, a ``PushPlan`` comes out; ``server.sync.storage`` does both ends. No
operation can make the storing fail: an id that exists already is found here and gets its verdict.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from server.acts import Act
from server.jobs.records import Completion, Entered, FieldWrite, Job, StoredCapture, Visit
from server.orders import field_orders
from server.sync import answers, conflicts, earlier, visiting
from server.sync.earlier import Earlier
from server.sync.history import HistoryLine, kind_of, line_of
from server.sync.identity import Identity, Known, identity_of, said_by
from server.sync.reading import Received
from server.sync.records import Device, Issue, StoredOperation
from server.sync.times import WorkTime, derive
from sync_protocol import evidence, wire
from sync_protocol.documents import VersionedValue
from sync_protocol.field_jobs import number_of
from sync_protocol.ids import CaptureId, TechnicianId
from sync_protocol.jobs import JobState
from sync_protocol.merge import Code, Decision, Situation, decide
from sync_protocol.messages import OperationVerdict, SyncRequest, VerdictKind
from sync_protocol.operations import (
    Capture,
    CompleteJob,
    CreateJob,
    Operation,
    OperationBody,
    RecordCapture,
    SetField,
)
from sync_protocol.quoting import quoted

NEEDS_ISSUE = frozenset({VerdictKind.KEPT_AS_CONFLICT, VerdictKind.PARKED, VerdictKind.REJECTED})
"""Verdicts that changed or withheld something the technician entered."""


class JobContext(msgspec.Struct, kw_only=True):
    """What is known of a job while a push is planned; it moves along with the plan."""

    job: Job
    fields: dict[str, VersionedValue]
    captures: dict[CaptureId, str]
    entered: dict[str, Entered] = {}
    """Who entered the values of the fields; what is not there, is not known."""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What a push is planned over, beside the jobs themselves."""

    technician: str
    """The name of whoever pushes."""
    contexts: Mapping[UUID, JobContext]
    origins: Mapping[Identity, tuple[Known, ...]]
    """What was heard before under the lasting numbers of this push."""
    signers: Mapping[Identity, UUID]
    """The devices that signed the completions which are issued again."""
    capture_homes: Mapping[CaptureId, UUID]
    """Which job each capture id of the push belongs to, if it exists."""
    completions: Mapping[UUID, bytes]
    """The completions of the push that exist already, each as the bytes its device signed."""
    taken_numbers: frozenset[str] = frozenset()
    """Which numbers of the jobs that the push creates are an order's already."""
    earlier: Mapping[UUID, Sequence[Earlier]] = {}
    """What came of these jobs before they were known."""
    issues: Mapping[UUID, Issue] = {}
    """The issues of this technician that the push answers."""


class PushPlan(msgspec.Struct, kw_only=True):
    """Everything a push writes, in order."""

    created: list[Job] = []
    operations: list[StoredOperation] = []
    captures: list[StoredCapture] = []
    completions: list[tuple[Completion, Decision]] = []
    visits: list[Visit] = []
    fields: list[FieldWrite] = []
    moved_jobs: dict[UUID, Job] = {}
    touched_jobs: set[UUID] = set()
    issues: list[Issue] = []
    answered: dict[UUID, Issue] = {}
    history: list[HistoryLine] = []
    verdicts: list[msgspec.Raw] = []


class PushPlanner:
    """Plans a push over what was loaded; no database, no clock."""

    def __init__(self, device: Device, request: SyncRequest, loaded: Loaded, act: Act) -> None:
        self.plan = PushPlan()
        self._device = device
        self._request = request
        self._arrival = act.now
        self._technician = loaded.technician
        self.contexts = dict(loaded.contexts)
        """The jobs that were loaded and those that the push creates, as the plan leaves them."""
        self._taken_numbers = set(loaded.taken_numbers)
        self._earlier = loaded.earlier
        self._origins = dict(loaded.origins)
        self._signers = loaded.signers
        self._capture_homes = dict(loaded.capture_homes)
        self._completions = dict(loaded.completions)
        self._issues = dict(loaded.issues)
        self._act = act

    def add(self, received: Received) -> None:
        """Plan one operation after those before it."""
        operation = received.operation
        origin = identity_of(self._request.incarnation, received.dseq, received.origin)
        # Also without an origin of its own: a re-issue may have overtaken what it repeats. The
        # number alone does not tell: a replica that was rolled back has used its numbers twice.
        heard, said = self._origins.get(origin, ()), said_by(operation, received.raw)
        known = next((each for each in heard if each.said == said), None)
        if known is not None:
            detail = f"first verdict: {known.verdict}"
            self._store(received, origin, Decision(verdict=VerdictKind.DUPLICATE, detail=detail))
            return
        context = None if operation is None else self._find_context(operation.body.job_id)
        decision = _unread(received) if operation is None else self._decide(context, operation)
        if operation is not None and decision.creates_job:
            context = self._begin_job(operation)
        self._origins[origin] = (*heard, Known(said=said, verdict=decision.verdict))
        replaced = None
        if operation is not None and context is not None:
            replaced = _find_replaced(context, operation.body, decision)
            self._apply(context, operation, decision)
        if operation is not None:
            self._answer(operation, decision)
        self._store(received, origin, decision, replaced)

    def _find_context(self, job_id: UUID | None) -> JobContext | None:
        return None if job_id is None else self.contexts.get(job_id)

    def _decide(self, context: JobContext | None, operation: Operation) -> Decision:
        return self._reused_id(operation.body) or self._decide_by_policy(context, operation)

    def _reused_id(self, body: OperationBody) -> Decision | None:
        """Answer an operation whose id is in use elsewhere; within its job the policy decides."""
        if isinstance(body, RecordCapture):
            home = self._capture_homes.get(body.capture.id, body.job_id)
            if home != body.job_id:
                return _id_reuse(f"capture {body.capture.id} belongs to another job")
        if isinstance(body, CompleteJob):
            known = self._completions.get(body.manifest.completion_id)
            if known is not None and known != evidence.bytes_to_sign(body.manifest):
                return _id_reuse(f"completion {body.manifest.completion_id} says something else")
            if known is not None:
                return Decision(verdict=VerdictKind.MERGED)
        return None

    def _decide_by_policy(self, context: JobContext | None, operation: Operation) -> Decision:
        actor_id = TechnicianId(self._device.technician_id)
        issue = answers.standing_of(self._issues, operation.body)
        if context is None:
            has_place = self._find_beside(operation.body) is not None
            return decide(
                Situation(actor_id=actor_id, state=None, has_place=has_place, issue=issue),
                operation.body,
            )
        assignee_id = context.job.assignee_id
        return decide(
            Situation(
                actor_id=actor_id,
                state=context.job.state,
                state_version=context.job.state_version,
                assignee_id=None if assignee_id is None else TechnicianId(assignee_id),
                crew_ids=tuple(TechnicianId(each) for each in context.job.crew),
                fields=context.fields,
                captures=context.captures,
                issue=issue,
            ),
            operation.body,
        )

    def _answer(self, operation: Operation, decision: Decision) -> None:
        done = self._derive(operation)
        issue = answers.find_answered(self._issues, operation.body, decision, done, self._act)
        if issue is not None:
            self._issues[issue.id] = self.plan.answered[issue.id] = issue

    def _find_beside(self, body: OperationBody) -> Job | None:
        """Find the job beside which a new one can begin; only one that is theirs, and goes on."""
        if not isinstance(body, CreateJob) or body.premise_of is None:
            return None
        beside = self.contexts.get(body.premise_of)
        if beside is None or number_of(body.job_id) in self._taken_numbers:
            return None
        is_theirs = self._device.technician_id in beside.job.team
        return beside.job if is_theirs and beside.job.state is not JobState.CANCELLED else None

    def _begin_job(self, operation: Operation) -> JobContext | None:
        body, beside = operation.body, self._find_beside(operation.body)
        if beside is None or not isinstance(body, CreateJob):
            return None
        job = field_orders.begin(
            body,
            beside,
            technician_id=self._device.technician_id,
            order_item_id=self._act.new_id(),
            at=self._derive(operation).at,
        )
        self._taken_numbers.add(job.number)
        self.plan.created.append(job)
        context = self.contexts[job.id] = JobContext(job=job, fields={}, captures={})
        here = (earlier.read(each) for each in self.plan.operations if each.job_id == job.id)
        for each in (*self._earlier.get(job.id, ()), *(found for found in here if found)):
            self._take_up(context, each)
        return context

    def _take_up(self, context: JobContext, came: Earlier) -> None:
        """Keep as evidence what came before its job; its verdict stays, and it moves nothing."""
        body = came.operation.body
        if isinstance(body, RecordCapture) and body.capture.id not in self._capture_homes:
            self._add_capture(context, body.capture, late=True)
        if isinstance(body, CompleteJob) and body.manifest.completion_id not in self._completions:
            self._add_completion(
                context, came.operation, (body, _CAME_BEFORE_ITS_JOB), came.received_at
            )

    def _apply(self, context: JobContext, operation: Operation, decision: Decision) -> None:
        body = operation.body
        done = self._derive(operation)
        self.plan.touched_jobs.add(context.job.id)
        if decision.capture is not None:
            self._add_capture(context, decision.capture, late=decision.late)
        if decision.field_value is not None and isinstance(body, SetField):
            entered = self._entered(operation.dseq, done)
            self._set_field(context, body.field, decision.field_value, entered)
        if decision.state is not None:
            self._move(context, decision.state)
        if decision.keeps_evidence and isinstance(body, CompleteJob):
            self._add_completion(context, operation, (body, decision), done.at)
        entered = self._entered(operation.dseq, done)
        visit = visiting.find_end(context.job, body, decision, entered, self._act)
        if visit is not None:
            self.plan.visits.append(visit)
        self.plan.history.append(line_of(context.job.id, body, decision, done))

    def _set_field(
        self, context: JobContext, field: str, value: VersionedValue, entered: Entered
    ) -> None:
        context.fields[field] = value
        context.entered[field] = entered
        self.plan.fields.append(
            FieldWrite(job_id=context.job.id, field=field, value=value, entered=entered)
        )

    def _entered(self, dseq: int, done: WorkTime | None) -> Entered:
        return Entered(
            technician_id=self._device.technician_id,
            name=self._technician,
            at=done.at if done else None,
            incarnation=self._request.incarnation,
            dseq=dseq,
        )

    def _derive(self, operation: Operation) -> WorkTime:
        return derive(operation.at, self._request.clock, self._arrival)

    def _add_capture(self, context: JobContext, capture: Capture, *, late: bool) -> None:
        digest = evidence.capture_digest(capture)
        context.captures[capture.id] = digest
        self._capture_homes[capture.id] = context.job.id
        self.plan.captures.append(
            StoredCapture(
                id=capture.id,
                job_id=context.job.id,
                technician_id=self._device.technician_id,
                kind=kind_of(capture),
                digest=digest,
                capture=msgspec.to_builtins(capture),
                late=late,
                received_at=self._arrival,
            )
        )

    def _move(self, context: JobContext, state: JobState) -> None:
        context.job = msgspec.structs.replace(
            context.job, state=state, state_version=context.job.state_version + 1
        )
        self.plan.moved_jobs[context.job.id] = context.job

    def _add_completion(
        self,
        context: JobContext,
        operation: Operation,
        decided: tuple[CompleteJob, Decision],
        done_at: datetime,
    ) -> None:
        body, decision = decided
        completion = Completion(
            id=body.manifest.completion_id,
            job_id=context.job.id,
            order_item_id=context.job.order_item_id,
            technician_id=self._device.technician_id,
            device_id=self._signers.get(
                identity_of(self._request.incarnation, operation.dseq, operation.origin),
                self._device.id,
            ),
            code=body.code,
            manifest=msgspec.to_builtins(body.manifest),
            signature=body.signature,
            verdict=decision.verdict,
            completed_at=done_at,
            received_at=self._arrival,
        )
        self._completions[completion.id] = evidence.bytes_to_sign(body.manifest)
        self.plan.completions.append((completion, decision))

    def _store(
        self,
        received: Received,
        origin: Identity,
        decision: Decision,
        replaced: Entered | None = None,
    ) -> None:
        verdict = wire.encode(
            OperationVerdict(
                dseq=received.dseq,
                verdict=decision.verdict,
                code=decision.code,
                detail=decision.detail,
            )
        )
        job_id = received.operation.body.job_id if received.operation else None
        self.plan.verdicts.append(msgspec.Raw(verdict))
        self.plan.operations.append(
            StoredOperation(
                incarnation=self._request.incarnation,
                dseq=received.dseq,
                origin_incarnation=origin[0],
                origin_dseq=origin[1],
                device_id=self._device.id,
                job_id=job_id,
                chain=received.chain,
                raw=received.raw,
                verdict=verdict,
                verdict_kind=decision.verdict,
                received_at=self._arrival,
            )
        )
        if decision.verdict in NEEDS_ISSUE:
            self._raise_issues(received, job_id, decision, replaced)

    def _raise_issues(
        self,
        received: Received,
        job_id: UUID | None,
        decision: Decision,
        replaced: Entered | None,
    ) -> None:
        done = self._derive(received.operation) if received.operation else None
        entered = self._entered(received.dseq, done)
        self.plan.issues.append(conflicts.withheld(entered, job_id, decision, replaced, self._act))
        context = self._find_context(job_id)
        if context is None or replaced is None:
            return
        told = conflicts.overruled(replaced, entered, context.job, decision, self._act)
        if told is not None:
            self.plan.issues.append(told)


_CAME_BEFORE_ITS_JOB: Final = Decision(
    verdict=VerdictKind.PARKED, code=Code.UNKNOWN_JOB, keeps_evidence=True, late=True
)


def _find_replaced(context: JobContext, body: OperationBody, decision: Decision) -> Entered | None:
    """Find who entered the value that this one is written over unseen; None: not known."""
    if decision.field_value is None or not isinstance(body, SetField):
        return None
    return context.entered.get(body.field)


def _unread(received: Received) -> Decision:
    """Judge what cannot be read: of a kind that is not known here it is kept, else it is faulty."""
    if received.unknown_kind is None:
        return Decision(verdict=VerdictKind.REJECTED, code=Code.BAD_VALUE, detail=received.fault)
    detail = f"operations of the kind {quoted(received.unknown_kind)} are not known here yet"
    return Decision(verdict=VerdictKind.PARKED, code=Code.UNKNOWN_OPERATION, detail=detail)


def _id_reuse(detail: str) -> Decision:
    return Decision(verdict=VerdictKind.REJECTED, code=Code.ID_REUSE, detail=detail)
