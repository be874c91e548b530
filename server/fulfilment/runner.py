"""Driving processes: lease what is due, run one step, tell what came of it.

The steps decide; this is the shell with the clock, the heartbeat and the driver. A crash at any
line leaves a lease that runs out, and a step that can be run again.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from activation.registry import DriverUnknown
from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Connection, Store, Written
from server.database.writer import WriterStopped
from server.due_loop import DueWork
from server.fulfilment import leases, situation, storage
from server.fulfilment.going_live import go_live
from server.fulfilment.leases import LeaseTerms, Ran
from server.fulfilment.network import CredentialsMissing, Lease, Network, writing_under
from server.fulfilment.records import Process, ProcessState
from server.fulfilment.registering import Registration
from server.fulfilment.steps import Advance, Finish, Outcome, StepName, Stick
from server.fulfilment.storage import LeaseLost
from server.fulfilment.verifying import verify_online
from server.problems import NotFound

HEARTBEATS_PER_LEASE: Final = 3


class ProcessRunner:
    """Runs the steps of leased processes."""

    def __init__(
        self,
        store: Store,
        network: Network,
        terms: LeaseTerms,
        *,
        operator_slug: str,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self._store = store
        self._network = network
        self._terms = terms
        self._operator_slug = operator_slug
        self._clock = clock
        self._random = random

    def work(self) -> DueWork[Process]:
        """Describe this runner for the loop."""
        return DueWork(
            name="processes",
            topic="processes",
            take=self.take,
            handle=self.handle,
            next_due_at=storage.next_due_at,
        )

    async def take(self) -> Sequence[Process]:
        """Lease what is due."""
        return await self._store.write(leases.take_due, self._terms, act=self._act())

    async def handle(self, process: Process) -> None:
        """Run the steps of a leased process for as long as they follow at once."""
        leased = process
        while leased.state is ProcessState.LEASED:
            log = structlog.get_logger().bind(process_id=str(leased.id), step=leased.step)
            try:
                after = await self._run_step(leased)
            except LeaseLost as error:
                log.warning("process.lease_lost", detail=str(error))
                return
            log.info(
                "process.step_ended", state=after.state, code=after.code, attempt=leased.attempt
            )
            leased = after

    async def _run_step(self, process: Process) -> Process:
        started_at = self._clock()
        match StepName(process.step):
            case StepName.VERIFY_EVIDENCE:
                return await self._decide(self._verify_evidence, process, started_at)
            case StepName.GO_LIVE:
                return await self._decide(self._go_live, process, started_at)
            case StepName.REGISTER | StepName.VERIFY_ONLINE:
                outcome, considered = await self._talk(process)
        ran = Ran(
            outcome=outcome,
            started_at=started_at,
            jitter=self._random(),
            evidence_considered=considered,
        )
        return await self._store.write(leases.let_go, process, ran, self._terms, act=self._act())

    async def _decide(
        self,
        unit: Callable[[Connection, Process, datetime], Written[Process]],
        process: Process,
        started_at: datetime,
    ) -> Process:
        """Run a step that is one transaction; one that cannot succeed is stuck, not repeated."""
        try:
            return await self._store.write(unit, process, started_at)
        except (LeaseLost, OperationalError, InterfaceError, WriterStopped):
            raise  # the lease runs out, and whoever takes it over repeats the step
        except Exception as error:  # noqa: BLE001  a mistake of ours must not repeat unseen
            structlog.get_logger().error("step.failed", step=process.step, exc_info=error)
            ran = Ran(
                outcome=Stick(code="STEP_FAILED", detail=repr(error)),
                started_at=started_at,
                jitter=0,
            )
        return await self._store.write(leases.let_go, process, ran, self._terms, act=self._act())

    def _verify_evidence(
        self, db: Connection, process: Process, started_at: datetime
    ) -> Written[Process]:
        evidence = situation.load_evidence(db, process)
        ran = Ran(
            outcome=after_evidence(process, evidence),
            started_at=started_at,
            jitter=0,
            evidence_considered=len(evidence),
        )
        return leases.let_go(db, process, ran, self._terms, act=self._act())

    def _go_live(self, db: Connection, process: Process, started_at: datetime) -> Written[Process]:
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
            topics=let_go.topics | {"webhook_deliveries", "notifications"},
        )

    async def _talk(self, process: Process) -> tuple[Outcome, int | None]:
        """Run a step that needs the device, with a heartbeat beside it.

        Also says how many completions its outcome rests on.
        """
        lease = Lease(until=process.lease_until or self._clock())
        try:
            known = await self._store.read(situation.load, process)
            driver = self._network.driver(known.route)
        except (NotFound, CredentialsMissing, DriverUnknown) as error:
            return Stick(code="CONFIGURATION_MISSING", detail=str(error)), None
        async with self._heartbeat(process, lease):
            try:
                with writing_under(lease):
                    if process.step == StepName.REGISTER:
                        registration = Registration(
                            self._store, process, known, driver, begin_act=self._act
                        )
                        considered = len(known.evidence)
                        return _noting(await registration.run(), considered), considered
                    outcome = await verify_online(process, known, driver, self._clock())
                    return outcome, process.progress.evidence_considered
            except (LeaseLost, OperationalError, InterfaceError, WriterStopped):
                raise  # the lease runs out, and whoever takes it over repeats the step
            except Exception as error:  # noqa: BLE001  a driver's mistake must not repeat unseen
                structlog.get_logger().error("driver.failed", exc_info=error)
                return Stick(code="DRIVER_BUG", detail=repr(error)), None

    @contextlib.asynccontextmanager
    async def _heartbeat(self, process: Process, lease: Lease) -> AsyncGenerator[None]:
        async def beat() -> None:
            while True:
                await asyncio.sleep(self._terms.lease.total_seconds() / HEARTBEATS_PER_LEASE)
                try:
                    lease.until = await self._store.write(
                        leases.keep,
                        process.id,
                        process.fencing_token,
                        self._terms,
                        act=self._act(),
                    )
                except LeaseLost:
                    lease.until = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
                    return
                except (SQLAlchemyError, WriterStopped) as error:
                    # The lease is not extended, so writing ends by itself if this goes on.
                    structlog.get_logger().warning("heartbeat.failed", error=repr(error))

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beating

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)


def _noting(outcome: Outcome, considered: int) -> Outcome:
    """Keep with the progress how many completions the choice rests on."""
    if not isinstance(outcome, Advance):
        return outcome
    progress = msgspec.structs.replace(outcome.progress, evidence_considered=considered)
    return msgspec.structs.replace(outcome, progress=progress)


def after_evidence(
    process: Process, evidence: Sequence[situation.Proven | situation.Unproven]
) -> Outcome:
    """Go on if any completion stands; otherwise a person sees what is wrong with the first."""
    if any(isinstance(each, situation.Proven) for each in evidence):
        return Advance(step=StepName.REGISTER, progress=process.progress)
    faults = [each for each in evidence if isinstance(each, situation.Unproven)]
    return Stick(
        code=faults[0].code if faults else "EVIDENCE_INCOMPLETE",
        detail=faults[0].detail if faults else "there is no completion",
    )
