"""``reconnect``: a thousand tablets with fifty pending changes each come back, at once or spread.

The server is ``firstlight serve`` in a process of its own. The tablets' requests are prepared
beforehand and written to plain sockets, each attempt on a connection of its own; what an answer
means and when to come again is decided by the tablet's own functions. Their feeds have been read:
they know their jobs, as tablets do that lost the network for some hours.
"""

import asyncio
import os
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa

from field_client.engine import (
    EngineState,
    Finished,
    Outcome,
    Pace,
    StartSession,
    Synced,
    Ticked,
    Unreachable,
    step,
)
from field_client.refusals import outcome_of
from field_client.transport import Answer, Refused, failure_of
from server.database import Store, schema_versions
from server.database.tables import work
from server.database.tables.people import incarnations
from server.database.tables.sync import operations
from server.sync import pull
from sync_protocol import wire
from sync_protocol.messages import SyncResponse
from tests.acceptance.processes import running
from tests.benchmarks import corpus
from tests.benchmarks.corpus import BenchTablet
from tests.benchmarks.figures import Figure, percentile

CHANGES: Final = 50
WAVES: Final = 2
SPREAD_S: Final = 30.0
PATIENCE_S: Final = 30.0
"""Of a tablet that waits for an answer, as its own HTTP client has it."""
DEADLINE_S: Final = 300.0
PACE: Final = Pace()


class Waiting(msgspec.Struct, frozen=True):
    """A tablet's next request, ready to be written, and how far it will be acknowledged."""

    request: bytes
    head_dseq: int
    changes: int


class Return(msgspec.Struct, frozen=True, kw_only=True):
    """How one tablet fared from its arrival until everything was acknowledged."""

    acked_s: float
    requests: int
    refused: int
    unreachable: int
    faults_5xx: int


class Wave(msgspec.Struct, frozen=True):
    """How all of them fared, and how long that took."""

    returns: Sequence[Return]
    took_s: float

    def total(self, name: str) -> int:
        """Add something up over all tablets."""
        return sum(getattr(each, name) for each in self.returns)


class Kept(msgspec.Struct, frozen=True):
    """How what the database holds differs from what was said."""

    missing: int
    """Operations that it lacks."""
    other: int
    """Operations, writes of fields and ended jobs that are more, or fewer, than were said."""


async def measure(repeat: int) -> tuple[Figure, ...]:
    """Measure with so many tablets."""
    with tempfile.TemporaryDirectory(prefix="firstlight-bench-") as name:
        return await reconnect(Path(name), repeat)


async def reconnect(
    folder: Path,
    count: int,
    *,
    changes: int = CHANGES,
    spread_s: float = SPREAD_S,
    settings: dict[str, str] | None = None,
) -> tuple[Figure, ...]:
    """Let so many tablets come back at once, then once more over a while."""
    url = f"sqlite:///{folder / 'firstlight.db'}"
    tablets = await asyncio.to_thread(found, url, count)
    waves = [_prepared(tablets, at, changes) for at in range(WAVES)]
    environ = {
        "FIRSTLIGHT_DATABASE_URL": url,
        "FIRSTLIGHT_BLOB_FOLDER": str(folder / "blobs"),
        "FIRSTLIGHT_PORT": "0",
        "FIRSTLIGHT_RUN_PROCESSES": "false",
        **(settings or {}),
    }
    with running(folder / "server.log", "server", "serve", environ=environ) as server:
        port = int(server.ready["port"])
        at_once = await _wave(port, waves[0], 0)
        spread = await _wave(port, waves[1], spread_s)
    sent = [sum(each.changes for each in wave) for wave in zip(*waves, strict=True)]
    kept = await asyncio.to_thread(read_kept, url, tablets, sent)
    return _figures(at_once, spread, sum(sent) / WAVES, kept)


def found(url: str, count: int) -> Sequence[BenchTablet]:
    """Make a database with so many tablets that have read their feeds."""
    schema_versions.upgrade(url)
    store = Store(url)
    try:
        tablets = corpus.found(store, count).tablets
        for tablet in tablets:
            _epoch, page = store.read_now(pull.read, tablet.technician_id, None, None)
            assert not page.more
            tablet.cursor = page.cursor
        return tablets
    finally:
        store.close()


def _prepared(tablets: Sequence[BenchTablet], number: int, changes: int) -> list[Waiting]:
    """Pack the next changes of each tablet as it would send them."""
    made: list[Waiting] = []
    for tablet in tablets:
        push = tablet.push(number, changes)
        body = wire.compress(wire.encode(push))
        head = (
            "POST /sync/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: Bearer {tablet.token}\r\nContent-Encoding: gzip\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(Waiting(head.encode() + body, tablet.dseq, len(push.operations)))
    return made


async def _wave(port: int, waiting: Sequence[Waiting], spread_s: float) -> Wave:
    """Let the tablets come, evenly over so many seconds, and wait until all are through."""
    begun = time.perf_counter()
    async with asyncio.timeout(DEADLINE_S):
        returns = await asyncio.gather(
            *(
                _come_back(port, each, spread_s * at / len(waiting), random.Random(at))  # noqa: S311  no secret
                for at, each in enumerate(waiting)
            )
        )
    return Wave(returns, time.perf_counter() - begun)


async def _come_back(port: int, waiting: Waiting, after_s: float, chance: random.Random) -> Return:
    """Be one tablet: ask, and as long as not all is acknowledged, ask when its engine says so."""
    await asyncio.sleep(after_s)
    begun = time.perf_counter()
    state, statuses = EngineState(), list[int]()
    while True:
        now_ms = _now_ms()
        state, effects = step(state, Ticked(), now_ms, PACE)
        if StartSession() not in effects:
            assert state.next_at_ms is not None
            await asyncio.sleep(max(0, state.next_at_ms - now_ms) / 1000)
            continue
        status, outcome = await _session(port, waiting)
        statuses.append(status)
        if isinstance(outcome, Synced):
            return Return(
                acked_s=time.perf_counter() - begun,
                requests=len(statuses),
                refused=statuses.count(503),
                unreachable=statuses.count(0),
                faults_5xx=sum(each >= 500 and each != 503 for each in statuses),
            )
        state, _ = step(state, Finished(outcome=outcome, jitter=chance.random()), _now_ms(), PACE)


async def _session(port: int, waiting: Waiting) -> tuple[int, Outcome]:
    """Send, and say what the answer means: its status, 0 for none."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await _ask(port, waiting.request)
    except (OSError, EOFError, TimeoutError) as error:
        return 0, Unreachable(detail=repr(error))
    if answer.status == 200:
        response = wire.decode(answer.body, SyncResponse)
        assert response.acked_dseq == waiting.head_dseq
        assert len(response.verdicts) == waiting.changes
        return answer.status, Synced()
    failure = failure_of(answer)
    if not isinstance(failure, Refused):
        return answer.status, Unreachable(detail=repr(failure))
    # A refusal that names no time would be a fault here: it is counted as one.
    status = 500 if answer.status == 503 and failure.retry_after_ms is None else answer.status
    return status, outcome_of(failure)


async def _ask(port: int, request: bytes) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(headers["content-length"]))
        if headers.get("content-encoding") == "gzip":
            body = wire.decompress(body)
        return Answer(status=int(lines[0].split()[1]), headers=headers, body=body)
    finally:
        writer.close()


def _now_ms() -> int:
    return int(time.monotonic() * 1000)


def read_kept(url: str, tablets: Sequence[BenchTablet], sent: Sequence[int]) -> Kept:
    """Count what was acknowledged and is missing, and what is there or took effect twice."""
    store = Store(url)
    try:
        numbers = store.read_now(_numbers)
        versions, ended = store.read_now(_effects)
    finally:
        store.close()
    missing = sum(
        count - min(numbers.get(tablet.incarnation, (0, 0)))
        for tablet, count in zip(tablets, sent, strict=True)
    )
    rows = sum(count for count, _head in numbers.values())
    # Each edit raises the version of one field, and each push ends one job: no more, no less.
    effects = abs(versions - sum(tablet.edits_said for tablet in tablets))
    return Kept(missing, abs(rows - sum(sent)) + effects + abs(ended - WAVES * len(tablets)))


def _numbers(db: sa.Connection) -> dict[UUID, tuple[int, int]]:
    """Count the operations of each incarnation, and read how far it was heard."""
    rows = db.execute(
        sa.select(incarnations.c.incarnation, sa.func.count(), incarnations.c.head_dseq)
        .join(operations, operations.c.incarnation == incarnations.c.incarnation)
        .group_by(incarnations.c.incarnation, incarnations.c.head_dseq)
    )
    return {incarnation: (count, head) for incarnation, count, head in rows}


def _effects(db: sa.Connection) -> tuple[int, int]:
    """Count how often a field was written since it was first filled, and the completions."""
    written = sa.select(sa.func.sum(work.job_fields.c.version - 1))
    ended = sa.select(sa.func.count()).select_from(work.completions)
    return int(db.execute(written).scalar_one()), db.execute(ended).scalar_one()


def _figures(at_once: Wave, spread: Wave, sent: float, kept: Kept) -> tuple[Figure, ...]:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    waits = [each.acked_s for each in at_once.returns]
    spread_waits = [each.acked_s for each in spread.returns]
    both = (*at_once.returns, *spread.returns)
    faults = at_once.total("faults_5xx") + spread.total("faults_5xx")
    cut = at_once.total("unreachable") + spread.total("unreachable")
    rows: tuple[tuple[str, float, float | None, str], ...] = (
        ("all_acked_s_at_once", max(waits), 30, f"{len(waits)} tablets; load average {load}"),
        ("p50_s_at_once", percentile(waits, 50), None, "from arrival to acknowledgement"),
        ("changes_s_at_once", sent / at_once.took_s, None, "until the last was acknowledged"),
        ("p99_s_spread", percentile(spread_waits, 99), 3, "the same number, evenly over a while"),
        ("p50_s_spread", percentile(spread_waits, 50), None, "from arrival to acknowledgement"),
        ("errors_5xx", faults, 0, "other than 503 with Retry-After"),
        ("connection_errors", cut, 0, "no answer, or none in 30 s"),
        ("refused_503_at_once", at_once.total("refused"), None, "told when to come back"),
        ("refused_503_spread", spread.total("refused"), None, "told when to come back"),
        ("requests_per_tablet_max", max(each.requests for each in both), None, "of one return"),
        ("changes_missing", kept.missing, 0, "acknowledged, and not in the database"),
        ("changes_twice", kept.other, 0, "rows or effects more, or other, than were said"),
    )
    return tuple(
        Figure(key=key, value=value, most=most, says=says) for key, value, most, says in rows
    )
