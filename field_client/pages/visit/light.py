"""The light level: what is predicted, what was measured, what it means and what helps."""

from collections.abc import Mapping

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client import capture
from field_client.pages import words
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.light_budget import Budget, budget_of
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock, dbm, signed_db
from field_client.replica.memory import store_draft
from field_client.replica.views import JobView
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import LightReading
from sync_protocol.optics import PathUnknown, judge
from sync_protocol.units import NotALightLevel

DRAFT = "light"


class LightResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a reading means. ``visit/_light.html``."""

    reading: str
    tone: str
    verdict: str
    causes: tuple[str, ...]
    deviation: str
    at: str
    complaint: str
    """Why what was typed is no reading; it is kept as it was typed."""


class LightView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/light.html``."""

    url: str
    typed: str
    budget: Budget
    result: LightResult


def light_view(view: JobView, drafts: Mapping[str, str], say: Language) -> LightView:
    """Make the view."""
    return LightView(
        url=f"/jobs/{view.card.id}/light",
        typed=drafts.get(DRAFT, ""),
        budget=budget_of(view.document.plant, say),
        result=light_result(view, say),
    )


def light_result(view: JobView, say: Language, wrong: str = "") -> LightResult:
    """Say what the last reading means, judged as it was when it was entered."""
    last = None if view.latest.light is None else view.latest.light.capture
    if last is None or not isinstance(last.body, LightReading):
        return LightResult(
            reading="", tone="quiet", verdict="", causes=(), deviation="", at="", complaint=wrong
        )
    body = last.body
    verdict = say("Saved without a verdict: the path is not known well enough.")
    return LightResult(
        reading=dbm(body.rx_power_cdbm, say),
        tone="quiet" if body.verdict is None else words.VERDICT_TONES[body.verdict],
        verdict=verdict if body.verdict is None else say(words.VERDICTS[body.verdict]),
        causes=_causes(view, body, say),
        deviation=""
        if body.predicted_cdbm is None
        else signed_db(body.rx_power_cdbm - body.predicted_cdbm, say),
        at=clock(last.at.wall, view.card.zone, say),
        complaint=wrong,
    )


def _causes(view: JobView, body: LightReading, say: Language) -> tuple[str, ...]:
    plant = view.document.plant
    if body.verdict is None or body.plant_snapshot != plant.snapshot:
        return ()
    try:
        judgement = judge(body.rx_power_cdbm, plant.light_path)
    except PathUnknown:
        return ()
    return tuple(say(words.CAUSES[cause]) for cause in judgement.causes)


@post("/jobs/{job_id:uuid}/light", status_code=200)
async def record_light(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Record a reading as typed; one that is none is kept in its field and explained."""
    typed = (await read_form(request)).get("reading", "")[:200]
    await desk.agent.store.write(store_draft, job_id, DRAFT, typed, desk.agent.now())
    wrong = ""
    try:
        await desk.agent.enter(capture.record_light, job_id, typed)
    except NotALightLevel as error:
        wrong = complaint(error, desk.say)
    view = await load_job(desk, job_id)
    result = light_result(view, desk.say, wrong)
    return answer_part(desk, view, Step.LIGHT, "_light.html", result)
