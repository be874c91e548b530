"""A bundle over HTTP is the one of the shell, and only for whom may see jobs."""

import tempfile
from pathlib import Path
from uuid import UUID

import pytest

from server.database import Store
from server.evidence import files
from server.jobs import board
from server.jobs.evidence_view import evidence_view
from server.people.records import Scope
from server.sync import devices
from server.sync.blob_store import FolderBlobStore
from sync_protocol.bundles import Verified, verify
from tests.server.evidence.test_command import BODIES, DRAWING, PHOTO, sha256
from tests.server.factories import add_token, assigned_job, found_town, place_order
from tests.server.sync.doors import bearer, client_of, whole_app
from tests.server.tablets import enrolled, push


def url(job_id: UUID) -> str:
    return f"/api/jobs/{job_id}/evidence-bundle"


async def test_what_is_downloaded_is_verified_and_leaves_nothing_behind(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    town = found_town(store)
    placed = assigned_job(store, town.ada)
    tablet = enrolled(store, town.ada)
    tablet.complete(placed.job_id, BODIES)
    push(store, tablet)
    folder = tmp_path / "blobs"
    async with client_of(whole_app(store, folder)) as client:
        blobs = FolderBlobStore(folder)
        for raw in (PHOTO, DRAWING):
            blobs.begin(sha256(raw), len(raw))
            blobs.append(sha256(raw), 0, raw)
        token = add_token(store, Scope.EVIDENCE_READ)
        answer = await client.get(url(placed.job_id), headers=bearer(token))

    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="O-1-1.zip"' in answer.headers["content-disposition"]
    received = tmp_path / "received.zip"
    received.write_bytes(answer.content)
    found = verify(*files.read(received), devices.verifies, trusted_keys=[tablet.public_key])
    assert isinstance(found, Verified)
    assert (found.captures, found.blobs) == (4, 2)
    assert list(scratch.iterdir()) == []


async def test_a_job_without_signed_evidence_has_no_bundle(store: Store, tmp_path: Path) -> None:
    found_town(store)
    placed = place_order(store)
    async with client_of(whole_app(store, tmp_path / "blobs")) as client:
        token = add_token(store, Scope.EVIDENCE_READ)
        answer = await client.get(url(placed.job_id), headers=bearer(token))
        stranger = await client.get(url(placed.job_id))
        other = add_token(store, Scope.JOBS_READ)
        unfit = await client.get(url(placed.job_id), headers=bearer(other))

    assert (answer.status_code, stranger.status_code, unfit.status_code) == (404, 401, 403)
    assert "signed completion of job" in answer.json()["detail"]


def test_a_jobs_page_offers_the_bundle_once_there_is_signed_evidence(store: Store) -> None:
    town = found_town(store)
    placed = assigned_job(store, town.ada)

    def offered() -> str | None:
        return evidence_view(store.read_now(board.load_story, placed.job_id)).bundle_url

    assert offered() is None
    tablet = enrolled(store, town.ada)
    tablet.complete(placed.job_id, BODIES)
    push(store, tablet)
    assert offered() == url(placed.job_id)
