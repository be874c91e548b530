"""How a value that cannot be used is spoken of: its name, itself, and what would be right. Pure.

msgspec finds the faults; here its messages become sentences of ours, for bodies, queries, settings
and command lines alike.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import Final, cast

from msgspec import inspect

SHOWN_MAX: Final = 80
SECRET_NAMES: Final = frozenset({"password", "secret", "token", "csrf_token"})
"""Fields whose value no message may hold."""

_PLACED: Final = re.compile(r"^(?P<fault>.*) - at `\$(?P<path>.*)`$", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_TYPES: Final[Mapping[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
}
_AN_INSTANT: Final = "a time with its offset, like 2026-11-23T13:00:00+01:00"
_AN_ID: Final = "an id like 01970f3e-6a2b-7c41-9d3e-5b8f20c4a716"


def shown(value: object) -> str:
    """Write a value for a message, cut where it is long.

    >>> shown("gestern"), shown(5), shown("x" * 200)[-4:]
    ("'gestern'", '5', 'xxx…')
    """
    # Of an endless value only the beginning is written at all.
    written = repr(value[:SHOWN_MAX] if isinstance(value, str) else value)
    is_long = len(written) > SHOWN_MAX
    return f"{written[: SHOWN_MAX - 1]}…" if is_long else written


def explain(
    fault: str, value: object, wanted: object, *, hidden: Container[str] = SECRET_NAMES
) -> str:
    """Make a sentence of a message of msgspec about ``value``, which was to become ``wanted``.

    ``hidden`` names the fields of which not even a part may be shown.

    >>> from msgspec import Struct
    >>> class Lamp(Struct):
    ...     watts: int
    >>> explain("Expected `int`, got `str` - at `$.watts`", {"watts": "much"}, Lamp)
    "watts is 'much'; it must be a whole number"
    """
    found = _PLACED.match(fault)
    text, path = (found["fault"], found["path"]) if found else (fault, "")
    steps = [name or index for name, index in _STEP.findall(path)]
    info = _type_at(inspect.type_info(wanted), steps)
    name = path.removeprefix(".")
    if (told := _about_fields(text, name, info)) is not None:
        return told
    right = _right(text, info)
    if right is None:
        return f"{name}: {text}" if name else text
    if not name:
        return f"it must be {right}"
    if any(step in hidden for step in steps):
        return f"{name} must be {right}"
    try:
        return f"{name} is {shown(_value_at(value, steps))}; it must be {right}"
    except LookupError:  # below a key that msgspec does not name
        return f"{name} must be {right}"


def fields_of(wanted: object) -> tuple[str, ...]:
    """Name what a record takes, as it is written; nothing for what is no record."""
    info = inspect.type_info(wanted)
    return _names(info)


def _names(info: inspect.Type | None) -> tuple[str, ...]:
    if not isinstance(info, inspect.StructType):
        return ()
    return tuple(field.encode_name for field in info.fields)


def _about_fields(text: str, name: str, info: inspect.Type | None) -> str | None:
    """Word a field too many or too few, where the value itself is beside the point."""
    prefix = f"{name}." if name else ""
    if found := re.fullmatch(r"Object missing required field `(.*)`", text):
        return f"{prefix}{found[1]} is missing"
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", text, re.DOTALL):
        known = ", ".join(_names(info))
        return f"{prefix}{shown(found[1])[1:-1]} is not known here; known are {known}"
    return None


def _right(text: str, info: inspect.Type | None) -> str | None:
    """Say what would be right; None where only the message itself can."""
    for pattern, word in _RIGHT:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return word(found, info)
    return None


def _type_named(found: re.Match[str], info: inspect.Type | None) -> str:
    choices = _choices(info)
    if choices:
        return choices
    names = found[1].split(" | ")
    if "datetime" in names:
        return _AN_INSTANT
    if "uuid" in names:
        return _AN_ID
    return " or ".join(_TYPES.get(name, name) for name in names if name != "null")


def _bounded(found: re.Match[str], _info: inspect.Type | None) -> str:
    kind, is_length, sign, bound = found.groups()
    size = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}[sign]
    if is_length and (sign, bound) == (">=", "1"):
        return f"{_TYPES.get(kind, kind)} that is not empty"
    if is_length:
        return f"{_TYPES.get(kind, kind)} of {size} {bound} characters"
    return f"{_TYPES.get(kind, kind)} of {size} {bound}"


def _one_of(_found: re.Match[str], info: inspect.Type | None) -> str:
    return _choices(info) or "one of the values that are known here"


_Word = Callable[[re.Match[str], "inspect.Type | None"], str]
_RIGHT: Final[Sequence[tuple[str, _Word]]] = (
    (r"Invalid RFC3339 encoded datetime", lambda _found, _info: _AN_INSTANT),
    (r"Expected `datetime` with.*", lambda _found, _info: _AN_INSTANT),
    (r"Invalid UUID.*", lambda _found, _info: _AN_ID),
    (r"Invalid RFC3339 encoded date", lambda _found, _info: "a day like 2026-07-02"),
    (r"Invalid enum value.*", _one_of),
    (r"Expected `(\w+)` (of length )?(>=|<=|>|<) (\S+)", _bounded),
    (r"Expected `str` matching regex '(.*)'", lambda found, _info: f"text like {found[1]}"),
    (r"Expected `(.*)`, got `.*`", _type_named),
)


def _choices(info: inspect.Type | None) -> str:
    if isinstance(info, inspect.UnionType):
        members = cast("Iterable[inspect.Type]", info.types)
        return next((found for member in members if (found := _choices(member))), "")
    if isinstance(info, inspect.EnumType):
        return "one of " + ", ".join(str(member.value) for member in info.cls)
    if isinstance(info, inspect.LiteralType):
        return "one of " + ", ".join(map(str, info.values))
    return ""


def _type_at(info: inspect.Type | None, steps: Sequence[str]) -> inspect.Type | None:
    for step in steps:
        if isinstance(info, inspect.StructType):
            info = next((field.type for field in info.fields if field.encode_name == step), None)
        elif isinstance(info, inspect.DictType):
            info = info.value_type
        else:
            return None
    return info


def _value_at(value: object, steps: Sequence[str]) -> object:
    for step in steps:
        if isinstance(value, Mapping):
            value = cast("Mapping[str, object]", value)[step]
        elif isinstance(value, Sequence) and step.isdecimal():
            value = cast("Sequence[object]", value)[int(step)]
        else:
            raise LookupError(step)
    return value
