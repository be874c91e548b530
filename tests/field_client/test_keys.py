import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from field_client.keys import KeyDamaged, KeyFolder
from field_client.storage import Disk


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first = KeyFolder(tmp_path / "keys", Disk())
    again = KeyFolder(tmp_path / "keys", Disk())

    assert first.replica_key() == again.replica_key()
    assert first.device_key().public_text() == again.device_key().public_text()
    assert first.replica_key() != KeyFolder(tmp_path / "other", Disk()).replica_key()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {"replica.key": 0o600, "device.key": 0o600}


def test_a_signature_is_verified_by_the_key_that_travels(tmp_path: Path) -> None:
    key = KeyFolder(tmp_path, Disk()).device_key()

    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public_text()))
    public.verify(base64.b64decode(key.sign(b"a manifest")), b"a manifest")

    assert len(key.public_text()) == 44


def test_a_key_cut_short_is_named_and_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "replica.key").write_bytes(b"short")

    with pytest.raises(KeyDamaged, match="5 bytes, a key has 32"):
        KeyFolder(tmp_path, Disk()).replica_key()

    assert (tmp_path / "replica.key").read_bytes() == b"short"


def test_of_two_processes_that_make_a_key_both_use_the_first_ones(tmp_path: Path) -> None:
    class Slower(Disk):
        """Another process is done between our look and our link."""

        def link(self, source: Path, target: Path) -> None:
            target.write_bytes(b"1" * 32)
            super().link(source, target)

    assert KeyFolder(tmp_path, Slower()).replica_key() == b"1" * 32
    assert [path.name for path in tmp_path.iterdir()] == ["replica.key"]
