"""Virtual time: one true clock, and the clocks of tablets, which may be wrong."""

from datetime import UTC, datetime, timedelta

from sync_protocol.operations import Moment
from tests.simulation.chance import Chance

DAWN = datetime(2026, 3, 14, 6, tzinfo=UTC)
SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
_SKEWS_MS = (0, 0, 700, -5 * SECOND, 7 * MINUTE, -90 * MINUTE, 2 * DAY, -365 * DAY)


class WorldClock:
    """The true time; it moves only from one event to the next."""

    def __init__(self) -> None:
        self.now_ms = 0

    def now(self) -> datetime:
        return DAWN + timedelta(milliseconds=self.now_ms)


class TabletClock:
    """A wall clock that is wrong and a monotonic one that begins anew with each boot."""

    def __init__(self, true_time: WorldClock, chance: Chance) -> None:
        self._true_time = true_time
        self._chance = chance
        self._skew_ms = chance.pick(_SKEWS_MS)
        self._boots = 0
        self.reboot()

    def moment(self) -> Moment:
        return Moment(
            wall=self._true_time.now() + timedelta(milliseconds=self._skew_ms),
            monotonic_ms=self._true_time.now_ms - self._booted_ms,
            boot_id=f"boot-{self._boots}",
        )

    def reboot(self) -> None:
        """Begin a new boot; the wall clock may come back with another error."""
        self._boots += 1
        self._booted_ms = self._true_time.now_ms
        if self._chance.happens(0.3):
            self._skew_ms = self._chance.pick(_SKEWS_MS)
