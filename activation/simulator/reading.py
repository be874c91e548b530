"""Reading what a person wrote, as a file, over HTTP or at the shell: typed, or told what is wrong.

What is wrong is one line: the place, what is there, and what would be right.
"""

import argparse
import re
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import inspect

T = TypeVar("T")
_SHOWN_MAX: Final = 80
_STEP: Final = re.compile(r"\.(\w+)|\[(\d+)\]")


class ValueWrong(ValueError):
    """A value cannot be used; nothing was done. The text is one line that says which and why."""


def read_json(raw: bytes, wanted: type[T]) -> T:
    """Read JSON.

    Raises:
        ValueWrong: no JSON, or a value in it that is none of those that are possible.
    """
    try:
        return convert(msgspec.json.decode(raw), wanted)
    except RecursionError as error:
        raise ValueWrong(f"{_show(raw)} nests too deep; no value here has a fifth level") from error
    except UnicodeDecodeError as error:
        wrong = error.object[error.start : error.end]
        raise ValueWrong(f"{_show(raw)} is no JSON: {wrong!r} is not UTF-8") from error
    except msgspec.DecodeError as error:
        raise ValueWrong(f"{_show(raw)} is no JSON: {error}") from error


def convert(value: Any, wanted: type[T]) -> T:  # noqa: ANN401  any JSON, or options of a command
    """Give a value its type.

    Raises:
        ValueWrong: names the place in it.
    """
    try:
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise ValueWrong(f"{error}{_explain(str(error), value, wanted)}") from error


def whole_number(text: str) -> int:
    """Read a whole number at the shell; its bounds are the business of its type."""
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number, like 0") from error


def decimal_number(text: str) -> float:
    """Read a number at the shell; its bounds are the business of its type."""
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no number, like 0.05") from error


def _explain(message: str, value: Any, wanted: Any) -> str:  # noqa: ANN401  any JSON of any type
    """Add what stands at the place that msgspec names, and what would be right there."""
    place = re.search(r"at `\$([^`]*)`", message)
    info: inspect.Type | None = inspect.type_info(wanted)
    description = ""
    for key, position in _STEP.findall(place[1] if place else ""):
        value = _step(value, key or int(position))
        info, description = _inside(info, key)
    struct = _bare(info)
    if isinstance(struct, inspect.StructType) and "field" in message:
        description = "with the fields " + ", ".join(field.encode_name for field in struct.fields)
    return f", which holds {_show(value)}" + (f"; right is {description}" if description else "")


def _step(value: Any, step: str | int) -> Any:  # noqa: ANN401  any JSON
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _inside(info: inspect.Type | None, key: str) -> tuple[inspect.Type | None, str]:
    """Step into a type: a field by its name, else an element; with the description it carries."""
    outer = _bare(info)
    inner: inspect.Type | None = None
    if isinstance(outer, inspect.StructType):
        inner = next((field.type for field in outer.fields if field.encode_name == key), None)
    elif isinstance(outer, inspect.CollectionType):
        inner = outer.item_type
    return inner, _description(inner)


def _bare(info: inspect.Type | None) -> inspect.Type | None:
    if isinstance(info, inspect.Metadata):
        return _bare(info.type)
    if isinstance(info, inspect.UnionType):
        return _bare(info.types[0])
    return info


def _description(info: inspect.Type | None) -> str:
    if not isinstance(info, inspect.Metadata):
        return ""
    schema = cast("dict[str, Any] | None", info.extra_json_schema)  # pyright: ignore[reportUnknownMemberType]  a bare dict in the library
    return str((schema or {}).get("description", ""))


def _show(value: Any) -> str:  # noqa: ANN401  any JSON, or the bytes of what should be some
    if isinstance(value, bytes):
        text = repr(value[:_SHOWN_MAX].decode(errors="replace"))
    elif isinstance(value, str | float):  # a float may be none that JSON has
        text = repr(value)
    else:
        text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN_MAX + 2 else f"{text[:_SHOWN_MAX]}…"
