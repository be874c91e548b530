"""What a person sees of an import: progress, the first complaints, one line per file."""

from collections.abc import Callable, Sequence
from typing import Final, TextIO

from server.imports.commands import Counts
from server.imports.complaints import Complaint
from server.imports.runs import Import

SHOWN_MAX: Final = 10
"""Complaints shown; the quarantine file has them all."""
_VALUE_MAX: Final = 120
"""Characters of a value shown; the quarantine file has all of it."""
QUIET_ROWS: Final = 10_000
"""How many rows between two lines of progress where nobody watches."""


class Terminal:
    """Writes progress and complaints to one stream and results to another."""

    def __init__(
        self, progress: TextIO, results: TextIO, *, clock: Callable[[], float], dry_run: bool
    ) -> None:
        self._progress = progress
        self._results = results
        self._clock = clock
        self._would = "would be " if dry_run else ""
        self._began_s = clock()
        self._told_rows = 0
        self._complaints = 0

    def tell_progress(self, one: Import, counts: Counts) -> None:
        """Show how far a file is: in place on a terminal, else a line now and then."""
        line = f"{one.path.name}: {counts.rows} rows, {self._rate(counts)}"
        if self._progress.isatty():
            self._progress.write(f"\r{line}\x1b[K")
            self._progress.flush()
        elif counts.rows >= self._told_rows + QUIET_ROWS:
            self._told_rows = counts.rows
            self._progress.write(f"{line}\n")

    def tell_complaints(self, one: Import, complaints: Sequence[Complaint]) -> None:
        """Show the first complaints, and that there are more."""
        shown = complaints[: max(0, SHOWN_MAX - self._complaints)]
        for each in shown:
            where = f"{one.path.name} row {each.row}, {each.column}"
            self._tell(f"{where}: {_shorten(each.value)!r}; right is {each.right}")
        before, self._complaints = self._complaints, self._complaints + len(complaints)
        if before <= SHOWN_MAX < self._complaints:
            self._tell("more rows were rejected; --quarantine FILE writes them all down")

    def tell_end(self, one: Import, counts: Counts) -> None:
        """Write the line of a finished file."""
        if self._progress.isatty():
            self._progress.write("\r\x1b[K")
        parts = ", ".join(
            f"{number} {self._would if number_is_write else ''}{word}"
            for word, number, number_is_write in (
                ("inserted", counts.inserted, True),
                ("updated", counts.updated, True),
                ("unchanged", counts.unchanged, False),
                ("left out by the mapping", counts.skipped, False),
                ("quarantined", counts.quarantined, True),
            )
        )
        self._results.write(f"{one.profile.kind}: {parts} ({self._rate(counts)})\n")
        self._results.flush()
        self._began_s = self._clock()
        self._told_rows = 0

    def _rate(self, counts: Counts) -> str:
        seconds = max(self._clock() - self._began_s, 0.001)
        return f"{counts.rows / seconds:,.0f} rows/s"

    def _tell(self, line: str) -> None:
        if self._progress.isatty():
            self._progress.write("\r\x1b[K")
        self._progress.write(f"{line}\n")


def _shorten(value: str) -> str:
    return value if len(value) <= _VALUE_MAX else f"{value[:_VALUE_MAX]}…"
