"""The page about open issues, for whoever decides them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Meta

from server.acts import Actor, act_of
from server.console import templates
from server.database import Store
from server.issues import commands, queries
from server.issues.list_view import PATH, list_view, read_asked
from server.issues.records import Closing, Ruling
from server.people import doors, technicians
from server.people.records import DISPATCH, SignedIn


class ClosingForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons of an issue send."""

    closing: Closing
    remark: Annotated[str, Meta(max_length=1000)] = ""
    seen_version: Annotated[int, Meta(ge=0)] = 0


class IssuePages(Controller):
    """Issues in the console."""

    path = PATH

    @get("/", guards=[doors.require_role(*DISPATCH)])
    async def show_list(
        self,
        *,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
        kind: FromQuery[str] = "",
        technician: FromQuery[str] = "",
        older_than: FromQuery[str] = "",
    ) -> Template:
        """Show open issues, newest first."""
        asked = read_asked(kind=kind, technician=technician, older_than=older_than)
        size = queries.PAGE_SIZE
        found = await store.read(queries.list_open, asked, limit=size + 1)
        everybody = await store.read(technicians.list_all)
        view = list_view(found, everybody, asked, page_size=size, signed_in=signed_in)
        return templates.page("issues/list.html", view)

    @post("/{issue_id:uuid}/close", guards=[doors.require_role(*DISPATCH)], status_code=303)
    async def close(
        self,
        *,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        issue_id: FromPath[UUID],
        data: URLEncodedBody[ClosingForm],
    ) -> Redirect:
        """Close an issue, and go back to those that are left."""
        ruling = Ruling(closing=data.closing, remark=data.remark, seen_version=data.seen_version)
        await store.write(commands.close, issue_id, ruling, act=act_of(actor))
        return Redirect(PATH, status_code=303)
