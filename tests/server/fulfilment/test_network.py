from datetime import timedelta

from activation.snmp import Binding, NotSent
from server.fulfilment.network import GuardedSession, Lease, writing_under
from tests.server.factories import NOON, Clock
from tests.server.olt import TIMEOUT_S, TownOlt, TownSession

ANY_WRITE = (Binding(oid="1.3.6.1.2.1.1.6.0", value=b"cellar"),)


class Guard:
    def __init__(self) -> None:
        self.clock = Clock()
        self.olt = TownOlt(self.clock)
        self.session = GuardedSession(
            TownSession(self.olt),
            writing=TownSession(self.olt),
            answer_within=timedelta(seconds=TIMEOUT_S),
            clock=self.clock,
        )


async def test_without_a_lease_nothing_is_written() -> None:
    guard = Guard()

    assert isinstance(await guard.session.set_many(ANY_WRITE), NotSent)
    assert guard.olt.sets == 0


async def test_a_write_goes_out_only_while_the_lease_outlives_its_answer() -> None:
    guard = Guard()
    with writing_under(Lease(until=NOON + timedelta(seconds=30))):
        for age_s, sent in ((0, 1), (28, 2), (28.001, 2), (30, 2), (3600, 2)):
            guard.clock.now = NOON + timedelta(seconds=age_s)
            await guard.session.set_many(ANY_WRITE)
            assert guard.olt.sets == sent, age_s


async def test_a_worker_that_stalls_in_the_middle_sends_no_further_write() -> None:
    """As with SIGSTOP: the worker wakes up after its lease and goes on where it was."""
    guard = Guard()
    with writing_under(Lease(until=NOON + timedelta(seconds=30))):
        await guard.session.set_many(ANY_WRITE)
        guard.clock.advance(40)
        outcome = await guard.session.set_many(ANY_WRITE)

    assert isinstance(outcome, NotSent)
    assert "lease" in outcome.detail
    assert guard.olt.sets == 1


async def test_a_heartbeat_extends_what_may_be_written() -> None:
    guard = Guard()
    lease = Lease(until=NOON + timedelta(seconds=30))
    with writing_under(lease):
        guard.clock.advance(40)
        lease.until = guard.clock() + timedelta(seconds=30)
        await guard.session.set_many(ANY_WRITE)

    assert guard.olt.sets == 1


async def test_reading_needs_no_lease() -> None:
    guard = Guard()

    walk = await guard.session.bulk_walk("1.3.6.1.2.1.31.1.1.1.1", bulk_size=10)

    assert walk.complete
    assert walk.rows


async def test_writes_have_a_session_that_no_read_can_occupy() -> None:
    clock = Clock()
    reading, writing = TownOlt(clock), TownOlt(clock)
    guarded = GuardedSession(
        TownSession(reading),
        writing=TownSession(writing),
        answer_within=timedelta(seconds=TIMEOUT_S),
        clock=clock,
    )
    with writing_under(Lease(until=NOON + timedelta(seconds=30))):
        await guarded.set_many(ANY_WRITE)

    assert (reading.sets, writing.sets) == (0, 1)
