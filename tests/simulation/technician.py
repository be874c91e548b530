"""A technician of a world: looks at the tablet's jobs and does something, sensible or not."""

from collections.abc import Callable
from typing import Final

import msgspec

from field_client import capture, findings
from field_client.answers import AnswerEntry, NotAnAnswer, answer_issue
from field_client.capture import SerialEntry
from field_client.entries import JobReadOnly
from field_client.field_jobs import JobEntry, create_job
from field_client.findings import CheckEntry, CorrectionEntry, OntEntry
from field_client.replica.cards import JobCard, list_jobs
from field_client.replica.held import JobUnknown
from field_client.replica.issues import list_to_tell
from field_client.replica.outbox import record_operation
from field_client.replica.views import JobView, get_job
from sync_protocol.documents import JobDocument, JobKind
from sync_protocol.ids import IssueId, JobId
from sync_protocol.jobs import FINAL_STATES, JobEvent, MoveNotAllowed
from sync_protocol.merge import FIELD_EVENTS
from sync_protocol.operations import (
    Answer,
    AnswerIssue,
    IssueAnswer,
    MoveJob,
    OntMove,
    OperationBody,
    SetField,
    Subject,
)
from tests.simulation.tablet import Tablet

_EVENTS: Final = sorted(FIELD_EVENTS)
_FIELDS: Final = ("access_notes", "technician_remark")
_SERIALS: Final = ("HWTC5A111600", "HWTC5A10FBF1", "VSOL00A1B2C3")


def work(tablet: Tablet) -> str:
    """Do one thing on the tablet; say what.

    Raises:
        TabletDied: in the middle of it.
    """
    cards = [card for card in tablet.read(list_jobs) if _is_tempting(card, tablet)]
    if not cards:
        return "finds nothing to do"
    job_id = tablet.chance.pick(cards).id
    deed = tablet.chance.pick(_DEEDS)
    try:
        return deed(tablet, job_id)
    except (MoveNotAllowed, JobReadOnly, JobUnknown) as error:
        return f"cannot: {type(error).__name__}"


def finish(tablet: Tablet) -> str:
    """Capture what a job still lacks and complete it."""
    cards = [
        card
        for card in tablet.read(list_jobs)
        if card.state not in FINAL_STATES and not card.lingering
    ]
    if not cards:
        return "finds nothing to finish"
    return _finish(tablet, tablet.chance.pick(cards).id)


def write_note(tablet: Tablet, job_id: JobId) -> str:
    """Write a note at a job, where the tablet still lets one."""
    note = f"note {tablet.chance.between(0, 50)}"
    try:
        tablet.write(capture.set_field, tablet.pen(), job_id, field=_FIELDS[0], value=note)
    except (JobReadOnly, JobUnknown) as error:
        return f"cannot: {type(error).__name__}"
    return f"{_FIELDS[0]} = {note}"


def answer(tablet: Tablet) -> str:
    """Answer an issue, or one that was answered once more; rarely one as no page of ours would."""
    held = tablet.read(list_to_tell)
    if not held:
        return "finds nothing to answer"
    issue, said = tablet.chance.pick(held).document, tablet.chance.pick(_ISSUE_ANSWERS)
    if tablet.chance.happens(0.1):
        strange = tablet.chance.pick((issue.id, IssueId(tablet.chance.new_id())))
        body = AnswerIssue(issue_id=strange, answer=said, job_id=issue.job_id)
        tablet.write(record_operation, tablet.pen(), body)
        return f"overreaches with {body}"
    try:
        edit = tablet.write(answer_issue, tablet.pen(), issue.id, AnswerEntry(answer=said))
    except NotAnAnswer as error:
        return f"cannot: {type(error).__name__}"
    return f"answers {issue.id} {said}, which sets {None if edit is None else edit.value}"


def _is_tempting(card: JobCard, tablet: Tablet) -> bool:
    return card.state not in FINAL_STATES or tablet.chance.happens(0.1)


def _move(tablet: Tablet, job_id: JobId) -> str:
    event = tablet.chance.pick(_EVENTS)
    return f"moves to {tablet.write(capture.move_job, tablet.pen(), job_id, event)}"


def _serial(tablet: Tablet, job_id: JobId) -> str:
    entry = SerialEntry(text=tablet.chance.pick(_SERIALS), method="manual")
    recorded = tablet.write(capture.record_serial, tablet.pen(), job_id, entry)
    if isinstance(recorded, capture.Doubtful):
        reasoned = msgspec.structs.replace(entry, override_reason="so it stands on the label")
        recorded = tablet.write(capture.record_serial, tablet.pen(), job_id, reasoned)
    return f"serial {recorded.serial}"


def _light(tablet: Tablet, job_id: JobId) -> str:
    text = f"-{tablet.chance.between(12, 29)}.{tablet.chance.between(0, 9)}"
    receipt = tablet.write(capture.record_light, tablet.pen(), job_id, text)
    verdict = receipt.judgement.verdict if receipt.judgement else receipt.unjudged
    return f"light {receipt.rx_power_cdbm} {verdict}"


def _photo(tablet: Tablet, job_id: JobId, subject: str = "elsewhere") -> str:
    data = b"\xff\xd8\xff\xe0" + tablet.chance.octets(tablet.chance.between(20, 200))
    stored = tablet.blobs.put(data, "image/jpeg")
    tablet.write(capture.record_photo, tablet.pen(), job_id, subject=subject, stored=stored)
    return f"photo {stored.sha256[:8]} of {subject}"


def _signature(tablet: Tablet, job_id: JobId) -> str:
    # Some signatures are the same drawing, so that two jobs share one file.
    drawing = f"<svg>{tablet.chance.between(0, 3)}</svg>".encode()
    stored = tablet.blobs.put(drawing, "image/svg+xml")
    tablet.write(
        capture.record_signature,
        tablet.pen(),
        job_id,
        signer_name="A. Subscriber",
        statement="It works.",
        stored=stored,
    )
    return f"signature {stored.sha256[:8]}"


def _field(tablet: Tablet, job_id: JobId) -> str:
    field, value = tablet.chance.pick(_FIELDS), f"note {tablet.chance.between(0, 5)}"
    tablet.write(capture.set_field, tablet.pen(), job_id, field=field, value=value)
    return f"{field} = {value}"


def _give_up(tablet: Tablet, job_id: JobId) -> str:
    state = tablet.write(capture.give_up_job, tablet.pen(), job_id, code="N01", remark="rang twice")
    return f"gives up: {state}"


def _finish(tablet: Tablet, job_id: JobId) -> str:
    view: JobView = tablet.read(get_job, job_id)
    for missing in view.missing:
        _fill(tablet, view.document, missing)
    ended = tablet.write(capture.complete_job, tablet.pen(), job_id, code="D02", sign=tablet.sign)
    return f"completes: {ended}"


def _fill(tablet: Tablet, document: JobDocument, missing: str) -> str:
    kind, _, subject = missing.partition(":")
    if kind == "photo":
        return _photo(tablet, document.id, subject)
    return {"serial": _serial, "light": _light, "signature": _signature}[kind](tablet, document.id)


def _overreach(tablet: Tablet, job_id: JobId) -> str:
    """Send what no page of ours offers, as a tablet with a mistake in it would."""
    bodies: tuple[OperationBody, ...] = (
        SetField(job_id=job_id, field="priority", value="1", base_version=0, base_value=""),
        SetField(job_id=job_id, field="wish", value="1", base_version=0, base_value=""),
        MoveJob(job_id=job_id, event=JobEvent.CANCEL, base_state_version=1),
        MoveJob(job_id=JobId(tablet.chance.new_id()), event=JobEvent.START, base_state_version=1),
    )
    body = tablet.chance.pick(bodies)
    tablet.write(record_operation, tablet.pen(), body)
    return f"overreaches with {body}"


def _check(tablet: Tablet, job_id: JobId) -> str:
    entry = CheckEntry(answer=tablet.chance.pick(_ANSWERS))
    tablet.write(findings.record_check, tablet.pen(), job_id, "bend_radius", entry)
    return f"bend_radius {entry.answer}"


def _note(tablet: Tablet, job_id: JobId) -> str:
    note = f"note {tablet.chance.between(0, 50)}"
    tablet.write(findings.record_note, tablet.pen(), job_id, note)
    return note


def _correct(tablet: Tablet, job_id: JobId) -> str:
    entry = tablet.chance.pick(_CORRECTIONS)
    tablet.write(findings.record_correction, tablet.pen(), job_id, entry)
    return f"corrects {entry.field}"


def _move_ont(tablet: Tablet, job_id: JobId) -> str:
    entry = OntEntry(serial=tablet.chance.pick(_SERIALS), move=tablet.chance.pick(_MOVES))
    tablet.write(findings.record_ont_moved, tablet.pen(), job_id, entry)
    return f"{entry.serial} {entry.move}"


def _tell(tablet: Tablet, job_id: JobId) -> str:
    """Tell one of the things that are worth telling beside the required ones."""
    return tablet.chance.pick((_check, _note, _correct, _move_ont))(tablet, job_id)


def _begin_job(tablet: Tablet, job_id: JobId) -> str:
    """Begin a job beside this one, or at an address in words; go on with it later."""
    is_beside = tablet.chance.happens(0.7)
    entry = JobEntry(
        kind=JobKind.INSTALL,
        reason="a second outlet",
        premise_of=job_id if is_beside else None,
        address="" if is_beside else "Lindenweg 1",
    )
    begun = tablet.write(create_job, tablet.pen(), entry)
    return f"begins {begun.number} {f'beside {job_id}' if is_beside else 'at an address'}"


_ANSWERS: Final = tuple(Answer)
_ISSUE_ANSWERS: Final = tuple(IssueAnswer)
_MOVES: Final = tuple(OntMove)
_CORRECTIONS: Final = (
    CorrectionEntry(subject=Subject.PLANT, field="terminal_port", proposed_value="3"),
    CorrectionEntry(subject=Subject.PREMISE, field="hazards", proposed_value="loose roof"),
)
_DEEDS: Final[tuple[Callable[[Tablet, JobId], str], ...]] = (
    *(_move, _move, _move, _serial, _light, _photo, _signature, _field, _field),
    *(_finish, _finish, _give_up, _overreach, _tell, _begin_job),
)
