"""The light level: what is predicted, what was measured where, what it means and what helps.

How it is measured (place, wavelength, meter) is kept as it is chosen; a level is recorded when it
is typed or saved anew, with what is chosen then. So a level taken at the terminal never becomes one
of the house because the technician has walked on.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client import capture
from field_client.capture import LightSetup, Wavelength
from field_client.pages import words
from field_client.pages.complaints import complaint
from field_client.pages.fields import saved
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.light_budget import Budget, budget_of
from field_client.pages.visit.options import Option
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock, dbm, signed_db
from field_client.replica.memory import store_draft, store_preference
from field_client.replica.views import JobView
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import Capture, LightReading, Place
from sync_protocol.optics import OPTIC_CLASSES, PathUnknown, judge
from sync_protocol.units import NotALightLevel, read_dbm

DRAFT, PLACE_DRAFT, WAVELENGTH_DRAFT = "light", "light_place", "light_wavelength"
METER: Final = "meter"
"""A preference of this tablet: a technician has one meter and many jobs."""
_WAVELENGTHS: Final[tuple[Wavelength, ...]] = (1310, 1490, 1550, 1577)
_EARLIER_MAX: Final = 6


class LightResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the last reading means, and the ones before it. ``visit/_light.html``."""

    reading: str
    place: str
    tone: str
    verdict: str
    causes: tuple[str, ...]
    deviation: str
    note: str
    """What was understood beyond what was typed; empty: nothing."""
    at: str
    earlier: tuple[str, ...]
    complaint: str
    """Why what was typed is no reading; it is kept as it was typed."""


class LightView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/light.html``."""

    url: str
    typed: str
    places: tuple[Option, ...]
    place_url: str
    wavelengths: tuple[Option, ...]
    wavelength_url: str
    meter: str
    meter_url: str
    budget: Budget
    result: LightResult


def light_view(view: JobView, kept: Mapping[str, str], say: Language) -> LightView:
    """Make the view; ``kept`` holds the drafts of the job and the preferences of the tablet."""
    url = f"/jobs/{view.card.id}"
    wavelength = kept.get(WAVELENGTH_DRAFT, _usual_wavelength(view))
    return LightView(
        url=f"{url}/light",
        typed=kept.get(DRAFT, ""),
        places=tuple(
            Option(value=place, text=say(text), is_chosen=kept.get(PLACE_DRAFT) == place)
            for place, text in words.PLACES.items()
        ),
        place_url=f"{url}/drafts/{PLACE_DRAFT}",
        wavelengths=tuple(
            Option(value=str(nm), text=f"{nm} nm", is_chosen=wavelength == str(nm))
            for nm in _WAVELENGTHS
        ),
        wavelength_url=f"{url}/drafts/{WAVELENGTH_DRAFT}",
        meter=kept.get(METER, ""),
        meter_url="/meter",
        budget=budget_of(view.document.plant, say),
        result=light_result(view, kept.get(DRAFT, ""), say),
    )


def _usual_wavelength(view: JobView) -> str:
    optics = OPTIC_CLASSES.get(view.document.plant.light_path.optic_class)
    return "" if optics is None else str(optics.wavelength_nm)


def light_result(view: JobView, typed: str, say: Language, wrong: str = "") -> LightResult:
    """Say what the last reading means, judged as it was when it was entered."""
    readings = [
        (item.capture, body)
        for item in view.captures
        if isinstance(body := item.capture.body, LightReading)
    ]
    earlier = reversed(readings[:-1][-_EARLIER_MAX:])
    result = LightResult(
        reading="", place="", tone="quiet", verdict="", causes=(), deviation="", note="", at="",
        earlier=tuple(_brief(view, *each, say) for each in earlier),
        complaint=wrong,
    )  # fmt: skip
    if not readings:
        return result
    last, body = readings[-1]
    return msgspec.structs.replace(
        result,
        reading=dbm(body.rx_power_cdbm, say),
        place=words.place_name(body.place, say),
        tone="quiet" if body.verdict is None else words.VERDICT_TONES[body.verdict],
        verdict=_verdict(view, body, say),
        causes=_causes(view, body, say),
        deviation=""
        if body.predicted_cdbm is None
        else signed_db(body.rx_power_cdbm - body.predicted_cdbm, say),
        note=say("A minus was added.") if _is_minus_added(typed, body) else "",
        at=clock(last.at.wall, view.card.zone, say),
    )


def _verdict(view: JobView, body: LightReading, say: Language) -> str:
    if body.verdict is not None:
        return say(words.VERDICTS[body.verdict])
    if not body.is_at_house:
        return say(
            "Saved. At the terminal it tells whether the light comes this far; the drop is not in "
            "it. The job needs a level at the house."
        )
    usual = _usual_wavelength(view)
    if body.wavelength_nm is not None and usual not in {"", str(body.wavelength_nm)}:
        return say(
            "Saved without a verdict: the meter was set to %(set)s nm, the light of this path has "
            "%(usual)s nm. Set it to that and measure again.",
            set=body.wavelength_nm,
            usual=usual,
        )
    return say("Saved without a verdict: the path is not known well enough.")


def _is_minus_added(typed: str, body: LightReading) -> bool:
    try:
        level = read_dbm(typed)
    except NotALightLevel:
        return False
    return level.sign_added and level.power_cdbm == body.rx_power_cdbm


def _brief(view: JobView, reading: Capture, body: LightReading, say: Language) -> str:
    verdict = "" if body.verdict is None else say(words.VERDICTS[body.verdict])
    place = words.place_name(body.place, say)
    at = clock(reading.at.wall, view.card.zone, say)
    return ", ".join(each for each in (dbm(body.rx_power_cdbm, say), place, verdict, at) if each)


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
    form, agent = await read_form(request), desk.agent
    typed, meter = form.get("reading", "")[:200], _meter(form)
    await agent.store.write(store_draft, job_id, DRAFT, typed, agent.now())
    wrong = ""
    try:
        await agent.enter(capture.record_light, job_id, typed, _setup(form, meter))
    except NotALightLevel as error:
        wrong = complaint(error, desk.say)
    view = await load_job(desk, job_id)
    result = light_result(view, typed, desk.say, wrong)
    return answer_part(desk, view, Step.LIGHT, "_light.html", result)


@post("/meter", status_code=200)
async def keep_meter(desk: NamedDependency[Desk], request: PageRequest) -> Response[str]:
    """Remember the meter for every job to come."""
    meter = _meter(await read_form(request))
    await desk.agent.store.write(store_preference, METER, meter)
    return desk.fragment("_saved.html", saved(desk))


def _meter(form: Mapping[str, str]) -> str:
    return form.get(METER, "").strip()[:200]


def _setup(form: Mapping[str, str], meter: str) -> LightSetup:
    """Read how it was measured; what is no such value is what nobody said."""
    wavelength: Wavelength | None = next(
        (nm for nm in _WAVELENGTHS if form.get(WAVELENGTH_DRAFT) == str(nm)), None
    )
    place = next((each for each in Place if form.get(PLACE_DRAFT) == each), None)
    return LightSetup(meter=meter or None, wavelength_nm=wavelength, place=place)
