"""A job's evidence bundle over HTTP."""

import asyncio
import tempfile
from pathlib import Path
from uuid import UUID

from litestar import get
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import File

from server.acts import utc_now
from server.database import Store
from server.evidence import files, queries
from server.people.doors import require_access
from server.people.records import OFFICE, Scope
from server.sync.blob_api import Blobs
from server.sync.blob_store import BlobStore
from sync_protocol.bundles import Bundle


@get(
    "/api/jobs/{job_id:uuid}/evidence-bundle",
    guards=[require_access(Scope.EVIDENCE_READ, *OFFICE)],
)
async def download(
    store: NamedDependency[Store], blob_store: Blobs, job_id: FromPath[UUID]
) -> File:
    """Answer the bundle as a ZIP file; photos that are still on their tablet are not in it."""
    bundle = await store.read(queries.bundle_of, job_id, exported_at=utc_now())
    path = await asyncio.to_thread(_written, bundle, blob_store)
    return File(
        path,
        filename=f"{bundle.job_number}.zip",
        media_type="application/zip",
        background=BackgroundTask(asyncio.to_thread, path.unlink),
    )


def _written(bundle: Bundle, blobs: BlobStore) -> Path:
    with tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file:
        files.write(bundle, blobs, file)
        return Path(file.name)
