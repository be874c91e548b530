from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.verification import POLL_AFTER_S
from server.demo.air import Exchange
from server.demo.rivals.killed import COMMITS_PER_LOOK, FIRST_COMMIT, LAST_COMMIT, draw
from server.demo.rivals.replayed import the_push, verdicts_of
from server.demo.watching import NotSeen
from sync_protocol import wire
from sync_protocol.ids import Incarnation
from sync_protocol.messages import SyncRequest
from sync_protocol.operations import Moment

INCARNATION = Incarnation(UUID(int=7))


def an_exchange(operations: int, path: str = "/sync/v1") -> Exchange:
    moment = Moment(
        wall=datetime(2026, 5, 4, tzinfo=UTC), monotonic_ms=1, boot_id="b", server_offset_ms=None
    )
    request = SyncRequest(
        protocol=1,
        app_version="0",
        incarnation=INCARNATION,
        chain_before=wire.first_chain(INCARNATION),
        clock=moment,
        operations=tuple(msgspec.Raw(b"{}") for _ in range(operations)),
    )
    return Exchange(
        method="POST",
        path=path,
        headers=(("content-encoding", "gzip"),),
        body=wire.compress(wire.encode(request)),
        status=200,
        answer_headers=(),
        answer=b"",
    )


@given(seed=st.integers(0, 10_000), come_up_s=st.sampled_from([0.5, 1, 5]))
def test_the_same_seed_kills_at_the_same_boundary(seed: int, come_up_s: float) -> None:
    point = draw(seed, come_up_s=come_up_s)

    assert point == draw(seed, come_up_s=come_up_s)
    assert FIRST_COMMIT <= point.number <= LAST_COMMIT + COMMITS_PER_LOOK


def test_every_boundary_and_both_sides_are_drawn_some_time() -> None:
    drawn = {(p.side, p.number) for p in (draw(seed, come_up_s=1) for seed in range(1000))}

    assert drawn == {
        (side, number)
        for side in ("before", "after")
        for number in range(FIRST_COMMIT, LAST_COMMIT + 1)
    }


@pytest.mark.parametrize("looks_in_vain", range(3))
def test_every_look_in_vain_leaves_more_commits_to_die_at(looks_in_vain: int) -> None:
    found_at_s = POLL_AFTER_S[looks_in_vain]

    latest = max(draw(seed, come_up_s=found_at_s - 1).number for seed in range(1000))

    assert latest == LAST_COMMIT + looks_in_vain * COMMITS_PER_LOOK


def test_the_push_is_the_request_that_carried_the_job() -> None:
    exchanges = [an_exchange(0), an_exchange(10), an_exchange(1), an_exchange(0, "/blobs")]

    assert the_push(exchanges) is exchanges[1]


def test_without_a_push_there_is_nothing_to_send_again() -> None:
    with pytest.raises(NotSeen, match="push"):
        the_push([an_exchange(0)])


def test_verdicts_are_compared_byte_for_byte() -> None:
    template = (
        b'{"protocol":1,"epoch":"00000000-0000-0000-0000-000000000001",'
        b'"server_time":"2026-05-04T12:00:00Z","acked_dseq":1,"chain":"%s",'
        b'"verdicts":[%s],"pull":{"cursor":null,"more":false,"entries":[]}}'
    )
    chain = b"0" * 64

    same = verdicts_of(template % (chain, b'{"dseq":1,"verdict":"applied"}'))
    spaced = verdicts_of(template % (chain, b'{"dseq":1, "verdict":"applied"}'))

    assert same == (b'{"dseq":1,"verdict":"applied"}',)
    assert same != spaced
