"""The tablet's local API: parse, call one thing, answer. Its pages make the same calls."""

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from field_client import capture
from field_client.agent import Agent
from field_client.browser_door import BrowserDoor
from field_client.problems import Problem, problem_response
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.views import JobView, OperationRow, get_job, list_issues, list_operations
from field_client.scanning import ScanResult
from field_client.scanning.labels import serial_chosen, serial_scanned
from field_client.serial_checks import Warned
from field_client.session import SessionReport
from field_client.status import Status, get_status
from sync_protocol import wire
from sync_protocol.documents import IssueDocument, LongText, ShortText, VersionedValue
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState

AgentDependency = NamedDependency[Agent]
LocalRequest = Request[None, None, Any]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Method = Literal["manual", "wedge", "chosen", "scan", "camera"]
_JSON: Final = "application/json"
T = TypeVar("T")


class EnrolBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A code from the office and the name that this tablet is to have there."""

    code: Annotated[str, Meta(min_length=8, max_length=80)]
    device_name: Text


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tablet this is now."""

    device_id: str
    technician_name: str


class FlightModeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether nothing is to be sent."""

    on: bool


class MoveBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the technician does: a move like ``start``."""

    event: Text


class Moved(msgspec.Struct, frozen=True):
    """Where the job is now, on this tablet."""

    state: JobState


class SerialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text that is or holds a serial, and where it is from.

    ``manual`` was typed by a person, ``wedge`` by a scanner that works as a keyboard; ``chosen`` is
    one of several on a photo, ``scan`` one that was read off a photo and needs a reason, ``camera``
    was seen by the live camera. ``raw_text`` is the whole code in which it was found.
    """

    text: LongText
    override_reason: ShortText | None = None
    method: Method = "manual"
    raw_text: LongText | None = None

    def entry(self) -> capture.SerialEntry:
        """Find the serial in it.

        Raises:
            NotAnOntSerial: there is none, or more than one.
        """
        is_wedge = self.method == "wedge"
        serial = serial_scanned(self.text) if is_wedge else serial_chosen(self.text, self.raw_text)
        return capture.SerialEntry(
            text=f"SN:{serial}",  # judged here; it needs no second judgement
            method=self.method,
            raw_text=self.raw_text or self.text,
            override_reason=self.override_reason,
        )


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """All codes of a photo; ``recorded`` is the serial if exactly one was read beyond doubt.

    With ``warnings`` it was not recorded: something is strange about it, and it needs a reason.
    """

    result: ScanResult
    recorded: capture.SerialReceipt | None
    warnings: tuple[Warned, ...] = ()


class LightBody(capture.LightSetup, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A level in dBm as read off the meter, and how it was measured."""

    reading: str | float


class SignatureBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs what, and the drawing."""

    signer_name: Text
    statement: Annotated[str, Meta(min_length=1, max_length=4000)]
    svg: Annotated[str, Meta(max_length=4_000_000)]


class FieldBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value that a shared field is to have."""

    value: LongText


class CompleteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the job ended well: a visit code like ``D02``."""

    code: Text


class GiveUpBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the job could not be finished: a visit code like ``N02``, and a remark."""

    code: Text
    remark: LongText = ""


class TabletController(Controller):
    """The tablet itself."""

    path = "/"

    @get("/status")
    async def status(self, agent: AgentDependency) -> Status:
        """Answer what the sync chip shows, and more."""
        return await get_status(agent)

    @post("/enrol", status_code=200)
    async def enrol(self, agent: AgentDependency, request: LocalRequest) -> Enrolled:
        """Make this tablet a technician's."""
        data = await _read(request, EnrolBody)
        answer = await agent.enrol(data.code, data.device_name)
        agent.loop.note_enrolled()
        return Enrolled(device_id=str(answer.device_id), technician_name=answer.technician_name)

    @post("/launch", status_code=200)
    async def launch(
        self, door: NamedDependency[BrowserDoor], request: LocalRequest
    ) -> dict[str, str]:
        """Make the address that lets one browser in, once."""
        return {"launch": door.launch_url(request.headers["Host"])}

    @post("/sync", status_code=200)
    async def sync(self, agent: AgentDependency) -> SessionReport:
        """Sync now; answers when it is over."""
        return await agent.loop.sync_now()

    @post("/flight-mode", status_code=200)
    async def flight_mode(self, agent: AgentDependency, request: LocalRequest) -> FlightModeBody:
        """Switch sending off or on; when off is answered, nothing is being sent."""
        data = await _read(request, FlightModeBody)
        await agent.set_flight_mode(is_on=data.on)
        return data

    @post("/scan-frame", status_code=200)
    async def scan_frame(self, agent: AgentDependency, request: LocalRequest) -> ScanResult:
        """Read the codes of one frame of a live camera; nothing is recorded."""
        return await agent.scan_frame(await request.body())

    @get("/issues")
    async def issues(self, agent: AgentDependency) -> tuple[IssueDocument, ...]:
        """List what was changed, withheld or refused, with both values."""
        return await agent.store.read(list_issues)

    @get("/operations")
    async def operations(
        self,
        agent: AgentDependency,
        after: Annotated[int, QueryParameter(ge=0, le=2**53)] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=500)] = 100,
    ) -> tuple[OperationRow, ...]:
        """List operations after a number with their verdicts."""
        return await agent.store.read(list_operations, after=after, count_max=limit)


class JobController(Controller):
    """The technician's jobs."""

    path = "/jobs"

    @get("/")
    async def index(self, agent: AgentDependency) -> tuple[JobCard, ...]:
        """List the jobs of this tablet."""
        return await agent.store.read(list_jobs)

    @get("/{job_id:uuid}")
    async def show(self, agent: AgentDependency, job_id: FromPath[JobId]) -> JobView:
        """Answer one job with what was entered here."""
        return await agent.store.read(get_job, job_id)

    @post("/{job_id:uuid}/moves", status_code=200)
    async def move(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> Moved:
        """Move a job along."""
        data = await _read(request, MoveBody)
        return Moved(await agent.enter(capture.move_job, job_id, data.event))

    @post("/{job_id:uuid}/scan", status_code=200)
    async def scan(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> Scanned | capture.SerialReceipt | Response[Problem]:
        """Record a serial: typed (JSON), or read off a photo (any other media type)."""
        body = await request.body()
        if request.content_type[0] == _JSON:
            entry = wire.decode(body, SerialBody).entry()
            return _or_problem(await agent.record_typed_serial(job_id, entry))
        return _as_scanned(*await agent.scan_serial(job_id, body))

    @post("/{job_id:uuid}/light", status_code=200)
    async def light(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> capture.LightReceipt:
        """Record a light level."""
        data = await _read(request, LightBody)
        return await agent.enter(capture.record_light, job_id, str(data.reading), data)

    @post("/{job_id:uuid}/photos", status_code=200)
    async def photo(
        self,
        agent: AgentDependency,
        job_id: FromPath[JobId],
        subject: Annotated[str, QueryParameter(min_length=1, max_length=200)],
        request: LocalRequest,
    ) -> capture.FileReceipt:
        """Record a photo; the body is the photo."""
        return await agent.add_photo(job_id, subject, await request.body())

    @post("/{job_id:uuid}/signature", status_code=200)
    async def signature(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> capture.FileReceipt:
        """Record the subscriber's signature."""
        data = await _read(request, SignatureBody)
        return await agent.add_signature(
            job_id, signer_name=data.signer_name, statement=data.statement, svg=data.svg
        )

    @post("/{job_id:uuid}/fields/{field:str}", status_code=200)
    async def set_field(
        self,
        agent: AgentDependency,
        job_id: FromPath[JobId],
        field: FromPath[str],
        request: LocalRequest,
    ) -> VersionedValue:
        """Set a shared field."""
        data = await _read(request, FieldBody)
        return await agent.enter(capture.set_field, job_id, field=field, value=data.value)

    @post("/{job_id:uuid}/complete", status_code=200)
    async def complete(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> capture.Completed | Response[Problem]:
        """Finish a job, or say what is missing."""
        data = await _read(request, CompleteBody)
        ended = await agent.complete(job_id, data.code)
        if isinstance(ended, capture.Completed):
            return ended
        detail = f"missing: {', '.join(ended.missing)}"
        return problem_response(
            Problem(status=409, code="incomplete", detail=detail, missing=ended.missing)
        )

    @post("/{job_id:uuid}/give-up", status_code=200)
    async def give_up(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> Moved:
        """Leave without finishing."""
        data = await _read(request, GiveUpBody)
        state = await agent.enter(capture.give_up_job, job_id, code=data.code, remark=data.remark)
        return Moved(state)


async def _read(request: LocalRequest, body_type: type[T]) -> T:
    """Read a body here and not by its type in the signature: so a refusal names what was sent."""
    return wire.decode(await request.body(), body_type)


def _as_scanned(
    result: ScanResult, ended: capture.SerialReceipt | capture.Doubtful | None
) -> Scanned:
    if isinstance(ended, capture.Doubtful):
        return Scanned(result=result, recorded=None, warnings=ended.warnings)
    return Scanned(result=result, recorded=ended)


def _or_problem(
    ended: capture.SerialReceipt | capture.Doubtful,
) -> capture.SerialReceipt | Response[Problem]:
    if isinstance(ended, capture.SerialReceipt):
        return ended
    detail = "; ".join(warned.detail for warned in ended.warnings)
    return problem_response(
        Problem(
            status=409,
            code="doubtful_serial",
            detail=f"{detail}. If it is right all the same, say why",
            warnings=ended.warnings,
        )
    )
