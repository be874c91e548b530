"""One loop for everything that becomes due: processes, deliveries, notifications.

It sleeps until the next row is due or a commit moves its topic, takes what is due in one unit of
work, and handles each item in a task of its own. An item that fails in an unforeseen way is logged
and handed back to its work, which sees that it does not fail for ever; the loop goes on.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar

import msgspec
import sqlalchemy as sa
import structlog

from server.acts import Clock
from server.database import Store
from server.database.full_disk import StorageFull

T = TypeVar("T")
SLEEP_S_MAX: Final = 5.0
"""However quiet it is, look this often: a signal between processes may get lost."""
BLOCKED_S: Final = 0.25
PACE_S: Final = 0.1
"""What becomes due within so little is taken together: a take costs what many items do."""
IN_HAND_MAX: Final = 64
TAKES_MAX: Final = 100
"""More often than anything is tried: what was taken so often and came to no end never will."""


class Handled(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What the handling of an item told the loop."""

    due_at: datetime | None = None
    """When it becomes due again; what the loop is told, it need not ask the database for."""
    next: T | None = None
    """What was taken with the end of this one; it is handled at once."""


class DueWork(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What a loop takes, how it handles one, and when the next becomes due."""

    name: str
    topic: str
    take: Callable[[int], Awaitable[Sequence[T]]]
    """Takes so many at most: a lease runs from the taking on, so nothing is taken to wait."""
    handle: Callable[[T], Awaitable[Handled[T] | None]]
    next_due_at: Callable[[sa.Connection], datetime | None]
    fail: Callable[[T, Exception], Awaitable[None]] | None = None
    """Notes that handling failed in an unforeseen way; without it the item becomes due again."""


@contextlib.asynccontextmanager
async def running(store: Store, work: DueWork[T], clock: Clock) -> AsyncGenerator[None]:
    """Run the loop while the context lasts; what is in hand at its end is cancelled.

    Nothing is lost by that: what was taken becomes due again when its lease ends.
    """
    loop = asyncio.create_task(_run(store, work, clock), name=work.name)
    try:
        yield
    finally:
        loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await loop


async def _run(store: Store, work: DueWork[T], clock: Clock) -> None:
    log = structlog.get_logger()
    async with store.signals.subscribe(work.topic) as woken, asyncio.TaskGroup() as tasks:
        in_hand = set[asyncio.Task[None]]()

        def wake_at(due_at: datetime) -> None:
            wait_s = (due_at - clock()).total_seconds()
            asyncio.get_running_loop().call_later(max(wait_s, 0), woken.set)

        while True:
            if len(in_hand) == IN_HAND_MAX:
                await asyncio.wait(in_hand, return_when=asyncio.FIRST_COMPLETED)
            woken.clear()
            try:
                taken = await work.take(IN_HAND_MAX - len(in_hand))
            except StorageFull:  # said once where it was met; the first commit of the topic wakes
                taken = ()
                await _sleep(woken, SLEEP_S_MAX)
            except Exception as error:  # noqa: BLE001  a background loop ends for no item
                log.warning("due_work.take_failed", work=work.name, error=repr(error))
                taken = ()
                await _sleep(woken, 1.0)
            for item in taken:
                task = tasks.create_task(_handle_all(work, item, wake_at))
                in_hand.add(task)
                task.add_done_callback(in_hand.discard)
            await asyncio.sleep(PACE_S)
            if not taken:
                await _sleep(woken, await _pause_s(store, work, clock))


async def _pause_s(store: Store, work: DueWork[T], clock: Clock) -> float:
    try:
        due_at = await store.read(work.next_due_at)
    except Exception as error:  # noqa: BLE001  a background loop ends for no reason of the database
        structlog.get_logger().warning("due_work.look_failed", work=work.name, error=repr(error))
        return 1.0
    if due_at is None:
        return SLEEP_S_MAX
    wait_s = (due_at - clock()).total_seconds()
    # Due and yet not taken: a lane or a grace period is in the way, and a signal ends most of them.
    return BLOCKED_S if wait_s <= 0 else min(wait_s, SLEEP_S_MAX)


async def _sleep(woken: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


async def _handle_all(work: DueWork[T], item: T, wake_at: Callable[[datetime], None]) -> None:
    """Handle an item, then what was taken with its end, and so on."""
    in_turn: T | None = item
    while in_turn is not None:
        handled = await _handle(work, in_turn)
        if handled is not None and handled.due_at is not None:
            wake_at(handled.due_at)
        in_turn = None if handled is None else handled.next


async def _handle(work: DueWork[T], item: T) -> Handled[T] | None:
    try:
        return await work.handle(item)
    except StorageFull:
        return None  # nothing can be noted, not even that; it is due again when its lease ends
    except Exception as error:  # noqa: BLE001  one item stops no other
        structlog.get_logger().error("due_work.failed", work=work.name, exc_info=error)
        if work.fail is not None:
            await _hand_back(work.fail, item, error)
        return None


async def _hand_back(
    fail: Callable[[T, Exception], Awaitable[None]], item: T, reason: Exception
) -> None:
    try:
        await fail(item, reason)
    except Exception as error:  # noqa: BLE001  it becomes due again by itself, and its takes are counted
        structlog.get_logger().error("due_work.not_handed_back", exc_info=error)
