"""A tablet as the server meets it: it numbers, chains and signs what it says, and keeps it."""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from uuid_utils.compat import uuid7

from server.acts import Act, Actor, ActorKind
from server.database import Store
from server.sync import commands, devices, pull
from server.sync.commands import Pushed
from sync_protocol import evidence, wire
from sync_protocol.documents import IssueDocument
from sync_protocol.ids import CaptureId, CompletionId, DeviceId, Epoch, Incarnation, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import (
    PROTOCOL_VERSION,
    BriefingUpdated,
    Cursor,
    EnrolRequest,
    EnrolResponse,
    FeedEntry,
    OperationVerdict,
    PullPage,
    SyncRequest,
    TokenRequest,
)
from sync_protocol.operations import (
    AnswerIssue,
    Capture,
    CaptureBody,
    CompleteJob,
    CreateJob,
    IssueAnswer,
    LightReading,
    Manifest,
    Moment,
    MoveJob,
    Operation,
    OperationBody,
    Origin,
    Photo,
    RecordCapture,
    SerialScan,
    SetField,
    Signature,
)
from sync_protocol.optics import Verdict
from tests.server.factories import NOON, act

SERIAL: Final = "HWTC1A2B3C4D"
OTHER_SERIAL: Final = "HWTC000000AA"
TOKEN_LIFE: Final = timedelta(hours=24)


def bodies(serial: str = SERIAL, rx_power_cdbm: int = -1940) -> tuple[CaptureBody, ...]:
    """Give all that an install needs."""
    return (
        SerialScan(serial=serial, raw_text=f"S/N {serial}", method="scan"),
        LightReading(
            rx_power_cdbm=rx_power_cdbm,
            wavelength_nm=1490,
            predicted_cdbm=-1903,
            verdict=Verdict.OK,
            plant_snapshot="p1",
        ),
        Photo(subject="ont_mounted", sha256="a" * 64, size_bytes=284_000),
        Photo(subject="ont_label", sha256="b" * 64, size_bytes=191_000),
        Signature(signer_name="Erika", statement="It works.", sha256="c" * 64, size_bytes=4_000),
    )


def moment(wall: datetime = NOON, monotonic_ms: int = 1000) -> Moment:
    return Moment(wall=wall, monotonic_ms=monotonic_ms, boot_id="boot-1")


def capture(body: CaptureBody, *, capture_id: UUID | None = None) -> Capture:
    return Capture(id=CaptureId(capture_id or uuid7()), at=moment(), body=body)


class Tablet:
    """What one tablet has said, and how to say it to the server."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.incarnation = Incarnation(uuid7())
        self.device_id = UUID(int=0)
        self.technician_id = UUID(int=0)
        self.token = ""
        self.said: list[bytes] = []
        self.clock = moment(monotonic_ms=2000)
        self.epoch: Epoch | None = None
        self.cursor: Cursor | None = None

    @property
    def public_key(self) -> str:
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self.key.sign(message)).decode()

    def enrolment(self, code: str) -> EnrolRequest:
        return EnrolRequest(
            code=code,
            device_name="tablet",
            public_key=self.public_key,
            incarnation=self.incarnation,
            app_version="1",
        )

    def token_request(self, challenge: str) -> TokenRequest:
        device_id = DeviceId(self.device_id)
        return TokenRequest(
            device_id=device_id,
            challenge=challenge,
            signature=self.sign(evidence.challenge_bytes(device_id, challenge)),
        )

    def become(self, answer: EnrolResponse) -> None:
        self.device_id, self.technician_id = answer.device_id, answer.technician_id
        self.token = answer.token

    def say(self, *said: OperationBody, tx: str = "tx", origin: Origin | None = None) -> range:
        """Number what happened; answer the numbers."""
        first = len(self.said) + 1
        for body in said:
            operation = Operation(
                dseq=len(self.said) + 1, tx=tx, at=moment(), body=body, origin=origin
            )
            self.said.append(wire.encode(operation))
        return range(first, len(self.said) + 1)

    def say_raw(self, body: bytes) -> None:
        """Say something that no tablet of ours would; ``%d`` stands for the number."""
        self.said.append(body.replace(b"%d", str(len(self.said) + 1).encode()))

    def complete(
        self,
        job_id: UUID,
        captured: Sequence[CaptureBody] | None = None,
        *,
        completion_id: UUID | None = None,
    ) -> CompleteJob:
        """Record captures and a signed completion, as one transaction; answer the completion."""
        captures = [capture(body) for body in (bodies() if captured is None else captured)]
        completion = self.completion(job_id, captures, completion_id=completion_id)
        records = [RecordCapture(job_id=JobId(job_id), capture=each) for each in captures]
        self.say(*records, completion, tx=f"complete {job_id}")
        return completion

    def completion(
        self, job_id: UUID, captures: Sequence[Capture], *, completion_id: UUID | None = None
    ) -> CompleteJob:
        manifest = Manifest(
            completion_id=CompletionId(completion_id or uuid7()),
            job_id=JobId(job_id),
            captures=evidence.digests_of(captures),
            completed_at=moment(),
        )
        return CompleteJob(
            job_id=JobId(job_id),
            code="D02",
            base_state_version=2,
            manifest=manifest,
            signature=self.sign(evidence.bytes_to_sign(manifest)),
        )

    def chain(self, dseq: int) -> str:
        """Give the chain value after an operation; 0 is before the first."""
        value = wire.first_chain(self.incarnation)
        for raw in self.said[:dseq]:
            value = wire.next_chain(value, raw)
        return value

    def request(
        self, first: int = 1, last: int | None = None, *, cursor: Cursor | None = None
    ) -> SyncRequest:
        """Ask to push the operations from ``first`` to ``last``, and to pull after the cursor."""
        return SyncRequest(
            protocol=PROTOCOL_VERSION,
            app_version="1",
            incarnation=self.incarnation,
            chain_before=self.chain(first - 1),
            clock=self.clock,
            operations=tuple(msgspec.Raw(raw) for raw in self.said[first - 1 : last]),
            epoch=self.epoch,
            cursor=cursor,
        )

    def act(self, now: datetime = NOON) -> Act:
        return act(now, Actor(ActorKind.DEVICE, self.device_id))


def move(job_id: UUID, event: JobEvent, base: int = 2) -> MoveJob:
    return MoveJob(job_id=JobId(job_id), event=event, base_state_version=base)


def create_job(
    job_id: UUID, *, premise_of: UUID | None, kind: str = "install", address: str = "Lindenweg 1"
) -> CreateJob:
    return CreateJob(
        job_id=JobId(job_id),
        kind=kind,
        reason="a second outlet",
        premise_of=None if premise_of is None else JobId(premise_of),
        address=address,
    )


def set_field(
    job_id: UUID, value: str, *, field: str = "access_notes", base: int = 0, base_value: str = ""
) -> SetField:
    return SetField(
        job_id=JobId(job_id), field=field, value=value, base_version=base, base_value=base_value
    )


def answer(issue: IssueDocument, said: IssueAnswer) -> AnswerIssue:
    return AnswerIssue(issue_id=issue.id, answer=said, job_id=issue.job_id)


def record(job_id: UUID, taken: Capture) -> RecordCapture:
    return RecordCapture(job_id=JobId(job_id), capture=taken)


def enrolled(store: Store, technician_id: UUID, *, now: datetime = NOON) -> Tablet:
    """Give a technician a tablet."""
    tablet = Tablet()
    code = str(uuid7())
    store.write_now(devices.issue_code, technician_id, code, act=act(now))
    answer = store.write_now(
        devices.enrol,
        tablet.enrolment(code),
        token=f"token {tablet.incarnation}",
        token_life=TOKEN_LIFE,
        act=act(now),
    )
    tablet.become(answer)
    return tablet


def push(
    store: Store, tablet: Tablet, first: int = 1, last: int | None = None, *, now: datetime = NOON
) -> Pushed:
    """Push to the unit of work behind the route."""
    request = tablet.request(first, last)
    return store.write_now(commands.receive, tablet.device_id, request, act=tablet.act(now))


def verdicts(pushed: Pushed) -> list[tuple[str, str | None]]:
    """Give verdict and code of each operation."""
    read = [msgspec.json.decode(bytes(raw), type=OperationVerdict) for raw in pushed.verdicts]
    return [(each.verdict.value, each.code) for each in read]


def pull_page(
    store: Store, tablet: Tablet, cursor: Cursor | None = None, *, limit: int = 100
) -> PullPage:
    return store.read_now(pull.read, tablet.technician_id, None, cursor, limit=limit)[1]


def of_work(page: PullPage) -> tuple[FeedEntry, ...]:
    """Give what a page tells of jobs and issues; everybody has a briefing."""
    return tuple(entry for entry in page.entries if not isinstance(entry, BriefingUpdated))
