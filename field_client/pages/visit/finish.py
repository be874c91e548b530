"""The end of a visit: finish with what is done, or leave with a reason; and what became of it."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from field_client import capture
from field_client.pages import words
from field_client.pages.captures import CaptureLine, capture_lines
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import JobHead, job_head, load_job
from field_client.pages.languages import Language
from field_client.pages.visit.screens import answer_screen
from field_client.pages.visit.strip import step_url
from field_client.pages.visit_words import DONE_CODES, Reason, done_codes, reasons
from field_client.pages.wording import moment
from field_client.replica.captures import Receipt
from field_client.replica.memory import drop_drafts, get_drafts, store_draft
from field_client.replica.views import JobView
from field_client.visit import Step, is_open
from sync_protocol.ids import JobId
from sync_protocol.jobs import JobState
from sync_protocol.visit_codes import NotAVisitCode

CODE_DRAFT, REASON_DRAFT, REMARK_DRAFT = "done_code", "reason", "reason_remark"


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a completion still needs, and where to do it."""

    name: str
    url: str


class CodeChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a job is done."""

    code: str
    text: str
    is_chosen: bool


class FinishView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/finish.html``."""

    url: str
    code_url: str
    missing: tuple[Missing, ...]
    codes: tuple[CodeChoice, ...]
    captures: tuple[CaptureLine, ...]
    cannot_finish_url: str
    is_over: bool
    receipt_url: str


class CannotFinishView(msgspec.Struct, frozen=True, kw_only=True):
    """``cannot_finish.html``."""

    head: JobHead
    url: str
    reasons: tuple[Reason, ...]
    chosen: str
    reason_url: str
    remark: str
    remark_url: str
    complaint: str


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stage that the work goes through, and whether it is there."""

    name: str
    text: str
    is_done: bool


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """``receipt.html`` and, asked for again and again, ``_receipt.html``."""

    url: str
    headline: str
    tone: str
    explanation: str
    rows: tuple[ReceiptRow, ...]
    is_final: bool
    """Nothing more will happen that this tablet would be told."""


def finish_view(view: JobView, drafts: Mapping[str, str], say: Language) -> FinishView:
    """Make the view."""
    codes, url = done_codes(view.card.kind), f"/jobs/{view.card.id}"
    chosen = drafts.get(CODE_DRAFT, codes[0])
    return FinishView(
        url=f"{url}/finish",
        code_url=f"{url}/drafts/{CODE_DRAFT}",
        missing=tuple(_missing(view, name, say) for name in view.missing),
        codes=tuple(
            CodeChoice(code=code, text=say(DONE_CODES[code]), is_chosen=code == chosen)
            for code in codes
        ),
        captures=capture_lines(view, say),
        cannot_finish_url=f"{url}/cannot-finish",
        is_over=not is_open(view),
        receipt_url=f"{url}/receipt",
    )


def _missing(view: JobView, name: str, say: Language) -> Missing:
    kind, _, subject = name.partition(":")
    steps = {
        "serial": (Step.SCAN, say("ONT serial")),
        "light": (Step.LIGHT, say("Light level")),
        "signature": (Step.SIGNATURE, say("Signature")),
    }
    photo = (Step.PHOTOS, say("Photo: %(name)s", name=words.photo_name(subject, say)))
    step, text = steps.get(kind, photo)
    return Missing(name=text, url=step_url(view, step))


@post("/jobs/{job_id:uuid}/finish", status_code=303)
async def finish(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Redirect | Response[str]:
    """Finish the job, or show what is missing."""
    code = (await read_form(request)).get(CODE_DRAFT, "")
    ended = await desk.agent.complete(job_id, code)
    if isinstance(ended, capture.Completed):
        await desk.agent.store.write(drop_drafts, job_id)
        return Redirect(f"/jobs/{job_id}/receipt", status_code=303)
    view = await load_job(desk, job_id)
    drafts = await desk.agent.store.read(get_drafts, job_id)
    answer = await answer_screen(desk, view, Step.FINISH, finish_view(view, drafts, desk.say))
    answer.status_code = 409
    return answer


@get("/jobs/{job_id:uuid}/cannot-finish")
async def show_cannot_finish(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Ask why the job cannot be finished."""
    return await _cannot_finish(desk, job_id, "")


@post("/jobs/{job_id:uuid}/cannot-finish", status_code=303)
async def give_up(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Redirect | Response[str]:
    """Leave without finishing."""
    form, agent = await read_form(request), desk.agent
    code, remark = form.get(REASON_DRAFT, ""), form.get(REMARK_DRAFT, "")[:4000]
    await agent.store.write(store_draft, job_id, REMARK_DRAFT, remark, agent.now())
    try:
        await agent.enter(capture.give_up_job, job_id, code=code, remark=remark)
    except NotAVisitCode as error:
        return await _cannot_finish(desk, job_id, complaint(error, desk.say), status=422)
    await agent.store.write(drop_drafts, job_id)
    return Redirect(f"/jobs/{job_id}/receipt", status_code=303)


async def _cannot_finish(
    desk: Desk, job_id: JobId, wrong: str, *, status: int = 200
) -> Response[str]:
    view = await load_job(desk, job_id)
    drafts, url = await desk.agent.store.read(get_drafts, job_id), f"/jobs/{job_id}"
    page = CannotFinishView(
        head=job_head(view, desk.say),
        url=f"{url}/cannot-finish",
        reasons=reasons(desk.say),
        chosen=drafts.get(REASON_DRAFT, ""),
        reason_url=f"{url}/drafts/{REASON_DRAFT}",
        remark=drafts.get(REMARK_DRAFT, ""),
        remark_url=f"{url}/drafts/{REMARK_DRAFT}",
        complaint=wrong,
    )
    title = desk.say("Cannot finish")
    return await desk.page(
        "cannot_finish.html", page, title=title, back=url, section="jobs", status=status
    )


@get("/jobs/{job_id:uuid}/receipt")
async def show_receipt(desk: NamedDependency[Desk], job_id: FromPath[JobId]) -> Response[str]:
    """Show how far the work has got; asked for by the page itself, only that part."""
    view = receipt_view(await load_job(desk, job_id), desk.say)
    if desk.is_htmx:
        return desk.fragment("_receipt.html", view)
    return await desk.page(
        "receipt.html", view, title=desk.say("Receipt"), back="/", section="jobs"
    )


def receipt_view(view: JobView, say: Language) -> ReceiptView:
    """Say whether the service is live or pending, and why."""
    card, document = view.card, view.document
    is_sent = not (card.pending_operations or card.pending_blobs)
    live = card.receipt is Receipt.LIVE
    headline, tone, explanation = _headline(view, is_sent=is_sent, say=say)
    at = "" if document.live_at is None else moment(document.live_at, card.zone, say)
    pending = say("%(entries)s entries and %(photos)s photos are still on this tablet",
                  entries=card.pending_operations, photos=card.pending_blobs)  # fmt: skip
    rows = [
        ReceiptRow(name=say("On this tablet"), text=say("safe"), is_done=True),
        ReceiptRow(
            name=say("Sent"), text=say("the office has all of it") if is_sent else pending,
            is_done=is_sent,
        ),
    ]  # fmt: skip
    if card.state is JobState.COMPLETED:
        rows += [
            ReceiptRow(
                name=say("Verified"),
                text=say("the evidence is checked and the ONT is being activated")
                if document.service_state != "designed"
                else say("waits for the office"),
                is_done=document.service_state != "designed",
            ),
            ReceiptRow(name=say("Service live"), text=at or say("not yet"), is_done=live),
        ]
    return ReceiptView(
        url=f"/jobs/{card.id}/receipt",
        headline=headline,
        tone=tone,
        explanation=explanation,
        rows=tuple(rows),
        is_final=live or (is_sent and card.state is not JobState.COMPLETED),
    )


def _headline(view: JobView, *, is_sent: bool, say: Language) -> tuple[str, str, str]:
    if view.card.receipt is Receipt.LIVE:
        return say("Service is live"), "good", say("You can leave.")
    if view.card.state is JobState.COMPLETED and is_sent:
        waits = say("The network is bringing the ONT up. That takes up to a minute.")
        return say("Activation is running"), "moving", waits
    if view.card.state is JobState.COMPLETED:
        safe = say(
            "Everything is safe on this tablet. The service goes live by itself as soon as the "
            "office has it; you need not wait."
        )
        return say("Finished, not sent yet"), "waiting", safe
    if view.card.state is JobState.NOT_DONE:
        return say("Not done, with a reason"), "attention", say("The office plans what follows.")
    return say("Not finished yet"), "quiet", ""
