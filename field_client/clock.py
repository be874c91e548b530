"""Time as the tablet can know it: a wall clock that may be wrong, one that only runs on."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from sync_protocol.operations import Moment

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """Where moments come from."""

    def moment(self) -> Moment:
        """Give the present moment; its server offset is filled in by the replica."""
        ...


class SystemClock:
    """The clocks of the machine. ``launch_id`` stands for the boot where the system names none."""

    def __init__(self, launch_id: str) -> None:
        self._boot_id = _find_boot_id() or launch_id

    def moment(self) -> Moment:
        """Read both clocks."""
        return Moment(
            wall=datetime.now(UTC),  # noqa: TID251  this is the Clock
            monotonic_ms=_running_ns() // 1_000_000,
            boot_id=self._boot_id,
        )


def _running_ns() -> int:
    """Count on while the tablet sleeps, too: Linux has a clock of its own for that."""
    if sys.platform == "linux":
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


def _find_boot_id() -> str | None:
    try:
        return _BOOT_ID_FILE.read_text("ascii").strip()
    except OSError:
        return None
