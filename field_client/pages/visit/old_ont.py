"""What became of the old ONT, as a part of the scan step; which ONT that is, says ``old_ont``."""

from collections.abc import Mapping
from typing import Final

import msgspec

from field_client.findings import OntEntry
from field_client.old_ont import TAKEN_DOWN, find_old_ont
from field_client.pages.complaints import complaint
from field_client.pages.languages import N_, Language
from field_client.pages.visit.options import Option
from field_client.pages.wording import clock
from field_client.replica.captures import CaptureView
from field_client.replica.views import JobView
from field_client.scanning.labels import serial_typed
from sync_protocol.operations import OntMove, OntMoved
from sync_protocol.serials import NotAnOntSerial, OntSerial
from sync_protocol.visits import KINDS

OLD_DRAFT: Final = "old_serial"
_MOVES: Final[Mapping[OntMove, str]] = {
    OntMove.RECOVERED: N_("Taken back"),
    OntMove.DEFECTIVE: N_("Taken back, defective"),
    OntMove.NOT_FOUND: N_("Not found"),
}


class OldOntView(msgspec.Struct, frozen=True, kw_only=True):
    """``visit/_old_ont.html``."""

    serial: str
    """Empty: nobody knows yet which one it is."""
    is_running: bool
    """It is the one that runs there by the office's data."""
    is_asked: bool
    url: str
    moves: tuple[Option, ...]
    is_told: bool
    reason: str
    at: str
    typed: str
    serial_url: str
    """Where another serial is entered; empty: the serial of the visit is this very one."""
    photo_url: str
    complaint: str


def old_ont_view(
    view: JobView, drafts: Mapping[str, str], say: Language, wrong: str = ""
) -> OldOntView | None:
    """Make the view; None: a visit of this kind takes no ONT down."""
    kind, url, typed = KINDS[view.card.kind], f"/jobs/{view.card.id}", drafts.get(OLD_DRAFT, "")
    if not kind.takes_down:
        return None
    entered, not_one = _read(typed, say)
    old = find_old_ont(view, entered)
    told, move = _told(old.told)
    return OldOntView(
        serial=old.serial or "",
        is_running=old.serial is not None and old.serial == view.document.current_serial,
        is_asked=old.is_asked,
        url=f"{url}/old-ont",
        moves=tuple(
            Option(value=each, text=say(_MOVES[each]), is_chosen=each is move)
            for each in TAKEN_DOWN
        ),
        is_told=told is not None,
        reason=told.reason if told else "",
        at="" if old.told is None else clock(old.told.capture.at.wall, view.card.zone, say),
        typed=typed,
        serial_url=f"{url}/old-serial" if kind.puts_up else "",
        photo_url=f"{url}/old-photo",
        complaint=wrong or not_one,
    )


def _read(typed: str, say: Language) -> tuple[OntSerial | None, str]:
    """Read a serial as typed; what is none is kept in its field and explained."""
    if not typed.strip():
        return None, ""
    try:
        return serial_typed(typed), ""
    except NotAnOntSerial as error:
        return None, complaint(error, say)


def _told(item: CaptureView | None) -> tuple[OntMoved | None, OntMove | None]:
    body = None if item is None else item.capture.body
    return (body, body.move) if isinstance(body, OntMoved) else (None, None)


def old_ont_entry(form: Mapping[str, str]) -> OntEntry | None:
    """Read what became of which ONT; None: only the reason was written so far."""
    move = next((each for each in TAKEN_DOWN if form.get("move") == each), None)
    if move is None:
        return None
    return OntEntry(
        serial=form.get("serial", "")[:400], move=move, reason=form.get("reason", "").strip()[:4000]
    )
