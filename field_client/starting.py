"""One command for the icon: the agent runs, its pages open, and what ends by a fault begins anew.

The agent is a process of its own, watched by whoever holds the lock of its home; a second start
asks the first one's agent for another launch address and opens a window on that.
"""

import html
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import filelock
import httpx
import msgspec

from field_client.settings import Settings
from field_client.storage import FileSystem

ADDRESS_FILE: Final = "agent.json"
LOG_FILE: Final = "agent.log"
FAILURE_FILE: Final = "does-not-start.html"
_LOG_BYTES_MAX: Final = 5_000_000
_ANSWER_WITHIN_S: Final = 10
_FAULTS_MAX: Final = 5
_SOON_S: Final = 10
"""An agent that ended so soon after its start has a fault that a new start may not mend."""
_FAILURE_PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Firstlight</title>
<body style="font: 20px/1.5 sans-serif; max-width: 34em; margin: 2em auto; padding: 0 1em">
<h1>Firstlight does not start</h1><p>Nothing that was saved is lost. Tell the office this:</p>
<h1 lang="de">Firstlight startet nicht</h1><p lang="de">Nichts Gespeichertes ist verloren. Der
Zentrale bitte dies sagen:</p>
<p><code>{sentence}</code></p><p><code>{log}</code></p></body></html>"""


class AgentDoesNotStart(RuntimeError):
    """The agent ends each time right after its start; its log says why. Nothing was changed."""


class AgentSilent(RuntimeError):
    """An agent of this home runs and does not answer; end it, then start again."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where the agent of a home answers. Kept in a file that only its owner may read."""

    port: int
    token: str
    launch: str


def write_failure(sentence: str, log_folder: Path) -> Path:
    """Write a page for whoever touched the icon and has no terminal; the file beside the log."""
    log_folder.mkdir(parents=True, exist_ok=True)
    page = log_folder / FAILURE_FILE
    shown = _FAILURE_PAGE.format(
        sentence=html.escape(sentence), log=html.escape(str(log_folder / LOG_FILE))
    )
    page.write_text(shown, encoding="utf-8")
    return page.absolute()


class Launcher:
    """Starts and watches the agent of one home. ``show`` gets the address of the pages."""

    def __init__(
        self,
        settings: Settings,
        log_folder: Path,
        files: FileSystem,
        show: Callable[[str], object],
    ) -> None:
        self._settings = settings
        self._log_file = log_folder / LOG_FILE
        self._files = files
        self._show = show
        self._address_file = Path(settings.home) / ADDRESS_FILE
        self._agent: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    def run(self) -> None:
        """Run the agent until it is asked to end; with one running, only show its pages again.

        Raises:
            AgentDoesNotStart: it was tried again and again.
            AgentSilent: it runs, and cannot be asked.
        """
        home = Path(self._settings.home)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = filelock.FileLock(home / "agent.lock")
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            self._show(self._new_launch())
            return
        with lock, self._ending_with_us():
            self._watch()

    def _watch(self) -> None:
        faults, port = 0, self._known_port()
        while not self._is_ending:
            began = time.monotonic()
            with self._log() as log:
                self._agent = self._spawn(port, log)
                port = self._await_ready(self._agent, is_first=not faults) or port
                status = self._agent.wait()
            if status == 0:
                return
            faults = faults + 1 if time.monotonic() - began < _SOON_S else 1
            if faults >= _FAULTS_MAX and not self._is_ending:
                raise AgentDoesNotStart(
                    f"the agent has ended {faults} times with status {status}; see {self._log_file}"
                )

    def _spawn(self, port: int, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = self._settings
        command = [sys.executable, "-m", "field_client", "serve", "--home", settings.home]
        command += ["--port", str(port)]
        command += ["--server", settings.server_url] if settings.server_url else []
        command += [] if settings.encrypted else ["--plain"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)  # noqa: S603  our own program

    def _await_ready(self, agent: subprocess.Popen[bytes], *, is_first: bool) -> int | None:
        """Keep where it answers; its pages are shown once, for a window that is open finds it."""
        line = b"" if agent.stdout is None else agent.stdout.readline()
        try:
            address = msgspec.json.decode(line, type=Address)
        except msgspec.DecodeError:
            return None
        self._files.write(self._address_file, msgspec.json.encode(address))
        if is_first:
            self._show(address.launch)
        return address.port

    def _known_port(self) -> int:
        """Take the port of before, so that a window that is still open finds the pages again."""
        address = self._address()
        return self._settings.port or (0 if address is None else address.port)

    def _address(self) -> Address | None:
        try:
            return msgspec.json.decode(self._files.read(self._address_file), type=Address)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _new_launch(self) -> str:
        address = self._address()
        if address is None:
            raise AgentSilent("an agent of this home is just starting; try again")
        url = f"http://127.0.0.1:{address.port}/api/launch"
        headers = {"Authorization": f"Bearer {address.token}"}
        try:
            answer = httpx.post(url, headers=headers, timeout=_ANSWER_WITHIN_S).raise_for_status()
        except httpx.HTTPError as error:
            raise AgentSilent(f"the agent of this home does not answer: {error}") from error
        return msgspec.json.decode(answer.content, type=dict[str, str])["launch"]

    @contextmanager
    def _log(self) -> Generator[IO[bytes], None, None]:
        """Open the log; one that has grown too large is put aside, and an older one goes."""
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_BYTES_MAX:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))
        with self._log_file.open("ab") as log:
            yield log

    @contextmanager
    def _ending_with_us(self) -> Generator[None, None, None]:
        """Pass the wish to end on to the agent, and wait for it."""
        before = {each: signal.signal(each, self._end) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _end(self, _number: int, _frame: object) -> None:
        self._is_ending = True
        if self._agent is not None and self._agent.poll() is None:
            self._agent.terminate()
