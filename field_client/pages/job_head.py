"""What every page about a job shows first: which, where, how it stands."""

import msgspec

from field_client.pages import words
from field_client.pages.frame import Desk
from field_client.pages.languages import Language
from field_client.pages.wording import window
from field_client.replica.created import NOWHERE
from field_client.replica.views import JobView, get_job
from field_client.visit import is_open
from sync_protocol.documents import JobDocument
from sync_protocol.ids import JobId


class JobHead(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a page about a job. ``_job_head.html``."""

    url: str
    number: str
    kind: str
    state: str
    tone: str
    address: str
    customer: str
    window: str
    is_open: bool
    left: str
    """Why nothing can be added any more; empty where something can."""


async def load_job(desk: Desk, job_id: JobId) -> JobView:
    """Read a job for a page.

    Raises:
        JobUnknown: it is not on this tablet, or no longer.
    """
    return await desk.agent.store.read(get_job, job_id)


def navigate_url(document: JobDocument) -> str:
    """Give the address that opens a map there; empty where nobody knows where it is."""
    place = (document.premise.latitude, document.premise.longitude)
    return "" if place == NOWHERE else f"geo:{place[0]:.6f},{place[1]:.6f}"


def job_head(view: JobView, say: Language) -> JobHead:
    """Make the head."""
    card = view.card
    return JobHead(
        url=f"/jobs/{card.id}",
        number=card.number,
        kind=say(words.KINDS.get(card.kind, card.kind)),
        state=say(words.STATES[card.state]),
        tone=words.TONES.get(card.state, "quiet"),
        address=card.address,
        customer=card.customer_name,
        window=window(card.appointment, card.zone, say),
        is_open=is_open(view),
        left="" if view.left_reason is None else words.left_reason(view.left_reason, say),
    )
