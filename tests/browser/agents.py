"""A tablet's agent as a process, started as a person does, to be killed and started again."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx

DEADLINE_S = 30


class RunningAgent:
    """The agent of one home; it keeps its port when it is started again."""

    def __init__(self, home: Path, server_url: str) -> None:
        self._home = home
        self._server_url = server_url
        self._process: Process | None = None
        self._port = 0
        self.launch_url = ""
        self._token = ""

    @property
    def url(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "field_client", "serve", "--home", str(self._home),
            "--server", self._server_url, "--port", str(self._port), stdout=PIPE, stderr=PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), DEADLINE_S)
        ready = json.loads(line)
        self._port, self.launch_url = ready["port"], ready["launch"]
        self._token = ready["token"]

    async def kill(self) -> None:
        """Kill it: it can do nothing more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.communicate()

    async def stop(self) -> None:
        """End it, and see that it had nothing to complain about."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        _, errors = await asyncio.wait_for(self._process.communicate(), DEADLINE_S)
        assert b"Traceback" not in errors, errors.decode()

    def rss_bytes(self) -> int:
        """Tell how much memory it holds."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        kilobytes = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert kilobytes is not None
        return int(kilobytes[1]) * 1024

    def api(self) -> httpx.AsyncClient:
        """Talk to it as a program does."""
        headers = {"Authorization": f"Bearer {self._token}"}
        return httpx.AsyncClient(base_url=f"{self.url}/api", headers=headers, timeout=DEADLINE_S)
