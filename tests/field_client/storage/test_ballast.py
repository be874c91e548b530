import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from field_client.storage import StorageFull
from field_client.storage.ballast import Ballast
from tests.full_disks import files_end_at

SIZE = 3_000_000


def test_it_takes_its_room_for_real_and_gives_it_back(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "replica" / "ballast", SIZE)

    ballast.ensure()

    placed = (tmp_path / "replica" / "ballast").stat()
    assert placed.st_size == SIZE
    assert placed.st_blocks * 512 >= SIZE, "a sparse file is no ballast"
    assert not ballast.is_missing
    assert ballast.release()
    assert ballast.is_missing
    assert not ballast.release()
    assert list((tmp_path / "replica").iterdir()) == []


def _refuse(*_args: int) -> None:
    raise OSError(errno.EOPNOTSUPP, "not on this file system")


@pytest.mark.parametrize("reserve", [None, _refuse])
def test_where_the_system_cannot_reserve_room_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reserve: Callable[..., None] | None
) -> None:
    if reserve is None:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    else:
        monkeypatch.setattr(os, "posix_fallocate", reserve, raising=False)

    Ballast(tmp_path / "ballast", SIZE).ensure()

    data = (tmp_path / "ballast").read_bytes()
    assert len(data) == SIZE
    assert len({data[i : i + 4096] for i in range(0, SIZE, 4096)}) > 700, "it can be packed"


def test_it_takes_no_room_that_others_need(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    ballast = Ballast(tmp_path / "ballast", free * 2 // 3)

    ballast.ensure()

    assert ballast.is_missing
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_such_file_is_no_reason_to_stop(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", SIZE)

    with files_end_at(SIZE - 1):
        ballast.ensure()

    assert ballast.is_missing
    assert list(tmp_path.iterdir()) == []
    ballast.ensure()
    assert not ballast.is_missing


def test_of_no_bytes_there_is_none_and_none_is_missed(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", 0)

    ballast.ensure()

    assert not ballast.is_missing
    assert not ballast.release()


def test_what_does_not_fit_is_done_once_more_with_its_room(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", SIZE)
    ballast.ensure()
    tries: list[bool] = []

    def needs_room() -> str:
        tries.append((tmp_path / "ballast").exists())
        if tries[-1]:
            raise StorageFull
        return "saved"

    assert ballast.with_room(needs_room) == "saved"
    assert tries == [True, False]


def test_without_ballast_a_full_disk_is_told_as_before(tmp_path: Path) -> None:
    def needs_room() -> None:
        raise StorageFull

    with pytest.raises(StorageFull):
        Ballast(tmp_path / "ballast", SIZE).with_room(needs_room)
