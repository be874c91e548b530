from pathlib import Path

import pytest

from field_client.safety.wiping import MARKER, Wiped, WipeReason, find_wipe, start_over, wipe
from field_client.settings import Settings
from field_client.storage import Disk
from tests.field_client.factories import NOON
from tests.field_client.safety.keeping import Died, DyingDisk, key_files

BEGUN = Wiped(reason=WipeReason.REVOKED, at=NOON, operations_handed_over=41, photos_handed_over=7)


def a_tablet(home: Path) -> Settings:
    settings = Settings(home=str(home))
    keys = key_files(settings.key_folder).open()
    keys.device_key()
    keys.replica_key()
    for name in ("replica.db", "replica.db-wal", "ballast", "blobs/ab/abcd"):
        path = settings.replica_folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sealed")
    (home / "field.toml").write_text("poll_ms = 1000\n")
    return settings


def test_a_wipe_leaves_the_settings_and_one_sentence_without_a_person(tmp_path: Path) -> None:
    settings = a_tablet(tmp_path)

    done = wipe(settings, Disk(), key_files(settings.key_folder), BEGUN)

    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "field.toml",
        MARKER,
    ]
    assert find_wipe(settings, Disk()) == done
    assert done.is_done
    assert done.detail == (
        "this tablet was wiped by the office on 2026-03-14 12:00 UTC; 41 operations and 7 photos "
        "were handed over. To use it again, enrol it with a code from the office"
    )
    start_over(settings, Disk())
    assert find_wipe(settings, Disk()) is None


def test_a_wipe_that_was_killed_goes_on_and_the_keys_went_first(tmp_path: Path) -> None:
    dies_at, has_died = 0, True
    while has_died:
        settings = a_tablet(tmp_path / str(dies_at))
        disk = DyingDisk(dies_at)
        try:
            wipe(settings, disk, key_files(settings.key_folder, files=disk), BEGUN)
        except Died:
            assert keys_are_gone(settings) or (settings.replica_folder / "blobs/ab/abcd").exists()
        else:
            has_died = False

        found = find_wipe(settings, Disk())
        if found is None:
            assert (settings.key_folder / "replica.key").exists(), "nothing was begun"
            found = BEGUN
        done = wipe(settings, Disk(), key_files(settings.key_folder), found)

        assert done == find_wipe(settings, Disk())
        assert keys_are_gone(settings)
        assert not settings.replica_folder.exists()
        dies_at += 1
    assert dies_at > 10


def keys_are_gone(settings: Settings) -> bool:
    keys = [path for path in settings.key_folder.iterdir() if path.is_file()]
    return all(set(path.read_bytes()) <= {0} for path in keys)


@pytest.mark.parametrize("reason", list(WipeReason))
def test_every_reason_says_how_to_go_on(reason: WipeReason) -> None:
    assert "with a code from the office" in Wiped(reason=reason, at=NOON).detail
