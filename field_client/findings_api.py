"""The local API for what is told beside a completion: parse, call one thing, answer."""

from typing import Any, Final

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client import findings
from field_client.agent import Agent
from sync_protocol import corrections, wire
from sync_protocol.documents import LongText
from sync_protocol.ids import JobId
from sync_protocol.operations import Subject

AgentDependency = NamedDependency[Agent]
LocalRequest = Request[None, None, Any]


class NoteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is worth writing down."""

    text: LongText


class FindingController(Controller):
    """Checks, notes, corrections and moved ONTs of a job."""

    path = "/jobs/{job_id:uuid}"

    @post("/checks/{name:str}", status_code=200)
    async def check(
        self,
        agent: AgentDependency,
        job_id: FromPath[JobId],
        name: FromPath[str],
        request: LocalRequest,
    ) -> findings.FindingReceipt:
        """Record what a check found."""
        entry = wire.decode(await request.body(), findings.CheckEntry)
        return await agent.enter(findings.record_check, job_id, name, entry)

    @post("/notes", status_code=200)
    async def note(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> findings.FindingReceipt:
        """Record a note."""
        data = wire.decode(await request.body(), NoteBody)
        return await agent.enter(findings.record_note, job_id, data.text)

    @post("/corrections", status_code=200)
    async def correction(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> findings.FindingReceipt:
        """Propose to correct what the office has."""
        entry = wire.decode(await request.body(), findings.CorrectionEntry)
        return await agent.enter(findings.record_correction, job_id, entry)

    @post("/onts", status_code=200)
    async def ont_moved(
        self, agent: AgentDependency, job_id: FromPath[JobId], request: LocalRequest
    ) -> findings.OntReceipt:
        """Record that an ONT left the van or came back."""
        entry = wire.decode(await request.body(), findings.OntEntry)
        return await agent.enter(findings.record_ont_moved, job_id, entry)


@get("/correctable")
async def correctable() -> dict[Subject, dict[str, str]]:
    """List what can be corrected, in words."""
    return {subject: dict(fields) for subject, fields in corrections.FIELDS.items()}


ROUTES: Final = (FindingController, correctable)
