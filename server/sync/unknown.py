"""Operations of a kind that this server does not know: a newer tablet's, kept for later."""

from typing import Any, Final

import msgspec

from sync_protocol.operations import CaptureBody, OperationBody, Origin


class _Tagged(msgspec.Struct, frozen=True, kw_only=True):
    type: str


class _Capture(msgspec.Struct, frozen=True, kw_only=True):
    body: _Tagged


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    capture: _Capture | None = None


class _Operation(msgspec.Struct, frozen=True, kw_only=True):
    body: _Body


class _Issued(msgspec.Struct, frozen=True, kw_only=True):
    origin: Origin | None = None


def _tags(kinds: Any) -> frozenset[str]:  # noqa: ANN401  a union of tagged types
    return frozenset(str(kind.__struct_config__.tag) for kind in kinds.__args__)


_KINDS: Final = _tags(OperationBody)
_CAPTURES: Final = _tags(CaptureBody)


def find_kind(raw: bytes) -> str | None:
    """Name the kind of an operation that cannot be read because it is not known; None: it is.

    >>> find_kind(b'{"dseq": 1, "body": {"type": "measure"}}')
    'measure'
    >>> find_kind(b'{"dseq": 1, "body": {"type": "move"}}') is None
    True
    """
    try:
        body = msgspec.json.decode(raw, type=_Operation).body
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if body.type not in _KINDS:
        return body.type
    if body.capture is not None and body.capture.body.type not in _CAPTURES:
        return f"{body.type} of {body.capture.body.type}"
    return None


def find_origin(raw: bytes) -> Origin | None:
    """Read where an operation was first issued, of which nothing else may be readable.

    >>> find_origin(b'{"dseq": 1, "body": {"type": "measure"}, "origin": 7}') is None
    True
    """
    try:
        return msgspec.json.decode(raw, type=_Issued).origin
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
