"""What a technician tells beside what a completion needs: checks, notes, corrections, ONTs moved.

Each is one capture: a fact that is kept for ever and that a completion vouches for.
"""

import re
from typing import Final

import msgspec

from field_client.entries import record_capture, writable
from field_client.proposed_values import canonical
from field_client.replica.outbox import Pen
from field_client.storage import Connection
from sync_protocol.corrections import check_field
from sync_protocol.documents import LongText, ShortText
from sync_protocol.ids import CaptureId, JobId
from sync_protocol.operations import (
    Answer,
    CaptureBody,
    Check,
    Correction,
    Note,
    OntMove,
    OntMoved,
    Subject,
)
from sync_protocol.quoting import quoted
from sync_protocol.serials import OntSerial, parse_serial

_CHECK_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")


class NothingSaid(ValueError):
    """What must be said is empty; nothing was recorded."""


class SameAsShown(NothingSaid):
    """What is proposed is what the tablet shows already; nothing was recorded."""


class NotACheck(ValueError):
    """No name of a check, or no answer to one; nothing was recorded."""


class CheckEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a check found."""

    answer: Answer
    value: ShortText | None = None
    remark: LongText = ""


class CorrectionEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not as it should be, and how it is."""

    subject: Subject
    field: ShortText
    proposed_value: LongText
    seen_value: LongText = ""
    reason: LongText = ""


class OntEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ONT, by its serial as read or typed, and where it went."""

    serial: LongText
    move: OntMove
    model: ShortText | None = None
    reason: LongText = ""


class FindingReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded finding."""

    capture_id: CaptureId


class OntReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded move of an ONT, with its serial in its one form."""

    capture_id: CaptureId
    serial: OntSerial


def record_check(
    db: Connection, pen: Pen, job_id: JobId, name: str, entry: CheckEntry
) -> FindingReceipt:
    """Record what a check found; a later one of the same name stands in its place.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotACheck: names the text and what would be right.
    """
    if not _CHECK_NAME.fullmatch(name):
        raise NotACheck(f"{quoted(name)} is no name of a check; write a code like bend_radius")
    body = Check(
        name=name,
        answer=entry.answer,
        value=entry.value,
        remark=entry.remark,
    )
    return _record(db, pen, job_id, body)


def record_note(db: Connection, pen: Pen, job_id: JobId, text: str) -> FindingReceipt:
    """Record a note beside those that are there.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NothingSaid: the note is empty.
    """
    return _record(db, pen, job_id, Note(text=_said(text, "the note")))


def record_correction(
    db: Connection, pen: Pen, job_id: JobId, entry: CorrectionEntry
) -> FindingReceipt:
    """Propose to correct what the office has of the premise or the plant.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotCorrectable: names the field and those of the subject.
        NothingSaid: nothing is proposed, or what is shown already.
        NotAPosition, NotANumber: names the text and what would be right.
    """
    premise = writable(db, job_id).document.premise
    field, said = (
        check_field(entry.subject, entry.field),
        _said(entry.proposed_value, "the proposed value"),
    )
    proposed = canonical(field, said, (premise.latitude, premise.longitude))
    if proposed == entry.seen_value.strip():
        raise SameAsShown(f"{field} is {quoted(proposed)} already; write what it should be")
    body = Correction(
        subject=entry.subject,
        field=field,
        proposed_value=proposed,
        seen_value=entry.seen_value,
        reason=entry.reason,
    )
    return _record(db, pen, job_id, body)


def record_ont_moved(db: Connection, pen: Pen, job_id: JobId, entry: OntEntry) -> OntReceipt:
    """Record that an ONT left the van, or came back into it.

    Raises:
        JobUnknown, JobReadOnly: there is no such job to add to.
        NotAnOntSerial: names the text and what would be right.
    """
    serial = parse_serial(entry.serial)
    body = OntMoved(serial=serial, move=entry.move, model=entry.model, reason=entry.reason)
    return OntReceipt(capture_id=_record(db, pen, job_id, body).capture_id, serial=serial)


def _record(db: Connection, pen: Pen, job_id: JobId, body: CaptureBody) -> FindingReceipt:
    writable(db, job_id)
    return FindingReceipt(capture_id=record_capture(db, pen, job_id, body).capture.id)


def _said(text: str, what: str) -> str:
    said = text.strip()
    if not said:
        raise NothingSaid(f"{what} is empty; write something or leave it out")
    return said
