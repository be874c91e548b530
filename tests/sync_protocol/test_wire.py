import contextlib
import gzip
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol import wire
from sync_protocol.documents import IssueDocument, IssueKind
from sync_protocol.ids import Incarnation
from sync_protocol.jobs import JobEvent
from sync_protocol.messages import EnrolRequest, SyncRequest, SyncResponse, TokenRequest
from sync_protocol.operations import Operation, OperationHead
from tests.sync_protocol.factories import MOMENT, completed, field_set, given_up, moved, recorded

MESSAGES = [SyncRequest, SyncResponse, Operation, OperationHead, EnrolRequest, TokenRequest]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def operation(number: int = 1) -> Operation:
    bodies = [recorded(), moved(JobEvent.START), given_up(), field_set(), completed()]
    return Operation(dseq=number, tx="t", at=MOMENT, body=bodies[number % len(bodies)])


@pytest.mark.parametrize("number", range(1, 6))
def test_what_is_written_is_read_again(number: int) -> None:
    assert wire.decode(wire.encode(operation(number)), Operation) == operation(number)


@pytest.mark.parametrize("message_type", MESSAGES)
@given(raw=st.binary())
def test_bytes_of_any_kind_are_read_or_unreadable(
    message_type: type[msgspec.Struct], raw: bytes
) -> None:
    with contextlib.suppress(wire.Unreadable):
        wire.decode(raw, message_type)


@pytest.mark.parametrize("message_type", MESSAGES)
@given(value=JSON)
def test_json_of_any_kind_is_read_or_unreadable(
    message_type: type[msgspec.Struct], value: object
) -> None:
    with contextlib.suppress(wire.Unreadable):
        wire.decode(msgspec.json.encode(value), message_type)


@given(st.data())
def test_a_message_damaged_at_one_place_is_read_or_unreadable(data: st.DataObject) -> None:
    raw = bytearray(wire.encode(operation(data.draw(st.integers(1, 5)))))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(wire.Unreadable):
        wire.decode(bytes(raw), Operation)


GARBAGE = {
    "deep": b"[" * 5_000,
    "deep in an unknown field": b'{"dseq":1,"x":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "a lone surrogate": b'{"dseq":1,"tx":"\\ud800"}',
    "no UTF-8": b'{"dseq":1,"tx":"\xff"}',
    "an endless integer": b'{"dseq":1' + b"0" * 5_000 + b"}",
    "not a number": b'{"dseq":NaN}',
    "two values": b"{}{}",
}


@pytest.mark.parametrize("raw", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_unreadable_with_a_reason(raw: bytes) -> None:
    with pytest.raises(wire.Unreadable, match=r"\w"):
        wire.decode(raw, Operation)


@given(st.binary(max_size=3_000))
def test_what_is_packed_is_unpacked_and_packs_alike_each_time(body: bytes) -> None:
    assert wire.decompress(wire.compress(body)) == body
    assert wire.compress(body) == wire.compress(body)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_unpacked_or_unreadable(raw: bytes) -> None:
    with contextlib.suppress(wire.Unreadable):
        wire.decompress(raw)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_body_cut_short_anywhere_is_unreadable(body: bytes, data: st.DataObject) -> None:
    packed = wire.compress(body)
    end = data.draw(st.integers(0, len(packed) - 1))

    with pytest.raises(wire.Unreadable):
        wire.decompress(packed[:end])


def test_a_bomb_is_refused_as_too_large() -> None:
    with pytest.raises(wire.TooLarge, match="4000000"):
        wire.decompress(gzip.compress(bytes(100_000_000)))


@pytest.mark.parametrize(("size", "fits"), [(99, True), (100, True), (101, False)])
def test_the_limit_is_exact(size: int, *, fits: bool) -> None:
    packed = wire.compress(b"x" * size)
    if fits:
        assert len(wire.decompress(packed, bytes_max=100)) == size
        return
    with pytest.raises(wire.TooLarge):
        wire.decompress(packed, bytes_max=100)


def test_the_chain_is_as_the_protocol_page_says() -> None:
    """Worked out by hand with sha256sum; another client must come to the same."""
    first = wire.first_chain(Incarnation(UUID(int=1)))

    assert first == "5f45a194685b81e0046b95096f04fc8859e2ccc273e0df46cae57d5e4552f0c8"
    assert wire.next_chain(first, b"{}") == (
        "35f1e9d171e92b6722031d5805bb1f4a1c1b9bed1b52a9ac37f90d5a5e5e74d7"
    )


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=6), st.data())
def test_chains_part_at_the_first_operation_that_differs(
    said: list[bytes], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(said) - 1))
    other = [*said[:at], said[at] + b"!", *said[at + 1 :]]

    def chains(raw: list[bytes]) -> list[str]:
        values = [wire.first_chain(Incarnation(UUID(int=1)))]
        for each in raw:
            values.append(wire.next_chain(values[-1], each))
        return values

    ours, theirs = chains(said), chains(other)
    assert ours[: at + 1] == theirs[: at + 1]
    assert all(a != b for a, b in zip(ours[at + 1 :], theirs[at + 1 :], strict=True))


def test_issues_are_of_the_kinds_that_the_oldest_tablet_can_read() -> None:
    """A tablet could read no feed with another one; what is new is told by a code."""
    assert {kind.value for kind in IssueKind} == {"kept_as_conflict", "parked", "rejected"}


def test_an_issue_of_an_older_server_says_that_who_and_when_are_not_known() -> None:
    raw = (
        b'{"id":"0198a000-0000-7000-8000-0000000000a1","job_id":null,"kind":"kept_as_conflict",'
        b'"code":"a code to come","incarnation":"0198a000-0000-7000-8000-0000000000a2","dseq":1,'
        b'"raised_at":"2026-07-02T12:00:00Z","field":"access_notes","field_value":"bell"}'
    )

    issue = wire.decode(raw, IssueDocument)

    assert (issue.field_by, issue.field_at, issue.office_by, issue.office_at) == (None,) * 4
