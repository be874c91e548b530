"""The processes of a story: started by their commands, stopped by their ids."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from tests.server.olt import town_scenario

T = TypeVar("T")
ROOT: Final = Path(__file__).parents[2]
PATIENCE_S: Final = 60.0
STOP_S: Final = 15.0


class Ended(AssertionError):
    """A process ended where it should have been ready; the text is what it said."""


class Running(msgspec.Struct, frozen=True):
    """A process that said it is ready."""

    process: "subprocess.Popen[str]"
    ready: Mapping[str, Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ready['port']}"

    def wait(self) -> int:
        """Wait for its end; negative is the signal that ended it."""
        return self.process.wait(PATIENCE_S)


@contextmanager
def running(
    log: Path, *module: str, environ: Mapping[str, str] | None = None
) -> Generator[Running]:
    """Run ``python -m …`` while the context lasts; its first line says that it is ready."""
    with log.open("a", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise Ended(f"{module}: {log.read_text(encoding='utf-8')[-3000:]}")
        yield Running(process, json.loads(line))
    finally:
        process.terminate()
        process.wait(STOP_S)
        process.stdout.close()


def run(*module: str, stdin: str = "") -> str:
    """Run ``python -m …`` to its end and insist on its success; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *module],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=False,
    )
    if done.returncode:
        raise Ended(f"{module}: {done.stderr[-3000:]}")
    return done.stdout


def until(ask: Callable[[], T | None], what: str) -> T:
    """Ask another process again and again until there is an answer, with a deadline."""
    end, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while time.monotonic() < end:
        found = ask()
        if found is not None:
            return found
        pause.wait(0.05)
    raise AssertionError(f"within {PATIENCE_S} s there was no {what}")


class Surroundings(msgspec.Struct, frozen=True):
    """An OLT, a billing receiver and a mail box, each a process of its own."""

    olt: Running
    receiver: Running
    mail: Running
    folder: Path

    @property
    def olt_url(self) -> str:
        return f"http://127.0.0.1:{self.olt.ready['control_port']}"

    @property
    def mails(self) -> list[Mapping[str, Any]]:
        log = self.folder / "mail.log"
        lines = log.read_bytes().splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]


WEBHOOK_SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def surroundings(folder: Path) -> Generator[Surroundings]:
    scenario = folder / "scenario.json"
    scenario.write_bytes(msgspec.json.encode(msgspec.structs.replace(town_scenario(), onts=())))
    with ExitStack() as stack:

        def started(name: str, *module: str, **environ: str) -> Running:
            return stack.enter_context(running(folder / f"{name}.err", *module, environ=environ))

        yield Surroundings(
            olt=started("olt", "activation.simulator", "--scenario", str(scenario)),
            receiver=started(
                "receiver", "billing_bridge.receiver", "--port", "0", "--secret-env", "HOOK",
                "--log", str(folder / "hooks.log"), HOOK=WEBHOOK_SECRET,
            ),
            mail=started(
                "mail", "server.demo.mail_sink", "--port", "0", "--log", str(folder / "mail.log")
            ),
            folder=folder,
        )  # fmt: skip


def write_settings(folder: Path, around: Surroundings, database_url: str) -> Path:
    """Write the settings of a server for these surroundings."""
    file = folder / "firstlight.toml"
    file.write_text(
        f"""\
database_url = {json.dumps(database_url)}
blob_folder = {json.dumps(str(folder / "blobs"))}
port = 0
secure_cookies = false
lease_s = 5
snmp_timeout_ms = 500
webhook_networks_allowed = ["127.0.0.0/8"]
mail = {{ port = {around.mail.ready["port"]} }}
snmp = {{ town = {{ read = "town-read", write = "town-write" }} }}
webhook_secrets = {{ billing = "{WEBHOOK_SECRET}" }}
""",
        encoding="utf-8",
    )
    return file
