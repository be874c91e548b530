"""Which of the numbers on a label is the PON serial: what a text means, and why it is not taken.

A label carries a MAC address, part numbers and a serial of the maker beside the serial that counts,
and some of them look alike. What is taken silently must be one beyond doubt; everything else is
shown, and a person decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from field_client.scanning.fields import (
    Field,
    Name,
    clean,
    has_separators,
    is_iso_15434,
    split_fields,
)
from field_client.scanning.reading import Candidate, Kind, Refusal
from sync_protocol.quoting import quoted
from sync_protocol.serials import NotAnOntSerial, OntSerial, parse_serial

TYPED: Final = "typed"
"""Instead of a symbology: what came through a keyboard."""
_TEXT_MAX: Final = 4000
"""As long as the raw text of a capture may be."""
_RESEMBLES: Final = re.compile(r"[A-Z0-9]{4}[0-9A-F]{8}")
_HEX_FORM: Final = re.compile(r"[0-9A-F]{16}")
_TWELVE_HEX: Final = re.compile(r"[0-9A-F]{12}")
_LETTERS: Final = re.compile(r"[A-Z]{4}")
_PART_NUMBERS: Final = ("3FE", "3TG")
"""Nokia's begin so, and with their twelve hex digits look exactly like a MAC address."""
_IN_WORDS: Final[Mapping[Refusal, str]] = {
    Refusal.COULD_BE_A_MAC: "may be a MAC address; scan the code named S/N",
    Refusal.PART_NUMBER: "is a part number; scan the code named S/N",
    Refusal.PLACEHOLDER: "is a placeholder, not the serial of one ONT",
    Refusal.VENDOR_NOT_LETTERS: "begins with no vendor's four letters, as a PON serial does",
    Refusal.NAMED_OTHERWISE: "says itself that it is no serial; scan the code named S/N",
    Refusal.SEPARATORS_LOST: "came without its separators; let the scanner send control characters",
}
_NETWORK: Final = "WIFI:"


def interpret(text: str, symbology: str = TYPED) -> Candidate:
    """Say what the text of one code is: bare, or fields among which a PON serial may be.

    >>> interpret("MAC:10394EB5DA90;SN:HWTC1A2B3C4D").serial, interpret("3FE49715AEAA").refusal
    ('HWTC1A2B3C4D', <Refusal.PART_NUMBER: 'part_number'>)
    """
    cleaned = clean(text[:_TEXT_MAX])
    fields = () if cleaned.upper().startswith(_NETWORK) else split_fields(cleaned)
    serials = _serials(fields)
    return Candidate(
        text=text[:_TEXT_MAX],
        symbology=symbology,
        kind=Kind.PON_SERIAL if serials else _kind(fields),
        serials=serials,
        refusal=None if serials else _refusal(cleaned, fields),
    )


def serial_scanned(text: str) -> OntSerial:
    """Find the serial in the text of a code, as a scanner that works as a keyboard types it.

    Raises:
        NotAnOntSerial: there is none beyond doubt, or more than one.
    """
    candidate = interpret(text)
    if candidate.serial is not None:
        return candidate.serial
    if candidate.serials:
        raise NotAnOntSerial(f"{quoted(text)} holds {', '.join(candidate.serials)}; choose one")
    why = _IN_WORDS[candidate.refusal] if candidate.refusal else "holds no ONT serial"
    raise NotAnOntSerial(f"{quoted(text)} {why}")


def serial_typed(text: str) -> OntSerial:
    """Find the serial in what a person typed, who may vouch for it by ``SN:`` before it.

    Raises:
        NotAnOntSerial: there is none, or more than one.
    """
    candidate = interpret(text)
    return serial_scanned(text) if candidate.serials else parse_serial(text)


def serial_chosen(text: str, raw_text: str | None) -> OntSerial:
    """Find the serial that a person took from what a scan has shown.

    Raises:
        NotAnOntSerial: it is none, nor does the code in which it was found vouch for it.
    """
    found = interpret(raw_text).serials if raw_text else ()
    return next((serial for serial in found if serial == text), None) or serial_typed(text)


def _serials(fields: Sequence[Field]) -> tuple[OntSerial, ...]:
    """Find the serials; where some are named as those of the PON, no other counts."""
    named = _parsed(field.value for field in fields if field.name is Name.PON_SERIAL)
    return named or _parsed(
        field.value
        for field in fields
        if field.name in {Name.SERIAL, Name.NONE} and _is_beyond_doubt(field.value)
    )


def _parsed(values: Iterable[str]) -> tuple[OntSerial, ...]:
    found = (_parse(value) for value in values)
    return tuple(dict.fromkeys(serial for serial in found if serial is not None))


def _parse(value: str) -> OntSerial | None:
    try:
        return parse_serial(f"SN:{_compact(value)}")
    except NotAnOntSerial:
        return None


def _is_beyond_doubt(value: str) -> bool:
    """Tell whether no MAC address, part number or maker's serial looks like this."""
    compact = _compact(value)
    if _HEX_FORM.fullmatch(compact):
        compact = bytes.fromhex(compact[:8]).decode("latin-1").upper() + compact[8:]
    return bool(_LETTERS.match(compact)) and not _TWELVE_HEX.fullmatch(compact)


def _kind(fields: Sequence[Field]) -> Kind:
    if len(fields) != 1:
        return Kind.OTHER
    name, value = fields[0].name, _compact(fields[0].value)
    if name is Name.PART_NUMBER or value.startswith(_PART_NUMBERS):
        return Kind.PART_NUMBER
    return Kind.MAC if name in {Name.MAC, Name.NONE} and _is_mac(value) else Kind.OTHER


def _is_mac(compact: str) -> bool:
    """Tell whether it can be the address of one device: the bit of groups is not set."""
    return bool(_TWELVE_HEX.fullmatch(compact)) and int(compact[:2], 16) % 2 == 0


def _refusal(cleaned: str, fields: Sequence[Field]) -> Refusal | None:
    """Say why what resembles a serial is none; None where nothing does."""
    if is_iso_15434(cleaned) and not has_separators(cleaned):
        return Refusal.SEPARATORS_LOST
    for field in fields:
        compact = _compact(field.value)
        if _RESEMBLES.fullmatch(compact):
            return _why_not(field.name, compact)
    return None


def _why_not(name: Name, compact: str) -> Refusal:
    if compact[4:] in {"00000000", "FFFFFFFF"}:
        return Refusal.PLACEHOLDER
    if compact.startswith(_PART_NUMBERS):
        return Refusal.PART_NUMBER
    if name in {Name.MAC, Name.PART_NUMBER, Name.OTHER}:
        return Refusal.NAMED_OTHERWISE
    return Refusal.COULD_BE_A_MAC if _TWELVE_HEX.fullmatch(compact) else Refusal.VENDOR_NOT_LETTERS


def _compact(value: str) -> str:
    return re.sub(r"[\s:.-]", "", value).upper()
