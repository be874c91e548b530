"""What went wrong, in the technician's language: what failed, whether it was saved, what helps."""

from collections.abc import Mapping
from typing import Final

from litestar.exceptions import HTTPException

from field_client.answers import ChangedMeanwhile, NotAnAnswer
from field_client.enrolling import (
    AlreadyEnrolled,
    EnrolmentRefused,
    NoServer,
    NotACode,
    OtherTechnician,
    ServerUnreachable,
)
from field_client.entries import JobReadOnly
from field_client.field_jobs import NoPlace, NoReason
from field_client.findings import NothingSaid, SameAsShown
from field_client.loop import FlightModeOn
from field_client.media import NotADrawing, NotAPhoto
from field_client.pages.forms import NotChosen
from field_client.pages.languages import N_, Language
from field_client.proposed_values import NotANumber, NotAPosition, PositionTurned
from field_client.replica.held import JobUnknown
from field_client.replica.issues import IssueUnknown
from field_client.replica.revocation import TabletRevoked
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.window import OfflineTooLong
from field_client.scanning import NotAnImage
from field_client.storage import StorageFull
from sync_protocol.jobs import MoveNotAllowed
from sync_protocol.serials import NotAnOntSerial
from sync_protocol.units import NotALightLevel
from sync_protocol.visit_codes import NotAVisitCode

_SENTENCES: Final[Mapping[type[Exception], str]] = {
    AlreadyEnrolled: N_("This tablet is set up already."),
    ChangedMeanwhile: N_(
        "Another value has come in since this was shown. Look again; nothing was changed."
    ),
    EnrolmentRefused: N_(
        "The office does not take this code. It may be used or too old: ask for a new one."
    ),
    FlightModeOn: N_("Sending is switched off. Switch it on first."),
    IssueUnknown: N_("The office has closed this meanwhile. Nothing was changed."),
    JobReadOnly: N_(
        "This job has left this tablet, nothing can be added. What you saved before is being sent."
    ),
    JobUnknown: N_("This job is no longer on this tablet."),
    MoveNotAllowed: N_("That is not possible now: the job has moved on."),
    NoPlace: N_("Nothing is saved yet: choose a job that it is beside, or write the address."),
    NoReason: N_("Nothing is saved yet: write what the job is for."),
    NoServer: N_("This tablet does not know its office yet: fill in its address."),
    NotACode: N_("That is no code of the office: it has 8 to 80 characters."),
    NotADrawing: N_("There is no signature to save yet."),
    NotALightLevel: N_("This is no light level. Type what the meter shows, like -19.4."),
    NotANumber: N_("This is no number. Type a whole number from 1 to 9999."),
    NotAPhoto: N_("This file is no photo. Take it again."),
    NotAPosition: N_(
        "This is no position. Type the latitude, then the longitude, in degrees with 3 decimals or "
        "more, like 52.52001, 13.40495."
    ),
    NotAVisitCode: N_("Choose one of the reasons."),
    NotChosen: N_("Nothing is saved yet: choose one of the list, then save."),
    NotAnAnswer: N_(
        "This cannot be answered so any more: the job has left this tablet. Nothing was changed."
    ),
    NotAnImage: N_("This picture cannot be read. Take it again, or type the serial."),
    NothingSaid: N_("Nothing is written there yet: write it, then save."),
    NotAnOntSerial: N_(
        "This is no ONT serial. It has 4 letters and 8 digits or letters A to F, "
        "like HWTC1A2B3C4D."
    ),
    KeystoreSilent: N_(
        "The key store of this device does not answer. Sign in to the device again."
    ),
    OfflineTooLong: N_(
        "This tablet has not met its office for too long. What you saved is kept and will be sent; "
        "go where there is a network before you begin another job."
    ),
    OtherTechnician: N_(
        "This code is somebody else's. The work on this tablet is kept for its technician."
    ),
    PositionTurned: N_(
        "Latitude and longitude seem to be the wrong way round. Type the latitude first."
    ),
    SameAsShown: N_("That is what the tablet shows already. Change it to what is right."),
    ServerUnreachable: N_("The office cannot be reached. Try again where there is a network."),
    TabletRevoked: N_(
        "The office has withdrawn this tablet. What you saved is being handed over; nothing can be "
        "added."
    ),
    StorageFull: N_("This tablet is full: nothing was saved. Free some space, then try again."),
}  # fmt: skip

KNOWN: Final = tuple(_SENTENCES)
"""What a page may meet and explain; anything else is a mistake of the program."""


def complaint(error: Exception, say: Language) -> str:
    """Explain an error to the technician."""
    if isinstance(error, HTTPException):
        return say("There is no such page here.")
    kind = next((kind for kind in type(error).__mro__ if kind in _SENTENCES), None)
    if kind is None:
        return say("A mistake of this program. What was marked as saved is safe.")
    return say(_SENTENCES[kind])
