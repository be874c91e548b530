"""Photos of earlier visits: which are wanted here, which are here, and which may go."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from field_client.earlier_photos import Showing, Wanted, showings
from field_client.replica.state import server_time
from field_client.storage import Connection, StoredBlob
from field_client.storage.driver import Row
from field_client.storage.statements import fetch_all, fetch_row, run, run_many
from sync_protocol import wire
from sync_protocol.documents import JobDocument
from sync_protocol.ids import JobId
from sync_protocol.units import Sha256Hex

ASK_AGAIN_AFTER: Final = timedelta(minutes=15)
"""A photo may still be on the tablet of whoever took it, so the server is asked again."""


class EarlierPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that belongs here; the job is the soonest that shows it."""

    sha256: Sha256Hex
    job_id: JobId
    size_bytes: int | None
    """None: not known yet."""
    media_type: str | None
    """None: the file is not here."""
    asked_at: datetime | None = None
    """When the server last had none to give, by its clock."""

    @property
    def is_here(self) -> bool:
        """Whether it can be shown."""
        return self.media_type is not None

    @property
    def is_too_large(self) -> bool:
        """Whether it is not fetched, because it takes more room than there is for such photos."""
        return self.media_type is None and self.size_bytes is not None

    def is_due(self, now: datetime) -> bool:
        """Say whether the server may be asked; ``now`` by its clock."""
        return self.asked_at is None or not timedelta() <= now - self.asked_at < ASK_AGAIN_AFTER


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that no open job shows any more. ``is_ours``: its file is a capture's as well."""

    sha256: Sha256Hex
    is_ours: bool


def list_showings(db: Connection) -> tuple[Showing, ...]:
    """List the open jobs on this tablet that show photos, the soonest appointment first."""
    rows = fetch_all(db, "jobs")
    here = (wire.decode(row["document"], JobDocument) for row in rows if not row["left_reason"])
    return showings(here)


def list_earlier_photos(db: Connection) -> tuple[EarlierPhoto, ...]:
    """List the photos that belong here, in the order in which they are fetched."""
    return tuple(_photo(row) for row in fetch_all(db, "earlier_photos"))


def find_earlier_photos(
    db: Connection, wanted: Collection[Sha256Hex]
) -> dict[Sha256Hex, EarlierPhoto]:
    """Find those of these photos that belong here."""
    rows = fetch_all(db, "earlier_photos_among", wanted=msgspec.json.encode([*wanted]).decode())
    return {row["sha256"]: _photo(row) for row in rows}


def count_missing(db: Connection) -> int:
    """Count the photos that belong here and are still to come."""
    return fetch_row(db, "earlier_photos_missing_count")["count"]


def place_photos(db: Connection, wanted: Sequence[Wanted]) -> None:
    """Note what belongs here from now on, in its order; what this tablet took itself is here."""
    run(db, "earlier_photos_unplace")
    rows = [
        {"sha256": each.sha256, "job_id": str(each.job_id), "place": place}
        for place, each in enumerate(wanted)
    ]
    run_many(db, "earlier_photo_place", rows)
    run(db, "earlier_photos_of_ours")


def note_here(db: Connection, stored: StoredBlob) -> None:
    """The file is on the disk, and is what it is called."""
    run(
        db,
        "earlier_photo_here",
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=stored.media_type,
    )


def note_too_large(db: Connection, sha256: Sha256Hex, size_bytes: int) -> None:
    """It takes more room than it may have."""
    run(db, "earlier_photo_size", sha256=sha256, size_bytes=size_bytes)


def note_not_given(db: Connection, sha256: Sha256Hex, at: datetime) -> None:
    """The server had none to give, or not this one; it is asked again later."""
    run(db, "earlier_photo_asked", sha256=sha256, at=server_time(db, at).isoformat())


def note_lost(db: Connection, sha256: Sha256Hex) -> None:
    """Its file cannot be read any more; it is fetched again."""
    run(db, "earlier_photo_here", sha256=sha256, size_bytes=None, media_type=None)


def list_gone(db: Connection) -> tuple[Gone, ...]:
    """List the photos whose files may go; ``forget_gone`` comes after that."""
    rows = fetch_all(db, "earlier_photos_unwanted")
    return tuple(Gone(sha256=row["sha256"], is_ours=bool(row["is_ours"])) for row in rows)


def forget_gone(db: Connection) -> None:
    """Forget the photos whose files are gone."""
    run(db, "earlier_photos_forget")


def _photo(row: Row) -> EarlierPhoto:
    return msgspec.convert(dict(row), EarlierPhoto, strict=False)
