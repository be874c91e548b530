"""When to sync: pure decisions over events; the loop does what they say.

Times are monotonic milliseconds and randomness is a number handed in, so a simulation with a
virtual clock runs these very lines. At most one session runs at a time.
"""

import enum
from typing import Annotated, Final, assert_never

import msgspec
from msgspec import Meta

from sync_protocol.units import Millis

Jitter = Annotated[float, Meta(ge=0, le=1)]
"""A random number; it spreads the return of many tablets after an outage."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How often to ask, and how patiently to try again."""

    poll_ms: Annotated[int, Meta(ge=100, le=86_400_000)] = 30_000
    retry_ms_min: Annotated[int, Meta(ge=10, le=600_000)] = 1_000
    retry_ms_max: Annotated[int, Meta(ge=10, le=3_600_000)] = 300_000


class Obstacle(enum.StrEnum):
    """What only a person can remove; syncing rests until somebody asks for it."""

    NOT_ENROLLED = "not_enrolled"
    DEVICE_REVOKED = "device_revoked"
    UNKNOWN_DEVICE = "unknown_device"
    UPGRADE_REQUIRED = "upgrade_required"
    FORK = "fork"
    GAP = "gap"
    REFUSED = "refused"


class Synced(msgspec.Struct, frozen=True, kw_only=True, tag="synced"):
    """Everything was sent and received."""


class Unreachable(msgspec.Struct, frozen=True, kw_only=True, tag="unreachable"):
    """No answer, or none that could be trusted; nothing is known to have arrived."""

    detail: str


class Busy(msgspec.Struct, frozen=True, kw_only=True, tag="busy"):
    """The server asked for patience."""

    retry_after_ms: Millis


class Blocked(msgspec.Struct, frozen=True, kw_only=True, tag="blocked"):
    """Syncing cannot go on; nothing that was recorded is lost."""

    obstacle: Obstacle
    detail: str


class NoRoom(msgspec.Struct, frozen=True, kw_only=True, tag="no_room"):
    """The answer could not be stored here; it moved nothing and is asked for again."""

    detail: str


Outcome = Synced | Unreachable | Busy | NoRoom | Blocked


class Ticked(msgspec.Struct, frozen=True, kw_only=True):
    """Time has passed."""


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """Something was entered."""


class Requested(msgspec.Struct, frozen=True, kw_only=True):
    """A person asked for it; no back-off and no obstacle stands in the way of one attempt."""


class FlightModeSet(msgspec.Struct, frozen=True, kw_only=True):
    """The technician switched sending off or on."""

    is_on: bool


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The session ended."""

    outcome: Outcome
    jitter: Jitter


Event = Ticked | Recorded | Requested | FlightModeSet | Finished


class EngineState(msgspec.Struct, frozen=True, kw_only=True):
    """Where the engine stands. ``next_at_ms`` None: nothing is planned."""

    next_at_ms: Millis | None = 0
    is_syncing: bool = False
    is_wanted_again: bool = False
    """Something came up while a session ran; another follows at once."""
    flight_mode: bool = False
    failures: int = 0
    obstacle: Blocked | None = None


class StartSession(msgspec.Struct, frozen=True, kw_only=True):
    """Run one session and report ``Finished``."""


class StopSession(msgspec.Struct, frozen=True, kw_only=True):
    """Break the session off, wherever it is; it reports ``Finished`` all the same."""


Effect = StartSession | StopSession

_DOUBLINGS_MAX: Final = 20


def step(
    state: EngineState, event: Event, now_ms: Millis, pace: Pace
) -> tuple[EngineState, tuple[Effect, ...]]:
    """Take an event; the state after it and what is to be done."""
    match event:
        case Ticked():
            return _start_if_due(state, now_ms)
        case Recorded():
            return _start_if_due(_recorded(state, now_ms), now_ms)
        case Requested():
            return _start_if_due(_requested(state, now_ms), now_ms)
        case FlightModeSet(is_on=is_on):
            return _set_flight_mode(state, is_on=is_on, now_ms=now_ms)
        case Finished(outcome=outcome, jitter=jitter):
            return _start_if_due(_finished(state, outcome, jitter, now_ms, pace), now_ms)
        case _:
            assert_never(event)


def back_off_ms(failures: int, jitter: Jitter, pace: Pace) -> Millis:
    """Work out the pause before the next attempt: doubled each time, half of it random."""
    ceiling_ms = min(pace.retry_ms_max, pace.retry_ms_min << min(failures - 1, _DOUBLINGS_MAX))
    return ceiling_ms // 2 + int(ceiling_ms * jitter / 2)


def _set_flight_mode(
    state: EngineState, *, is_on: bool, now_ms: Millis
) -> tuple[EngineState, tuple[Effect, ...]]:
    if is_on:
        stop = (StopSession(),) if state.is_syncing else ()
        return _with(state, flight_mode=True, next_at_ms=None), stop
    return _start_if_due(_with(state, flight_mode=False, failures=0, next_at_ms=now_ms), now_ms)


def _recorded(state: EngineState, now_ms: Millis) -> EngineState:
    """New work goes at once, unless a back-off or an obstacle holds everything back."""
    if state.is_syncing:
        return _with(state, is_wanted_again=True)
    if state.failures or state.obstacle is not None or state.flight_mode:
        return state
    return _with(state, next_at_ms=now_ms)


def _requested(state: EngineState, now_ms: Millis) -> EngineState:
    if state.flight_mode:
        return state
    if state.is_syncing:
        return _with(state, is_wanted_again=True)
    return _with(state, next_at_ms=now_ms)


def _finished(
    state: EngineState, outcome: Outcome, jitter: Jitter, now_ms: Millis, pace: Pace
) -> EngineState:
    rested = _with(state, is_syncing=False, is_wanted_again=False, obstacle=None)
    match outcome:
        case Synced():
            delay_ms = 0 if state.is_wanted_again else pace.poll_ms
            after = _with(rested, failures=0, next_at_ms=now_ms + delay_ms)
        case Unreachable() | NoRoom():
            failures = state.failures + 1
            delay_ms = back_off_ms(failures, jitter, pace)
            after = _with(rested, failures=failures, next_at_ms=now_ms + delay_ms)
        case Busy(retry_after_ms=retry_after_ms):
            failures = state.failures + 1
            # Never earlier than asked; the spread is ours, and wider where many have to wait long.
            spread_ms = max(pace.retry_ms_min, retry_after_ms // 4)
            delay_ms = retry_after_ms + int(spread_ms * jitter)
            after = _with(rested, failures=failures, next_at_ms=now_ms + delay_ms)
        case Blocked():
            after = _with(rested, obstacle=outcome, next_at_ms=None)
        case _:
            assert_never(outcome)
    return _with(after, next_at_ms=None) if state.flight_mode else after


def _start_if_due(state: EngineState, now_ms: Millis) -> tuple[EngineState, tuple[Effect, ...]]:
    is_due = state.next_at_ms is not None and state.next_at_ms <= now_ms
    if state.is_syncing or state.flight_mode or not is_due:
        return state, ()
    return _with(state, is_syncing=True, next_at_ms=None), (StartSession(),)


def _with(state: EngineState, **changes: object) -> EngineState:
    return msgspec.structs.replace(state, **changes)
