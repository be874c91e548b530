"""Where the tablet is while a screen of a visit is open: noted with entries, if the person allows.

A position far from the premise is told and keeps nobody from working: the address may be wrong, and
so may the position.
"""

import msgspec
from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.wording import length
from field_client.position import Position, far_off_m
from field_client.replica.views import JobView
from sync_protocol import wire
from sync_protocol.ids import JobId


class PositionTold(msgspec.Struct, frozen=True, kw_only=True):
    """What ``position.js`` shows of a position that was noted."""

    text: str
    is_far: bool


def position_url(view: JobView, *, is_wanted: bool) -> str:
    """Give the address that positions go to; empty where none is to be asked for."""
    return f"/jobs/{view.card.id}/position" if is_wanted else ""


@post("/jobs/{job_id:uuid}/position", status_code=200)
async def tell_position(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> PositionTold:
    """Note where the tablet is; not where the person wants none noted."""
    view = await load_job(desk, job_id)
    position = wire.decode(await request.body(), Position)
    if not desk.looks.notes_position:
        return PositionTold(text="", is_far=False)
    desk.agent.tell_position(job_id, position)
    return position_told(view, position, desk.say)


def position_told(view: JobView, position: Position, say: Language) -> PositionTold:
    """Say that a position was noted, and whether it is far from where the job is."""
    premise = view.document.premise
    away_m = far_off_m(position, premise.latitude, premise.longitude)
    if away_m is not None:
        text = say(
            "You are about %(length)s from the address of this job. Is it the right one?",
            length=length(away_m, say),
        )
        return PositionTold(text=text, is_far=True)
    exactness = length(position.accuracy_m or 0, say)
    text = say("Position noted, exact to %(length)s", length=exactness)
    return PositionTold(text=text if position.accuracy_m else say("Position noted"), is_far=False)
