"""The thin shell around the engine: a clock, a timer, one session at a time."""

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from field_client.clock import Clock
from field_client.engine import (
    EngineState,
    Event,
    Finished,
    FlightModeSet,
    Pace,
    Recorded,
    Requested,
    StartSession,
    StopSession,
    Synced,
    Ticked,
    Unreachable,
    step,
)
from field_client.session import SessionReport

log = structlog.stdlib.get_logger()


class FlightModeOn(RuntimeError):
    """Nothing is sent in flight mode; switch it off first."""


class SyncLoop:
    """Runs sessions when the engine says so. ``run`` must be running for anything to happen."""

    def __init__(
        self,
        run_session: Callable[[], Coroutine[None, None, SessionReport]],
        *,
        clock: Clock,
        pace: Pace,
        jitter: Callable[[], float],
    ) -> None:
        self._run_session = run_session
        self._clock = clock
        self._pace = pace
        self._jitter = jitter
        self._session: asyncio.Task[SessionReport] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._woken = asyncio.Event()
        self._waiting: list[asyncio.Future[SessionReport]] = []
        self.state = EngineState()
        self.last_report: SessionReport | None = None

    async def run(self) -> None:
        """Serve until cancelled; a session that runs then is broken off."""
        try:
            while True:
                self._take(Ticked())
                self._woken.clear()
                await self._sleep()
        finally:
            self.state = EngineState(next_at_ms=None, flight_mode=True)
            if self._session is not None and self._serving is not None:
                self._session.cancel()
                await asyncio.wait({self._serving})

    def note_recorded(self) -> None:
        """Something was entered and may go."""
        self._take(Recorded())

    def note_enrolled(self) -> None:
        """The obstacle may be gone: try at once."""
        self._take(Requested())

    def set_out(self, *, flight_mode: bool) -> None:
        """Begin as the replica remembers; before ``run``."""
        self.state = EngineState(flight_mode=flight_mode, next_at_ms=None if flight_mode else 0)

    async def sync_now(self) -> SessionReport:
        """Run a session that begins after this call; its report.

        Raises:
            FlightModeOn: nothing was sent.
        """
        if self.state.flight_mode:
            raise FlightModeOn("flight mode is on; switch it off to sync")
        report: asyncio.Future[SessionReport] = asyncio.get_running_loop().create_future()
        self._waiting.append(report)
        self._take(Requested())
        return await report

    async def set_flight_mode(self, *, is_on: bool) -> None:
        """Switch sending off or on; when off is answered, nothing is being sent any more."""
        serving = self._serving
        self._take(FlightModeSet(is_on=is_on))
        if is_on and serving is not None:
            await asyncio.wait({serving})

    async def _sleep(self) -> None:
        next_at_ms = self.state.next_at_ms
        pause_s = None if next_at_ms is None else max(0, next_at_ms - self._now_ms()) / 1000
        try:
            await asyncio.wait_for(self._woken.wait(), pause_s)
        except TimeoutError:
            return

    def _take(self, event: Event) -> None:
        self.state, effects = step(self.state, event, self._now_ms(), self._pace)
        for effect in effects:
            match effect:
                case StartSession():
                    served, self._waiting = self._waiting, []
                    self._session = asyncio.create_task(self._run_session())
                    self._serving = asyncio.create_task(self._serve(self._session, served))
                case StopSession():
                    if self._session is not None:
                        self._session.cancel()
        self._woken.set()

    async def _serve(
        self,
        session: asyncio.Task[SessionReport],
        served: list[asyncio.Future[SessionReport]],
    ) -> None:
        report = await _report_of(session)
        self.last_report = report
        log.info(
            "sync_session.finished",
            outcome=type(report.outcome).__name__,
            detail=getattr(report.outcome, "detail", None),
            rounds=report.rounds,
            operations_acked=report.acked,
            entries=report.entries,
            healed=report.healed,
            snapshot_reason=report.snapshot_reason,
            blobs_uploaded=report.uploaded,
            photos_fetched=report.fetched,
            duration_ms=report.duration_ms,
        )
        if not isinstance(report.outcome, Synced):
            # Who asked meanwhile is told now, not after the back-off.
            served, self._waiting = [*served, *self._waiting], []
        for waiter in served:
            if not waiter.done():
                waiter.set_result(report)
        self._session, self._serving = None, None
        self._take(Finished(outcome=report.outcome, jitter=self._jitter()))

    def _now_ms(self) -> int:
        return self._clock.moment().monotonic_ms


async def _report_of(session: asyncio.Task[SessionReport]) -> SessionReport:
    """Await a session; the loop outlives whatever happens in it."""
    try:
        return await session
    except asyncio.CancelledError:
        return SessionReport(outcome=Unreachable(detail="the session was broken off"))
    except Exception as error:
        log.exception("sync_session.failed")
        detail = f"a mistake of this program: {type(error).__name__}"
        return SessionReport(outcome=Unreachable(detail=detail))
