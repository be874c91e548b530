"""Which photos of earlier visits are wanted on this tablet, and how large they may be. Pure.

The soonest appointment comes first, and of a job the newest visit: who has little time before the
drive gets what is needed first.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from sync_protocol.documents import JobDocument
from sync_protocol.ids import JobId
from sync_protocol.jobs import OPEN_STATES
from sync_protocol.units import Sha256Hex


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How many photos of earlier visits are kept here, and how many bytes of them."""

    count_per_job: int
    bytes_per_job: int
    count: int
    bytes: int


class Showing(NamedTuple):
    """An open job with the photos that it shows."""

    job_id: JobId
    photos: tuple[Sha256Hex, ...]


class Wanted(NamedTuple):
    """A photo that belongs here, for the soonest job that shows it.

    ``bytes_left`` is what it may have; a photo that is known to be larger is not fetched.
    """

    sha256: Sha256Hex
    job_id: JobId
    bytes_left: int


def showings(documents: Iterable[JobDocument]) -> tuple[Showing, ...]:
    """List the open jobs that show photos, the soonest appointment first."""
    open_ones = (each for each in documents if each.state in OPEN_STATES and each.visits)
    return tuple(
        Showing(document.id, _photos(document))
        for document in sorted(open_ones, key=lambda each: (each.appointment.starts_at, each.id))
    )


def _photos(document: JobDocument) -> tuple[Sha256Hex, ...]:
    return tuple(dict.fromkeys(photo.sha256 for visit in document.visits for photo in visit.photos))


def wanted(
    shown: Iterable[Showing], here: Mapping[Sha256Hex, int], limits: Limits
) -> Iterator[Wanted]:
    """Choose what belongs here; ``here`` are the sizes of what is.

    What is not here takes no room yet. So what was found to be too large keeps its place, and is
    not asked for again and again.
    """
    chosen: set[Sha256Hex] = set()
    bytes_all = 0
    for job_id, photos in shown:
        count_of_job = bytes_of_job = 0
        for sha256 in photos:
            if count_of_job >= limits.count_per_job or len(chosen) >= limits.count:
                break
            left = min(limits.bytes_per_job - bytes_of_job, limits.bytes - bytes_all)
            size_bytes = here.get(sha256, 0)
            if sha256 in chosen or left <= 0 or size_bytes > left:
                continue
            yield Wanted(sha256, job_id, left)
            chosen.add(sha256)
            count_of_job += 1
            bytes_of_job += size_bytes
            bytes_all += size_bytes
