"""A tablet of the demo: the agent as a process, and the calls that its pages would make."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx
import msgspec

from server.demo.children import Household
from server.demo.watching import until
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.optics import Judgement

T = TypeVar("T")
SENT_WITHIN_S = 40.0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The tablet at a glance."""

    pending_operations: int
    pending_blobs: int
    captured: int
    syncing: bool
    verdicts: Mapping[str, int]


class JobCard(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the tablet's list."""

    id: UUID
    number: str
    state: JobState
    address: str
    lingering: bool
    receipt: str


class _Plant(msgspec.Struct, frozen=True, kw_only=True):
    pon_port: str
    terminal: str
    terminal_port: int


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    plant: _Plant
    required_photos: tuple[str, ...]


class JobOnTablet(msgspec.Struct, frozen=True, kw_only=True):
    """One job with what a technician sees before arriving."""

    card: JobCard
    document: _Document
    predicted_cdbm: int


class SerialReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A serial that was recorded."""

    serial: str


class _Code(msgspec.Struct, frozen=True, kw_only=True):
    text: str


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    candidates: tuple[_Code, ...]


class _Warned(msgspec.Struct, frozen=True, kw_only=True):
    detail: str


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """The codes of a picture, and the serial among them; with doubts it waits for a reason."""

    result: _Found
    recorded: SerialReceipt | None
    warnings: tuple[_Warned, ...] = ()


class LightReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A light level and what the tablet makes of it."""

    rx_power_cdbm: int
    judgement: Judgement


class Tablet:
    """Calls one tablet agent."""

    def __init__(self, owner: str, port: int, token: str) -> None:
        self.owner = owner
        self.url = f"http://127.0.0.1:{port}"
        self.token = token
        self._http = httpx.AsyncClient(
            base_url=f"{self.url}/api", timeout=60, headers={"Authorization": f"Bearer {token}"}
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def launch(self) -> str:
        """Make the address that opens its pages in one browser."""
        return (await self._ask("/launch", dict[str, str], {}))["launch"]

    async def enrol(self, code: str) -> None:
        """Make it the technician's."""
        await self._ask("/enrol", dict[str, str], {"code": code, "device_name": self.owner})

    async def sync(self) -> None:
        """Sync now and wait for the end of it."""
        await self._ask("/sync", dict[str, msgspec.Raw], {})

    async def fly(self, *, on: bool) -> None:
        """Switch flight mode."""
        await self._ask("/flight-mode", dict[str, bool], {"on": on})

    async def status(self) -> Status:
        """Ask what is sent and what waits."""
        return _read(await self._http.get("/status"), Status)

    async def jobs(self) -> tuple[JobCard, ...]:
        """List the jobs on it."""
        return _read(await self._http.get("/jobs"), tuple[JobCard, ...])

    async def job(self, job_id: UUID) -> JobOnTablet:
        """Look at one job."""
        return _read(await self._http.get(f"/jobs/{job_id}"), JobOnTablet)

    async def move(self, job_id: UUID, event: JobEvent) -> None:
        """Move a job along."""
        await self._ask(f"/jobs/{job_id}/moves", dict[str, str], {"event": event})

    async def scan(self, job_id: UUID, picture: bytes) -> Scanned:
        """Read a label."""
        answer = await self._send(f"/jobs/{job_id}/scan", picture, "image/png")
        return _read(answer, Scanned)

    async def insist(self, job_id: UUID, serial: str, reason: str) -> SerialReceipt:
        """Record a serial in spite of doubts."""
        body = {"text": serial, "method": "scan", "raw_text": serial, "override_reason": reason}
        return await self._ask(f"/jobs/{job_id}/scan", SerialReceipt, body)

    async def light(self, job_id: UUID, reading: str) -> LightReceipt:
        """Enter a light level as read off the meter."""
        return await self._ask(f"/jobs/{job_id}/light", LightReceipt, {"reading": reading})

    async def photo(self, job_id: UUID, subject: str, picture: bytes) -> None:
        """Add a photo."""
        path = f"/jobs/{job_id}/photos?subject={subject}"
        _read(await self._send(path, picture, "image/jpeg"), dict[str, msgspec.Raw])

    async def sign(self, job_id: UUID, *, signer: str, statement: str, svg: str) -> None:
        """Let the subscriber sign."""
        body = {"signer_name": signer, "statement": statement, "svg": svg}
        await self._ask(f"/jobs/{job_id}/signature", dict[str, msgspec.Raw], body)

    async def complete(self, job_id: UUID, code: str) -> None:
        """Finish a job."""
        await self._ask(f"/jobs/{job_id}/complete", dict[str, msgspec.Raw], {"code": code})

    async def all_sent(self) -> Status:
        """Wait until nothing waits on the tablet any more.

        Raises:
            NotSeen: something still waits.
        """

        async def look() -> Status | None:
            status = await self.status()
            return None if status.pending_operations or status.pending_blobs else status

        return await until(look, what=f"everything sent by {self.owner}", within_s=SENT_WITHIN_S)

    async def _ask(self, path: str, kind: type[T], body: Mapping[str, object]) -> T:
        return _read(await self._send(path, msgspec.json.encode(body), "application/json"), kind)

    async def _send(self, path: str, body: bytes, media_type: str) -> httpx.Response:
        return await self._http.post(path, content=body, headers={"Content-Type": media_type})


async def start_tablet(household: Household, owner: str, home: Path, server_url: str) -> Tablet:
    """Start an agent; it is nobody's until it is enrolled.

    A demonstration leaves nothing in the keystore of whoever runs it.
    """
    child = await household.start(
        home.name,
        ["field_client", "serve", "--home", str(home), "--server", server_url],
        environ={"FIRSTLIGHT_FIELD_KEYS": "folder"},
    )
    return Tablet(owner, child.ready["port"], child.ready["token"])


def _read(answer: httpx.Response, kind: type[T]) -> T:
    """Decode an answer.

    Raises:
        HTTPStatusError: the tablet refused; its reason is in the text.
    """
    if not answer.is_success:
        raise httpx.HTTPStatusError(
            f"the tablet answered {answer.request.url.path} with {answer.status_code}: "
            f"{answer.text[:500]}",
            request=answer.request,
            response=answer,
        )
    return msgspec.json.decode(answer.content, type=kind)
