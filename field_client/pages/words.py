"""What codes are called on the pages, in words that are translated where they are shown."""

from collections.abc import Mapping
from typing import Final

from field_client.pages.languages import N_, Language
from field_client.replica.captures import Receipt
from field_client.replica.created import Standing
from field_client.scanning.reading import Kind
from field_client.serial_checks import Doubt
from field_client.van import Mark
from sync_protocol.documents import JobKind
from sync_protocol.jobs import JobEvent, JobState
from sync_protocol.operations import Answer, OntMove, Place
from sync_protocol.optics import Cause, Verdict
from sync_protocol.visits import CHECKS

KINDS: Final[Mapping[str, str]] = {
    JobKind.INSTALL: N_("Install"),
    "repair": N_("Repair"),
    "swap": N_("ONT swap"),
    "disconnect": N_("Disconnect"),
    "move": N_("Move"),
}

STATES: Final[Mapping[JobState, str]] = {
    JobState.UNASSIGNED: N_("Not assigned"),
    JobState.ASSIGNED: N_("Planned"),
    JobState.ACCEPTED: N_("Accepted"),
    JobState.EN_ROUTE: N_("On the way"),
    JobState.ON_SITE: N_("On site"),
    JobState.WORKING: N_("Working"),
    JobState.PAUSED: N_("Paused"),
    JobState.COMPLETED: N_("Finished"),
    JobState.NOT_DONE: N_("Not done"),
    JobState.ABORTED: N_("Broken off"),
    JobState.CANCELLED: N_("Cancelled"),
}

TONES: Final[Mapping[JobState, str]] = {
    JobState.EN_ROUTE: "moving",
    JobState.ON_SITE: "moving",
    JobState.WORKING: "moving",
    JobState.PAUSED: "waiting",
    JobState.COMPLETED: "good",
    JobState.NOT_DONE: "attention",
    JobState.ABORTED: "attention",
    JobState.CANCELLED: "attention",
}
"""The style of a state; ``quiet`` where none is named. The words say the same."""

MOVES: Final[Mapping[JobEvent, str]] = {
    JobEvent.DEPART: N_("I am on my way"),
    JobEvent.ARRIVE: N_("I am there"),
    JobEvent.START: N_("Start work"),
    JobEvent.PAUSE: N_("Pause"),
    JobEvent.RESUME: N_("Go on"),
}

EVENTS: Final[Mapping[JobEvent, str]] = {
    **MOVES,
    JobEvent.ACCEPT: N_("Accept"),
    JobEvent.COMPLETE: N_("Finish"),
    JobEvent.GIVE_UP: N_("Cannot finish"),
    JobEvent.ABORT: N_("Break off"),
    JobEvent.ASSIGN: N_("Give to somebody"),
    JobEvent.CANCEL: N_("Cancel"),
}

RECEIPTS: Final[Mapping[Receipt, str]] = {
    Receipt.SAVED: N_("On this tablet"),
    Receipt.SENT: N_("Sent"),
    Receipt.LIVE: N_("Service live"),
}

RECEIPT_TONES: Final[Mapping[Receipt, str]] = {
    Receipt.SAVED: "waiting",
    Receipt.SENT: "moving",
    Receipt.LIVE: "good",
}

FIELDS: Final[Mapping[str, str]] = {
    "access_notes": N_("How to get in"),
    "contact_phone": N_("Telephone on site"),
    "technician_remark": N_("Remark for the office"),
}
"""The shared fields that a page offers, in their order."""

VERDICTS: Final[Mapping[Verdict, str]] = {
    Verdict.OK: N_("Light is good"),
    Verdict.MARGINAL: N_("Light is marginal"),
    Verdict.FAIL: N_("Light is not good enough"),
    Verdict.TOO_GOOD: N_("Light is too strong to be true"),
}

VERDICT_TONES: Final[Mapping[Verdict, str]] = {
    Verdict.OK: "good",
    Verdict.MARGINAL: "waiting",
    Verdict.FAIL: "attention",
    Verdict.TOO_GOOD: "attention",
}

CAUSES: Final[Mapping[Cause, str]] = {
    Cause.NO_LIGHT: N_("No light arrives: wrong port, or the fiber is broken or not plugged in."),
    Cause.BELOW_SENSITIVITY: N_("It is weaker than the ONT can work with."),
    Cause.OVERLOAD: N_("It is stronger than the ONT can bear: do not plug it in."),
    Cause.DIRTY_OR_BENT: N_("Clean the connectors and look for a tight bend, then measure again."),
    Cause.LOSSY_PATH: N_("So much is lost that this may not be the planned port."),
    Cause.SPLITTER_BYPASSED: N_("A splitter seems to be missing from the path: check the port."),
    Cause.NEAR_LIMIT: N_("It works, but close to the limit: clean the connectors."),
}

PHOTOS: Final[Mapping[str, str]] = {
    "terminal_before": N_("Terminal before"),
    "terminal_port": N_("Terminal port, label legible"),
    "drop_route": N_("Route of the drop"),
    "entry_point": N_("Entry point"),
    "splice": N_("Splice or connector"),
    "wall": N_("Wall outlet"),
    "ont": N_("ONT"),
    "ont_mounted": N_("ONT mounted, its lights visible"),
    "ont_label": N_("Label of the ONT"),
    "power_meter": N_("Display of the power meter"),
    "speed_test": N_("Speed test"),
    "cleaned_up": N_("The room, cleaned up"),
    "repaired": N_("What was repaired"),
    "drop_secured": N_("End of the drop, secured"),
}

DOUBTS: Final[Mapping[Doubt, str]] = {
    Doubt.NOT_THE_RESERVED_ONE: N_("The office has set aside another ONT for this job."),
    Doubt.USED_IN_ANOTHER_JOB: N_("This serial was saved for another job on this tablet."),
    Doubt.NOT_IN_VAN_STOCK: N_("By the office's list this ONT is not in your van."),
    Doubt.UNSUPPORTED_MODEL: N_("The network cannot activate this model."),
    Doubt.THE_ONE_THAT_RUNS: N_("This is the ONT that runs there now, and no new one."),
    Doubt.NOT_THE_ONE_THAT_RUNS: N_("By the office's data another ONT runs there."),
    Doubt.STILL_IN_VAN: N_("By the office's list this ONT is in your van already."),
}

CODE_KINDS: Final[Mapping[Kind, str]] = {
    Kind.PON_SERIAL: N_("ONT serial"),
    Kind.MAC: N_("MAC address"),
    Kind.PART_NUMBER: N_("part number"),
    Kind.OTHER: N_("another code"),
}

ANSWERS: Final[Mapping[Answer, str]] = {
    Answer.YES: N_("Yes"),
    Answer.NO: N_("No"),
    Answer.NOT_APPLICABLE: N_("Does not apply"),
}

CORRECTABLE: Final[Mapping[str, str]] = {
    "address": N_("Address"),
    "unit": N_("Unit or floor"),
    "position": N_("Position (latitude, longitude)"),
    "access_notes": N_("How to get in"),
    "hazards": N_("Hazards"),
    "splitter": N_("Splitter"),
    "terminal": N_("Terminal"),
    "terminal_port": N_("Port of the terminal"),
    "drop_length_m": N_("Length of the drop in metres"),
}

CUSTODY: Final[Mapping[OntMove, str]] = {
    OntMove.INSTALLED: N_("ONT installed"),
    OntMove.RECOVERED: N_("ONT taken back"),
    OntMove.DEFECTIVE: N_("ONT defective"),
    OntMove.NOT_FOUND: N_("ONT not found"),
}

PLACES: Final[Mapping[Place, str]] = {
    Place.TERMINAL: N_("At the terminal"),
    Place.WALL_OUTLET: N_("At the wall outlet"),
    Place.ONT: N_("At the ONT"),
}

MARKS: Final[Mapping[Mark, str]] = {
    Mark.SCANNED: N_("Scanned for a job"),
    Mark.INSTALLED: N_("Installed"),
    Mark.RECOVERED: N_("Taken back"),
    Mark.DEFECTIVE: N_("Defective"),
}

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.UNSEEN: N_("You began this job here. The office has not seen it yet."),
    Standing.TAKEN: N_("You began this job here. The office has taken it up."),
    Standing.ASKED: N_(
        "You began this job here. The office has to find out which premise is meant; work on, "
        "everything is kept."
    ),
    Standing.REFUSED: N_(
        "You began this job here. The office could not take it up: call it. Everything is kept."
    ),
}

STANDING_TONES: Final[Mapping[Standing, str]] = {
    Standing.UNSEEN: "waiting",
    Standing.TAKEN: "good",
    Standing.ASKED: "attention",
    Standing.REFUSED: "attention",
}

LEFT: Final[Mapping[str, str]] = {
    "reassigned": N_("The office has given this job to somebody else."),
    "cancelled": N_("The office has cancelled this job."),
    "finished": N_("This job is finished."),
}


def photo_name(subject: str, language: Language) -> str:
    """Say what a photo shows; a subject that only the office knows keeps its own name."""
    known = PHOTOS.get(subject)
    return subject.replace("_", " ").capitalize() if known is None else language(known)


def check_name(name: str, language: Language) -> str:
    """Say what a check is about."""
    known = CHECKS.get(name)
    return name.replace("_", " ").capitalize() if known is None else language(known.text)


def place_name(place: str | None, language: Language) -> str:
    """Say where a light level was taken; a place that this version does not know is shown as it is.

    >>> from field_client.pages.languages import get_language
    >>> place_name(None, get_language("en")), place_name("terminal", get_language("en"))
    ('At the house', 'At the terminal')
    """
    if place is None:
        return language(N_("At the house"))
    return language(PLACES[Place(place)]) if place in PLACES else place


def field_name(field: str, language: Language) -> str:
    """Say what a correction is about."""
    return language(CORRECTABLE.get(field, field))


def left_reason(reason: str, language: Language) -> str:
    """Say why a job has left this tablet."""
    return language(LEFT.get(reason, N_("This job is no longer yours.")))
