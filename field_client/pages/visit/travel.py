"""The way to the premise: en route, there, at work; the office sees it when there is a network."""

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from field_client import capture
from field_client.pages import words
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job, navigate_url
from field_client.pages.languages import Language
from field_client.pages.visit.strip import step_url
from field_client.replica.views import JobView
from field_client.visit import Step, first_open, has_begun, next_moves, stages_of
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobEvent


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """A button that moves the job along."""

    event: str
    text: str
    is_main: bool


class TravelView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/travel.html``."""

    move_url: str
    state: str
    tone: str
    moves: tuple[MoveView, ...]
    address: str
    navigate: str
    phone: str
    has_begun: bool


def travel_view(view: JobView, say: Language) -> TravelView:
    """Make the view."""
    state = view.card.state
    return TravelView(
        move_url=f"/jobs/{view.card.id}/moves",
        state=say(words.STATES[state]),
        tone=words.TONES.get(state, "quiet"),
        moves=tuple(
            MoveView(event=event, text=say(words.MOVES[event]), is_main=not place)
            for place, event in enumerate(next_moves(state))
        ),
        address=view.document.premise.address,
        navigate=navigate_url(view.document),
        phone=view.document.customer.phone or "",
        has_begun=has_begun(state),
    )


@get("/jobs/{job_id:uuid}/visit")
async def go_on(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Redirect:
    """Lead to the first step in which something is missing."""
    view = await load_job(desk, job_id)
    return Redirect(step_url(view, first_open(stages_of(view))), status_code=303)


@post("/jobs/{job_id:uuid}/moves", status_code=303)
async def move(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Redirect:
    """Move the job along; beginning to work leads to the next step."""
    event = (await read_form(request)).get("event", "")
    await desk.agent.enter(capture.move_job, job_id, event)
    view = await load_job(desk, job_id)
    step = first_open(stages_of(view)) if event == JobEvent.START else Step.TRAVEL
    return Redirect(step_url(view, step), status_code=303)
