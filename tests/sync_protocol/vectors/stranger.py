"""FLS/1's bytes from the words of docs/protocol.md alone, with nothing of ours.

What is here stands there, under "Canonical bytes", "The chain" and "Tokens".
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, cast
from uuid import UUID

_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "photo": {"media_type": "image/jpeg"},
    "signature": {"media_type": "image/svg+xml"},
}
_WALL: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:([Zz])|([+-]\d\d:\d\d))"
)
_SHORT_ESCAPES: Final = {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}


def canonical(fact: Mapping[str, Any]) -> bytes:
    """Write a capture or a manifest as the page says."""
    return _written(_without_defaults(fact)).encode()


def signed(fact: Mapping[str, Any]) -> bytes:
    return b"firstlight/evidence/1\n" + canonical(fact)


def digest(fact: Mapping[str, Any]) -> str:
    return hashlib.sha256(signed(fact)).hexdigest()


def first_chain(incarnation: str) -> str:
    return hashlib.sha256(b"firstlight/chain/1" + UUID(incarnation).bytes).hexdigest()


def next_chain(chain: str, operation: bytes) -> str:
    return hashlib.sha256(bytes.fromhex(chain) + operation).hexdigest()


def challenge(device_id: str, text: str) -> bytes:
    return b"firstlight/token/1\n" + UUID(device_id).bytes + text.encode()


def _without_defaults(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, list):
        return [_without_defaults(each) for each in cast("list[Any]", value)]
    return _kept(cast("dict[str, Any]", value)) if isinstance(value, dict) else value


def _kept(value: Mapping[str, Any]) -> dict[str, Any]:
    defaults = _DEFAULTS.get(str(value.get("type")), {})
    kept = {
        key: _without_defaults(part)
        for key, part in value.items()
        if part is not None and defaults.get(key) != part
    }
    for key in {"latitude", "longitude"} & kept.keys():
        kept[key] = float(kept[key]) or 0.0
    if "wall" in kept:
        kept["wall"] = _wall(kept["wall"])
    return kept


def _wall(text: str) -> str:
    found = _WALL.fullmatch(text)
    assert found is not None, text
    date, time, fraction, _zulu, offset = found.groups()
    micros = (fraction or "").ljust(6, "0") if int(fraction or 0) else ""
    zone = "Z" if offset in {None, "+00:00", "-00:00"} else offset
    return f"{date}T{time}{'.' if micros else ''}{micros}{zone}"


def _written(value: Any) -> str:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return (
            "{" + ",".join(f"{_text(key)}:{_written(fields[key])}" for key in sorted(fields)) + "}"
        )
    if isinstance(value, list):
        return "[" + ",".join(map(_written, cast("list[Any]", value))) + "]"
    if isinstance(value, str):
        return _text(value)
    return _number(value) if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    code = ord(character)
    if code in _SHORT_ESCAPES:
        return "\\" + _SHORT_ESCAPES[code]
    return f"\\u{code:04x}" if code < 32 else character


def _number(value: float) -> str:
    """The fewest digits that read back as the same double; with an exponent below 1e-5."""
    sign, shortest = ("-" if value < 0 else ""), repr(abs(value))
    if abs(value) == 0 or abs(value) >= 1e-4:
        return sign + shortest
    mantissa, _, exponent = shortest.partition("e")
    digits, power = mantissa.replace(".", "").removesuffix("0") or "0", int(exponent)
    if power == -5:
        return f"{sign}0.0000{digits}"
    return f"{sign}{mantissa.removesuffix('.0')}e{power}"
