"""Naming in a refusal what was sent: cut to a length that people read, never a secret."""

import re
from collections.abc import Sized
from typing import Final, cast

import msgspec

TEXT_MAX: Final = 60
FAULT_MAX: Final = 400
"""What a fault may say in all; a decoder quotes the whole of what it refuses."""
_READ_AGAIN_MAX: Final = 100_000
"""A larger body is not decoded twice only to tell what was wrong with it."""
_SECRET: Final = frozenset({"challenge", "code", "signature", "token"})
_NAMES_IT: Final = ("Invalid enum value", "Invalid value")
_PLACE: Final = re.compile(r" - at `\$((?:\.\w+|\[\d+\])+)`$")
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


def quoted(value: object) -> str:
    """Write a value as it may stand in a message.

    >>> quoted("fly"), quoted(7), quoted("x" * 100)[-22:]
    ("'fly'", '7', "xxx'… (100 characters)")
    """
    if isinstance(value, str) and len(value) > TEXT_MAX:
        return f"{value[:TEXT_MAX]!r}… ({len(value)} characters)"
    text = repr(value)
    return text if len(text) <= 2 * TEXT_MAX else f"{text[: 2 * TEXT_MAX]}…"


def name_fault(fault: str, raw: bytes) -> str:
    """Add to what a decoder says the value at the place of which it says it.

    Not of a secret; and of a text that is too long or too short only its length, for such a text
    may be anybody's name.
    """
    place = _PLACE.search(fault)
    said = fault if len(fault) <= FAULT_MAX else f"{fault[: FAULT_MAX // 2]}…{fault[-100:]}"
    if place is None or len(raw) > _READ_AGAIN_MAX or fault.startswith(_NAMES_IT):
        return said
    steps = [name or int(index) for name, index in _STEP.findall(place[1])]
    if steps[-1] in _SECRET:
        return said
    value = _value_at(raw, steps)
    if "of length" in fault:
        return f"{said}, which has {len(value)}" if isinstance(value, Sized) else said
    is_plain = isinstance(value, str | int | float | bool)
    return f"{said}: {quoted(value)}" if is_plain else said


def _value_at(raw: bytes, steps: list[str | int]) -> object:
    """Find a value in JSON; None where there is none."""
    try:
        found: object = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for step in steps:
        match found, step:
            case dict(), str():
                found = cast("dict[str, object]", found).get(step)
            case list(), int():
                items = cast("list[object]", found)
                found = items[step] if step < len(items) else None
            case _:
                return None
    return found
