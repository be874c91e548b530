"""Answers as a whole: faults, counting, rights, and the pages of a GETBULK."""

import pytest

from activation.simulator.exchange import BINDINGS_MAX, Missing, Request, RequestKind
from activation.simulator.faults import FaultKind, FaultOrder
from activation.simulator.huawei import oids
from activation.simulator.oids import SYS_DESCR, SYS_NAME, Oid
from activation.simulator.tables import Absence
from tests.activation.simulator.factories import (
    SERIAL,
    Bench,
    a_scenario,
    an_ont_row,
    registering,
)

DESCR = (*SYS_DESCR, 0)
GET = Request(kind=RequestKind.GET, variables=((DESCR, None),))
SET = Request(kind=RequestKind.SET, variables=tuple(registering()), may_write=True)


def bulk(*names: Oid, repetitions: int, non_repeaters: int = 0) -> Request:
    return Request(
        kind=RequestKind.GET_BULK,
        variables=tuple((name, None) for name in names),
        max_repetitions=repetitions,
        non_repeaters=non_repeaters,
    )


def test_a_silent_agent_reads_writes_and_answers_nothing_until_its_time_is_over() -> None:
    bench = Bench()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT, seconds=30))
    assert bench.exchange.answer(GET) is None
    assert bench.exchange.answer(SET) is None
    assert bench.olt.owner(SERIAL) is None
    bench.now = bench.exchange.due_at() or bench.now
    assert bench.exchange.answer(GET) is not None
    (ended,) = bench.told("fault.ended")
    assert (ended.reason, ended.at) == ("silent", bench.now)


def test_a_busy_agent_answers_with_a_general_error_and_writes_nothing() -> None:
    bench = Bench()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.BUSY, count=2))
    for request in (GET, SET):
        answer = bench.exchange.answer(request)
        assert answer is not None
        assert (answer.status, answer.bindings) == (5, None)
    assert bench.olt.owner(SERIAL) is None
    assert bench.exchange.faults == ()
    assert bench.set(registering()) == (0, 0)


def test_a_lost_reply_follows_a_set_that_took_effect() -> None:
    bench = Bench()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.DROP_REPLY_AFTER_SET, count=1))
    assert bench.exchange.answer(GET) is not None
    assert bench.exchange.answer(SET) is None
    assert bench.olt.owner(SERIAL) is not None
    assert bench.set(registering()) == (12, 4)


def test_faults_end_when_they_are_cleared() -> None:
    bench = Bench()
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT))
    assert bench.exchange.due_at() is None
    bench.exchange.clear_faults()
    assert bench.exchange.answer(GET) is not None
    assert [e.event for e in bench.events] == ["fault.started", "fault.ended"]


def test_requests_are_counted_whatever_becomes_of_them() -> None:
    bench = Bench()
    bench.exchange.answer(GET)
    bench.exchange.answer(SET)
    bench.exchange.answer(SET)
    bench.exchange.answer(bulk(DESCR, repetitions=3))
    bench.exchange.start_fault(FaultOrder(kind=FaultKind.SILENT, count=1))
    bench.exchange.answer(SET)
    stats = bench.exchange.stats()
    assert (stats.get_requests, stats.getnext_requests, stats.getbulk_requests) == (1, 0, 1)
    assert (stats.set_requests, stats.set_varbinds) == (3, 21)
    assert (stats.accepted_sets, stats.rejected_sets, stats.unanswered_requests) == (1, 1, 1)


def test_a_community_that_may_only_read_cannot_write() -> None:
    bench = Bench()
    answer = bench.exchange.answer(
        Request(kind=RequestKind.SET, variables=tuple(registering()), may_write=False)
    )
    assert answer is not None
    assert (answer.status, answer.position) == (16, 1)
    assert bench.olt.owner(SERIAL) is None


def test_a_bulk_read_gives_heads_once_and_the_rest_row_by_row() -> None:
    bench = Bench()
    names = (*oids.ONT_CONFIG, 3), (*oids.ONT_CONFIG, 7)
    bench.set(registering())
    answer = bench.exchange.answer(bulk(SYS_DESCR, *names, repetitions=2, non_repeaters=1))
    assert answer is not None
    names_found = [binding.oid for binding in answer.bindings or ()]
    assert names_found[:1] == [DESCR]
    assert [name[-3] for name in names_found[1:]] == [3, 7, 3, 7]


def test_a_bulk_read_is_cut_to_whole_rows_and_ends_at_the_end_of_the_view() -> None:
    rows = tuple(an_ont_row(ont_id=n, serial=f"HWTC0000{n:04X}") for n in range(1, 128))
    bench = Bench(a_scenario(registered=rows))
    names = [(*oids.ONT_CONFIG, column) for column in (3, 7, 8)]
    answer = bench.exchange.answer(bulk(*names, repetitions=1000))
    assert answer is not None
    assert len(answer.bindings or ()) == BINDINGS_MAX // 3 * 3
    answer = bench.exchange.answer(bulk((1, 4), repetitions=1000))
    assert answer is not None
    assert answer.bindings == (Missing((1, 4), Absence.END_OF_VIEW),)


@pytest.mark.parametrize("repetitions", [0, -1])
def test_a_bulk_read_of_no_repetitions_gives_the_heads_only(repetitions: int) -> None:
    bench = Bench()
    answer = bench.exchange.answer(
        bulk(SYS_DESCR, SYS_NAME, repetitions=repetitions, non_repeaters=1)
    )
    assert answer is not None
    assert [binding.oid for binding in answer.bindings or ()] == [DESCR]
