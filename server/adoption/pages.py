"""The page about drift, for everybody in the office."""

from typing import Final
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Redirect, Template

from server.acts import Actor, act_of
from server.adoption import storage
from server.adoption.api import list_page
from server.adoption.list_view import PATH, drift_view, url_of
from server.adoption.records import DriftsFound
from server.adoption.repairing import MAY_REPAIR, order_all
from server.console import templates
from server.database import Connection, Store
from server.imports.rows import ExternalId
from server.people import doors
from server.people.records import OFFICE, SignedIn

DRIFTS_SHOWN: Final = 50


class ReprovisionForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the form for re-provisioning sends."""

    olt: ExternalId


class DriftPages(Controller):
    """Where OLTs and records differ, in the console."""

    path = PATH

    @get("/", guards=[doors.require_role(*OFFICE)])
    async def show_list(
        self,
        *,
        store: NamedDependency[Store],
        signed_in: NamedDependency[SignedIn],
        olt: FromQuery[str] = "",
        after: FromQuery[UUID | None] = None,
    ) -> Template:
        """Show a page of differences, what was seen first at the top."""
        olts = await store.read(storage.list_readings)
        found = await store.read(_find, olt, after=after)
        view = drift_view(olts, found, signed_in=signed_in, olt=olt)
        return templates.page("network/drift.html", view)

    @post("/reprovision", guards=[doors.require_role(*MAY_REPAIR)], status_code=303)
    async def reprovision(
        self,
        store: NamedDependency[Store],
        actor: NamedDependency[Actor],
        data: URLEncodedBody[ReprovisionForm],
    ) -> Redirect:
        """Order it for all that one OLT has lost, by its last reading."""
        await order_all(store, data.olt, differing=False, act=act_of(actor))
        return Redirect(url_of(data.olt), status_code=303)


def _find(db: Connection, olt: str, *, after: UUID | None) -> DriftsFound:
    found = list_page(db, olt, after=after, limit=DRIFTS_SHOWN)
    shown = found[:DRIFTS_SHOWN]
    return DriftsFound(
        drifts=shown,
        more=len(found) > DRIFTS_SHOWN,
        names=storage.name_olts(db, {each.olt_id for each in shown}),
        since=storage.find_processes(db, shown),
    )
