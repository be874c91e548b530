"""Real server processes over one database: started, killed by their ids, started again."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.acceptance.processes import Running, running


class ServerProcesses:
    """So many of ``firstlight serve``; without the fulfilment, which changes jobs by itself."""

    def __init__(self, folder: Path, url: str, stack: ExitStack) -> None:
        self.log: Final = folder / "servers.log"
        self._stack = stack
        self._environ = {
            "FIRSTLIGHT_DATABASE_URL": url,
            "FIRSTLIGHT_BLOB_FOLDER": str(folder / "blobs"),
            "FIRSTLIGHT_PORT": "0",
            "FIRSTLIGHT_RUN_PROCESSES": "false",
            "FIRSTLIGHT_LOG_LEVEL": "warning",
        }
        self._running: list[Running] = []

    async def start(self, count: int) -> None:
        """Start them side by side."""
        self._running += await asyncio.gather(*(self._one() for _ in range(count)))

    async def _one(self) -> Running:
        # Entered in the thread that waits, so that the stack ends it even if nobody waits any more.
        context = running(self.log, "server", "serve", environ=self._environ)
        return await asyncio.to_thread(self._stack.enter_context, context)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each was last seen; one that was just killed does not answer there."""
        return tuple(each.url for each in self._running)

    async def replace(self, number: int) -> None:
        """Kill one wherever it is, and start another in its place."""
        self._running[number].process.kill()
        self._running[number] = await self._one()
