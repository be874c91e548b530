"""Showing one step: the address says which, the replica says all the rest."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.visit.finish import finish_view
from field_client.pages.visit.light import light_view
from field_client.pages.visit.photos import photos_view
from field_client.pages.visit.scan import scan_view
from field_client.pages.visit.screens import answer_screen
from field_client.pages.visit.signature import signature_view
from field_client.pages.visit.travel import travel_view
from field_client.replica.memory import get_drafts
from field_client.replica.views import JobView, get_job
from field_client.storage import Connection
from field_client.visit import Step
from sync_protocol.ids import JobId

Drafts = Mapping[str, str]

_VIEWS: Final[Mapping[Step, Callable[[JobView, Drafts, Language], msgspec.Struct]]] = {
    Step.TRAVEL: lambda view, _, say: travel_view(view, say),
    Step.SCAN: scan_view,
    Step.LIGHT: light_view,
    Step.PHOTOS: lambda view, _, say: photos_view(view, say),
    Step.SIGNATURE: signature_view,
    Step.FINISH: finish_view,
}


@get("/jobs/{job_id:uuid}/visit/{step:str}")
async def show_step(
    desk: NamedDependency[Desk], job_id: FromPath[JobId], step: FromPath[Step]
) -> Response[str]:
    """Show a step with all that was entered, facts and drafts."""
    view, drafts = await desk.agent.store.read(_find, job_id)
    return await answer_screen(desk, view, step, _VIEWS[step](view, drafts, desk.say))


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Drafts]:
    return get_job(db, job_id), get_drafts(db, job_id)
