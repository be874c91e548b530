"""What the console says about jobs: states, captures, and each line of what happened.

An action that is not in the table is written as it is called, so a new one shows before it has
been given words.
"""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from billing_bridge.money import format_money
from server.acts import ActorKind
from server.audit import AuditEntry
from server.console import wording
from server.console.wording import dbm, phrase
from sync_protocol import visit_codes
from sync_protocol.jobs import JobState
from sync_protocol.messages import VerdictKind


class Tone(enum.StrEnum):
    """How a word is to be read at a glance; never told by colour alone."""

    WAITING = "waiting"
    MOVING = "moving"
    GOOD = "good"
    ATTENTION = "attention"
    QUIET = "quiet"


STATE_TONES: Final[Mapping[JobState, Tone]] = {
    JobState.UNASSIGNED: Tone.WAITING,
    JobState.ASSIGNED: Tone.QUIET,
    JobState.ACCEPTED: Tone.QUIET,
    JobState.EN_ROUTE: Tone.MOVING,
    JobState.ON_SITE: Tone.MOVING,
    JobState.WORKING: Tone.MOVING,
    JobState.PAUSED: Tone.ATTENTION,
    JobState.COMPLETED: Tone.GOOD,
    JobState.NOT_DONE: Tone.ATTENTION,
    JobState.ABORTED: Tone.ATTENTION,
    JobState.CANCELLED: Tone.QUIET,
}


class Sentence(msgspec.Struct, frozen=True):
    """A line of the timeline without its time: what, a second line, and how to read it."""

    text: str
    note: str = ""
    tone: Tone = Tone.QUIET


_SIMPLE: Final[Mapping[str, Sentence]] = {
    "job.created": Sentence("Job created"),
    "job.cancelled": Sentence("Job cancelled", tone=Tone.ATTENTION),
    "order.placed": Sentence("Order placed"),
    "process.started": Sentence("Activation started", tone=Tone.MOVING),
    "process.finished": Sentence("Activation finished"),
    "process.retried": Sentence("Activation tried again", tone=Tone.MOVING),
    "service.live": Sentence("Service live", tone=Tone.GOOD),
    "invoice_line.posted": Sentence("Charge posted", tone=Tone.GOOD),
    "evidence.chosen": Sentence("ONT chosen for the service"),
    "ids.released": Sentence("Ids on the OLT given back"),
    "light.disagrees": Sentence(
        "The technician's light level fails, the ONT's own is sound", tone=Tone.ATTENTION
    ),
    "proposal.accepted": Sentence("Correction accepted", tone=Tone.GOOD),
    "proposal.declined": Sentence("Correction declined"),
    "ont.moved": Sentence("ONT changed hands"),
    "issue.answered": Sentence("Issue answered"),
    "issue.closed": Sentence("Issue closed"),
    "notification.sent": Sentence("Subscriber told", tone=Tone.GOOD),
}
_MOVED: Final[Mapping[str, str]] = {
    "accept": "Accepted",
    "depart": "On the way",
    "arrive": "Arrived on site",
    "start": "Work started",
    "pause": "Work paused",
    "resume": "Work resumed",
}
_CAPTURED: Final[Mapping[str, str]] = {
    "serial": "ONT serial scanned",
    "light": "Light level recorded",
    "photo": "Photo taken",
    "signature": "Subscriber signed",
    "check": "Check answered",
    "note": "Note written",
    "correction": "Correction proposed",
    "ont_moved": "ONT move recorded",
}
_STEP_DONE: Final[Mapping[str, str]] = {
    "verify_evidence": "Evidence verified",
    "release": "Registration taken back from another OLT",
    "register": "ONT registered on its OLT",
    "verify_online": "ONT online, light read back",
    "go_live": "Service live",
    "suspend": "Service switched off on the OLT",
    "resume": "Service switched on again on the OLT",
    "change": "Profiles and speed changed on the OLT",
    "swap": "New ONT put in the place of the old one",
    "reprovision": "OLT brought back to what the records say",
    "disconnect": "ONT removed from its OLT",
    "save": "Configuration of the OLT saved",
    "settle": "Order fulfilled",
    "undo": "What was made on the OLT taken back",
    "call_off": "Order called off",
}
_STEP_WAITS: Final[Mapping[str, str]] = {
    "verify_evidence": "Evidence is being checked",
    "release": "Waiting to take the registration back from another OLT",
    "register": "Waiting to register the ONT",
    "verify_online": "Waiting for the ONT to come up",
    "go_live": "Waiting to go live",
    "suspend": "Waiting to switch the service off",
    "resume": "Waiting to switch the service on again",
    "change": "Waiting to change profiles and speed",
    "swap": "Waiting to put the new ONT in the place of the old one",
    "reprovision": "Waiting to bring the OLT back to what the records say",
    "disconnect": "Waiting to remove the ONT from its OLT",
    "save": "Waiting to save the configuration of the OLT",
    "settle": "Waiting to fulfil the order",
    "undo": "Waiting to take back what was made on the OLT",
    "call_off": "Waiting to call the order off",
}
_VERDICTS: Final[Mapping[str, Sentence]] = {
    VerdictKind.MERGED: Sentence("merged with another change"),
    VerdictKind.KEPT_AS_CONFLICT: Sentence("both values kept", tone=Tone.ATTENTION),
    VerdictKind.PARKED: Sentence("kept for a person to decide", tone=Tone.ATTENTION),
    VerdictKind.REJECTED: Sentence("not accepted", tone=Tone.ATTENTION),
}


_LATER: Final = timedelta(minutes=1)
"""What arrives sooner after it was done was done now, for whoever reads the page."""
_CLOCKS: Final = {
    "unsure": "the tablet's clock was changed meanwhile, the time is a guess",
    "skewed": "the tablet's clock is wrong, the time was corrected",
}


def sentence(entry: AuditEntry, names: Mapping[UUID, str]) -> Sentence:
    """Say what happened, in the words of the people who read it."""
    if entry.action == "job.assigned":
        return _assigned(entry, names)
    if entry.action == "job.crew_set":
        return _crew(entry, names)
    if "verdict" in entry.detail:
        return _with_verdict(_from_field(entry), entry)
    if entry.action.startswith("process."):
        return _of_process(entry)
    said = _SIMPLE.get(entry.action) or Sentence(phrase(entry.action))
    return Sentence(said.text, note=_note(entry), tone=said.tone)


def step_done(step: str) -> str:
    """Say what a step of a process has done."""
    return _of(_STEP_DONE, step)


def step_waits(step: str) -> str:
    """Say what a process does, or waits to do, at a step."""
    return _of(_STEP_WAITS, step)


def when_done(entry: AuditEntry, zone: str) -> str:
    """Say when something was done that arrived later, and whether the tablet's clock was wrong."""
    text = entry.detail.get("worked_at")
    done_at = datetime.fromisoformat(text) if isinstance(text, str) else entry.at
    parts: list[str] = []
    if entry.at - done_at >= _LATER:
        is_same_day = wording.day(done_at, zone) == wording.day(entry.at, zone)
        day = "" if is_same_day else f"{wording.day(done_at, zone)} "
        parts.append(f"done {day}{wording.clock_seconds(done_at, zone)}, received now")
    said = _CLOCKS.get(str(entry.detail.get("clock")))
    return ", ".join([*parts, *([said] if said else [])])


def actor_name(entry: AuditEntry, names: Mapping[UUID, str]) -> str:
    """Name who did it; the system is called by the product's name."""
    if entry.actor_id is None:
        return "Firstlight" if entry.actor_kind is ActorKind.SYSTEM else entry.actor_kind.value
    return names.get(entry.actor_id, f"{entry.actor_kind.value} {str(entry.actor_id)[-6:]}")


def _assigned(entry: AuditEntry, names: Mapping[UUID, str]) -> Sentence:
    to = _name(_text(entry, "technician_id"), names)
    before = _text(entry, "from")
    note = f"before: {_name(before, names)}" if before else ""
    return Sentence(f"Assigned to {to}", note=note)


def _crew(entry: AuditEntry, names: Mapping[UUID, str]) -> Sentence:
    crew = ", ".join(_name(each, names) for each in entry.detail.get("technician_ids", ()))
    return Sentence(f"Crew: {crew}" if crew else "Crew: nobody else")


def _of_process(entry: AuditEntry) -> Sentence:
    step = _text(entry, "step")
    match entry.action:
        case "process.advanced":
            return _advanced(step, _text(entry, "to"))
        case "process.waiting":
            return Sentence(_of(_STEP_WAITS, step), note=_code(entry), tone=Tone.MOVING)
        case "process.stuck":
            return Sentence("Activation stuck", note=_code(entry), tone=Tone.ATTENTION)
        case action:
            return _SIMPLE.get(action) or Sentence(phrase(action))


def _advanced(step: str, to: str) -> Sentence:
    """Say what is done; a process that goes back has not done it, and says what it does again."""
    order = list(_STEP_DONE)
    if to in order and step in order and order.index(to) < order.index(step):
        return Sentence(_of(_STEP_WAITS, to), note="once more", tone=Tone.MOVING)
    return Sentence(_of(_STEP_DONE, step), tone=Tone.MOVING)


def _note(entry: AuditEntry) -> str:
    """Say with what: the ONT and its light, an amount, a reason."""
    match entry.action:
        case "service.live":
            return _seen(entry)
        case "invoice_line.posted":
            return _amount(entry)
        case "light.disagrees":
            return _both_levels(entry)
        case "ont.moved":
            return f"{_text(entry, 'serial')}, {_text(entry, 'move')}"
        case "evidence.chosen":
            decided_by = _text(entry, "decided_by")
            return f"{_text(entry, 'serial')}, decided by: {decided_by}" if decided_by else ""
        case _:
            return _text(entry, "reason") or phrase(_text(entry, "closing"))


def _from_field(entry: AuditEntry) -> Sentence:
    what = _text(entry, "what")
    meaning = visit_codes.find_meaning(what) or ""
    match entry.action:
        case "capture.received":
            return Sentence(_of(_CAPTURED, what))
        case "job.moved":
            return Sentence(_of(_MOVED, what), tone=Tone.MOVING)
        case "job.completed":
            return Sentence("Completed on site", note=phrase(meaning), tone=Tone.GOOD)
        case "job.given_up":
            return Sentence("Not done", note=phrase(meaning or what), tone=Tone.ATTENTION)
        case "job.field_set":
            return Sentence(f"{phrase(what)} changed")
        case action:
            said = _SIMPLE.get(action)
            return Sentence(said.text if said else phrase(action), note=phrase(what))


def _with_verdict(said: Sentence, entry: AuditEntry) -> Sentence:
    """Add what became of it, where it did not simply apply."""
    verdict = _VERDICTS.get(_text(entry, "verdict"))
    if verdict is None:
        return said
    note = ", ".join(part for part in (said.note, verdict.text, _code(entry)) if part)
    tone = verdict.tone if verdict.tone is Tone.ATTENTION else said.tone
    return Sentence(said.text, note=note, tone=tone)


def _seen(entry: AuditEntry) -> str:
    """Say which ONT was seen, and at what light."""
    power_cdbm = entry.detail.get("rx_power_cdbm")
    light = dbm(power_cdbm) if isinstance(power_cdbm, int) else ""
    return ", ".join(part for part in (_text(entry, "serial"), light) if part)


def _both_levels(entry: AuditEntry) -> str:
    measured, seen = (entry.detail.get(key) for key in ("measured_cdbm", "rx_power_cdbm"))
    if not (isinstance(measured, int) and isinstance(seen, int)):
        return ""
    return f"measured {dbm(measured)}, seen by the ONT {dbm(seen)}"


def _amount(entry: AuditEntry) -> str:
    amount_minor = entry.detail.get("amount_minor")
    currency = _text(entry, "currency")
    return format_money(amount_minor, currency) if isinstance(amount_minor, int) else ""


def _text(entry: AuditEntry, key: str) -> str:
    value = entry.detail.get(key)
    return value if isinstance(value, str) else ""


def _code(entry: AuditEntry) -> str:
    return phrase(_text(entry, "code").lower())


def _of(words: Mapping[str, str], code: str) -> str:
    return words.get(code) or phrase(code)


def _name(written: str, names: Mapping[UUID, str]) -> str:
    return names.get(UUID(written), "somebody unknown") if written else "nobody"
