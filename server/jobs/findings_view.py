"""What was found beside the evidence that a job must show, as items of its page. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from server.console.wording import phrase
from server.jobs.views import EvidenceItem
from server.jobs.words import Tone
from server.proposals.records import Proposal, ProposalState
from sync_protocol import corrections
from sync_protocol.operations import (
    Answer,
    Capture,
    Check,
    Correction,
    Note,
    OntMove,
    OntMoved,
)

Noted = tuple[Capture, str]
"""A capture, and whom it came from and when."""

_ANSWERS: Final[Mapping[Answer, tuple[str, Tone]]] = {
    Answer.YES: ("yes", Tone.GOOD),
    Answer.NO: ("no", Tone.ATTENTION),
    Answer.NOT_APPLICABLE: ("not applicable", Tone.QUIET),
}
_RULINGS: Final[Mapping[ProposalState, tuple[str, Tone]]] = {
    ProposalState.OPEN: ("open", Tone.WAITING),
    ProposalState.ACCEPTED: ("accepted", Tone.GOOD),
    ProposalState.DECLINED: ("declined", Tone.QUIET),
}
_MOVES: Final[Mapping[OntMove, tuple[str, Tone]]] = {
    OntMove.INSTALLED: ("installed", Tone.GOOD),
    OntMove.RECOVERED: ("recovered into the van", Tone.QUIET),
    OntMove.DEFECTIVE: ("defective, in the van", Tone.ATTENTION),
    OntMove.NOT_FOUND: ("not found", Tone.ATTENTION),
}


def found_items(
    shown: Sequence[Noted], proposals: Mapping[UUID, Proposal]
) -> tuple[EvidenceItem, ...]:
    """Say what was checked (the last answer of each), noted, proposed and moved."""
    checks = {
        body.name: _check(body, note)
        for capture, note in shown
        if isinstance(body := capture.body, Check)
    }
    return (*checks.values(), *_others(shown, proposals))


def _others(shown: Sequence[Noted], proposals: Mapping[UUID, Proposal]) -> Iterable[EvidenceItem]:
    for capture, note in shown:
        match capture.body:
            case Note(text=text):
                yield _item("Note", text, note, Tone.QUIET)
            case Correction():
                yield _correction(capture.body, proposals.get(capture.id), note)
            case OntMoved(serial=serial, move=move):
                said, tone = _MOVES[move]
                yield _item("ONT", f"{serial} {said}", _with(note, capture.body.reason), tone)
            case _:
                pass


def _check(body: Check, note: str) -> EvidenceItem:
    said, tone = _ANSWERS[body.answer]
    value = f"{said}, {body.value}" if body.value else said
    return _item(f"Check: {phrase(body.name)}", value, _with(note, body.remark), tone)


def _correction(body: Correction, proposal: Proposal | None, note: str) -> EvidenceItem:
    field = corrections.FIELDS[body.subject].get(body.field, phrase(body.field))
    state = ProposalState.OPEN if proposal is None else proposal.state
    said, tone = _RULINGS[state]
    if proposal is not None and state is ProposalState.ACCEPTED and not proposal.is_applied:
        said = "accepted, to be changed where it is kept"
    before = f"{body.seen_value} → " if body.seen_value else ""
    return _item(
        f"Correction: {field}",
        f"{before}{body.proposed_value}",
        _with(note, body.reason, said),
        tone,
    )


def _with(note: str, *said: str) -> str:
    return ", ".join(part for part in (note, *said) if part)


def _item(name: str, value: str, note: str, tone: Tone) -> EvidenceItem:
    return EvidenceItem(name=name, value=value, note=note, is_there=True, tone=tone)
