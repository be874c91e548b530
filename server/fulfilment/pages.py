"""The pages about processes: the fallout, and one process with what was tried."""

from typing import Final
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent, Template

from server.acts import Actor, act_of, utc_now
from server.console import templates
from server.console.live import REST_S, Fragments, LiveStreams
from server.database import Store
from server.fulfilment import commands, fallout, queries
from server.fulfilment.fallout import FalloutFilter
from server.fulfilment.fallout_view import (
    MAY_ACT,
    PATH,
    fallout_view,
    line_view,
    lines_view,
    read_asked,
)
from server.fulfilment.process_view import (
    call_off_view,
    exchange_view,
    process_state_view,
    process_view,
)
from server.fulfilment.views import CountView
from server.people import doors
from server.people.commands import session_topic
from server.people.doors import HttpRequest
from server.people.records import OFFICE, SignedIn

StoreDependency = NamedDependency[Store]
SignedInDependency = NamedDependency[SignedIn]
TOPIC: Final = "processes"
PAGE_SIZE: Final = 40


def provide_asked(
    *,
    standing: FromQuery[str] = "",
    code: FromQuery[str] = "",
    olt: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> FalloutFilter:
    """Read what the address asks for."""
    return read_asked(standing=standing, code=code, olt=olt, after=after)


class FalloutPages(Controller):
    """What does not get on by itself."""

    path = PATH
    dependencies = {"asked": Provide(provide_asked, sync_to_thread=False)}  # noqa: RUF012  the framework reads a dict

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show_list(
        self,
        *,
        store: StoreDependency,
        signed_in: SignedInDependency,
        asked: NamedDependency[FalloutFilter],
    ) -> Template:
        """Show one page, what began first on top."""
        found = await store.read(fallout.load, asked, utc_now(), page_size=PAGE_SIZE)
        return templates.page("fallout/list.html", fallout_view(found, asked, signed_in=signed_in))

    @get("/count", guards=[doors.require_role(*OFFICE)])
    async def show_count(self, store: StoreDependency) -> Template:
        """Answer how many there are, for the navigation."""
        count = await store.read(fallout.count, utc_now())
        return templates.page("fallout/_count.html", CountView(count=count))

    @get("/live", guards=[doors.require_role(*OFFICE)])
    async def follow(
        self,
        *,
        store: StoreDependency,
        signed_in: SignedInDependency,
        streams: NamedDependency[LiveStreams],
        asked: NamedDependency[FalloutFilter],
    ) -> ServerSentEvent:
        """Send the list whenever it changes, for as long as the page is open."""
        streams.require_room()

        async def render() -> Fragments | None:
            if not await doors.is_still_in(store, signed_in):
                return None
            return await _render_list(store, asked, signed_in)

        topics = (TOPIC, session_topic(signed_in.secret_hash))
        return ServerSentEvent(streams.follow(*topics, render=render, rest_s=REST_S))


class ProcessPages(Controller):
    """One process: how it stands, what was tried, and what a person may do."""

    path = "/processes/{process_id:uuid}"

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show(
        self, store: StoreDependency, signed_in: SignedInDependency, process_id: FromPath[UUID]
    ) -> Template:
        """Show one process. The OLT is not asked."""
        story = await store.read(queries.of_process, process_id)
        return templates.page("fallout/process.html", process_view(story, signed_in=signed_in))

    @get("/attempts/{attempt_id:uuid}", guards=[doors.require_role(*OFFICE)])
    async def show_exchange(
        self, store: StoreDependency, process_id: FromPath[UUID], attempt_id: FromPath[UUID]
    ) -> Template:
        """Answer what was asked of the OLT in one attempt; secrets were never stored."""
        attempt = await store.read(queries.get_attempt, process_id, attempt_id)
        return templates.page("fallout/_exchange.html", exchange_view(attempt))

    @post("/retry", guards=[doors.require_role(*MAY_ACT)], status_code=200)
    async def retry(
        self,
        *,
        request: HttpRequest,
        store: StoreDependency,
        signed_in: SignedInDependency,
        actor: NamedDependency[Actor],
        process_id: FromPath[UUID],
    ) -> Template | Redirect:
        """Let a process go on at once; answer its line, or lead to its page."""
        await store.write(commands.retry, process_id, act=act_of(actor))
        if not request.headers.get("HX-Request"):
            return Redirect(f"/processes/{process_id}", status_code=303)
        line = await store.read(fallout.get_line, process_id)
        return templates.page("fallout/_line.html", line_view(line, signed_in=signed_in))

    @get("/call-off", guards=[doors.require_role(*MAY_ACT)])
    async def ask_to_call_off(
        self, store: StoreDependency, signed_in: SignedInDependency, process_id: FromPath[UUID]
    ) -> Template:
        """Say what calling off takes back, before it is done."""
        line = await store.read(fallout.get_line, process_id)
        return templates.page("fallout/call_off.html", call_off_view(line, signed_in=signed_in))

    @post("/call-off", guards=[doors.require_role(*MAY_ACT)], status_code=303)
    async def call_off(
        self,
        store: StoreDependency,
        actor: NamedDependency[Actor],
        process_id: FromPath[UUID],
    ) -> Redirect:
        """Call a process off, and show how it is taken back."""
        await store.write(commands.cancel, process_id, act=act_of(actor))
        return Redirect(f"/processes/{process_id}", status_code=303)

    @get("/live", guards=[doors.require_role(*OFFICE)])
    async def follow(
        self,
        store: StoreDependency,
        signed_in: SignedInDependency,
        streams: NamedDependency[LiveStreams],
        process_id: FromPath[UUID],
    ) -> ServerSentEvent:
        """Send what moves on the page of a process, for as long as it is open."""
        await store.read(fallout.get_line, process_id)
        streams.require_room()

        async def render() -> Fragments | None:
            if not await doors.is_still_in(store, signed_in):
                return None
            story = await store.read(queries.of_process, process_id)
            view = process_state_view(story, signed_in=signed_in)
            return {"process": templates.render("fallout/_process.html", view)}

        topics = (TOPIC, session_topic(signed_in.secret_hash))
        return ServerSentEvent(streams.follow(*topics, render=render, rest_s=REST_S))


async def _render_list(store: Store, asked: FalloutFilter, signed_in: SignedIn) -> Fragments:
    found = await store.read(fallout.load, asked, utc_now(), page_size=PAGE_SIZE)
    view = lines_view(found, asked, signed_in=signed_in)
    return {"lines": templates.render("fallout/_lines.html", view)}
