"""``python -m tests.sync_protocol.page --write``: the generated parts of docs/protocol.md.

Between ``<!-- made: NAME -->`` and ``<!-- end -->`` stands what is made here: a table of fields per
message, and the worked example.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from sync_protocol import briefing, documents, evidence, messages, operations, optics, wire
from tests.sync_protocol.vectors.example import request, response

PAGE: Final = Path(__file__).parents[2] / "docs" / "protocol.md"
_MADE: Final = re.compile(r"<!-- made: (\w+) -->\n.*?<!-- end -->", re.DOTALL)
_NAMES: Final[Mapping[type[inspect.Type], str]] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "time",
    inspect.FloatType: "number",
    inspect.IntType: "integer",
    inspect.NoneType: "null",
    inspect.RawType: "any JSON, kept as sent",
    inspect.StrType: "text",
    inspect.UUIDType: "UUID",
}
_PLAIN: Final = {"2**53": 2**53, "-2**53": -(2**53)}


def make_anew(text: str) -> str:
    """Replace every generated part of the page by what the code makes now."""
    return _MADE.sub(lambda found: _part(found[1]), text)


def made_parts(text: str) -> list[str]:
    """Name the generated parts of the page."""
    return [found[1] for found in _MADE.finditer(text)]


def _part(name: str) -> str:
    made = EXAMPLES[name]() if name in EXAMPLES else table(name)
    return f"<!-- made: {name} -->\n{made}<!-- end -->"


def table(name: str) -> str:
    """Write the fields of a message as a table."""
    struct = next(
        found
        for module in (messages, operations, documents, optics, briefing)
        if isinstance(found := getattr(module, name, None), type)
    )
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    tag = [f'| `type` | `"{info.tag}"` | |'] if info.tag else []
    rows = [
        f"| `{field.encode_name}` | {_type(field.type)} | {_default(field)} |"
        for field in info.fields
    ]
    return "\n".join(["| field | value | when absent |", "|---|---|---|", *tag, *rows]) + "\n"


def _type(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.Metadata):
        schema = cast("dict[str, Any]", kind.extra_json_schema or {})  # pyright: ignore[reportUnknownMemberType]  msgspec says dict
        said = schema.get("description")
        return f"{_type(kind.type)} ({said})" if said else _type(kind.type)
    return _composed(kind) or _NAMES[type(kind)] + _bounds(kind)


def _composed(kind: inspect.Type) -> str | None:
    match kind:
        case inspect.UnionType(types=types):
            said = " or ".join(map(_type, types))
        case inspect.VarTupleType(item_type=item, max_length=most):
            said = f"list of {_type(item)}" + (f", at most {most}" if most else "")
        case inspect.DictType(value_type=value):
            said = f"object of {_type(value)}"
        case inspect.StructType(cls=cls):
            said = f"`{cls.__name__}`"
        case inspect.EnumType(cls=cls):
            said = " / ".join(f"`{each.value}`" for each in cls)
        case _:
            said = None
    return said


def _bounds(kind: inspect.Type) -> str:
    least, most = getattr(kind, "ge", None), getattr(kind, "le", None)
    shortest, longest = getattr(kind, "min_length", None), getattr(kind, "max_length", None)
    pattern = getattr(kind, "pattern", None)
    parts = (
        f"{_number(least)} to {_number(most)}" if least is not None else None,
        f"{shortest} to {longest} characters" if shortest else None,
        f"at most {longest} characters" if longest and not shortest else None,
        f"like `{pattern}`" if pattern else None,
    )
    return "".join(f", {part}" for part in parts if part)


def _number(bound: Any) -> str:  # noqa: ANN401  whatever a bound is
    return next((text for text, value in _PLAIN.items() if value == bound), str(bound))


def _default(field: inspect.Field) -> str:
    if field.required:
        return "must be there"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return f"`{msgspec.json.encode(field.default).decode()}`"


def _fenced(*lines: bytes | str) -> str:
    text = "\n".join(line.decode() if isinstance(line, bytes) else line for line in lines)
    return f"```text\n{text}\n```\n"


def _example_operations() -> str:
    asked = request()
    chain, lines = asked.chain_before, [f"before 1: {asked.chain_before}"]
    for number, raw in enumerate(map(bytes, asked.operations), start=1):
        chain = wire.next_chain(chain, raw)
        lines += [raw.decode(), f"after {number}: {chain}"]
    return _fenced(*lines)


def _example_evidence() -> str:
    said = [msgspec.json.decode(raw, type=operations.Operation) for raw in request().operations]
    captures = [
        each.body.capture for each in said if isinstance(each.body, operations.RecordCapture)
    ]
    ends = next(each.body for each in said if isinstance(each.body, operations.CompleteJob))
    return _fenced(
        *(line for each in captures
          for line in (evidence.canonical_bytes(each), f"digest: {evidence.capture_digest(each)}")),
        evidence.canonical_bytes(ends.manifest),
        f"signature: {ends.signature}",
    )  # fmt: skip


def _example_exchange() -> str:
    return _fenced(
        "POST /sync/v1", wire.encode(request()), "", "200 application/json", wire.encode(response())
    )


EXAMPLES: Final[Mapping[str, Callable[[], str]]] = {
    "example_operations": _example_operations,
    "example_evidence": _example_evidence,
    "example_exchange": _example_exchange,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 1 where the page differs and was not to be written."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync_protocol.page")
    parser.add_argument("--write", action="store_true", help="write the page")
    args = parser.parse_args(argv)
    text = PAGE.read_text(encoding="utf-8")
    if make_anew(text) == text:
        return 0
    if args.write:
        PAGE.write_text(make_anew(text), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} {'written' if args.write else 'differs'}\n")
    return 0 if args.write else 1


if __name__ == "__main__":
    sys.exit(main())
