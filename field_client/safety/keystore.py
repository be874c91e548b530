"""The keystore of the operating system, for one secret of this tablet; ``keyring`` speaks to it.

Imported at its first use only: a tablet without a keystore never loads it.
"""

import base64
from typing import Final, Protocol

_SERVICE: Final = "Firstlight field tablet"


class KeystoreSilent(RuntimeError):
    """The keystore does not give or take the secret; no PIN was counted, nothing was changed."""


class Keystore(Protocol):
    """Where a secret lies that whoever copies the files does not have."""

    def is_usable(self) -> bool:
        """Say whether there is such a thing here; whether it is unlocked shows only at its use."""
        ...

    def read(self, entry: str) -> bytes:
        """Give a secret.

        Raises:
            KeystoreSilent: it has none of this name, or does not answer.
        """
        ...

    def write(self, entry: str, secret: bytes) -> None:
        """Keep a secret; on return it can be read.

        Raises:
            KeystoreSilent.
        """
        ...

    def remove(self, entry: str) -> None:
        """Forget a secret; one that is not there is no error.

        Raises:
            KeystoreSilent.
        """
        ...


class OsKeystore:
    """Windows' credential store (DPAPI), the Secret Service of a Linux desktop, macOS' keychain."""

    def is_usable(self) -> bool:
        """Take only what the system itself offers, never a plain file that calls itself a keyring.

        Its own priority says so: from 1 on a backend is one that keyring recommends.
        """
        import keyring  # noqa: PLC0415  most tablets without a keystore never need it

        return keyring.get_keyring().priority >= 1

    def read(self, entry: str) -> bytes:
        """Ask the system; it may ask the person."""
        import keyring  # noqa: PLC0415  as above
        from keyring.errors import KeyringError  # noqa: PLC0415  as above

        try:
            kept = keyring.get_password(_SERVICE, entry)
        except KeyringError as error:
            raise _silent(entry) from error
        if kept is None:
            raise _silent(entry)
        return base64.b64decode(kept)

    def write(self, entry: str, secret: bytes) -> None:
        """Write, and read it back: a keystore that forgets would lose the work of a day."""
        import keyring  # noqa: PLC0415  as above
        from keyring.errors import KeyringError  # noqa: PLC0415  as above

        try:
            keyring.set_password(_SERVICE, entry, base64.b64encode(secret).decode("ascii"))
        except KeyringError as error:
            raise _silent(entry) from error
        if self.read(entry) != secret:
            raise _silent(entry)

    def remove(self, entry: str) -> None:
        """Remove it, if it is there."""
        import keyring  # noqa: PLC0415  as above
        from keyring.errors import KeyringError, PasswordDeleteError  # noqa: PLC0415  as above

        try:
            keyring.delete_password(_SERVICE, entry)
        except PasswordDeleteError:
            return
        except KeyringError as error:
            raise _silent(entry) from error


def _silent(entry: str) -> KeystoreSilent:
    return KeystoreSilent(
        f"the keystore of this account does not give the secret {entry!r} of {_SERVICE!r}; sign in "
        "to the system as who set this tablet up, and unlock the keystore"
    )
