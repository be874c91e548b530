"""Driving processes: lease what is due, run one step, tell what came of it.

The steps decide; this is the shell with the clock and the heartbeat. A crash at any line leaves a
lease that runs out, and a step that can be run again.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from activation.recording import recorded
from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Connection, Store, Written
from server.database.full_disk import StorageFull
from server.database.writer import WriterStopped
from server.due_loop import DueWork, Handled
from server.fulfilment import leases, situation, storage
from server.fulfilment.device_steps import NOT_CONFIGURED, DeviceSteps, Told
from server.fulfilment.going_live import go_live
from server.fulfilment.leases import LeaseTerms, LetGo, Ran
from server.fulfilment.network import Lease, Network, writing_under
from server.fulfilment.records import DUE_STATES, Process, ProcessState
from server.fulfilment.settling import Settled, call_off, settle
from server.fulfilment.steps import (
    STEPS,
    Advance,
    CallOff,
    Finish,
    Outcome,
    StepName,
    Stick,
    following,
)
from server.fulfilment.storage import LeaseLost
from server.session_sources.sources import SessionSources

Unit = Callable[[Connection, Process, datetime], Written[LetGo]]
"""A step that is one transaction."""

HEARTBEATS_PER_LEASE: Final = 3

NOT_STORED: Final = (LeaseLost, OperationalError, InterfaceError, StorageFull, WriterStopped)
"""The lease runs out, and whoever takes it over repeats the step."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A process and the lease under which this worker runs its step."""

    process: Process
    lease: Lease
    next: "Held | None" = None
    """What was leased with the end of the last step of this one."""


class ProcessRunner:
    """Runs the steps of leased processes."""

    def __init__(  # noqa: PLR0913  what it talks to and what it goes by, each by name
        self,
        store: Store,
        network: Network,
        terms: LeaseTerms,
        *,
        operator_slug: str,
        clock: Clock,
        random: Callable[[], float],
        sources: SessionSources | None = None,
    ) -> None:
        self._store = store
        self._network = network
        self._device_steps = DeviceSteps(store, network, self._act, sources=sources)
        self._terms = terms
        self._operator_slug = operator_slug
        self._clock = clock
        self._random = random
        self._units: Mapping[StepName, Unit] = {
            StepName.VERIFY_EVIDENCE: self._verify_evidence,
            StepName.GO_LIVE: self._go_live,
            StepName.SETTLE: self._settle,
            StepName.CALL_OFF: self._call_off,
        }

    def work(self) -> DueWork[Held]:
        """Describe this runner for the loop."""
        return DueWork(
            name="processes",
            topic="processes_due",
            take=self.take,
            handle=self.handle,
            next_due_at=storage.next_due_at,
        )

    async def take(self, limit: int) -> Sequence[Held]:
        """Lease what is due, ``limit`` processes at most."""
        lease = self._network.lease(self._terms.lease)
        taken = await self._store.write(leases.take_due, self._terms, limit=limit, act=self._act())
        return [Held(process=each, lease=Lease(until_s=lease.until_s)) for each in taken]

    async def handle(self, held: Held) -> Handled[Held]:
        """Run the steps of a leased process for as long as they follow at once."""
        while held.process.state is ProcessState.LEASED:
            ran = held.process
            log = structlog.get_logger().bind(process_id=str(ran.id), step=ran.step)
            try:
                held = await self._run_step(held)
            except LeaseLost as error:
                log.warning("process.lease_lost", detail=str(error))
                return Handled()
            after = held.process
            log.info("process.step_ended", state=after.state, code=after.code, attempt=ran.attempt)
        due_at = held.process.next_at if held.process.state in DUE_STATES else None
        return Handled(due_at=due_at, next=held.next)

    async def _run_step(self, held: Held) -> Held:
        process, started_at = held.process, self._clock()
        step = StepName(process.step)
        if not STEPS[step].talks:
            return await self._decide(self._units[step], process, started_at)
        with recorded() as exchanges:
            told = await self._talk(held)
        ran = Ran(
            outcome=told.outcome,
            started_at=started_at,
            jitter=self._random(),
            detail={**told.detail, **exchanges.detail()},
            evidence_considered=told.evidence_considered,
        )
        return await self._let_go(process, ran)

    async def _let_go(self, process: Process, ran: Ran) -> Held:
        """Tell what came of a step; what is answered is still held if the next one is due."""
        lease = self._network.lease(self._terms.lease)
        let_go = await self._store.write(leases.let_go, process, ran, self._terms, act=self._act())
        return _in_hand(let_go, lease)

    async def _decide(
        self,
        unit: Unit,
        process: Process,
        started_at: datetime,
    ) -> Held:
        """Run a step that is one transaction; one that cannot succeed is stuck, not repeated."""
        lease = self._network.lease(self._terms.lease)
        try:
            let_go = await self._store.write(unit, process, started_at)
        except NOT_STORED:
            raise
        except Exception as error:  # noqa: BLE001  a mistake of ours must not repeat unseen
            structlog.get_logger().error("step.failed", step=process.step, exc_info=error)
            ran = Ran(
                outcome=Stick(code="STEP_FAILED", detail=repr(error)),
                started_at=started_at,
                jitter=0,
            )
            return await self._let_go(process, ran)
        return _in_hand(let_go, lease)

    def _verify_evidence(
        self, db: Connection, process: Process, started_at: datetime
    ) -> Written[LetGo]:
        faults = situation.load_faults(db, process)
        ran = Ran(
            outcome=after_evidence(process, faults),
            started_at=started_at,
            jitter=0,
            evidence_considered=len(faults),
        )
        return leases.let_go(db, process, ran, self._terms, act=self._act())

    def _go_live(self, db: Connection, process: Process, started_at: datetime) -> Written[LetGo]:
        storage.require_lease(db, process.id, token=process.fencing_token)
        act = self._act()
        live = go_live(db, process, operator_slug=self._operator_slug, act=act)
        ran = Ran(
            outcome=Finish(progress=process.progress),
            started_at=started_at,
            jitter=0,
            detail={"event_id": live.event_id, "invoice_line_id": str(live.invoice_line_id)},
        )
        let_go = leases.let_go(db, process, ran, self._terms, act=act)
        return Written(
            let_go.value,
            feed=live.feed,
            embedded=live.embedded,
            topics=let_go.topics | {"webhook_deliveries", "notifications"},
        )

    def _settle(self, db: Connection, process: Process, started_at: datetime) -> Written[LetGo]:
        outcome = Finish(progress=process.progress)
        return self._end(db, process, started_at, settle, outcome)

    def _call_off(self, db: Connection, process: Process, started_at: datetime) -> Written[LetGo]:
        return self._end(db, process, started_at, call_off, CallOff())

    def _end(
        self,
        db: Connection,
        process: Process,
        started_at: datetime,
        end: Callable[..., Settled],
        outcome: Outcome,
    ) -> Written[LetGo]:
        storage.require_lease(db, process.id, token=process.fencing_token)
        act = self._act()
        settled = end(db, process, act=act)
        ran = Ran(outcome=outcome, started_at=started_at, jitter=0)
        let_go = leases.let_go(db, process, ran, self._terms, act=act)
        return Written(
            let_go.value, feed=settled.feed, embedded=settled.embedded, topics=let_go.topics
        )

    async def _talk(self, held: Held) -> Told:
        """Run a step that needs the device, with a heartbeat beside it."""
        async with self._heartbeat(held):
            try:
                with writing_under(held.lease):
                    return await self._device_steps.run(held.process)
            except NOT_CONFIGURED as error:
                return Told(outcome=Stick(code="CONFIGURATION_MISSING", detail=str(error)))
            except NOT_STORED:
                raise
            except Exception as error:  # noqa: BLE001  a driver's mistake must not repeat unseen
                structlog.get_logger().error("driver.failed", exc_info=error)
                return Told(outcome=Stick(code="DRIVER_BUG", detail=repr(error)))

    @contextlib.asynccontextmanager
    async def _heartbeat(self, held: Held) -> AsyncGenerator[None]:
        beating = asyncio.create_task(self._beat(held))
        try:
            yield
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating

    async def _beat(self, held: Held) -> None:
        process = held.process
        while True:
            await asyncio.sleep(self._terms.lease.total_seconds() / HEARTBEATS_PER_LEASE)
            lease = self._network.lease(self._terms.lease)
            try:
                await self._store.write(
                    leases.keep, process.id, process.fencing_token, self._terms, act=self._act()
                )
            except LeaseLost:
                held.lease.end()
                return
            except (SQLAlchemyError, StorageFull, WriterStopped) as error:
                # The lease is not extended, so writing ends by itself if this goes on.
                structlog.get_logger().warning("heartbeat.failed", error=repr(error))
            else:
                held.lease.until_s = lease.until_s

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)


def _in_hand(let_go: LetGo, lease: Lease) -> Held:
    """Say what a worker holds after a step; both leases were asked for at once."""
    following_one = let_go.next
    next_one = None
    if following_one is not None:
        next_one = Held(process=following_one, lease=Lease(until_s=lease.until_s))
    return Held(process=let_go.process, lease=lease, next=next_one)


def after_evidence(process: Process, faults: Sequence[situation.Unproven | None]) -> Outcome:
    """Go on if any completion stands; otherwise a person sees what is wrong with the first."""
    first = faults[0] if faults else None
    if None in faults:
        step = following(process.intent, StepName.VERIFY_EVIDENCE)
        return Advance(step=step, progress=process.progress)
    return Stick(
        code=first.code if first else "EVIDENCE_INCOMPLETE",
        detail=first.detail if first else "there is no completion",
    )
