import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import wire
from sync_protocol.messages import EnrolRequest, SyncRequest, TokenRequest
from sync_protocol.operations import Operation
from sync_protocol.quoting import FAULT_MAX, TEXT_MAX, name_fault, quoted

NAME = "Erika Muster"
NAMED: list[tuple[type[msgspec.Struct], object, str]] = [
    (SyncRequest, {"protocol": "one"}, "`$.protocol`: 'one'"),
    (SyncRequest, {"protocol": None}, "got `null`"),
    (SyncRequest, {"app_version": 7}, "`$.app_version`: 7"),
    (SyncRequest, {"incarnation": "nobody"}, "`$.incarnation`: 'nobody'"),
    (SyncRequest, {"chain_before": "zz"}, "`$.chain_before`: 'zz'"),
    (SyncRequest, {"chain_before": "z" * 5000}, "(5000 characters)"),
    (SyncRequest, {"operations": [1] * 501}, "`$.operations`, which has 501"),
    (Operation, {"dseq": 0}, "`$.dseq`: 0"),
    (Operation, {"dseq": 1.5}, "`$.dseq`: 1.5"),
    (Operation, {"at": {"wall": "today"}}, "`$.at.wall`: 'today'"),
    (Operation, {"tx": "x" * 300}, "which has 300"),
    (Operation, {"body": {"type": "fly"}}, "'fly'"),
    (Operation, {"body": {"type": "move", "event": "fly"}}, "'fly'"),
    (
        Operation,
        {"body": {"type": "complete", "manifest": {"captures": [{"capture_id": "first"}]}}},
        "captures[0].capture_id`: 'first'",
    ),
    (EnrolRequest, {"admin": 1}, "`admin`"),
    (EnrolRequest, [], "got `array`"),
]


def fault_of(message_type: type[msgspec.Struct], raw: bytes) -> str:
    with pytest.raises(wire.Unreadable) as refused:
        wire.decode(raw, message_type)
    return str(refused.value)


@pytest.mark.parametrize(("message_type", "value", "named"), NAMED)
def test_what_cannot_be_read_is_named_with_its_place(
    message_type: type[msgspec.Struct], value: object, named: str
) -> None:
    assert named in fault_of(message_type, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("message_type", "value"),
    [
        (EnrolRequest, {"code": "SECRET"}),
        (EnrolRequest, {"code": ["SECRET"]}),
        (TokenRequest, {"challenge": ["SECRET"]}),
        (TokenRequest, {"signature": "SECRET" * 40}),
        (EnrolRequest, {"device_name": f"{NAME} SECRET" * 20}),
        (Operation, {"body": {"type": "give_up", "remark": f"{NAME} SECRET" * 1000}}),
    ],
)
def test_neither_a_secret_nor_a_text_of_a_person_is_repeated(
    message_type: type[msgspec.Struct], value: object
) -> None:
    fault = fault_of(message_type, json.dumps(value).encode())

    assert "`$" in fault
    assert "SECRET" not in fault


def test_nothing_at_all_is_named_as_that() -> None:
    assert fault_of(EnrolRequest, b"") == "nothing was sent; a JSON object is expected"
    assert "9 bytes came" in fault_of(EnrolRequest, b'{"code":"')
    assert "not UTF-8" in fault_of(EnrolRequest, b'{"code":"\xff"}')


@pytest.mark.parametrize("field", ["x" * 100_000, "` - at `$.code", "\\"])
def test_a_fault_is_short_whatever_was_sent(field: str) -> None:
    raw = json.dumps({field: 1, "code": "SECRET-CODE"}).encode()

    fault = fault_of(EnrolRequest, raw)

    assert len(fault) <= FAULT_MAX
    assert "SECRET" not in fault


def test_a_large_body_is_not_read_again() -> None:
    raw = b'{"protocol":"one"' + b" " * 200_000 + b"}"

    assert fault_of(SyncRequest, raw).endswith("`$.protocol`")


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
        max_leaves=9,
    ),
    place=st.lists(st.sampled_from([".a", ".b", "[0]", "[1]"]), min_size=1).map("".join),
    expected=st.sampled_from(["Expected `int`", "Expected `str` of length <= 3"]),
)
def test_a_place_that_is_not_there_breaks_nothing(value: object, place: str, expected: str) -> None:
    fault = f"{expected} - at `${place}`"

    assert name_fault(fault, msgspec.json.encode(value)).startswith(fault)
    assert name_fault(fault, b"[" * 5_000) == fault


@given(st.text(max_size=500) | st.integers() | st.lists(st.integers(), max_size=500))
def test_a_quoted_value_is_one_short_line(value: object) -> None:
    text = quoted(value)

    assert len(text) <= 12 * TEXT_MAX
    assert text.isprintable()
