"""The pages about jobs: the list with its assignments, and one job with its live timeline."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import (
    FromPath,
    FromQuery,
    QueryParameter,
    SkipValidation,
    URLEncodedBody,
)
from litestar.response import Redirect, ServerSentEvent, Stream, Template

from server.acts import Actor, act_of
from server.console import templates
from server.console.headers import SENT_AS_IT_IS
from server.console.live import Fragments, LiveStreams
from server.database import Store
from server.jobs import board, commands, photos, queries
from server.jobs.evidence_view import evidence_view
from server.jobs.job_view import NOTHING, job_control, job_view, state_view, timeline_view
from server.jobs.list_view import (
    PAGE_SIZE,
    filter_of,
    list_view,
    read_asked,
    row_view,
)
from server.people import doors, technicians
from server.people.commands import session_topic
from server.people.doors import HttpRequest
from server.people.records import DISPATCH, OFFICE, SignedIn
from server.sync.blob_store import BlobStore

StoreDependency = NamedDependency[Store]
SignedInDependency = NamedDependency[SignedIn]
Blobs = NamedDependency[SkipValidation[BlobStore]]  # a protocol cannot be checked at run time

# Litestar keeps the name "state" for itself.
StateQuery = Annotated[str, QueryParameter(name="state")]


class AssignForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the control for assigning sends; ``part`` is what of the page it wants back."""

    technician_id: UUID
    part: Literal["row", "control"] = "control"


class JobPages(Controller):
    """Jobs in the console."""

    path = "/jobs"

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show_list(
        self,
        *,
        store: StoreDependency,
        signed_in: SignedInDependency,
        job_state: StateQuery = "",
        technician: FromQuery[str] = "",
        day: FromQuery[str] = "",
        page: FromQuery[int] = 1,
    ) -> Template:
        """Show one page of jobs, unassigned first."""
        asked = read_asked(state=job_state, technician=technician, day=day, page=page)
        zones = await store.read(board.zones)
        found = await store.read(
            board.load_board, filter_of(asked, zones), page=asked.page, page_size=PAGE_SIZE
        )
        return templates.page("jobs/list.html", list_view(found, asked, zones, signed_in=signed_in))

    @get("/{job_id:uuid}", guards=[doors.require_role(*OFFICE)])
    async def show(
        self, store: StoreDependency, signed_in: SignedInDependency, job_id: FromPath[UUID]
    ) -> Template:
        """Show one job."""
        story = await store.read(board.load_story, job_id)
        everybody = await store.read(technicians.list_all)
        return templates.page("jobs/job.html", job_view(story, everybody, signed_in=signed_in))

    @get(
        "/{job_id:uuid}/photos/{capture_id:uuid}",
        guards=[doors.require_role(*OFFICE)],
        opt={SENT_AS_IT_IS: True},
    )
    async def show_photo(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        blob_store: Blobs,
        job_id: FromPath[UUID],
        capture_id: FromPath[UUID],
    ) -> Stream | Response[None]:
        """Send a photo of a job; the browser keeps it and asks each time whether it still may."""
        recorded = await store.read(photos.get, job_id, capture_id)
        photo = await asyncio.to_thread(photos.open_photo, blob_store, recorded)
        headers = {"Cache-Control": "private, no-cache", "ETag": f'"{photo.sha256}"'}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(None, status_code=304, headers=headers)
        return Stream(
            photos.pieces(blob_store, photo),
            media_type=photo.media_type,
            headers={
                **headers,
                "Content-Length": str(photo.size_bytes),
                "Content-Disposition": "inline",
            },
        )

    @post("/{job_id:uuid}/assign", guards=[doors.require_role(*DISPATCH)], status_code=200)
    async def assign(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        signed_in: SignedInDependency,
        actor: NamedDependency[Actor],
        job_id: FromPath[UUID],
        data: URLEncodedBody[AssignForm],
    ) -> Template | Redirect:
        """Give a job to a technician; answer the part of the page that shows it."""
        await store.write(commands.assign, job_id, data.technician_id, act=act_of(actor))
        if not request.headers.get("HX-Request"):
            return Redirect(f"/jobs/{job_id}", status_code=303)
        return await _part(store, job_id, data.part, signed_in)

    @get("/{job_id:uuid}/live", guards=[doors.require_role(*OFFICE)])
    async def follow(
        self,
        store: StoreDependency,
        signed_in: SignedInDependency,
        streams: NamedDependency[LiveStreams],
        job_id: FromPath[UUID],
    ) -> ServerSentEvent:
        """Send what moves on a job's page, for as long as it is open."""
        await store.read(queries.get, job_id)
        streams.require_room()
        live = _LiveJob(store, job_id, signed_in)
        topics = (f"job:{job_id}", session_topic(signed_in.secret_hash))
        return ServerSentEvent(streams.follow(*topics, render=live.render))


class _LiveJob:
    """One open page of a job: renders what moves, and remembers which lines it has shown."""

    def __init__(self, store: Store, job_id: UUID, signed_in: SignedIn) -> None:
        self._store = store
        self._job_id = job_id
        self._signed_in = signed_in
        self._before = NOTHING
        self._shown = NOTHING

    async def render(self) -> Fragments | None:
        """Render the moving parts; None once the session is over."""
        if not await doors.is_still_in(self._store, self._signed_in):
            return None
        story = await self._store.read(board.load_story, self._job_id)
        entries = frozenset(entry.id for entry in story.entries)
        if entries != self._shown:
            self._before, self._shown = self._shown, entries
        everybody = await self._store.read(technicians.list_all)
        control = job_control(story, everybody, signed_in=self._signed_in)
        evidence = evidence_view(story)
        timeline = timeline_view(story, known=self._before)
        return {
            "state": templates.render("jobs/_state.html", state_view(story)),
            "evidence": templates.render("jobs/_evidence.html", evidence),
            "control": templates.render("jobs/_assign.html", control),
            "timeline": templates.render("jobs/_timeline.html", timeline),
        }


async def _part(
    store: Store, job_id: UUID, part: Literal["row", "control"], signed_in: SignedIn
) -> Template:
    everybody = await store.read(technicians.list_all)
    if part == "row":
        line = await store.read(board.get_line, job_id)
        row = row_view(line, everybody, signed_in=signed_in, is_fresh=True)
        return templates.page("jobs/_row.html", row)
    story = await store.read(board.load_story, job_id)
    return templates.page("jobs/_assign.html", job_control(story, everybody, signed_in=signed_in))
