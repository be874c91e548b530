from uuid import UUID

import pytest

from server.sync.floors import Floor, Place, SnapshotReason, cursor_after, is_ours, place_of
from sync_protocol.messages import Cursor


def at(seq: int, entity: str = "job", number: int = 0) -> Cursor:
    return Cursor(seq=seq, entity=entity, entity_id=str(UUID(int=number)))


FLOOR = Floor(cursor=at(10, "job", 5), raised=3)
TOO_OLD = Place(after=None, is_snapshot=True, reason=SnapshotReason.CURSOR_TOO_OLD)


@pytest.mark.parametrize(
    ("cursor", "place"),
    [
        (None, Place(after=None, is_snapshot=True, reason=SnapshotReason.NO_CURSOR)),
        (at(11), Place(after=at(11), is_snapshot=False)),
        (at(10, "job", 5), Place(after=at(10, "job", 5), is_snapshot=False)),
        (at(10, "job", 4), TOO_OLD),
        (at(10, "issue", 9), TOO_OLD),
        (at(9), TOO_OLD),
        (at(4, "job@3"), Place(after=at(4), is_snapshot=True)),
        (at(4, "job@2"), TOO_OLD),
        (at(90, "job@2"), TOO_OLD),
    ],
)
def test_a_cursor_is_good_from_the_floor_on(cursor: Cursor | None, place: Place) -> None:
    assert place_of(cursor, FLOOR) == place


def test_where_nothing_was_compacted_every_cursor_is_good() -> None:
    assert place_of(at(1), Floor()) == Place(after=at(1), is_snapshot=False)
    assert place_of(at(1, "issue@0"), Floor()) == Place(after=at(1, "issue"), is_snapshot=True)


@pytest.mark.parametrize("last", [at(4), None])
def test_a_finished_snapshot_ends_at_the_floor_at_least(last: Cursor | None) -> None:
    begun = Place(after=None, is_snapshot=True)

    ended = cursor_after(begun, last, FLOOR, more=False)

    assert ended == FLOOR.cursor
    assert not place_of(ended, FLOOR).is_snapshot


def test_an_unfinished_snapshot_goes_on_below_the_floor() -> None:
    begun = Place(after=None, is_snapshot=True)

    amid = cursor_after(begun, at(4, "issue"), FLOOR, more=True)

    assert amid is not None
    assert is_ours(amid)
    assert place_of(amid, FLOOR) == Place(after=at(4, "issue"), is_snapshot=True)


@pytest.mark.parametrize("entity", ["", "jobs", "job@", "job@x", "job@-1", "olt", "job@1@2"])
def test_what_no_page_ended_with_is_not_ours(entity: str) -> None:
    assert not is_ours(at(1, entity))
