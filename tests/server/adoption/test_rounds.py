"""Each OLT that is watched is read in its time, by one worker, beside polling."""

from collections.abc import Sequence
from datetime import timedelta

from activation.simulator.faults import FaultKind
from server.adoption import storage
from server.adoption.rounds import AGAIN, FIRST, TAKEN_FOR, Rounds
from server.alarms import turns
from server.database import Connection, Written
from server.database.tables.adoption import olt_readings
from server.fulfilment.network import Network
from tests.server.adoption.living import HOUSES, Living, line_of
from tests.server.factories import rows

DAY = timedelta(days=1)


def rounds_of(
    living: Living, *, network: Network | None = None, left_alone: Sequence[str] = ()
) -> Rounds:
    shift = living.shift
    return Rounds(
        shift.store,
        network or shift.worker.network,
        every=DAY,
        left_alone=left_alone,
        clock=shift.world.clock,
    )


async def adopted_all_but_one(living: Living) -> None:
    """Adopt, and wait until the OLT is to be read for the first time."""
    lines = [line_of(number) for number in range(HOUSES - 1)]
    assert living.adopt(await living.read(), *lines).adopted == HOUSES - 1
    assert await rounds_of(living).take(9) == ()
    living.shift.world.clock.advance(FIRST.total_seconds())


async def test_an_olt_is_read_once_in_its_time_and_what_differs_is_kept(living: Living) -> None:
    await adopted_all_but_one(living)
    rounds, clock = rounds_of(living), living.shift.world.clock

    (olt,) = await rounds.take(9)
    assert await rounds_of(living).take(9) == (), "another worker has it"
    await rounds.handle(olt)

    assert [each.verdict for each in living.drifts()] == ["stranger"]
    assert await rounds.take(9) == ()
    assert living.shift.store.read_now(rounds.work().next_due_at) == clock() + DAY
    clock.advance(DAY.total_seconds())
    assert await rounds.take(9) == (olt,)


async def test_a_reader_that_died_is_followed_by_another(living: Living) -> None:
    await adopted_all_but_one(living)
    taken = await rounds_of(living).take(9)

    living.shift.world.clock.advance(TAKEN_FOR.total_seconds())

    assert await rounds_of(living).take(9) == taken


async def test_an_olt_that_is_silent_is_tried_again_soon_and_nothing_is_called_missing(
    living: Living,
) -> None:
    await adopted_all_but_one(living)
    rounds, world = rounds_of(living), living.shift.world
    world.olt.fail(FaultKind.SILENT)

    (olt,) = await rounds.take(9)
    await rounds.handle(olt)

    assert living.drifts() == ()
    assert living.shift.store.read_now(rounds.work().next_due_at) == world.clock() + AGAIN
    (reading,) = rows(living.shift.store, olt_readings)
    assert (reading["ports_read"], reading["ports_unread"]) == (0, 1)


async def test_a_walk_that_is_cut_short_calls_nothing_missing(living: Living) -> None:
    await adopted_all_but_one(living)
    living.shift.world.olt.fail(FaultKind.CUT_WALK)

    reading = await living.read()
    living.compare(reading)

    assert set(reading.unread.values()) <= {"LISTING_INCOMPLETE"}
    assert reading.unread
    assert "missing" not in {each.verdict for each in living.drifts()}


async def test_an_olt_that_is_left_alone_or_not_configured_is_not_read(living: Living) -> None:
    await adopted_all_but_one(living)

    assert await rounds_of(living, left_alone=["OLT-1"]).take(9) == ()
    rounds = rounds_of(living, network=Network({}, timeout_ms=100))
    (olt,) = await rounds.take(9)
    await rounds.handle(olt)

    assert living.drifts() == ()
    due_at = living.shift.store.read_now(rounds.work().next_due_at)
    assert due_at == living.shift.world.clock() + DAY


async def test_an_olt_is_asked_by_one_at_a_time(living: Living) -> None:
    await adopted_all_but_one(living)
    store, now = living.shift.store, living.shift.world.clock()

    def take(db: Connection) -> Written[bool]:
        return Written(turns.take_olt(db, living.olt.id, now, now + DAY))

    def let_go(db: Connection) -> Written[None]:
        turns.let_go_olt(db, living.olt.id)
        return Written(None)

    assert store.write_now(take) is True
    assert store.write_now(take) is False
    store.write_now(let_go)
    assert store.write_now(take) is True
    assert store.read_now(storage.count_drifts, living.olt.id) == {}
