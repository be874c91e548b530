"""The page about drift, for everybody in the office."""

from typing import Final
from uuid import UUID

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from server.adoption import storage
from server.adoption.api import list_page
from server.adoption.list_view import PATH, drift_view
from server.console import templates
from server.database import Store
from server.people import doors
from server.people.records import OFFICE, SignedIn

DRIFTS_SHOWN: Final = 50


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
        found = await store.read(list_page, olt, after=after, limit=DRIFTS_SHOWN)
        shown = found[:DRIFTS_SHOWN]
        names = await store.read(storage.name_olts, {each.olt_id for each in shown})
        more = len(found) > DRIFTS_SHOWN
        view = drift_view(olts, shown, names, signed_in, olt=olt, more=more)
        return templates.page("network/drift.html", view)
