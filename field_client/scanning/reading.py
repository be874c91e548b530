"""What reading a label gives: the port, and the records that pass through it. No picture here."""

import enum
from typing import Protocol

import msgspec

from sync_protocol.serials import OntSerial


class NotAnImage(ValueError):
    """The bytes are no image, or one too large to decode; type the serial instead."""


class Reading(msgspec.Struct, frozen=True):
    """One code that one engine found on one picture.

    ``is_corrected`` of a symbology with error correction: what such a code says is not misread.
    """

    text: str
    symbology: str
    is_corrected: bool = False


class Kind(enum.StrEnum):
    """What the text of a code is, as far as it says."""

    PON_SERIAL = "pon_serial"
    MAC = "mac"
    PART_NUMBER = "part_number"
    OTHER = "other"


class Refusal(enum.StrEnum):
    """Why a text that resembles a serial is not taken for one."""

    COULD_BE_A_MAC = "could_be_a_mac"
    """Twelve hex digits, and no field name vouches for them."""
    PART_NUMBER = "part_number"
    PLACEHOLDER = "placeholder"
    VENDOR_NOT_LETTERS = "vendor_not_letters"
    NAMED_OTHERWISE = "named_otherwise"
    """Its field name, or the kind of the whole text, says that it is something else."""
    SEPARATORS_LOST = "separators_lost"
    """An ISO 15434 message whose control characters a keyboard swallowed: set the scanner up."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a code and what it means; every one is shown to the technician.

    ``serials`` are the PON serials in it: several on the list of a carton. ``refusal`` says why
    none was taken although something resembles one.
    """

    text: str
    symbology: str
    kind: Kind
    serials: tuple[OntSerial, ...] = ()
    refusal: Refusal | None = None

    @property
    def serial(self) -> OntSerial | None:
        """The serial, where there is exactly one."""
        return self.serials[0] if len(self.serials) == 1 else None


class ScanResult(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, so that the technician can choose.

    ``sure`` is the serial that may be recorded without asking: the only one on the photo, and read
    alike by both readers, or three times by one, or from a code that corrects its errors.
    ``is_complete`` is false where the time was up before all had been tried.
    """

    candidates: tuple[Candidate, ...]
    sure: OntSerial | None = None
    is_complete: bool = True

    @property
    def serials(self) -> tuple[OntSerial, ...]:
        """The distinct serials, in the order found."""
        return tuple(dict.fromkeys(s for found in self.candidates for s in found.serials))


class Scanner(Protocol):
    """Reads the codes of photos and of the frames of a live camera."""

    def scan(self, image: bytes) -> ScanResult:
        """Try everything, in a bounded time; an empty result is an answer.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        ...

    def scan_frame(self, image: bytes) -> ScanResult:
        """Try what takes some tens of milliseconds: the next frame comes soon.

        Raises:
            NotAnImage: nothing that could be decoded.
        """
        ...
