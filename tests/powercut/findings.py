"""What a check found on a disk after a cut, and how a recorded run is handed to who checks it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec


class Findings(msgspec.Struct):
    """Counts of one point or of many; every count but ``acked`` must be 0."""

    points: int = 0
    acked: int = 0
    lost: int = 0
    corrupt: int = 0
    torn_photos: int = 0
    hindered: int = 0
    told: list[str] = msgspec.field(default_factory=list[str])

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.corrupt or self.torn_photos or self.hindered)

    def add(self, other: "Findings", told_max: int = 5) -> None:
        for name in ("points", "acked", "lost", "corrupt", "torn_photos", "hindered"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.told += other.told[: max(0, told_max - len(self.told))]

    def note_lost(self, what: str) -> None:
        self.lost += 1
        self.told.append(f"lost: {what}")

    def note_corrupt(self, what: str) -> None:
        self.corrupt += 1
        self.told.append(f"corrupt: {what}")

    def note_torn(self, what: str) -> None:
        self.torn_photos += 1
        self.told.append(f"torn photo: {what}")

    @contextmanager
    def hindrance(self) -> Generator[None]:
        """Count whatever keeps the program from starting and going on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  any failure is the finding
            self.hindered += 1
            self.told.append(f"hindered: {error!r:.300}")


class Recording(msgspec.Struct, frozen=True):
    """A recorded run: ``base`` is the disk at its beginning, ``side`` whose it is."""

    folder: Path
    side: str

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"
