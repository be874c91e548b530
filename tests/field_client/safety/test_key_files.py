from collections.abc import Callable
from pathlib import Path

import pytest

from field_client.keys import KeyDamaged, KeyFolder
from field_client.safety.key_files import BOX_FILE, HeldKeys, KeyFiles, TabletLocked, WantedWay, Way
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.pins import Tries
from field_client.safety.sealing import DoesNotOpen
from field_client.storage import Disk, StorageFull
from tests.field_client.safety.keeping import (
    OTHER_PIN,
    PIN,
    Died,
    DyingDisk,
    FakeKeystore,
    key_files,
)
from tests.full_disks import files_end_at

Keys = tuple[bytes, str]
Move = Callable[[KeyFiles], object]


def both(keys: KeyFolder | HeldKeys) -> Keys:
    return keys.replica_key(), keys.device_key().public_text()


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def seal(files: KeyFiles, pin: str | None, wanted: WantedWay = "auto") -> None:
    files.keep(files.open(), pin, wanted)


def test_a_pin_seals_the_same_keys_and_leaves_none_open(tmp_path: Path) -> None:
    files = key_files(tmp_path)
    before = files.open()
    keys, seed = both(before), KeyFolder(tmp_path, Disk()).device_seed()

    kept = files.keep(before, PIN, "auto")

    assert files.way() is Way.PIN
    assert both(kept) == both(files.open(PIN)) == keys
    assert [path.name for path in tmp_path.iterdir()] == [BOX_FILE]
    assert keys[0] not in bytes_in(tmp_path)
    assert seed not in bytes_in(tmp_path)
    assert (tmp_path / BOX_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(TabletLocked, match="opens with its PIN"):
        files.open()
    with pytest.raises(DoesNotOpen):
        files.open(OTHER_PIN)


def test_a_copy_of_the_folder_does_not_open_without_the_keystore(tmp_path: Path) -> None:
    keystore = FakeKeystore()
    files = key_files(tmp_path, keystore)
    seal(files, PIN)

    assert files.way() is Way.KEYSTORE_AND_PIN
    assert len(keystore.secrets) == 1
    with pytest.raises(KeystoreSilent):
        key_files(tmp_path, FakeKeystore()).open(PIN)


@pytest.mark.parametrize(
    ("wanted", "usable", "way"),
    [
        ("auto", True, Way.KEYSTORE),
        ("auto", False, Way.FOLDER),
        ("keystore", True, Way.KEYSTORE),
        ("folder", True, Way.FOLDER),
    ],
)
def test_a_new_tablet_keeps_its_keys_where_it_is_told(
    tmp_path: Path, wanted: WantedWay, *, usable: bool, way: Way
) -> None:
    files = key_files(tmp_path, FakeKeystore(is_usable=usable))

    keys = both(files.open_as(wanted))

    assert files.way() is way
    assert both(files.open_as(wanted)) == keys


def test_keys_that_exist_move_only_when_somebody_says_so(tmp_path: Path) -> None:
    keystore = FakeKeystore()
    files = key_files(tmp_path, keystore)
    keys = both(files.open())

    assert both(files.open_as("auto")) == keys
    assert files.way() is Way.FOLDER
    assert both(files.open_as("keystore")) == keys
    assert files.way() is Way.KEYSTORE
    assert both(files.open_as("folder")) == keys
    assert files.way() is Way.FOLDER
    assert keystore.secrets == {}, "nothing of it is left there"


def test_a_keystore_that_takes_nothing_is_named_if_wanted_and_passed_over_if_not(
    tmp_path: Path,
) -> None:
    keystore = FakeKeystore()
    keystore.is_silent = True
    files = key_files(tmp_path, keystore)
    keys = both(files.open_as("auto"))

    assert files.way() is Way.FOLDER
    with pytest.raises(KeystoreSilent):
        files.open_as("keystore")
    assert both(files.open()) == keys


def test_a_move_is_done_though_the_keystore_forgets_nothing(tmp_path: Path) -> None:
    class Stubborn(FakeKeystore):
        def remove(self, entry: str) -> None:
            raise KeystoreSilent(entry)

    files = key_files(tmp_path, Stubborn())
    keys = both(files.open_as("keystore"))

    assert both(files.open_as("folder")) == keys
    assert files.way() is Way.FOLDER


def test_a_changed_pin_goes_on_with_the_secret_of_the_keystore(tmp_path: Path) -> None:
    keystore = FakeKeystore()
    files = key_files(tmp_path, keystore)
    seal(files, PIN)
    entries = dict(keystore.secrets)

    files.keep(files.open(PIN), OTHER_PIN, "auto")

    assert keystore.secrets == entries
    with pytest.raises(DoesNotOpen):
        files.open(PIN)


def test_the_count_of_wrong_pins_outlives_the_program(tmp_path: Path) -> None:
    key_files(tmp_path).note_tries(Tries(begun=4))

    assert key_files(tmp_path).tries() == Tries(begun=4)
    (tmp_path / "pin.tries").write_bytes(b"{}}")
    with pytest.raises(KeyDamaged, match=r"pin\.tries"):
        key_files(tmp_path).tries()


def test_a_box_that_was_altered_is_named_and_kept(tmp_path: Path) -> None:
    files = key_files(tmp_path, FakeKeystore())
    seal(files, None, "keystore")
    box = (tmp_path / BOX_FILE).read_bytes()
    (tmp_path / BOX_FILE).write_bytes(box[:40])

    with pytest.raises(KeyDamaged, match=BOX_FILE):
        files.open()
    assert (tmp_path / BOX_FILE).read_bytes() == box[:40]


def test_keys_of_another_tablet_beside_the_box_are_not_erased(tmp_path: Path) -> None:
    files = key_files(tmp_path)
    seal(files, PIN)
    (tmp_path / "replica.key").write_bytes(b"1" * 32)

    with pytest.raises(KeyDamaged, match="different keys"):
        files.open(PIN)
    assert (tmp_path / "replica.key").read_bytes() == b"1" * 32


def test_a_full_disk_leaves_the_keys_as_they_were(tmp_path: Path) -> None:
    files = key_files(tmp_path)
    keys = both(files.open())

    with files_end_at(40), pytest.raises(StorageFull):
        seal(files, PIN)

    assert both(files.open()) == keys
    assert files.way() is Way.FOLDER


def from_folder(files: KeyFiles) -> None:
    files.open().device_key()
    files.open().replica_key()


def behind_pin(files: KeyFiles) -> None:
    seal(files, PIN)


MOVES: dict[str, tuple[Move, Move]] = {
    "a PIN is set": (from_folder, lambda files: files.keep(files.open(), PIN, "auto")),
    "a PIN is changed": (
        behind_pin,
        lambda files: files.keep(files.open(PIN), OTHER_PIN, "auto"),
    ),
    "a PIN is removed": (behind_pin, lambda files: files.keep(files.open(PIN), None, "folder")),
    "the keystore is taken": (from_folder, lambda files: files.open_as("keystore")),
    "the keystore is left": (
        lambda files: files.open_as("keystore"),
        lambda files: files.open_as("folder"),
    ),
}


@pytest.mark.parametrize("move", MOVES)
def test_a_tablet_that_dies_in_a_move_opens_with_the_same_keys(tmp_path: Path, move: str) -> None:
    begin, change = MOVES[move]
    dies_at, has_died = 0, True
    while has_died:
        folder = tmp_path / str(dies_at)
        keystore = FakeKeystore(is_usable="keystore" in move)
        begin(key_files(folder, keystore))
        keys = made_keys(folder, keystore)
        has_died = died_in(change, key_files(folder, keystore, DyingDisk(dies_at)))

        opened = open_with_some_pin(key_files(folder, keystore))
        assert both(opened) == keys, dies_at
        if key_files(folder, keystore).way() is not Way.FOLDER:
            assert keys[0] not in bytes_in(folder), "a key was left open beside the box"
        # Whatever was left half done is in nobody's way.
        again = key_files(folder, keystore).keep(opened, None, "folder")
        assert both(again) == both(key_files(folder, keystore).open()) == keys, dies_at
        dies_at += 1
    assert dies_at > 3


def died_in(change: Move, files: KeyFiles) -> bool:
    try:
        change(files)
    except Died:
        return True
    return False


def open_with_some_pin(files: KeyFiles) -> KeyFolder | HeldKeys:
    if not files.way().needs_pin:
        return files.open()
    try:
        return files.open(PIN)
    except DoesNotOpen:
        return files.open(OTHER_PIN)


def made_keys(folder: Path, keystore: FakeKeystore) -> Keys:
    """Look what they are, before a disk that dies is given to them."""
    return both(open_with_some_pin(key_files(folder, keystore)))


@pytest.mark.parametrize("wanted", ["keystore", "folder"])
def test_an_erasure_that_was_killed_goes_on_until_nothing_is_left(
    tmp_path: Path, wanted: WantedWay
) -> None:
    dies_at, has_died = 0, True
    while has_died:
        folder, keystore = tmp_path / str(dies_at), FakeKeystore()
        from_folder(key_files(folder, keystore))
        key_files(folder, keystore).open_as(wanted)
        key_files(folder, keystore).note_tries(Tries(begun=9))
        has_died = died_in(KeyFiles.erase_all, key_files(folder, keystore, DyingDisk(dies_at)))

        key_files(folder, keystore).erase_all()

        assert list(folder.iterdir()) == []
        assert keystore.secrets == {}
        dies_at += 1


def test_what_the_keystore_will_not_forget_keeps_no_key_alive(tmp_path: Path) -> None:
    keystore = FakeKeystore()
    files = key_files(tmp_path, keystore)
    seal(files, None, "keystore")
    keystore.is_silent = True

    files.erase_all()

    assert list(tmp_path.iterdir()) == []
