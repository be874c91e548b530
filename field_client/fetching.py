"""Fetching photos of earlier visits: after everything of our own was sent, and never in its way.

Facts go first: a photo comes in parts, and what is recorded meanwhile goes out between two of them.
A part that came stays in memory, so a link that breaks every minute gets on all the same. Whatever
goes wrong here is no failure of a session: the page says "not here yet", and the next session asks
again.
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Protocol

import msgspec

from field_client import earlier_photos
from field_client.clock import Clock
from field_client.earlier_photos import Limits, Showing, Wanted
from field_client.media import NotAPhoto, photo_media_type
from field_client.replica import earlier_photos as rows
from field_client.replica.outbox import has_unsent
from field_client.replica.state import server_time
from field_client.storage import StorageFull, Store, StoredBlob
from field_client.transport import Failure, NoAnswer, PhotoPart, Refused
from field_client.uploads import ChunkSize
from sync_protocol.units import Sha256Hex


class PhotoTransport(Protocol):
    """What fetching needs of the server."""

    async def photo_part(
        self, sha256: Sha256Hex, offset: int, length_bytes: int, token: str
    ) -> PhotoPart | Failure:
        """Get a part of a photo that a job shows."""
        ...


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Where fetched photos go, and how much room there is for them."""

    limits: Limits
    keep: Callable[[bytes, str], Awaitable[StoredBlob]]
    """Put bytes of a media type on the disk; StorageFull: it takes nothing more."""
    has_room: Callable[[], bool]
    """Whether there is room that our own work will not need."""


class FetchEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How many photos came, and whether operations were recorded meanwhile that go first."""

    fetched: int
    facts_wait: bool = False


class _Begun(msgspec.Struct):
    """The photo that is being fetched, as far as it has come."""

    sha256: Sha256Hex
    data: bytearray


class _Interrupted(msgspec.Struct, frozen=True, kw_only=True):
    """A photo was left between two parts, for facts that wait."""


class _TooLarge(msgspec.Struct, frozen=True, kw_only=True):
    """A photo is larger than it may be."""

    size_bytes: int


class _Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What came is not what the hash says, or no photo."""


class Fetcher:
    """Fetches what open jobs show; lives as long as the program, for what was begun."""

    def __init__(self, store: Store, shelf: Shelf, *, clock: Clock, chunk: ChunkSize) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._chunk = chunk
        self._begun = _Begun("", bytearray())

    async def fetch_missing(self, transport: PhotoTransport, token: str) -> FetchEnded:
        """Fetch what is missing, the soonest appointment first, until something stands in the way.

        Also notes what belongs here from now on; what does not any more may then be removed.
        """
        fetched = 0
        shown = await self._store.read(rows.list_showings)
        with suppress(StorageFull):
            while (photo := await self._next(shown)) is not None and self._shelf.has_room():
                ended = await self._fetch(transport, token, photo)
                if isinstance(ended, _Interrupted):
                    return FetchEnded(fetched=fetched, facts_wait=True)
                if not await self._note(photo, ended):
                    break
                fetched += isinstance(ended, StoredBlob)
        return FetchEnded(fetched=fetched)

    async def _next(self, shown: tuple[Showing, ...]) -> Wanted | None:
        """Plan anew with the sizes that are known by now, and choose what to ask for."""
        known = await self._store.read(rows.list_earlier_photos)
        here = {photo.sha256: photo.size_bytes or 0 for photo in known if photo.is_here}
        plan = tuple(earlier_photos.wanted(shown, here, self._shelf.limits))
        if [(each.sha256, each.job_id) for each in plan] != [(p.sha256, p.job_id) for p in known]:
            await self._store.write(rows.place_photos, plan)
            known = await self._store.read(rows.list_earlier_photos)
        now = await self._store.read(server_time, self._clock.moment().wall)
        return next(
            (
                want
                for want, photo in zip(plan, known, strict=True)
                if not photo.is_here and photo.is_due(now) and _may_fit(want, photo.size_bytes)
            ),
            None,
        )

    async def _fetch(
        self, transport: PhotoTransport, token: str, photo: Wanted
    ) -> StoredBlob | Failure | _Interrupted | _TooLarge | _Wrong:
        if self._begun.sha256 != photo.sha256:
            self._begun = _Begun(photo.sha256, bytearray())
        data = self._begun.data
        while True:
            if await self._store.read(has_unsent):
                return _Interrupted()
            part = await self._ask(transport, token, photo.sha256, len(data))
            if not isinstance(part, PhotoPart):
                return part
            if part.size_bytes > photo.bytes_left:
                return _TooLarge(size_bytes=part.size_bytes)
            data[part.offset :] = part.data
            if len(data) >= part.size_bytes:
                break
        self._begun = _Begun("", bytearray())
        return await self._keep(photo.sha256, bytes(data))

    async def _ask(
        self, transport: PhotoTransport, token: str, sha256: Sha256Hex, offset: int
    ) -> PhotoPart | Failure:
        """Ask for the next part, and learn from it how large the one after may be."""
        length_bytes, begun_ms = self._chunk.now_bytes, self._clock.moment().monotonic_ms
        part = await transport.photo_part(sha256, offset, length_bytes, token)
        if isinstance(part, PhotoPart):
            took_ms = self._clock.moment().monotonic_ms - begun_ms
            self._chunk.note_through(len(part.data), took_ms)
        elif isinstance(part, NoAnswer):
            self._chunk.note_lost()
        return part

    async def _keep(self, sha256: Sha256Hex, data: bytes) -> StoredBlob | _Wrong:
        """Keep a photo that is what it is called; of anything else nothing is kept."""
        if hashlib.sha256(data).hexdigest() != sha256:
            return _Wrong()
        try:
            media_type = photo_media_type(data)
        except NotAPhoto:
            return _Wrong()
        return await self._shelf.keep(data, media_type)

    async def _note(self, photo: Wanted, ended: StoredBlob | Failure | _TooLarge | _Wrong) -> bool:
        """Note what became of a photo; False: there is no use in asking for another one now."""
        match ended:
            case StoredBlob():
                await self._store.write(rows.note_here, ended)
            case _TooLarge(size_bytes=size_bytes):
                await self._store.write(rows.note_too_large, photo.sha256, size_bytes)
            case _Wrong():
                await self._note_not_given(photo)
            case Refused(refusal=None, is_passing=False, status=status):
                # It is about this photo: another may be asked for, now or in the next session.
                await self._note_not_given(photo)
                return status < HTTPStatus.INTERNAL_SERVER_ERROR
            case _:
                return False
        return True

    async def _note_not_given(self, photo: Wanted) -> None:
        at = self._clock.moment().wall
        await self._store.write(rows.note_not_given, photo.sha256, at)


def _may_fit(want: Wanted, size_bytes: int | None) -> bool:
    return size_bytes is None or size_bytes <= want.bytes_left
