"""Blocking questions beside the event loop, which may never be answered."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """Asks a few questions at once, each in a thread, and waits for each a limited time.

    An executor's threads are waited for when the program ends, and one that a dead server keeps
    would hold the end up for ever; these are not.
    """

    def __init__(self, *, at_once: int) -> None:
        self._turns = asyncio.Semaphore(at_once)

    async def ask(self, question: Callable[[], T], *, limit_s: float) -> T:
        """Give what the question comes to.

        Raises:
            TimeoutError: no answer in time, or no turn: earlier questions are still unanswered.
        """
        async with asyncio.timeout(limit_s):
            await self._turns.acquire()
            return await self._begin(question)

    def _begin(self, question: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[T] = loop.create_future()

        def conclude(answer: T | None, error: Exception | None) -> None:
            self._turns.release()
            if told.done():  # nobody waits for it any more
                return
            if error is not None:
                told.set_exception(error)
            else:
                told.set_result(answer)  # pyright: ignore[reportArgumentType]  an answer, then

        def run() -> None:
            answer, failed = None, None
            try:
                answer = question()
            except Exception as error:  # noqa: BLE001  raised where it is awaited
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(conclude, answer, failed)

        threading.Thread(target=run, name="session-source", daemon=True).start()
        return told
