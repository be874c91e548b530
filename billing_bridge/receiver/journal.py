"""What the receiver remembers: counts and event ids, in memory and, if wished, in a file.

A delivery is in the file before it is answered, so a receiver that is killed has counted whatever
it acknowledged.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

Verdict = Literal["accepted", "bad_signature", "malformed"]


class JournalUnreadable(ValueError):
    """The journal file was not written by the receiver; name another file."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery and what became of it."""

    verdict: Verdict
    signature_verified: bool
    event_id: str | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the receiver saw since its journal began."""

    deliveries: int
    """All of them, rejected ones included."""
    distinct_events: int
    signature_verified: int
    """Deliveries whose signature held, repeats included."""
    rejected: int
    events: tuple[str, ...]
    """Distinct ids of accepted events, in order of first arrival."""


class Journal:
    """Counts deliveries; with a path, across restarts.

    Raises:
        JournalUnreadable: the file holds something else; it was left as it is.
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file = None
        if path is not None:
            self._entries, kept_bytes = _read(path)
            self._file = path.open("ab")
            # A line that a kill cut short was never acknowledged.
            self._file.truncate(kept_bytes)

    def record(self, entry: Entry) -> None:
        """Remember one delivery; on return it survives the end of the process."""
        if self._file is not None:
            self._file.write(msgspec.json.encode(entry) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._entries.append(entry)

    def seen(self) -> Seen:
        """Give the counts so far."""
        accepted = [entry for entry in self._entries if entry.verdict == "accepted"]
        events = tuple(dict.fromkeys(entry.event_id for entry in accepted if entry.event_id))
        return Seen(
            deliveries=len(self._entries),
            distinct_events=len(events),
            signature_verified=sum(entry.signature_verified for entry in self._entries),
            rejected=len(self._entries) - len(accepted),
            events=events,
        )

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _read(path: Path) -> tuple[list[Entry], int]:
    """Read whole lines; give them and how many bytes they take."""
    if not path.exists():
        return [], 0
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    try:
        entries = [msgspec.json.decode(line, type=Entry) for line in whole.splitlines()]
    except (ValueError, RecursionError) as error:
        raise JournalUnreadable(
            f"{path} is not a receiver's log ({error}); name a new file"
        ) from error
    if not whole and content:
        raise JournalUnreadable(f"{path} is not a receiver's log; name a new file")
    return entries, len(whole)
