"""What to know before arriving: dangers, the way in, what runs there, who was there before."""

import msgspec

from field_client.pages import words
from field_client.pages.earlier_photos import Held, Thumb, thumbs_of
from field_client.pages.languages import Language
from field_client.pages.visit_words import code_text
from field_client.pages.wording import dbm, moment
from sync_protocol.documents import JobDocument, TicketCard, VisitCard


class VisitLine(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier visit to the premise."""

    head: str
    lines: tuple[str, ...]
    photos: tuple[Thumb, ...]


class BeforeArriving(msgspec.Struct, frozen=True, kw_only=True):
    """``_before_arriving.html``; what is empty is not known."""

    hazards: tuple[str, ...]
    access_notes: str
    expected_ont: str
    current_ont: str
    baseline: str
    visits: tuple[VisitLine, ...]
    tickets: tuple[str, ...]


def before_arriving(document: JobDocument, held: Held, say: Language) -> BeforeArriving:
    """Make the view."""
    zone, baseline = document.premise.zone, document.baseline_cdbm
    expected = (document.reserved_serial, document.expected_model)
    return BeforeArriving(
        hazards=document.premise.hazards,
        access_notes=document.premise.access_notes,
        expected_ont=", ".join(each for each in expected if each),
        current_ont=document.current_serial or "",
        baseline="" if baseline is None else dbm(baseline, say),
        visits=tuple(_visit(visit, document, held, say) for visit in document.visits),
        tickets=tuple(_ticket(ticket, zone, say) for ticket in document.tickets),
    )


def _visit(visit: VisitCard, document: JobDocument, held: Held, say: Language) -> VisitLine:
    light = "" if visit.rx_power_cdbm is None else dbm(visit.rx_power_cdbm, say)
    kind = say(words.KINDS.get(visit.kind, visit.kind))
    thumbs = thumbs_of(visit, document, held, say)
    found = (visit.remark, visit.serial or "", light, _others(len(visit.photos), len(thumbs), say))
    when = moment(visit.ended_at, document.premise.zone, say)
    return VisitLine(
        head=f"{when}: {kind}, {_ended(visit, say)}",
        lines=(visit.technician, *(each for each in found if each)),
        photos=thumbs,
    )


def _others(taken: int, shown: int, say: Language) -> str:
    """Say how many photos were taken that do not belong on this tablet."""
    if taken == shown:
        return ""
    return say.count(
        "%(num)s photo is not kept on this tablet",
        "%(num)s photos are not kept on this tablet",
        taken - shown,
    )


def _ended(visit: VisitCard, say: Language) -> str:
    return say(words.STATES[visit.state]) if visit.code is None else code_text(visit.code, say)


def _ticket(ticket: TicketCard, zone: str, say: Language) -> str:
    return f"{ticket.number}, {moment(ticket.opened_at, zone, say)}: {ticket.subject}"
