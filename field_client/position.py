"""Where the tablet is: what it was told last, and for how long that may be said of an entry. Pure.

A position is asked for once when a screen of a job opens, and never followed: that would empty the
battery before noon. So it is good for that job and for some minutes, and then it is forgotten.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync_protocol.ids import JobId
from sync_protocol.units import Millis

GOOD_FOR_MS: Final = 5 * 60 * 1000
FAR_M: Final = 500
"""Farther from the premise than this, and the technician may be at the wrong one."""

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Where something was recorded: WGS84 degrees, and how far off they may be."""

    latitude: Latitude
    longitude: Longitude
    accuracy_m: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class _Told(msgspec.Struct, frozen=True):
    position: Position
    at_ms: Millis


class Whereabouts:
    """The positions told lately, by job. Kept in memory alone: after a restart it is asked anew."""

    def __init__(self) -> None:
        self._told: dict[JobId, _Told] = {}

    def tell(self, job_id: JobId, position: Position, now_ms: Millis) -> None:
        """Take a position that was measured just now, on the clock that no person sets."""
        self._told[job_id] = _Told(position, now_ms)
        self._forget_old(now_ms)

    def fresh(self, now_ms: Millis) -> Mapping[JobId, Position]:
        """Give what may still be said of an entry."""
        self._forget_old(now_ms)
        return {job_id: told.position for job_id, told in self._told.items()}

    def forget(self) -> None:
        """Forget all, as the person wants no positions any more."""
        self._told.clear()

    def _forget_old(self, now_ms: Millis) -> None:
        self._told = {
            job_id: told
            for job_id, told in self._told.items()
            if now_ms - told.at_ms <= GOOD_FOR_MS
        }


def far_off_m(position: Position, latitude: float, longitude: float) -> int | None:
    """Say how far a place certainly is from here, in metres; None: it may well be here.

    >>> far_off_m(Position(latitude=52.5, longitude=13.4, accuracy_m=20), 52.5, 13.41)
    657
    >>> far_off_m(Position(latitude=52.5, longitude=13.4, accuracy_m=200), 52.5, 13.41) is None
    True
    """
    away_m = distance_m((position.latitude, position.longitude), (latitude, longitude))
    least_m = round(away_m) - (position.accuracy_m or 0)
    return least_m if least_m > FAR_M else None


def distance_m(from_place: tuple[float, float], to_place: tuple[float, float]) -> float:
    """Measure as the crow flies between (latitude, longitude) in degrees, on a sphere.

    >>> round(distance_m((52.5, 13.4), (52.5, 13.5)))
    6769
    """
    latitude, longitude = math.radians(from_place[0]), math.radians(from_place[1])
    other_latitude, other_longitude = math.radians(to_place[0]), math.radians(to_place[1])
    east = (other_longitude - longitude) * math.cos((latitude + other_latitude) / 2)
    return 6_371_000 * math.hypot(east, other_latitude - latitude)
