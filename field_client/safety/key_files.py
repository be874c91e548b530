"""The key folder, in each of the ways that keys can be kept, and the moves between them.

In the folder lie either the two keys as they are (``keys.py``) or one sealed box. A move writes
what is new, flushed and tried, before it erases what is old: killed between any two steps the
tablet opens as it did before or as it was to do, and the two keys themselves never change. Where
both lie there, the box is what counts: what was left open beside it goes when the box is opened
next.
"""

import enum
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from field_client.keys import DeviceKey, KeyDamaged, KeyFolder
from field_client.safety.keystore import Keystore, KeystoreSilent
from field_client.safety.pins import Tries
from field_client.safety.sealing import (
    KEY_BYTES,
    Box,
    DoesNotOpen,
    Openers,
    Randomness,
    ScryptCost,
    Secrets,
    seal,
    unseal,
)
from field_client.storage import FileSystem, place_file
from field_client.storage.full_disk import naming_it

BOX_FILE: Final = "sealed.keys"
TRIES_FILE: Final = "pin.tries"
_OPEN_FILES: Final = ("replica.key", "device.key")

WantedWay = Literal["auto", "keystore", "folder"]


class Way(enum.StrEnum):
    """Where what opens the keys is."""

    FOLDER = "folder"
    """In files that their owner may read: whoever has the disk has the keys."""
    PIN = "pin"
    KEYSTORE = "keystore"
    KEYSTORE_AND_PIN = "keystore_and_pin"

    @property
    def needs_pin(self) -> bool:
        """Whether nothing opens without a person."""
        return self in {Way.PIN, Way.KEYSTORE_AND_PIN}


class TabletLocked(RuntimeError):
    """A PIN is needed to go on; nothing was changed."""


class HeldKeys:
    """Keys that were unsealed, in memory as long as the program runs."""

    def __init__(self, held: Secrets) -> None:
        self.secrets = held

    def device_key(self) -> DeviceKey:
        """Give the key that signs."""
        return DeviceKey(self.secrets.device_seed)

    def replica_key(self) -> bytes:
        """Give the key that opens the replica."""
        return self.secrets.replica_key


class KeyFiles:
    """The folder, the keystore beside it, and what one guess at a PIN is to cost."""

    def __init__(
        self,
        folder: Path,
        files: FileSystem,
        keystore: Keystore,
        *,
        randomness: Randomness = secrets.token_bytes,
        cost: ScryptCost | None = None,
    ) -> None:
        self._folder = folder
        self._files = files
        self._keystore = keystore
        self._randomness = randomness
        self._cost = cost or ScryptCost()

    def way(self) -> Way:
        """Look how the keys are kept.

        Raises:
            KeyDamaged: the box is none.
        """
        box = self._find_box()
        if box is None:
            return Way.FOLDER
        if box.pin_cost is None:
            return Way.KEYSTORE
        return Way.PIN if box.keystore_entry is None else Way.KEYSTORE_AND_PIN

    def is_new(self) -> bool:
        """Say whether no key was ever made here."""
        found = set(self._files.names(self._folder))
        return not found & {BOX_FILE, *_OPEN_FILES}

    def open(self, pin: str | None = None) -> KeyFolder | HeldKeys:
        """Give the keys; takes as long as one guess costs where there is a PIN.

        Raises:
            TabletLocked: there is a PIN, and none was given.
            DoesNotOpen: the PIN is wrong.
            KeystoreSilent: the keystore does not give its part.
            KeyDamaged: the files were altered.
        """
        box = self._find_box()
        if box is None:
            return KeyFolder(self._folder, self._files, self._randomness)
        if box.pin_cost is not None and pin is None:
            raise TabletLocked("this tablet is locked; it opens with its PIN")
        try:
            held = unseal(box, self._openers(box, pin))
        except DoesNotOpen as error:
            if box.pin_cost is not None:
                raise
            raise KeyDamaged(
                f"{self._folder / BOX_FILE} does not open with its keystore"
            ) from error
        self._finish_move(held)
        return HeldKeys(held)

    def open_as(self, wanted: WantedWay, pin: str | None = None) -> KeyFolder | HeldKeys:
        """Give the keys, brought to where they are wanted; ``auto`` moves none that exist.

        Raises:
            as ``open``, and what ``keep`` raises.
        """
        is_new = self.is_new()
        keys = self.open(pin)
        is_in_keystore = self.way() in {Way.KEYSTORE, Way.KEYSTORE_AND_PIN}
        is_wanted_there = wanted == "keystore" or (wanted == "auto" and is_new)
        if is_wanted_there and not is_in_keystore:
            return self.keep(keys, pin, wanted)
        if wanted == "folder" and is_in_keystore:
            return self.keep(keys, pin, wanted)
        return keys

    def keep(
        self, keys: KeyFolder | HeldKeys, pin: str | None, wanted: WantedWay
    ) -> KeyFolder | HeldKeys:
        """Keep the same keys in another way, behind a PIN or behind none.

        Killed in the middle it may leave a secret in the keystore that opens nothing.

        Raises:
            KeystoreSilent: the keystore is wanted and takes nothing; all is as it was.
            StorageFull, OSError: all is as it was, or already as it was to be.
        """
        before = self._find_box()
        openers = self._new_openers(before, pin, wanted)
        with naming_it():
            if openers.pin is None and openers.keystore_entry is None:
                kept = self._keep_open(keys)
            else:
                kept = self._keep_sealed(keys, openers)
        if before is not None and before.keystore_entry not in {None, openers.keystore_entry}:
            # It opens nothing any more; that it stays is no reason to call the move failed.
            with suppress(KeystoreSilent):
                self._keystore.remove(str(before.keystore_entry))
        return kept

    def tries(self) -> Tries:
        """Read how many PINs were tried since the last right one."""
        path = self._folder / TRIES_FILE
        if not self._files.exists(path):
            return Tries()
        try:
            return msgspec.json.decode(self._files.read(path), type=Tries)
        except msgspec.MsgspecError as error:
            raise KeyDamaged(f"{path} is not what was written: {error}") from error

    def note_tries(self, tries: Tries) -> None:
        """Keep the count; on return it survives a power cut.

        Raises:
            StorageFull: it was not kept.
        """
        with naming_it():
            place_file(self._files, self._folder / TRIES_FILE, msgspec.json.encode(tries))

    def erase_all(self) -> None:
        """Erase every key that was ever here, for good; begun again after a kill, it goes on."""
        try:
            box = self._find_box()
        except KeyDamaged:
            box = None  # half erased
        for name in self._files.names(self._folder):
            if name != BOX_FILE:
                self._files.erase(self._folder / name)
        if box is not None and box.keystore_entry is not None:
            # Its part opens nothing without the box; a keystore that is silent must not keep that.
            with suppress(KeystoreSilent):
                self._keystore.remove(box.keystore_entry)
        self._files.erase(self._folder / BOX_FILE)
        if self._files.exists(self._folder):
            self._files.sync_folder(self._folder)

    def _find_box(self) -> Box | None:
        path = self._folder / BOX_FILE
        if not self._files.exists(path):
            return None
        try:
            return msgspec.json.decode(self._files.read(path), type=Box)
        except msgspec.MsgspecError as error:
            raise KeyDamaged(f"{path} is not what was written: {error}") from error

    def _openers(self, box: Box, pin: str | None) -> Openers:
        entry = box.keystore_entry
        return Openers(
            pin=pin if box.pin_cost is not None else None,
            keystore_entry=entry,
            keystore_secret=b"" if entry is None else self._keystore.read(entry),
        )

    def _new_openers(self, before: Box | None, pin: str | None, wanted: WantedWay) -> Openers:
        """Go on with the secret that the keystore has, or give it one."""
        if wanted == "folder" or (wanted == "auto" and not self._keystore.is_usable()):
            return Openers(pin=pin)
        if before is not None and before.keystore_entry is not None:
            secret = self._keystore.read(before.keystore_entry)
            return Openers(pin=pin, keystore_entry=before.keystore_entry, keystore_secret=secret)
        # Named by chance: another tablet of this account has its own.
        entry, secret = self._randomness(8).hex(), self._randomness(KEY_BYTES)
        try:
            self._keystore.write(entry, secret)
        except KeystoreSilent:
            if wanted == "keystore":
                raise
            return Openers(pin=pin)
        return Openers(pin=pin, keystore_entry=entry, keystore_secret=secret)

    def _keep_sealed(self, keys: KeyFolder | HeldKeys, openers: Openers) -> HeldKeys:
        held = _secrets_of(keys)
        box = seal(held, openers, self._cost, self._randomness)
        place_file(self._files, self._folder / BOX_FILE, msgspec.json.encode(box))
        self._erase(_OPEN_FILES)
        return HeldKeys(held)

    def _keep_open(self, keys: KeyFolder | HeldKeys) -> KeyFolder:
        if isinstance(keys, KeyFolder):
            return keys
        place_file(self._files, self._folder / "replica.key", keys.secrets.replica_key)
        place_file(self._files, self._folder / "device.key", keys.secrets.device_seed)
        self._erase((BOX_FILE, TRIES_FILE))
        return KeyFolder(self._folder, self._files, self._randomness)

    def _finish_move(self, held: Secrets) -> None:
        """Erase keys that a killed move left open beside the box."""
        whole = {"replica.key": held.replica_key, "device.key": held.device_seed}
        for name, key in whole.items():
            path = self._folder / name
            if self._files.exists(path) and self._files.read(path) != key:
                raise KeyDamaged(
                    f"{path} and {self._folder / BOX_FILE} hold different keys; remove the one "
                    "that does not belong to this replica"
                )
        self._erase(_OPEN_FILES)

    def _erase(self, names: tuple[str, ...]) -> None:
        """Erase files, and what a killed process left half-made or half-erased of them."""
        for name in names:
            path = self._folder / name
            if self._files.exists(path):
                # Out of its name first: half erased it would be taken for a damaged key.
                self._files.rename(path, path.with_name(f"{name}.part"))
                self._files.sync_folder(self._folder)
        for name in self._files.names(self._folder):
            if name.endswith(".part") and name.startswith(names):
                self._files.erase(self._folder / name)
                self._files.sync_folder(self._folder)


def _secrets_of(keys: KeyFolder | HeldKeys) -> Secrets:
    if isinstance(keys, HeldKeys):
        return keys.secrets
    return Secrets(replica_key=keys.replica_key(), device_seed=keys.device_seed())
