from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field_client.replica.outbox import (
    PendingOperation,
    fit_push,
    next_push,
    record_operation,
    record_operations,
)
from field_client.replica.state import get_state, measure_offset
from field_client.replica.views import list_operations
from field_client.storage import CommitPoint, open_replica, write_unit
from field_client.storage.replica_file import Unencrypted
from sync_protocol import wire
from sync_protocol.ids import Incarnation, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.operations import MoveJob, Operation
from tests.field_client.factories import NOON, Ids, a_moment, a_pen, an_enrolled_replica

MOVE = MoveJob(job_id=JobId(UUID(int=100)), event=JobEvent.ACCEPT, base_state_version=1)


def test_operations_are_numbered_without_gaps_and_chained(tmp_path: Path) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db")

    record_operation(db, a_pen(), MOVE)
    record_operations(db, a_pen(), [MOVE, MOVE])

    request = next_push(db, a_moment(), "1")
    sent = [wire.decode(bytes(raw), Operation) for raw in request.operations]
    assert [operation.dseq for operation in sent] == [1, 2, 3]
    assert sent[0].tx != sent[1].tx == sent[2].tx
    assert request.chain_before == wire.first_chain(Incarnation(UUID(int=1)))
    chain = request.chain_before
    for raw in request.operations:
        chain = wire.next_chain(chain, bytes(raw))
    assert get_state(db).head_chain == chain
    db.close()


def test_without_an_answer_the_same_bytes_are_sent_again(tmp_path: Path) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db")
    record_operations(db, a_pen(), [MOVE, MOVE])

    first = wire.encode(next_push(db, a_moment(), "1"))
    db.close()
    reopened = open_replica(tmp_path / "replica.db", Unencrypted())

    assert wire.encode(next_push(reopened, a_moment(), "1")) == first
    reopened.close()


@pytest.mark.parametrize("point", list(CommitPoint))
def test_a_crash_leaves_all_operations_of_a_transaction_or_none(
    tmp_path: Path, point: CommitPoint
) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db")
    pen = a_pen()

    def crash(reached: CommitPoint) -> None:
        if reached is point:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_unit(db, lambda inside: record_operations(inside, pen, [MOVE] * 3), crash)
    db.close()
    db = open_replica(tmp_path / "replica.db", Unencrypted())
    record_operation(db, a_pen(), MOVE)

    kept = 3 if point is CommitPoint.COMMITTED else 0
    numbers = [row.dseq for row in list_operations(db, after=0, count_max=10)]
    assert numbers == list(range(1, kept + 2))
    assert get_state(db).head_dseq == kept + 1
    db.close()


def test_an_entry_carries_the_server_offset_as_last_measured(tmp_path: Path) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db")
    measure_offset(db, NOON + timedelta(minutes=5), a_moment(NOON))

    operation = record_operation(db, a_pen(Ids()), MOVE)

    assert operation.at.server_offset_ms == 300_000
    db.close()


def test_a_page_of_operations_begins_after_a_number(tmp_path: Path) -> None:
    db = an_enrolled_replica(tmp_path / "replica.db")
    record_operations(db, a_pen(), [MOVE] * 5)

    page = list_operations(db, after=2, count_max=2)

    assert [(row.dseq, row.kind, row.verdict) for row in page] == [
        (3, "move", None),
        (4, "move", None),
    ]
    db.close()


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 60)), max_size=12),
    st.integers(1, 12),
    st.integers(20, 300),
)
def test_a_push_is_whole_transactions_in_order_and_never_empty_handed(
    transactions: list[tuple[int, int]], count_max: int, bytes_max: int
) -> None:
    pending = [
        PendingOperation(dseq=0, tx=str(tx), raw=b"x" * size)
        for tx, (count, size) in enumerate(transactions)
        for _ in range(count)
    ]

    chosen = fit_push(pending, count_max=count_max, bytes_max=bytes_max)

    assert list(chosen) == pending[: len(chosen)]
    assert bool(chosen) == bool(pending)
    assert len(chosen) <= count_max
    cut = len(chosen) < len(pending) and pending[len(chosen)].tx == pending[len(chosen) - 1].tx
    assert not cut or chosen[0].tx == chosen[-1].tx
