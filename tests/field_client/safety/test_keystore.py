from collections.abc import Generator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from field_client.safety.keystore import KeystoreSilent, OsKeystore


class MemoryKeyring(KeyringBackend):
    """What an operating system offers, as keyring shows it."""

    priority = 5  # pyright: ignore[reportAssignmentType]  keyring's own property of the class

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.is_forgetful = False
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.is_locked:
            raise KeyringLocked
        if not self.is_forgetful:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.is_locked:
            raise KeyringLocked
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def system() -> Generator[MemoryKeyring]:
    before, made = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def test_a_secret_is_kept_read_and_forgotten(system: MemoryKeyring) -> None:
    keystore = OsKeystore()

    keystore.write("entry", b"\x00secret\xff")

    assert keystore.is_usable()
    assert keystore.read("entry") == b"\x00secret\xff"
    keystore.remove("entry")
    keystore.remove("entry")
    assert system.kept == {}


@pytest.mark.usefixtures("system")
def test_a_secret_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(KeystoreSilent, match=r"'entry'.*unlock the keystore"):
        OsKeystore().read("entry")


def test_a_keystore_that_forgets_or_is_locked_is_noticed_at_once(system: MemoryKeyring) -> None:
    system.is_forgetful = True
    with pytest.raises(KeystoreSilent):
        OsKeystore().write("entry", b"secret")
    system.is_locked = True
    with pytest.raises(KeystoreSilent):
        OsKeystore().write("entry", b"secret")
    with pytest.raises(KeystoreSilent):
        OsKeystore().remove("entry")


def test_a_machine_without_a_keystore_is_told_from_one_that_has_one() -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    try:
        assert not OsKeystore().is_usable()
        with pytest.raises(KeystoreSilent):
            OsKeystore().read("entry")
    finally:
        keyring.set_keyring(before)
