"""Watching from outside: waiting for something to be seen, and reading JSON logs as they grow."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
Line = dict[str, Any]


class NotSeen(RuntimeError):
    """What should have happened by now was not seen."""


async def until(
    look: Callable[[], Awaitable[T | None]], *, what: str, within_s: float, every_s: float = 0.05
) -> T:
    """Look again and again until there is something to see.

    Raises:
        NotSeen: it was not seen in time.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        found = await look()
        if found is not None:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise NotSeen(f"not seen within {within_s:g} s: {what}")
        await asyncio.sleep(every_s)


class JsonLog:
    """A file of JSON lines that another process writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def fresh(self) -> list[Line]:
        """Read the whole lines that have come since the last time; what is no JSON is left out."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            content = stream.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [line for raw in whole.splitlines() if (line := _line(raw)) is not None]

    def lines(self) -> list[Line]:
        """Read all whole lines."""
        return JsonLog(self._path).fresh()

    async def line(
        self, wanted: Callable[[Line], bool], *, what: str, within_s: float, every_s: float = 0.05
    ) -> Line:
        """Wait for a line, wherever in the file it comes.

        Raises:
            NotSeen: it was not written in time.
        """

        async def look() -> Line | None:
            return next(filter(wanted, self.lines()), None)

        return await until(look, what=what, within_s=within_s, every_s=every_s)


def instant_of(text: str) -> datetime:
    """Read an instant of a log: ISO 8601 with an offset or Z."""
    return datetime.fromisoformat(text)


def _line(raw: bytes) -> Line | None:
    try:
        return msgspec.json.decode(raw, type=Line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
