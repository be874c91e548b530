"""The files of a tablet: kept before a row speaks of them, and removed when none does any more."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from field_client.fetching import Shelf
from field_client.replica.earlier_photos import forget_gone, list_gone, note_lost
from field_client.replica.memory import forget_gone_jobs
from field_client.replica.uploads import forget_uploaded, is_spoken_of
from field_client.settings import Settings
from field_client.storage import (
    Aside,
    BlobFolder,
    BlobUnreadable,
    Connection,
    StorageFull,
    Store,
    StoredBlob,
)
from field_client.storage.ballast import Ballast
from sync_protocol.units import Sha256Hex


class FileKeeper:
    """Photos and signatures on the disk, and the ballast that makes room for them."""

    def __init__(self, settings: Settings, store: Store, blobs: BlobFolder, aside: Aside) -> None:
        self._settings = settings
        self._store = store
        self._blobs = blobs
        self._aside = aside
        # A file may not be removed between being found there and being spoken of by a row.
        self._lock = asyncio.Lock()
        self.ballast = ballast_of(settings)

    async def read(self, sha256: Sha256Hex) -> bytes:
        """Give a photo or signature back.

        Raises:
            BlobUnreadable: the file is gone or damaged; its row is kept.
        """
        return await self._aside.run(self._blobs.get, sha256)

    async def read_earlier(self, sha256: Sha256Hex) -> bytes:
        """Give a photo of an earlier visit back.

        Raises:
            BlobUnreadable: the file is gone or damaged; it is fetched again.
        """
        try:
            return await self.read(sha256)
        except BlobUnreadable:
            await self._store.write(note_lost, sha256)
            raise

    @asynccontextmanager
    async def keeping(self, data: bytes, media_type: str) -> AsyncGenerator[StoredBlob, None]:
        """Keep a file until its row is written; where that fails, nothing would ever free it."""
        async with self._lock:
            put = self._blobs.put
            stored = await self._aside.run(self.ballast.with_room, put, data, media_type)
            try:
                yield stored
            except Exception:
                if not await self._store.read(is_spoken_of, stored.sha256):
                    await self._aside.run(self._blobs.remove, stored.sha256)
                raise

    @property
    def shelf(self) -> Shelf:
        """Where photos of earlier visits go; the room of the ballast is not for them."""
        return Shelf(
            limits=self._settings.earlier_photos,
            keep=self._keep_earlier,
            has_room=self._has_room,
        )

    async def _keep_earlier(self, data: bytes, media_type: str) -> StoredBlob:
        return await self._aside.run(self._blobs.put_anew, data, media_type)

    def _has_room(self) -> bool:
        """Say whether all of them would fit, and the ballast, and as much again."""
        most = self._settings.earlier_photos.bytes + self._settings.ballast_bytes
        free = shutil.disk_usage(self._settings.home).free
        return not self.ballast.is_missing and free >= 2 * most

    async def tend(self, now: datetime) -> None:
        """Free what nobody needs, and put the ballast back where there is room for it."""
        await self._free_space(now)
        await self._aside.run(self.ballast.ensure)

    async def _free_space(self, now: datetime) -> None:
        async with self._lock:
            try:
                # Uploaded long ago, and their jobs are gone.
                freed = await self._store.write(_forget_gone, now)
                gone = await self._store.read(list_gone)
                for sha256 in (*freed, *(each.sha256 for each in gone if not each.is_ours)):
                    await self._aside.run(self._blobs.remove, sha256)
                if gone:
                    await self._store.write(forget_gone)
            except StorageFull:
                return  # the session has told of it, and the next one comes here again


def ballast_of(settings: Settings) -> Ballast:
    """Give the ballast as it is set."""
    return Ballast(settings.replica_folder / "ballast", settings.ballast_bytes)


def _forget_gone(db: Connection, now: datetime) -> tuple[Sha256Hex, ...]:
    forget_gone_jobs(db)
    return forget_uploaded(db, now)
