"""The receiver as it is used: a process of its own on a real socket."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from billing_bridge.adapter import Delivered, TryLater
from billing_bridge.webhooks import Endpoint, WebhookAdapter, WebhookSecret, open_webhook_client

from .factories import OTHER_SECRET, SECRET, an_event, wall_clock
from .local_https import LOOPBACK

ROOT = Path(__file__).parents[2]
DEADLINE_S = 30


class Running(msgspec.Struct, frozen=True):
    """A receiver that said it is ready."""

    process: asyncio.subprocess.Process
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


async def started(*arguments: str, secret: str = SECRET.text) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "billing_bridge.receiver", "--secret-env", "RECEIVER_SECRET", *arguments),
        cwd=ROOT,
        env={**os.environ, "RECEIVER_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@asynccontextmanager
async def running(*arguments: str) -> AsyncGenerator[Running]:
    process = await started("--port", "0", *arguments)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(DEADLINE_S):
            ready = msgspec.json.decode(await process.stdout.readline())
        assert ready["ready"] is True
        yield Running(process, ready["port"])
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_S):
            await process.communicate()


async def deliver(
    receiver: Running, *, times: int = 1, secret: WebhookSecret = SECRET
) -> list[object]:
    async with open_webhook_client(allowed_networks=[LOOPBACK]) as client:
        endpoint = Endpoint(url=f"{receiver.url}/hooks", secrets=(secret,))
        adapter = WebhookAdapter(client, endpoint, now=wall_clock)
        return [await adapter.deliver(an_event(), an_event().id) for _ in range(times)]


async def seen(receiver: Running) -> dict[str, object]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{receiver.url}/seen")
        return answer.json()


async def test_ten_deliveries_of_one_event_are_one_event() -> None:
    async with running() as receiver:
        outcomes = await deliver(receiver, times=10)

        assert outcomes == [Delivered(status=200)] * 10
        assert await seen(receiver) == {
            "deliveries": 10,
            "distinct_events": 1,
            "signature_verified": 10,
            "rejected": 0,
            "events": [an_event().id],
        }


async def test_a_delivery_signed_with_another_secret_is_not_taken() -> None:
    async with running() as receiver:
        outcomes = await deliver(receiver, secret=OTHER_SECRET)

        assert outcomes == [TryLater(why="the receiver answered 401")]
        told = await seen(receiver)
        assert (told["rejected"], told["distinct_events"]) == (1, 0)


async def test_what_was_acknowledged_is_remembered_after_a_kill(tmp_path: Path) -> None:
    log = ("--log", str(tmp_path / "receiver.jsonl"))
    async with running(*log) as receiver:
        await deliver(receiver)
        receiver.process.kill()
        await receiver.process.wait()

    async with running(*log) as receiver:
        await deliver(receiver)

        told = await seen(receiver)
        assert (told["deliveries"], told["distinct_events"]) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "secret", "status", "complaint"),
    [
        (("--port", "99999"), SECRET.text, 2, "'99999' is no port; use 0 to 65535"),
        (("--port", "web"), SECRET.text, 2, "'web' is no port; use 0 to 65535"),
        ((), SECRET.text, 2, "--port"),
        (("--port", "0"), "", 2, "RECEIVER_SECRET is not set; put the secret there"),
        (("--port", "0"), "whsec_!", 2, "is not base64 after whsec_"),
        (("--port", "0", "--log", "/nowhere/log"), SECRET.text, 1, "/nowhere/log cannot be opened"),
        (("--port", "0", "--log", __file__), SECRET.text, 2, "is not a receiver's log"),
    ],
)
async def test_wrong_input_gets_one_clear_sentence(
    arguments: tuple[str, ...], secret: str, status: int, complaint: str
) -> None:
    process = await started(*arguments, secret=secret)
    async with asyncio.timeout(DEADLINE_S):
        out, err = await process.communicate()

    assert process.returncode == status
    assert complaint in err.decode()
    assert "Traceback" not in err.decode()
    assert out == b""


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await started("--port", str(port))
        async with asyncio.timeout(DEADLINE_S):
            _, err = await process.communicate()

    assert process.returncode == 1
    assert f"port {port} cannot be listened on" in err.decode()


async def test_the_receiver_ends_cleanly_when_told_to() -> None:
    async with running() as receiver:
        receiver.process.terminate()
        async with asyncio.timeout(DEADLINE_S):
            _, err = await receiver.process.communicate()

        assert err == b""
        assert receiver.process.returncode in (0, -signal.SIGTERM)
