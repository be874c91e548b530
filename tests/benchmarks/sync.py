"""``sync``: what pushes and pulls cost, through a real server process and the real client.

Latency and bytes are taken with the tablet's own HTTP client. The load of sixteen clients is made
of requests prepared beforehand and written to plain sockets, so that the clients' own work, which
shares the machine, weighs as little as it can; the no-op gets the very same treatment.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Final

import httpx
import msgspec

from field_client.transport import HttpTransport
from server.database import Store, schema_versions
from sync_protocol import wire
from sync_protocol.messages import SyncResponse
from tests.acceptance.processes import running
from tests.benchmarks import corpus, raw_sqlite
from tests.benchmarks.corpus import CHANGES, BenchTablet
from tests.benchmarks.figures import Figure, percentile
from tests.benchmarks.wire_counts import counted
from tests.postgres import started

CLIENTS: Final = 16
ROUNDS: Final = 3
"""Push, no-op and raw SQLite take turns so often: what else the machine does falls on all."""
DURABLE: Final = "-c shared_buffers=128MB -c max_connections=100"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one server gave."""

    p50_ms: float
    changes_s: float
    noop_s: float
    raw_s: float
    """Of raw SQLite; 0 where it had no turn."""
    group: float
    first_pull_bytes: int
    push_up_bytes: int
    day_up_bytes: int
    empty_bytes: int


async def measure(repeat: int) -> tuple[Figure, ...]:
    """Measure on SQLite, then on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'firstlight.db'}"
        made = await asyncio.to_thread(_found, url, repeat)
        rival = await asyncio.to_thread(raw_sqlite.Rival, folder, ROUNDS)
        on_sqlite = await _measure_server(folder, url, made, repeat, rival)
        raw_s = on_sqlite.raw_s
        ratio = on_sqlite.changes_s / raw_s
        figures = (
            *_figures(on_sqlite, ""),
            Figure(key="raw_sqlite_changes_s", value=raw_s, says="the same statements and groups"),
            Figure(
                key="push40_vs_raw_sqlite", value=ratio, says="of raw SQLite; asked is 0.4 or more"
            ),
        )
        with (
            tempfile.TemporaryDirectory(prefix="fl-pg-", ignore_cleanup_errors=True) as place,
            started(Path(place), DURABLE) as server,
            server.database() as postgres_url,
        ):
            made = await asyncio.to_thread(_found, postgres_url, repeat)
            on_postgres = await _measure_server(folder, postgres_url, made, repeat)
        return (*figures, *_figures(on_postgres, "_postgres"))


def _found(url: str, repeat: int) -> Sequence[BenchTablet]:
    schema_versions.upgrade(url)
    store = Store(url)
    try:
        return corpus.found(store, 1 + repeat + ROUNDS * CLIENTS).tablets
    finally:
        store.close()


async def _measure_server(
    folder: Path,
    url: str,
    tablets: Sequence[BenchTablet],
    repeat: int,
    rival: raw_sqlite.Rival | None = None,
) -> Measured:
    environ = {
        "FIRSTLIGHT_DATABASE_URL": url,
        "FIRSTLIGHT_BLOB_FOLDER": str(folder / "blobs"),
        "FIRSTLIGHT_PORT": "0",
        "FIRSTLIGHT_LOG_LEVEL": "info",
    }
    log = folder / "server.log"
    with running(log, "tests.benchmarks.serving_process", environ=environ) as server:
        port = int(server.ready["port"])
        sizes = await _sizes(port, tablets[0])
        times = [await _latency(port, tablet) for tablet in tablets[1 : 1 + repeat]]
        _say(f"p50 {percentile(times, 50):.1f} ms")
        loads = await _loads(port, tablets[1 + repeat :], rival)
        return Measured(
            p50_ms=percentile(times, 50),
            changes_s=loads.changes_s,
            noop_s=loads.noop_s,
            raw_s=loads.raw_s,
            group=loads.group,
            first_pull_bytes=sizes[0],
            push_up_bytes=sizes[1],
            day_up_bytes=sizes[2],
            empty_bytes=sizes[3],
        )


async def _sizes(port: int, tablet: BenchTablet) -> tuple[int, int, int, int]:
    """Count the bytes of a first pull, of an install and a day pushed, and of an empty sync."""
    found: list[tuple[int, int]] = []
    async with counted(port) as (relay, counts), _client(relay) as client:
        for request in (
            tablet.empty,
            lambda: tablet.push(0),
            tablet.day,
            tablet.empty,
        ):
            before = counts.up, counts.down
            answer = await client.sync(request(), tablet.token)
            assert isinstance(answer, SyncResponse), answer
            tablet.cursor = answer.pull.cursor
            found.append((counts.up - before[0], counts.down - before[1]))
    return found[0][1], found[1][0], found[2][0], sum(found[3])


async def _latency(port: int, tablet: BenchTablet) -> float:
    """Time one push of a tablet that has read its feed, in ms."""
    async with _client(port) as client:
        await _catch_up(client, tablet)
        request = tablet.push(0)
        begun = time.perf_counter()
        answer = await client.sync(request, tablet.token)
        took = (time.perf_counter() - begun) * 1000
        assert isinstance(answer, SyncResponse), answer
        assert len(answer.verdicts) == CHANGES
        return took


async def _catch_up(client: HttpTransport, tablet: BenchTablet) -> None:
    """Let a tablet read its feed, so that it pushes as one that is in use."""
    answer = await client.sync(tablet.empty(), tablet.token)
    assert isinstance(answer, SyncResponse), answer
    tablet.cursor = answer.pull.cursor


class _Loads(msgspec.Struct, frozen=True):
    """What sixteen clients at once gave: changes per second of each rival, pushes per commit."""

    changes_s: float
    noop_s: float
    raw_s: float
    group: float


async def _loads(
    port: int, tablets: Sequence[BenchTablet], rival: raw_sqlite.Rival | None
) -> _Loads:
    """Load the server with sixteen clients; push, no-op and raw SQLite take turns."""
    pushed_s = noop_s = raw_s = 0.0
    pushes = commits = 0
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http, _client(port) as one:
        for number in range(ROUNDS):
            part = tablets[number * CLIENTS : (number + 1) * CLIENTS]
            for tablet in part:
                await _catch_up(one, tablet)
            bodies = [
                [wire.compress(wire.encode(tablet.push(at))) for at in range(corpus.PUSHES)]
                for tablet in part
            ]
            tokens = [tablet.token for tablet in part]
            before = int((await http.get("/commits")).text)
            pushed_s += await _together(port, "/sync/v1", tokens, bodies)
            made = int((await http.get("/commits")).text) - before
            count = sum(map(len, bodies))
            commits, pushes = commits + made, pushes + count
            await http.put("/noop", content=await _one_answer(http, part[0], bodies[0][0]))
            noop_s += await _together(port, "/noop", tokens, bodies)
            if rival is not None:
                group = max(1, round(count / max(1, made)))
                raw_s += await asyncio.to_thread(rival.seconds, number, group)
            _say(
                f"round {number + 1} of {ROUNDS}: push {pushed_s:.2f} s, no-op {noop_s:.2f} s, "
                f"raw SQLite {raw_s:.2f} s"
            )
    changes = pushes * CHANGES
    raw = changes / raw_s if raw_s else 0.0
    return _Loads(changes / pushed_s, changes / noop_s, raw, pushes / max(1, commits))


async def _one_answer(http: httpx.AsyncClient, tablet: BenchTablet, body: bytes) -> bytes:
    """Send a push once more; the answer to it is as long as the first was."""
    headers = {"Authorization": f"Bearer {tablet.token}", "Content-Encoding": "gzip"}
    answer = await http.post("/sync/v1", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


async def _together(
    port: int, path: str, tokens: Sequence[str], bodies: Sequence[Sequence[bytes]]
) -> float:
    """Let all clients send at once, each one request after the other; the seconds it took."""
    begun = time.perf_counter()
    await asyncio.gather(
        *(_send(port, path, token, mine) for token, mine in zip(tokens, bodies, strict=True))
    )
    return time.perf_counter() - begun


async def _send(port: int, path: str, token: str, bodies: Sequence[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in bodies:
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
            f"Authorization: Bearer {token}\r\nContent-Encoding: gzip\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert answer.startswith(b"http/1.1 200"), answer
        await reader.readexactly(int(answer.split(b"content-length: ")[1].split(b"\r\n")[0]))
    writer.close()


@contextlib.asynccontextmanager
async def _client(port: int) -> AsyncGenerator[HttpTransport]:
    client = HttpTransport(f"http://127.0.0.1:{port}")
    try:
        yield client
    finally:
        await client.close()


def _figures(found: Measured, suffix: str) -> tuple[Figure, ...]:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    rows: tuple[tuple[str, float, float | None, str], ...] = (
        ("push40_p50_ms", found.p50_ms, 10, f"one client, 40 changes; load average {load}"),
        ("push40_changes_s", found.changes_s, None, "16 clients"),
        ("noop_changes_s", found.noop_s, None, "a route of the same app, bodies of the same sizes"),
        ("push40_vs_noop", found.changes_s / found.noop_s, None, "asked is 0.15 or more"),
        ("pushes_per_commit", found.group, None, "16 clients"),
        ("first_pull_bytes", found.first_pull_bytes, 9000, "12 jobs of 2 KB, answer with headers"),
        ("push40_up_bytes", found.day_up_bytes, 2000, "a day: moves and remarks, with headers"),
        ("push40_install_up_bytes", found.push_up_bytes, None, "an install and long notes"),
        ("empty_sync_bytes", found.empty_bytes, 1200, "request and answer with headers"),
    )
    return tuple(
        Figure(key=key + suffix, value=value, most=most, says=says)
        for key, value, most, says in rows
    )


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
