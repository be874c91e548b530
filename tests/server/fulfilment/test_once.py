"""What must happen once: each guarantee is seen to hold, and seen to be what holds it."""

from collections.abc import Callable
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from activation import prechecks
from activation.failures import Failure
from activation.requests import LocationUnknown, Survey
from activation.simulator.faults import FaultKind
from server.database import Connection, Store, Written
from server.database.tables.billing import notifications
from server.database.tables.fulfilment import processes
from server.database.tables.offers import services
from server.fulfilment import going_live, intake, leases, starting, storage
from server.fulfilment.leases import Ran
from server.fulfilment.records import Process, ProcessState, Progress
from server.fulfilment.runner import Held
from server.fulfilment.steps import Advance, StepName
from server.invoices import feed
from server.jobs import queries as jobs
from server.notifications import outbox
from server.services.records import ServiceState
from sync_protocol.jobs import JobState
from sync_protocol.merge import Decision
from sync_protocol.messages import VerdictKind
from sync_protocol.serials import OntSerial
from tests.server.factories import act, change, count
from tests.server.fulfilment.shift import ONCE, Shift
from tests.server.operator import GRACE, LEASE, Operator
from tests.server.tablets import SERIAL, push

Removal = Callable[[Store, pytest.MonkeyPatch], None]


async def test_a_replayed_batch_has_no_new_effect(shift: Shift) -> None:
    _, tablet = shift.complete_job()
    await shift.worker.settle()

    for _ in range(10):
        push(shift.store, tablet, now=shift.world.clock())
        await shift.worker.settle()

    assert shift.figures() == ONCE
    assert count(shift.store, processes) == 1


async def _start_again(shift: Shift) -> None:
    """Let the same completion start what it causes once more."""
    placed, _ = shift.complete_job()
    (completion,) = shift.store.read_now(jobs.list_completions, placed.order_item_id)
    decision = Decision(verdict=VerdictKind.APPLIED, state=JobState.COMPLETED)

    def unit(db: Connection) -> Written[None]:
        intake.take_completions(db, [(completion, decision)], act=act(shift.world.clock()))
        return Written(None)

    shift.store.write_now(unit)


async def test_a_completion_taken_twice_starts_one_process(shift: Shift) -> None:
    await _start_again(shift)

    assert count(shift.store, processes) == 1


async def test_without_the_effect_key_there_are_two_processes(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = iter("ab")

    def another_key(*_of: object) -> str:
        return next(keys)

    monkeypatch.setattr(starting, "effect_key", another_key)

    await _start_again(shift)

    assert count(shift.store, processes) == 2


async def test_the_service_knows_when_the_work_was_done_as_soon_as_it_arrives(shift: Shift) -> None:
    placed, _ = shift.complete_job()

    service = shift.service(placed.service_id)
    assert service.state is ServiceState.RESERVED
    assert service.received_at == shift.world.clock()
    assert service.completed_at is not None


def no_fencing(_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(db: Connection, process_id: UUID, *, token: int) -> Process:  # noqa: ARG001  removed
        return storage.get(db, process_id, lock=True)

    def store(db: Connection, process: Process, *, token: int) -> None:  # noqa: ARG001  as above
        storage.store(db, process)

    monkeypatch.setattr(storage, "require_lease", get)
    monkeypatch.setattr(storage, "store_leased", store)


def no_state_machine(_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def any_move(_source: ServiceState, target: ServiceState) -> ServiceState:
        return target

    monkeypatch.setattr(going_live, "require_move", any_move)


def no_unique_charge(store: Store, _monkeypatch: pytest.MonkeyPatch) -> None:
    def names(db: Connection) -> list[str]:
        found = sa.text(
            "SELECT conname FROM pg_constraint WHERE contype = 'u' "
            "AND conrelid = 'invoice_lines'::regclass"
        )
        return list(db.execute(found).scalars())

    for name in store.read_now(names):
        change(store, sa.DDL(f'ALTER TABLE invoice_lines DROP CONSTRAINT "{name}"'))
    change(store, sa.DDL("DROP INDEX uq_invoice_lines_first_charge"))


def drawn_event_ids(_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*_of: object) -> UUID:
        return uuid7()

    monkeypatch.setattr(feed, "uuid5", drawn)


REMOVALS: dict[str, Removal] = {
    "fencing": no_fencing,
    "state machine": no_state_machine,
    "unique charge": no_unique_charge,
    "event id of the effect": drawn_event_ids,
}


async def _go_live_twice(shift: Shift) -> dict[str, int]:
    """Let a stalled worker go live after another has taken its lease over and gone live."""
    placed, _ = shift.complete_job()
    (held,) = await shift.worker.runner.take(1)
    (completion,) = shift.store.read_now(jobs.list_completions, placed.order_item_id)
    found = Progress(
        completion_id=completion.id,
        serial=SERIAL,
        registered_at=shift.world.clock(),
        live_at=shift.world.clock(),
        rx_power_cdbm=-1910,
    )
    stalled = shift.store.write_now(
        leases.let_go,
        held.process,
        Ran(
            outcome=Advance(step=StepName.GO_LIVE, progress=found),
            started_at=shift.world.clock(),
            jitter=0,
        ),
        shift.worker.terms,
        act=act(shift.world.clock()),
    ).process
    assert stalled.step == StepName.GO_LIVE
    shift.world.clock.advance((LEASE + GRACE).total_seconds())
    other = Operator(shift.store, shift.world, owner="worker-2")
    (taken_over,) = await other.runner.take(1)
    await other.runner.handle(taken_over)

    await shift.worker.runner.handle(Held(process=stalled, lease=held.lease))

    await shift.worker.settle()
    figures = shift.figures()
    return {name: figures[name] for name in ("invoice_lines", "events", "notifications")}


async def test_a_stalled_worker_does_not_go_live_again(shift_on_postgres: Shift) -> None:
    figures = await _go_live_twice(shift_on_postgres)

    assert figures == {"invoice_lines": 1, "events": 1, "notifications": 1}
    assert shift_on_postgres.process().state is ProcessState.DONE


@pytest.mark.parametrize("kept", REMOVALS)
async def test_each_guarantee_alone_keeps_a_second_going_live_out(
    shift_on_postgres: Shift, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    for name, remove in REMOVALS.items():
        if name != kept:
            remove(shift_on_postgres.store, monkeypatch)

    figures = await _go_live_twice(shift_on_postgres)

    assert figures == {"invoice_lines": 1, "events": 1, "notifications": 1}


async def test_without_any_of_them_a_subscriber_is_billed_twice(
    shift_on_postgres: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    for remove in REMOVALS.values():
        remove(shift_on_postgres.store, monkeypatch)

    figures = await _go_live_twice(shift_on_postgres)

    # The notification has a key of its own, of which the next test is about.
    assert figures == {"invoice_lines": 2, "events": 2, "notifications": 1}


@pytest.mark.parametrize(("key_is_there", "told"), [(True, 1), (False, 2)])
async def test_a_subscriber_is_told_once_by_the_key_of_the_message(
    shift: Shift, *, key_is_there: bool, told: int
) -> None:
    placed, _ = shift.complete_job()
    await shift.worker.settle()
    if not key_is_there:
        change(
            shift.store, sa.update(notifications).values(notification_key="forgotten", id=uuid7())
        )

    def unit(db: Connection) -> Written[None]:
        outbox.record(
            db,
            "service_live",
            account_id=shift.town.account,
            service_id=placed.service_id,
            order_item_id=placed.order_item_id,
            act=act(shift.world.clock()),
        )
        return Written(None)

    shift.store.write_now(unit)
    await shift.worker.settle()

    # Even then under one Message-ID, which is made from what the mail is about.
    assert len(shift.world.mails) == told
    assert len(set(shift.world.mails)) == 1


async def test_a_lost_answer_to_a_write_is_read_back_and_not_repeated(shift: Shift) -> None:
    shift.world.olt.fail(FaultKind.DROP_REPLY_AFTER_SET, count=1)
    shift.complete_job()

    await shift.worker.settle()

    assert shift.process().state is ProcessState.DONE
    assert shift.figures() == ONCE
    assert shift.world.olt.exchange.stats().rejected_sets == 0


async def test_without_the_look_at_what_is_registered_a_lost_answer_keeps_the_service_down(
    shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The teeth of the test above, for a worker that died before it could read back."""
    decide = prechecks.decide

    def decide_blindly(survey: Survey, serial: OntSerial) -> prechecks.Decision | Failure:
        nowhere = LocationUnknown(searched=(survey.port,), reason="not looked")
        return decide(msgspec.structs.replace(survey, located=nowhere), serial)

    monkeypatch.setattr(prechecks, "decide", decide_blindly)
    olt = shift.world.olt
    olt.before_set = lambda: olt.fail(FaultKind.SILENT, count=40) if olt.creations else None
    shift.complete_job()

    await shift.worker.settle(within_s=120)

    assert shift.figures()["activations"] == 1
    assert shift.process().state is not ProcessState.DONE


async def test_a_silent_olt_costs_time_and_nothing_else(shift: Shift) -> None:
    shift.world.olt.fail(FaultKind.SILENT)
    placed, _ = shift.complete_job()
    await shift.worker.settle(within_s=60)
    assert shift.process().code == "OLT_UNREACHABLE"
    assert shift.service(placed.service_id).state is not ServiceState.ACTIVE
    shift.world.olt.exchange.clear_faults()

    await shift.worker.settle(within_s=900)

    assert shift.figures() == ONCE


async def test_an_ont_that_never_comes_up_is_held_and_never_billed(shift: Shift) -> None:
    shift.world.olt.unplug()
    shift.complete_job()

    await shift.worker.settle(within_s=300)

    assert (shift.process().state, shift.process().code) == (ProcessState.HELD, "ONT_NOT_SEEN")
    assert shift.figures() == dict.fromkeys(ONCE, 0)


async def test_a_step_that_cannot_succeed_is_stuck_instead_of_repeated(shift: Shift) -> None:
    shift.complete_job()
    change(shift.store, sa.update(services).values(state=ServiceState.TERMINATED))

    await shift.worker.settle()

    assert (shift.process().state, shift.process().code) == (ProcessState.STUCK, "STEP_FAILED")
    assert shift.figures()["invoice_lines"] == 0
