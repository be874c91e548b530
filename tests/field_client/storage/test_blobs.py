import hashlib
from pathlib import Path

import pytest

from field_client.storage import BlobFolder, BlobUnreadable, Disk, Unencrypted, files

KEY = bytes(range(32))


class WatchedDisk(Disk):
    """A disk that tells what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def write(self, path: Path, data: bytes) -> None:
        super().write(path, data)
        self.calls.append(f"write {path.name[-5:]}")

    def rename(self, source: Path, target: Path) -> None:
        super().rename(source, target)
        self.calls.append("rename")

    def sync_folder(self, folder: Path) -> None:
        super().sync_folder(folder)
        self.calls.append("sync folder")


def test_a_file_is_flushed_then_named_then_its_folder_is_flushed(tmp_path: Path) -> None:
    disk = WatchedDisk()

    BlobFolder(tmp_path, KEY, disk).put(b"a photo", "image/jpeg")

    assert disk.calls == ["write .part", "rename", "sync folder"]


def test_what_is_kept_comes_back_and_is_sealed_on_the_disk(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path, KEY, Disk())

    stored = blobs.put(b"a photo of a house", "image/jpeg")

    assert stored.sha256 == hashlib.sha256(b"a photo of a house").hexdigest()
    assert stored.size_bytes == 18
    assert blobs.get(stored.sha256) == b"a photo of a house"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"house" not in files[0].read_bytes()
    assert files[0].stat().st_mode & 0o777 == 0o600


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    disk = WatchedDisk()
    blobs = BlobFolder(tmp_path, KEY, disk)

    assert blobs.put(b"twice", "image/jpeg") == blobs.put(b"twice", "image/jpeg")

    assert disk.calls.count("rename") == 1


@pytest.mark.parametrize("harm", ["removed", "altered", "other key"])
def test_a_file_that_is_gone_or_altered_is_named(tmp_path: Path, harm: str) -> None:
    blobs = BlobFolder(tmp_path, KEY, Disk())
    stored = blobs.put(b"a photo", "image/jpeg")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    if harm == "removed":
        blobs.remove(stored.sha256)
    elif harm == "altered":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        blobs = BlobFolder(tmp_path, bytes(32), Disk())

    with pytest.raises(BlobUnreadable, match=stored.sha256):
        blobs.get(stored.sha256)


def test_a_plain_file_that_was_altered_is_noticed_too(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path, Unencrypted(), Disk())
    stored = blobs.put(b"a photo", "image/jpeg")
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    path.write_bytes(b"another")

    with pytest.raises(BlobUnreadable):
        blobs.get(stored.sha256)


def test_the_names_of_new_folders_are_flushed_from_the_top_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_names", flushed.append)

    BlobFolder(tmp_path / "replica" / "blobs", KEY, Disk()).put(b"a photo", "image/jpeg")

    assert flushed[:3] == [tmp_path, tmp_path / "replica", tmp_path / "replica" / "blobs"]
