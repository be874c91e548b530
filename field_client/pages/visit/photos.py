"""Photos: what is needed, what is there, and taking one more. The file is safe before all else."""

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.media import NotAPhoto
from field_client.pages import words
from field_client.pages.complaints import complaint
from field_client.pages.forms import read_file
from field_client.pages.frame import Desk, PageRequest
from field_client.pages.job_head import load_job
from field_client.pages.languages import Language
from field_client.pages.pictures import picture
from field_client.pages.visit.screens import answer_part
from field_client.pages.wording import clock
from field_client.replica.held import JobUnknown
from field_client.replica.views import JobView
from field_client.visit import Step
from sync_protocol.ids import JobId
from sync_protocol.operations import Capture, Photo, Signature

OTHER = "other"


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that is safe on this tablet."""

    url: str
    at: str
    receipt: str
    receipt_tone: str


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that is needed, with what was taken for it, the newest first."""

    subject: str
    name: str
    url: str
    is_needed: bool
    taken: tuple[Taken, ...]


class PhotosView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/photos.html`` and ``visit/_photos.html``."""

    slots: tuple[Slot, ...]
    missing: int
    complaint: str


def photos_view(view: JobView, say: Language, wrong: str = "") -> PhotosView:
    """Make the view: first what is needed, then whatever else was taken."""
    needed = view.document.required_photos
    others = [
        subject for subject in view.latest.photos if subject not in needed and subject != OTHER
    ]
    slots = tuple(
        _slot(view, subject, is_needed=subject in needed, say=say)
        for subject in (*needed, *others, OTHER)
    )
    missing = sum(slot.is_needed and not slot.taken for slot in slots)
    return PhotosView(slots=slots, missing=missing, complaint=wrong)


def _slot(view: JobView, subject: str, *, is_needed: bool, say: Language) -> Slot:
    name = say("Another photo") if subject == OTHER else words.photo_name(subject, say)
    return Slot(
        subject=subject,
        name=name,
        url=f"/jobs/{view.card.id}/photos/{subject}",
        is_needed=is_needed,
        taken=tuple(
            Taken(
                url=f"/jobs/{view.card.id}/files/{item.capture.body.sha256}",
                at=clock(item.capture.at.wall, view.card.zone, say),
                receipt=say(words.RECEIPTS[item.receipt]),
                receipt_tone=words.RECEIPT_TONES[item.receipt],
            )
            for item in reversed(view.captures)
            if isinstance(item.capture.body, Photo) and item.capture.body.subject == subject
        ),
    )


@post("/jobs/{job_id:uuid}/photos/{subject:str}", status_code=200)
async def add_photo(
    desk: NamedDependency[Desk],
    request: PageRequest,
    job_id: FromPath[JobId],
    subject: FromPath[str],
) -> Response[str]:
    """Keep a photo; a file that is none is explained and nothing is changed."""
    data, wrong = await read_file(request, "photo"), ""
    try:
        await desk.agent.add_photo(job_id, subject[:200], data)
    except NotAPhoto as error:
        wrong = complaint(error, desk.say)
    view = await load_job(desk, job_id)
    shown = photos_view(view, desk.say, wrong)
    return answer_part(desk, view, Step.PHOTOS, "_photos.html", shown)


@get("/jobs/{job_id:uuid}/files/{sha256:str}")
async def show_file(
    desk: NamedDependency[Desk], job_id: FromPath[JobId], sha256: FromPath[str]
) -> Response[bytes]:
    """Show a photo or signature of this job.

    Raises:
        JobUnknown: there is no such file in this job.
    """
    view = await load_job(desk, job_id)
    found = next((item.capture for item in view.captures if _is_of(item.capture, sha256)), None)
    if found is None or not isinstance(found.body, Photo | Signature):
        raise JobUnknown(f"job {job_id} has no file {sha256[:64]!r}")
    return picture(await desk.agent.files.read(found.body.sha256), found.body.media_type)


def _is_of(capture: Capture, sha256: str) -> bool:
    return isinstance(capture.body, Photo | Signature) and capture.body.sha256 == sha256
