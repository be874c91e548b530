"""Complaints: what is wrong with a row, and what would be right, in words for who corrects it."""

from typing import Any, Final

import msgspec
from msgspec import inspect

WHOLE_ROW: Final = "(whole row)"
"""Stands for the column where no single one is at fault."""
NOTHING: Final = "(empty)"
"""Stands for the value of an empty cell, so that no line of a quarantine lacks one."""


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why a row was not taken. Rows count from 1, the header included."""

    row: int
    column: str
    value: str
    right: str


class FileRefused(ValueError):
    """The file as a whole cannot be read; nothing of it was imported. The text says why."""


def describe(wanted: Any) -> str:  # noqa: ANN401  any type that a row may have
    """Say in words what values a type takes.

    >>> from server.imports.rows import Latitude, Vlan
    >>> describe(Latitude), describe(Vlan)
    ('a number from -90 to 90', 'a whole number from 1 to 4094')
    """
    return _describe(inspect.type_info(wanted))


def _describe(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(type=inner):
            return _describe(inner)
        case inspect.UnionType(types=types):
            return _describe(types[0]) + ", or nothing"
        case inspect.IntType(ge=low, le=high):
            return f"a whole number from {low} to {high}"
        case inspect.FloatType(ge=low, le=high):
            return f"a number from {low} to {high}"
        case inspect.StrType():
            return _describe_text(info)
        case _:
            return "another value"


_PATTERNS = {
    "^[A-Z]{3}$": "a currency of three capital letters, like EUR",
    r"^[^@\s]+@[^@\s]+$": "a mail address like anna@example.com",
}


def _describe_text(info: inspect.StrType) -> str:
    if info.pattern is not None and info.pattern in _PATTERNS:
        return _PATTERNS[info.pattern]
    return f"text of {info.min_length or 0} to {info.max_length} characters"
