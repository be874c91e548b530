"""P18: in which order facts and files arrive, and pieces of several files, makes no difference."""

import base64
import hashlib
import random
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from server.database import Connection, Store
from server.database.tables.sync import blobs, issues, operations
from server.jobs import queries
from sync_protocol import wire
from sync_protocol.jobs import JobState
from sync_protocol.messages import OperationVerdict
from sync_protocol.operations import CaptureBody, Photo, Signature
from tests.server.factories import Town, assigned_job, count, rows
from tests.server.sync.doors import bearer, enrolled_now, sync
from tests.server.tablets import Tablet, bodies

FILES = {
    hashlib.sha256(data).hexdigest(): data for data in (b"mounted" * 99, b"label" * 77, b"<svg/>")
}
PIECES = 3
FACTS = ""
"""Stands for the facts in an order; a file's hash stands for its next piece."""


class Uploading:
    """One tablet's files on their way; each piece follows the one before it."""

    def __init__(self, client: httpx.AsyncClient, tablet: Tablet) -> None:
        self._client, self._tablet = client, tablet
        self._sent = dict.fromkeys(FILES, 0)

    async def go_on(self, sha256: str) -> None:
        headers = bearer(self._tablet.token, **{"tus-resumable": "1.0.0"})
        data, offset = FILES[sha256], self._sent[sha256]
        if offset == 0:
            named = base64.b64encode(sha256.encode()).decode()
            begun = {"upload-length": str(len(data)), "upload-metadata": f"sha256 {named}"}
            assert (await self._client.post("/blobs", headers=headers | begun)).is_success
        size = -(-len(data) // PIECES)
        piece = {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
        answer = await self._client.patch(
            f"/blobs/{sha256}", content=data[offset : offset + size], headers=headers | piece
        )
        self._sent[sha256] = int(answer.headers["upload-offset"])


class Outcome(msgspec.Struct, frozen=True):
    """All that the order must not change."""

    state: JobState
    verdicts: tuple[tuple[str, str | None], ...]
    files: frozenset[tuple[str, int]]
    issues: int


def captured() -> tuple[CaptureBody, ...]:
    mounted, label, drawing = FILES
    files: dict[type[CaptureBody], list[str]] = {Photo: [mounted, label], Signature: [drawing]}
    return tuple(
        msgspec.structs.replace(body, sha256=sha256, size_bytes=len(FILES[sha256]))
        if isinstance(body, Photo | Signature) and (sha256 := files[type(body)].pop(0))
        else body
        for body in bodies()
    )


def outcome(store: Store, job_id: UUID) -> Outcome:
    def verdicts(db: Connection) -> tuple[tuple[str, str | None], ...]:
        said = db.execute(operations.select().order_by(operations.c.dseq)).all()
        read = [wire.decode(row.verdict, OperationVerdict) for row in said]
        return tuple((each.verdict.value, each.code) for each in read)

    return Outcome(
        state=store.read_now(queries.get, job_id).state,
        verdicts=store.read_now(verdicts),
        files=frozenset((row["sha256"], row["size_bytes"]) for row in rows(store, blobs)),
        issues=count(store, issues),
    )


def orders() -> Sequence[list[str]]:
    """Facts first, facts last, and all of it shuffled."""
    pieces = [sha256 for sha256 in FILES for _ in range(PIECES)]
    shuffled: list[list[str]] = []
    for seed in range(10):
        order = [FACTS, *pieces]
        random.Random(seed).shuffle(order)  # noqa: S311  an order, not a secret
        shuffled.append(order)
    return [[FACTS, *pieces], [*pieces, FACTS], *shuffled]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize("order", orders())
async def test_the_order_of_facts_and_files_makes_no_difference(
    client: httpx.AsyncClient, store: Store, town: Town, tmp_path: Path, order: list[str]
) -> None:
    job_id = assigned_job(store, town.ada).job_id
    tablet = enrolled_now(store, town.ada)
    tablet.complete(job_id, captured())
    uploading = Uploading(client, tablet)

    for step in order:
        if step == FACTS:
            assert (await sync(client, tablet)).status_code == 200
        else:
            await uploading.go_on(step)

    assert outcome(store, job_id) == Outcome(
        state=JobState.COMPLETED,
        verdicts=(("applied", None),) * len(tablet.said),
        files=frozenset((sha256, len(data)) for sha256, data in FILES.items()),
        issues=0,
    )
    for sha256, data in FILES.items():
        assert (tmp_path / "blobs" / sha256[:2] / sha256).read_bytes() == data
