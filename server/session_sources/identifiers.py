"""Under which identifier a service is known to a session source. Pure."""

import re
import string
from typing import Final
from uuid import UUID

import msgspec

from sync_protocol.serials import OntSerial

_IDENTIFYING: Final = frozenset({"service_id", "serial", "serial_hex", "ont_id"})
_VENDOR_LETTERS: Final = 4
_WIDTH: Final = re.compile("0[1-9]")


class IdentifierUnusable(ValueError):
    """The template cannot be filled; the text names what is wrong, and what can be written."""


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """A service as it stands on its OLT."""

    service_id: UUID
    serial: OntSerial
    olt: str
    """The id under which the OLT was imported."""
    olt_name: str
    frame: int
    slot: int
    port: int
    ont_id: int


class IdentifierTemplate(msgspec.Struct, frozen=True):
    """A text with fields in braces.

    >>> whose = Whose(service_id=UUID(int=1), serial=OntSerial("HWTC1A2B3C4D"), olt="OLT-7",
    ...     olt_name="Altstadt", frame=0, slot=1, port=3, ont_id=12)
    >>> IdentifierTemplate("{olt}/{frame}/{slot:02}/{port}:{ont_id}").fill(whose)
    'OLT-7/0/01/3:12'
    >>> IdentifierTemplate("{serial} {serial_hex}").fill(whose)
    'HWTC1A2B3C4D 485754431A2B3C4D'

    Raises:
        IdentifierUnusable: at once, not when the first service is verified.
    """

    text: str

    def __post_init__(self) -> None:
        fields, widths = self._fields()
        unknown = next((name for name in fields if name not in _EXAMPLE), None)
        known = ", ".join(f"{{{name}}}" for name in _EXAMPLE)
        if unknown is not None:
            raise IdentifierUnusable(f"{self.text!r}: no field {{{unknown}}}; there are {known}")
        if not _IDENTIFYING & set(fields):
            raise IdentifierUnusable(
                f"{self.text!r} is the same for several services; write one of "
                + ", ".join(f"{{{name}}}" for name in _EXAMPLE if name in _IDENTIFYING)
            )
        for name, width in zip(fields, widths, strict=True):
            if width and not (isinstance(_EXAMPLE[name], int) and _WIDTH.fullmatch(width)):
                raise IdentifierUnusable(
                    f"{self.text!r}: {{{name}}} cannot be written as {width!r}; after a colon "
                    "stands the width of a number, like {slot:02}"
                )

    def fill(self, whose: Whose) -> str:
        """Say under which identifier a service is known."""
        return self.text.format(**_values(whose))

    @property
    def example(self) -> str:
        """What is looked for, for a service that does not exist."""
        return self.text.format(**_EXAMPLE)

    def _fields(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the names of the fields, and what stands after the colon of each."""
        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise IdentifierUnusable(
                f"{self.text!r}: {error}; write a field like {{serial}}, and a brace twice to mean "
                "a brace"
            ) from error
        # What follows a field's name (an attribute, a conversion) is part of no name that is known.
        fields = [
            (f"{name}!{conversion}" if conversion else name, width or "")
            for _, name, width, conversion in parts
            if name is not None
        ]
        return tuple(name for name, _ in fields), tuple(width for _, width in fields)


def _values(whose: Whose) -> dict[str, str | int]:
    serial = str(whose.serial)
    vendor, number = serial[:_VENDOR_LETTERS], serial[_VENDOR_LETTERS:]
    return {
        "service_id": str(whose.service_id),
        "serial": serial,
        "serial_hex": vendor.encode("ascii").hex().upper() + number,
        "olt": whose.olt,
        "olt_name": whose.olt_name,
        "frame": whose.frame,
        "slot": whose.slot,
        "port": whose.port,
        "ont_id": whose.ont_id,
    }


_EXAMPLE: Final = _values(
    Whose(
        service_id=UUID(int=0),
        serial=OntSerial("HWTC00000000"),
        olt="OLT-1",
        olt_name="OLT 1",
        frame=0,
        slot=0,
        port=0,
        ont_id=0,
    )
)
