"""The processes of the demo: started, awaited until they are ready, and always stopped again."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

T = TypeVar("T")
READY_WITHIN_S: Final = 60.0
STOP_WITHIN_S: Final = 6.0
_LAST_WORDS: Final = 12


class ChildFailed(RuntimeError):
    """A process did not do what it was started for; the text ends with what it said last."""


async def together(*works: Coroutine[Any, Any, T]) -> tuple[T, ...]:
    """Do several things side by side; where one fails the others end with it.

    Raises:
        Exception: the first failure, once nothing of the rest runs any more.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return tuple(task.result() for task in tasks)


class Child:
    """One running process: what its ready line said, and where its log is."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, ready: Mapping[str, Any], log: Path
    ) -> None:
        self.name = name
        self.process = process
        self.ready = ready
        self.log = log

    @property
    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    async def ended(self, *, within_s: float) -> int:
        """Wait for its end; negative is the signal that ended it.

        Raises:
            TimeoutError: it still runs.
        """
        return await asyncio.wait_for(self.process.wait(), within_s)

    async def stop(self) -> None:
        """End it, politely first."""
        if not self.runs:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await self.ended(within_s=STOP_WITHIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


class Household:
    """All processes of one run; leaving it stops every one of them."""

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "logs"
        self._logs.mkdir()
        self._children: list[Child] = []

    async def start(
        self, name: str, module: Sequence[str], *, environ: Mapping[str, str] | None = None
    ) -> Child:
        """Start ``python -m …`` and wait until its first line says that it is ready.

        Raises:
            ChildFailed: it ended, or said nothing in time.
        """
        log = self._logs / f"{name}.log"
        process = await self._spawn(module, log, environ)
        child = Child(name, process, {}, log)
        self._children.append(child)
        child.ready = await _ready_line(child)
        return child

    async def run(
        self, name: str, module: Sequence[str], *, stdin: str | None = None
    ) -> tuple[int, str]:
        """Run ``python -m …`` to its end; its exit status and what it printed."""
        log = self._logs / f"{name}.log"
        process = await self._spawn(module, log, None)
        child = Child(name, process, {}, log)
        self._children.append(child)
        said, _ = await process.communicate(None if stdin is None else stdin.encode())
        return process.returncode or 0, said.decode()

    async def must(self, name: str, module: Sequence[str], *, stdin: str | None = None) -> str:
        """Run ``python -m …`` and insist on its success; what it printed.

        Raises:
            ChildFailed: it ended with another status than 0.
        """
        status, said = await self.run(name, module, stdin=stdin)
        if status != 0:
            raise ChildFailed(f"{name} ended with status {status}: {_last_words(self._log(name))}")
        return said

    async def stop_all(self) -> None:
        """Stop whatever runs; who presses Ctrl-C once more still waits for the end of it."""
        with _uninterrupted():
            await asyncio.gather(*(child.stop() for child in self._children))

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    async def _spawn(
        self, module: Sequence[str], log: Path, environ: Mapping[str, str] | None
    ) -> asyncio.subprocess.Process:
        with log.open("ab") as stream:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                *module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stream,
                env={**os.environ, **(environ or {})},
                # Ctrl-C at the terminal is for the demo alone, which then stops its processes.
                start_new_session=True,
            )


@contextlib.contextmanager
def _uninterrupted() -> Generator[None]:
    """Take no notice of Ctrl-C for a while, where that can be decided."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def _ready_line(child: Child) -> Mapping[str, Any]:
    stdout = child.process.stdout
    if stdout is None:
        raise ChildFailed(f"{child.name} has no output to read")
    try:
        line = await asyncio.wait_for(stdout.readline(), READY_WITHIN_S)
    except TimeoutError as error:
        raise ChildFailed(
            f"{child.name} was not ready within {READY_WITHIN_S:g} s: {_last_words(child.log)}"
        ) from error
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ChildFailed(f"{child.name} did not start: {_last_words(child.log)}") from error


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LAST_WORDS:]) or "it said nothing"
