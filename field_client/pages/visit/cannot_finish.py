"""Leaving without finishing: the reasons that fit the visit, and what follows from each."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from field_client import capture
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import JobHead, job_head, load_job
from field_client.pages.visit_words import Reasons, reasons
from field_client.replica.memory import drop_drafts, get_drafts, store_draft
from sync_protocol.ids import JobId
from sync_protocol.visit_codes import NotAVisitCode

REASON_DRAFT, REMARK_DRAFT = "reason", "reason_remark"


class CannotFinishView(msgspec.Struct, frozen=True, kw_only=True):
    """``cannot_finish.html``."""

    head: JobHead
    url: str
    reasons: tuple[Reasons, ...]
    reason_url: str
    remark: str
    remark_url: str
    complaint: str


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
        reasons=reasons(view.card.kind, drafts.get(REASON_DRAFT, ""), desk.say),
        reason_url=f"{url}/drafts/{REASON_DRAFT}",
        remark=drafts.get(REMARK_DRAFT, ""),
        remark_url=f"{url}/drafts/{REMARK_DRAFT}",
        complaint=wrong,
    )
    title = desk.say("Cannot finish")
    return await desk.page(
        "cannot_finish.html", page, title=title, back=url, section="jobs", status=status
    )
