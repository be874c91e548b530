from pathlib import Path

import pytest

from billing_bridge.receiver.journal import Entry, Journal, JournalUnreadable, Seen

ACCEPTED = Entry(verdict="accepted", signature_verified=True, event_id="e1")
FORGED = Entry(verdict="bad_signature", signature_verified=False)
MALFORMED = Entry(verdict="malformed", signature_verified=True)


def remembered(path: Path, *entries: Entry) -> Seen:
    journal = Journal(path)
    for entry in entries:
        journal.record(entry)
    journal.close()
    return journal.seen()


def test_repeats_count_as_deliveries_and_not_as_events() -> None:
    journal = Journal()

    for entry in (ACCEPTED, ACCEPTED, FORGED, MALFORMED):
        journal.record(entry)

    seen = journal.seen()
    assert (seen.deliveries, seen.distinct_events, seen.events) == (4, 1, ("e1",))
    assert (seen.signature_verified, seen.rejected) == (3, 2)


def test_a_journal_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    path = tmp_path / "log"
    remembered(path, ACCEPTED, FORGED)

    assert remembered(path, ACCEPTED).deliveries == 3


def test_a_line_that_a_kill_cut_short_is_dropped_and_spoils_nothing_after_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    remembered(path, ACCEPTED)
    whole = path.read_bytes()
    remembered(path, FORGED)
    path.write_bytes(path.read_bytes()[: len(whole) + 7])

    remembered(path, ACCEPTED)

    assert path.read_bytes() == whole + whole


@pytest.mark.parametrize(
    "content", [b"not a log\n", b"{}\n", b"\xff\xfe\n", b"one line without end"]
)
def test_a_file_of_somebody_else_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_bytes(content)

    with pytest.raises(JournalUnreadable, match="name a new file"):
        Journal(path)

    assert path.read_bytes() == content
