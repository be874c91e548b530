"""The disk of the replay: what a cut may take, and what it may not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.powercut import journal
from tests.powercut.disk import Cut, Disk
from tests.powercut.journal import (
    Journal,
    Linked,
    MadeFolder,
    Opened,
    Record,
    Removed,
    Renamed,
    Resized,
    Synced,
    Wrote,
)

CREATED = Opened("a", creates=True, empties=False)
WROTE = Wrote("a", 0, b"x" * 1300)
PLACED = (
    Opened("a.part", creates=True, empties=False),
    Wrote("a.part", 0, b"photo"),
    Synced("a.part", 2),
    Renamed("a.part", "a"),
)


def after(base: Path, cut: Cut, *records: Record, seed: int = 1) -> dict[str, bytes | None]:
    disk = Disk(base)
    for record in records:
        disk.live(record)
    return {str(path): data for path, data in disk.cut(cut, seed)}


@pytest.mark.parametrize(
    ("cut", "found"),
    [
        (Cut.KEPT, {"a": b"x" * 1300}),
        (Cut.LOST, {}),
        (Cut.NAMES_ONLY, {"a": b""}),
        (Cut.CONTENTS_ONLY, {}),
    ],
)
def test_what_nobody_flushed_may_be_gone(tmp_path: Path, cut: Cut, found: dict[str, bytes]) -> None:
    assert after(tmp_path, cut, CREATED, WROTE) == found


def test_a_flushed_file_without_a_flushed_name_is_nowhere(tmp_path: Path) -> None:
    assert after(tmp_path, Cut.LOST, CREATED, WROTE, Synced("a", 2)) == {}


@pytest.mark.parametrize("cut", list(Cut))
def test_what_was_flushed_with_its_name_outlives_every_cut(tmp_path: Path, cut: Cut) -> None:
    assert after(tmp_path, cut, *PLACED, Synced(".", 4)) == {"a": b"photo"}


def test_an_unflushed_rename_leaves_the_old_name(tmp_path: Path) -> None:
    named = (*PLACED[:3], Synced(".", 3), PLACED[3])

    assert after(tmp_path, Cut.LOST, *named) == {"a.part": b"photo"}
    assert after(tmp_path, Cut.KEPT, *named) == {"a": b"photo"}


def test_a_new_folder_goes_with_all_that_was_flushed_in_it(tmp_path: Path) -> None:
    file = (Opened("d/a", creates=True, empties=False), Wrote("d/a", 0, b"x"), Synced("d/a", 3))
    made = (MadeFolder("d"), *file, Synced("d", 4))

    assert after(tmp_path, Cut.LOST, *made) == {}
    assert after(tmp_path, Cut.LOST, *made, Synced(".", 5)) == {"d": None, "d/a": b"x"}


def test_a_flush_takes_nothing_along_that_was_written_after_it_began(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    assert after(tmp_path, Cut.LOST, Wrote("a", 0, b"new"), Synced("a", 0)) == {"a": b"old"}


def test_a_torn_write_arrives_by_sectors(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(1300))

    found = [after(tmp_path, Cut.TORN, WROTE, seed=seed)["a"] for seed in range(40)]

    sectors = [[(data or b"")[at : at + 512] for at in (0, 512, 1024)] for data in found]
    assert all(set(sector) in ({0}, {ord("x")}) for three in sectors for sector in three)
    assert len({b"".join(three) for three in sectors}) == 8


def test_an_unflushed_removal_and_cutting_may_not_have_happened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"whole")
    (tmp_path / "b").write_bytes(b"there")
    changed = (Resized("a", 2), Removed("b"), Linked("a", "c"))

    assert after(tmp_path, Cut.LOST, *changed) == {"a": b"whole", "b": b"there"}
    assert after(tmp_path, Cut.KEPT, *changed) == {"a": b"wh", "c": b"wh"}


@pytest.mark.powercut
def test_a_traced_program_leaves_the_disk_that_its_journal_tells(tmp_path: Path) -> None:
    (tmp_path / "base").mkdir()
    root, file = tmp_path / "root", tmp_path / "journal"
    root.mkdir()
    program = (
        "import os, pathlib, sys\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "(root / 'd').mkdir()\n"
        "(root / 'd' / 'a').write_bytes(b'x' * 5000)\n"
        "file = os.open(root / 'd' / 'a', os.O_RDWR)\n"
        "os.pwrite(file, b'y', 4000)\n"
        "os.writev(file, [b'zz', b'z'])\n"
        "os.ftruncate(file, 4500)\n"
        "os.rename(root / 'd' / 'a', root / 'd' / 'b')\n"
        "os.fsync(file)\n"
        "os.link(root / 'd' / 'b', root / 'd' / 'c')\n"
        "(root / 'gone').touch()\n"
        "(root / 'gone').unlink()\n"
    )

    command = [sys.executable, "-m", "tests.powercut.recorder", str(root), str(file)]
    status = subprocess.call([*command, sys.executable, "-c", program, str(root)])

    assert status == 0
    wanted = b"zzz" + b"x" * 3997 + b"y" + b"x" * 499
    assert after(tmp_path / "base", Cut.KEPT, *journal.read(file)) == {
        "d": None,
        "d/b": wanted,
        "d/c": wanted,
    }
    assert {path.name: path.read_bytes() for path in (root / "d").iterdir()} == {
        "b": wanted,
        "c": wanted,
    }


def test_two_writers_of_a_journal_keep_their_records_whole(tmp_path: Path) -> None:
    one, other = Journal(tmp_path / "journal"), Journal(tmp_path / "journal")
    one.append(CREATED)
    other.append(WROTE)
    one.append(Synced("a", 2))

    assert journal.read(tmp_path / "journal") == [CREATED, WROTE, Synced("a", 2)]
