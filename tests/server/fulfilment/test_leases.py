from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from server.database import Connection, Store, Written
from server.database.tables import plant
from server.database.tables.fulfilment import process_attempts, processes
from server.fulfilment import leases, storage
from server.fulfilment.leases import LeaseTerms, Ran
from server.fulfilment.records import Process, ProcessState, effect_key
from server.fulfilment.steps import Advance, Finish, Hold, StepName, TryAgain
from server.fulfilment.storage import LeaseLost
from tests.server.factories import NOON, Town, act, assigned_job, change, count, found_town, rows
from tests.server.fulfilment.a_process import a_process
from tests.server.operator import by_act

LEASE_S, GRACE_S = 30, 2


def terms(owner: str = "worker-1") -> LeaseTerms:
    return LeaseTerms(
        owner=owner,
        lease=timedelta(seconds=LEASE_S),
        grace=timedelta(seconds=GRACE_S),
        read_now=by_act,
    )


def add_processes(store: Store, town: Town, number: int, *, step: str = "register") -> list[UUID]:
    """Give the first houses a process each, due one after the other."""
    added: list[Process] = []
    for house in range(1, number + 1):
        placed = assigned_job(store, town.ada, f"O-{house}", house=house)
        due = NOON - timedelta(seconds=number - house)
        added.append(
            a_process(
                state=ProcessState.READY,
                step=step,
                attempt=0,
                lane=None,
                lease_owner=None,
                lease_until=None,
                fencing_token=0,
                next_at=due,
                effect_key=effect_key(placed.service_id, placed.order_item_id, a_process().intent),
                service_id=placed.service_id,
                order_item_id=placed.order_item_id,
                job_id=placed.job_id,
            )
        )

    def unit(db: Connection) -> Written[None]:
        for process in added:
            assert storage.add_process(db, process)
        return Written(None)

    store.write_now(unit)
    return [process.id for process in added]


def take(
    store: Store, at: datetime = NOON, owner: str = "worker-1", *, limit: int = 64
) -> Sequence[Process]:
    return store.write_now(leases.take_due, terms(owner), limit=limit, act=act(at))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def ran(outcome: Advance | Finish | TryAgain) -> Ran:
    return Ran(outcome=outcome, started_at=NOON, jitter=0)


def test_one_olt_is_written_by_one_process_at_a_time(store: Store, town: Town) -> None:
    first, second = add_processes(store, town, 2)

    assert [each.id for each in take(store)] == [first]
    assert take(store) == ()
    assert _awaiting(store, store.read_now(storage.get, first).lane) == {first, second}


def test_who_frees_a_lane_goes_on_with_the_one_that_waits_longest_for_it(
    store: Store, town: Town
) -> None:
    _first, second, _third = add_processes(store, town, 3)
    (leased,) = take(store)

    let_go = _try_again(store, leased)

    assert let_go.process.state is ProcessState.WAITING
    assert let_go.next is not None
    assert let_go.next == store.read_now(storage.get, second)
    assert (let_go.next.lane, let_go.next.lease_until) == (leased.lane, after(LEASE_S))
    assert take(store) == (), "the lane is held"


def test_who_dies_with_a_lane_in_hand_is_followed_after_the_grace(store: Store, town: Town) -> None:
    _first, second, _third = add_processes(store, town, 3)
    (leased,) = take(store)
    assert _try_again(store, leased).next is not None

    assert take(store, after(LEASE_S + GRACE_S / 2), "worker-2") == ()
    (taken_over,) = take(store, after(LEASE_S + GRACE_S), "worker-2")
    assert (taken_over.id, taken_over.lane) == (second, leased.lane)


def test_a_lane_is_not_handed_to_who_belongs_elsewhere_by_now(store: Store, town: Town) -> None:
    _first, second = add_processes(store, town, 2)
    (leased,) = take(store)
    _move_to_another_olt(store, town, house=2)

    assert _try_again(store, leased).next is None
    (moved,) = take(store)
    assert (moved.id, moved.lane == leased.lane) == (second, False)


def _try_again(store: Store, leased: Process) -> leases.LetGo:
    outcome = TryAgain(code="X", detail="")
    return store.write_now(leases.let_go, leased, ran(outcome), terms(), act=act(NOON))


def _awaiting(store: Store, lane: str | None) -> set[UUID]:
    return {row["id"] for row in rows(store, processes) if row["awaits_lane"] == lane}


def test_what_only_reads_waits_for_no_lane(store: Store, town: Town) -> None:
    wanted = add_processes(store, town, 3, step="verify_online")

    assert [each.id for each in take(store)] == wanted


def test_no_more_is_leased_than_can_be_worked_on(store: Store, town: Town) -> None:
    wanted = add_processes(store, town, 3, step="verify_online")

    assert [each.id for each in take(store, limit=2)] == wanted[:2]
    assert [each.id for each in take(store, limit=2)] == wanted[2:]


def test_what_stays_as_it_was_is_one_line_of_the_history(store: Store, town: Town) -> None:
    add_processes(store, town, 1, step="verify_online")
    dark = Hold(code="ONT_OFFLINE", detail="dark")
    for minute in range(5):
        (leased,) = take(store, after(60 * minute))
        at = after(60 * minute + 1)
        ended = Ran(outcome=dark, started_at=at, jitter=0)
        store.write_now(leases.let_go, leased, ended, terms(), act=act(at))
    (leased,) = take(store, after(600))
    other = TryAgain(code="OLT_UNREACHABLE", detail="silent")
    store.write_now(leases.let_go, leased, ran(other), terms(), act=act(after(601)))

    (line, last) = sorted(rows(store, process_attempts), key=lambda row: row["ended_at"])

    assert (line["code"], line["attempt"], line["detail"]["repeats"]) == ("ONT_OFFLINE", 5, 4)
    assert (line["started_at"], line["ended_at"]) == (after(1), after(241))
    assert last["code"] == "OLT_UNREACHABLE"


def test_workers_whose_clocks_differ_agree_on_when_a_lease_ends(postgres_store: Store) -> None:
    town = found_town(postgres_store)
    add_processes(postgres_store, town, 1)
    shared = LeaseTerms(owner="w", lease=timedelta(seconds=LEASE_S), grace=timedelta(seconds=2))
    assert shared.read_now is leases.database_now

    def take_by(clock: datetime) -> Sequence[Process]:
        return postgres_store.write_now(leases.take_due, shared, limit=9, act=act(clock))

    (leased,) = take_by(datetime(2020, 1, 1, tzinfo=UTC))
    lease_s = (leased.lease_until - leased.updated_at).total_seconds() if leased.lease_until else 0

    assert lease_s == LEASE_S
    assert take_by(datetime(2090, 1, 1, tzinfo=UTC)) == ()


def test_a_queue_before_one_olt_keeps_nobody_from_another(
    store: Store, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "TAKEN_AT_ONCE_MAX", 2)
    *_, last = add_processes(store, town, 4)
    _move_to_another_olt(store, town, house=4)

    assert len(take(store)) == 1
    assert [each.id for each in take(store)] == [last]


def test_the_database_itself_refuses_a_second_lease_of_a_lane(store: Store, town: Town) -> None:
    first, second = add_processes(store, town, 2)
    take(store)
    lane = store.read_now(storage.get, first).lane

    def unit(db: Connection) -> Written[bool]:
        process = storage.get(db, second, lock=True)
        try:
            with db.begin_nested():
                storage.store(
                    db, msgspec.structs.replace(process, state=ProcessState.LEASED, lane=lane)
                )
        except IntegrityError:
            return Written(value=False)
        return Written(value=True)

    assert store.write_now(unit) is False
    change(store, sa.DDL("DROP INDEX uq_processes_leased_lane"))
    assert store.write_now(unit) is True, "it was that index which refused"


@pytest.mark.parametrize(("seconds", "taken"), [(29, 0), (31, 0), (31.9, 0), (32, 1), (300, 1)])
def test_an_ended_lease_is_taken_over_only_after_the_grace(
    store: Store, town: Town, seconds: float, taken: int
) -> None:
    add_processes(store, town, 1)
    take(store)

    assert len(take(store, after(seconds), "worker-2")) == taken


def test_a_lane_under_grace_is_not_free(store: Store, town: Town) -> None:
    add_processes(store, town, 2)
    take(store)

    assert take(store, after(LEASE_S + GRACE_S / 2), "worker-2") == ()


def test_each_lease_has_a_token_of_its_own(store: Store, town: Town) -> None:
    add_processes(store, town, 1)
    (first,) = take(store)
    (second,) = take(store, after(60), "worker-2")

    assert second.fencing_token > first.fencing_token
    assert (second.lease_owner, second.attempt) == ("worker-2", 2)


def test_whoever_lost_the_lease_writes_nothing(store: Store, town: Town) -> None:
    add_processes(store, town, 1)
    (first,) = take(store)
    (second,) = take(store, after(60), "worker-2")

    for unit in (
        lambda: store.write_now(
            leases.let_go,
            first,
            ran(Finish(progress=first.progress)),
            terms(),
            act=act(after(61)),
        ),
        lambda: store.write_now(
            leases.keep, first.id, first.fencing_token, terms(), act=act(after(61))
        ),
    ):
        with pytest.raises(LeaseLost):
            unit()
    assert store.read_now(storage.get, first.id) == second
    assert count(store, process_attempts) == 0


def test_a_heartbeat_extends_the_lease_from_now(store: Store, town: Town) -> None:
    add_processes(store, town, 1)
    (leased,) = take(store)

    until = store.write_now(
        leases.keep, leased.id, leased.fencing_token, terms(), act=act(after(20))
    )

    assert until == after(50)
    assert take(store, after(51), "worker-2") == ()
    assert len(take(store, after(52), "worker-2")) == 1


def test_a_step_that_follows_at_once_stays_with_its_worker(store: Store, town: Town) -> None:
    add_processes(store, town, 1)
    (leased,) = take(store)

    gone_on = store.write_now(
        leases.let_go,
        leased,
        ran(Advance(step=StepName.VERIFY_ONLINE, progress=leased.progress)),
        terms(),
        act=act(after(1)),
    ).process

    assert (gone_on.state, gone_on.lane) == (ProcessState.LEASED, None)
    assert gone_on.lease_until == after(1 + LEASE_S)
    assert gone_on.fencing_token > leased.fencing_token


def test_a_step_whose_lane_is_held_waits_its_turn(store: Store, town: Town) -> None:
    add_processes(store, town, 2)
    change(
        store,
        sa.update(processes).where(processes.c.next_at < NOON).values(step="verify_evidence"),
    )
    verifying, registering = take(store)

    after_it = store.write_now(
        leases.let_go,
        verifying,
        ran(Advance(step=StepName.REGISTER, progress=verifying.progress)),
        terms(),
        act=act(),
    ).process

    assert registering.lane is not None
    assert (after_it.state, after_it.step) == (ProcessState.READY, "register")


def test_a_server_that_starts_alone_takes_over_after_the_grace(store: Store, town: Town) -> None:
    add_processes(store, town, 1)
    take(store)

    assert store.write_now(leases.reclaim, act=act(after(1))) == 1

    assert take(store, after(2)) == ()
    assert len(take(store, after(1 + GRACE_S))) == 1


def test_an_effect_has_one_process_whatever_arrives(store: Store, town: Town) -> None:
    (first,) = add_processes(store, town, 1)
    known = store.read_now(storage.get, first)

    def unit(db: Connection) -> Written[bool]:
        return Written(storage.add_process(db, msgspec.structs.replace(known, id=uuid7())))

    assert store.write_now(unit) is False
    assert count(store, processes) == 1


def _move_to_another_olt(store: Store, town: Town, *, house: int) -> None:
    """Let a house hang on an OLT of its own."""
    olt, port, splitter, terminal = (uuid7() for _ in range(4))
    for table, changes, source in (
        (plant.olts, {"id": olt, "external_id": "OLT-2"}, town.olt),
        (plant.pon_ports, {"id": port, "external_id": "P2", "olt_id": olt}, town.pon_port),
        (
            plant.splitters,
            {"id": splitter, "external_id": "S2", "pon_port_id": port},
            town.splitter,
        ),
        (
            plant.terminals,
            {"id": terminal, "external_id": "T2", "splitter_id": splitter},
            town.terminal,
        ),
    ):

        def copy(
            db: Connection, table: sa.Table, values: Mapping[str, object], of: UUID
        ) -> Written[None]:
            row = db.execute(sa.select(table).where(table.c.id == of)).mappings().one()
            db.execute(sa.insert(table).values({**row, **values}))
            return Written(None)

        store.write_now(copy, table, changes, source)
    change(
        store,
        sa.update(plant.drops)
        .where(plant.drops.c.id == town.drops[house - 1])
        .values(terminal_id=terminal),
    )
