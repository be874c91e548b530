"""Photos of earlier visits: small beside the visit, large on a page of their own."""

from collections.abc import Mapping

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from field_client.pages import words
from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.pictures import picture
from field_client.pages.wording import moment
from field_client.replica.earlier_photos import EarlierPhoto, find_earlier_photos
from field_client.replica.held import JobUnknown
from field_client.replica.views import JobView, get_job
from field_client.storage import BlobUnreadable, Connection
from sync_protocol.documents import JobDocument, PhotoCard, VisitCard
from sync_protocol.ids import JobId
from sync_protocol.units import Sha256Hex

Held = Mapping[Sha256Hex, EarlierPhoto]
"""What belongs on this tablet of the photos that a job shows."""


class Thumb(msgspec.Struct, frozen=True, kw_only=True):
    """A photo in a row of small ones. Without ``picture``, ``absent`` says why."""

    name: str
    at: str
    url: str
    picture: str
    absent: str


class EarlierPhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """One photo as large as the screen. ``earlier_photo.html``."""

    job_url: str
    thumb: Thumb
    visit: str
    place: str
    before_url: str
    after_url: str


def held_of(db: Connection, document: JobDocument) -> Held:
    """Find out which photos of a job's earlier visits belong here, and which are here."""
    return find_earlier_photos(db, [photo.sha256 for _, photo in _photos(document)])


def thumbs_of(
    visit: VisitCard, document: JobDocument, held: Held, say: Language
) -> tuple[Thumb, ...]:
    """Show the photos of a visit that belong here."""
    return tuple(
        _thumb(photo, document, held[photo.sha256], say)
        for photo in visit.photos
        if photo.sha256 in held
    )


def _thumb(photo: PhotoCard, document: JobDocument, held: EarlierPhoto, say: Language) -> Thumb:
    url = f"/jobs/{document.id}/earlier-photos/{photo.sha256}"
    return Thumb(
        name=words.photo_name(photo.subject, say),
        at=moment(photo.taken_at, document.premise.zone, say),
        url=url,
        picture=f"{url}/picture" if held.is_here else "",
        absent=say("Too large for this tablet") if held.is_too_large else say("Not here yet"),
    )


@get("/jobs/{job_id:uuid}/earlier-photos/{sha256:str}")
async def show_earlier_photo(
    desk: NamedDependency[Desk], job_id: FromPath[JobId], sha256: FromPath[str]
) -> Response[str]:
    """Show a photo large, with ways to the ones before and after it.

    Raises:
        JobUnknown: the job shows no such photo.
    """
    view, held = await desk.agent.store.read(_find, job_id)
    page = earlier_photo_view(view, held, sha256, desk.say)
    return await desk.page(
        "earlier_photo.html", page, title=page.thumb.name, back=page.job_url, section="jobs"
    )


@get("/jobs/{job_id:uuid}/earlier-photos/{sha256:str}/picture")
async def send_earlier_photo(
    desk: NamedDependency[Desk], job_id: FromPath[JobId], sha256: FromPath[str]
) -> Response[bytes]:
    """Send the photo itself.

    Raises:
        JobUnknown: the job shows no such photo, or it is not here, or no longer.
    """
    _, held = await desk.agent.store.read(_find, job_id)
    found = held.get(sha256)
    missing = JobUnknown(f"job {job_id} has no photo {sha256[:64]!r} of an earlier visit here")
    if found is None or found.media_type is None:
        raise missing
    try:
        return picture(await desk.agent.files.read_earlier(found.sha256), found.media_type)
    except BlobUnreadable:
        raise missing from None


def earlier_photo_view(view: JobView, held: Held, sha256: str, say: Language) -> EarlierPhotoView:
    """Make the view.

    Raises:
        JobUnknown: the job shows no such photo.
    """
    document = view.document
    shown = [(visit, photo) for visit, photo in _photos(document) if photo.sha256 in held]
    place = next((at for at, (_, photo) in enumerate(shown) if photo.sha256 == sha256), None)
    if place is None:
        raise JobUnknown(f"job {document.id} has no photo {sha256[:64]!r} of an earlier visit")
    visit, photo = shown[place]
    thumbs = [_thumb(each, document, held[each.sha256], say) for _, each in shown]
    kind = say(words.KINDS.get(visit.kind, visit.kind))
    return EarlierPhotoView(
        job_url=f"/jobs/{document.id}",
        thumb=_thumb(photo, document, held[photo.sha256], say),
        visit=f"{kind} {visit.job_number}, {visit.technician}",
        place=say("%(place)s of %(count)s", place=place + 1, count=len(shown)),
        before_url=thumbs[place - 1].url if place else "",
        after_url=thumbs[place + 1].url if place + 1 < len(shown) else "",
    )


def _find(db: Connection, job_id: JobId) -> tuple[JobView, Held]:
    view = get_job(db, job_id)
    return view, held_of(db, view.document)


def _photos(document: JobDocument) -> list[tuple[VisitCard, PhotoCard]]:
    """List what a job shows, each photo once, the newest visit first."""
    shown = [(visit, photo) for visit in document.visits for photo in visit.photos]
    first = {photo.sha256: (visit, photo) for visit, photo in reversed(shown)}
    return [pair for pair in shown if first[pair[1].sha256] == pair]
