"""Showing one step: the address says which, the replica says all the rest."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.visit.checks import checks_view
from field_client.pages.visit.finish import finish_view
from field_client.pages.visit.light import light_view
from field_client.pages.visit.photos import photos_view
from field_client.pages.visit.scan import scan_view
from field_client.pages.visit.screens import answer_screen
from field_client.pages.visit.signature import signature_view
from field_client.pages.visit.travel import travel_view
from field_client.replica.memory import get_drafts, get_preferences
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.visit import Step, steps_of
from sync_protocol.ids import JobId

Kept = Mapping[str, str]

_VIEWS: Final[Mapping[Step, Callable[[JobView, Kept, Language], msgspec.Struct]]] = {
    Step.TRAVEL: lambda view, _, say: travel_view(view, say),
    Step.SCAN: scan_view,
    Step.LIGHT: light_view,
    Step.PHOTOS: lambda view, _, say: photos_view(view, say),
    Step.CHECKS: lambda view, _, say: checks_view(view, say),
    Step.SIGNATURE: signature_view,
    Step.FINISH: lambda view, _, say: finish_view(view, say),
}


@get("/jobs/{job_id:uuid}/visit/{step:str}")
async def show_step(
    desk: NamedDependency[Desk], job_id: FromPath[JobId], step: FromPath[Step]
) -> Response[str] | Redirect:
    """Show a step with all that was entered; one that this kind has not leads to the next open."""
    view, kept = await desk.agent.store.read(_find, job_id)
    if step not in steps_of(view.card.kind):
        return Redirect(f"/jobs/{job_id}/visit", status_code=303)
    return await answer_screen(desk, view, step, _VIEWS[step](view, kept, desk.say))


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Kept]:
    """Read a job, its drafts, and what this tablet remembers for all jobs."""
    return get_job(db, job_id), {**get_preferences(db), **get_drafts(db, job_id)}
