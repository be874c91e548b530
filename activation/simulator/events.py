"""The log of what happened to the OLT: JSON lines in a file, and the latest ones in memory."""

from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import msgspec

from activation.simulator.records import Event

KEPT_MAX: Final = 10_000


class EventLog:
    """Writes each event as it happens; a reader of the file sees whole lines only."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the file for appending.

        Raises:
            OSError: the file cannot be written.
        """
        self._file: BinaryIO | None = None if path is None else path.open("ab", buffering=0)
        self.latest: deque[Event] = deque(maxlen=KEPT_MAX)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def record(self, event: Event) -> None:
        """Keep an event and write its line."""
        self.latest.append(event)
        if self._file is not None:
            self._file.write(msgspec.json.encode(as_line(event)) + b"\n")


def as_line(event: Event) -> dict[str, Any]:
    """Give an event as its log line: what does not apply is left out, times are UTC to the ms."""
    line: dict[str, Any] = msgspec.to_builtins(event)
    line["at"] = format_instant(event.at)
    return line


def format_instant(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with milliseconds.

    >>> format_instant(datetime(2026, 5, 4, 14, 2, 0, 19_400, tzinfo=UTC))
    '2026-05-04T14:02:00.019+00:00'
    """
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
