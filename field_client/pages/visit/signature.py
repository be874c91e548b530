"""The signature: who signs, what is signed, and the drawing; it can be made again."""

from collections.abc import Mapping

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.media import NotADrawing
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_form
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import moment
from field_client.replica.views import JobView
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import Signature

NAME_DRAFT = "signer_name"
_NAME_MAX, _DRAWING_MAX = 200, 1_000_000


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signature that is safe. ``visit/_signed.html``."""

    url: str
    name: str
    at: str
    statement: str
    complaint: str


class SignatureView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/signature.html``."""

    url: str
    name: str
    name_url: str
    statement: str
    signed: Signed


def statement_of(view: JobView, say: Language) -> str:
    """Write what the subscriber signs, in the language of the pages."""
    return say(
        "The work on %(address)s (%(number)s) was done and shown to me.",
        address=view.card.address,
        number=view.card.number,
    )


def signature_view(view: JobView, drafts: Mapping[str, str], say: Language) -> SignatureView:
    """Make the view."""
    return SignatureView(
        url=f"/jobs/{view.card.id}/signature",
        name=drafts.get(NAME_DRAFT, view.card.customer_name),
        name_url=f"/jobs/{view.card.id}/drafts/{NAME_DRAFT}",
        statement=statement_of(view, say),
        signed=signed(view, say),
    )


def signed(view: JobView, say: Language, wrong: str = "") -> Signed:
    """Show the last signature."""
    last = None if view.latest.signature is None else view.latest.signature.capture
    if last is None or not isinstance(last.body, Signature):
        return Signed(url="", name="", at="", statement="", complaint=wrong)
    return Signed(
        url=f"/jobs/{view.card.id}/files/{last.body.sha256}",
        name=last.body.signer_name,
        at=moment(last.at.wall, view.card.zone, say),
        statement=last.body.statement,
        complaint=wrong,
    )


@post("/jobs/{job_id:uuid}/signature", status_code=200)
async def sign(
    desk: NamedDependency[Desk], request: PageRequest, job_id: FromPath[JobId]
) -> Response[str]:
    """Keep a signature."""
    form, view = await read_form(request), await load_job(desk, job_id)
    name = form.get(NAME_DRAFT, "").strip()[:_NAME_MAX] or view.card.customer_name
    wrong = ""
    try:
        await desk.agent.add_signature(
            job_id,
            signer_name=name,
            statement=statement_of(view, desk.say),
            svg=form.get("svg", "")[:_DRAWING_MAX],
        )
    except NotADrawing as error:
        wrong = complaint(error, desk.say)
    view = await load_job(desk, job_id)
    return answer_part(desk, view, Step.SIGNATURE, "_signed.html", signed(view, desk.say, wrong))
