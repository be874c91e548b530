"""Erasing a tablet: a marker, then the keys, then what they sealed; killed, it goes on by itself.

With the keys gone the rest is noise, so they go first. What stays is one small file that says, to
whoever opens the tablet next, that and why it was wiped; nothing about a person stands in it.
"""

import enum
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from field_client.safety.key_files import KeyFiles
from field_client.settings import Settings
from field_client.storage import FileSystem, place_file

MARKER: Final = "wiped.json"


class WipeReason(enum.StrEnum):
    """Why a tablet is wiped."""

    REVOKED = "revoked"
    """The office has withdrawn it."""
    WRONG_PINS = "wrong_pins"


class Wiped(msgspec.Struct, frozen=True, kw_only=True, tag="wiped"):
    """That this tablet was wiped, and what became of the work on it."""

    reason: WipeReason
    at: datetime
    operations_handed_over: Annotated[int, Meta(ge=0)] = 0
    photos_handed_over: Annotated[int, Meta(ge=0)] = 0
    is_done: bool = False

    @property
    def detail(self) -> str:
        """Tell the technician."""
        day = f"{self.at:%Y-%m-%d %H:%M} UTC"
        if self.reason is WipeReason.WRONG_PINS:
            return (
                f"the keys of this tablet were erased on {day} after too many wrong PINs; what it "
                "had not sent is lost. Enrol it anew with a code from the office"
            )
        return (
            f"this tablet was wiped by the office on {day}; {self.operations_handed_over} "
            f"operations and {self.photos_handed_over} photos were handed over. To use it again, "
            "enrol it with a code from the office"
        )


class TabletWiped(RuntimeError):
    """Nothing is left on this tablet but this sentence; it can be enrolled anew."""


def find_wipe(settings: Settings, files: FileSystem) -> Wiped | None:
    """Read whether a wipe was begun here, or done."""
    path = Path(settings.home) / MARKER
    return msgspec.json.decode(files.read(path), type=Wiped) if files.exists(path) else None


def wipe(settings: Settings, files: FileSystem, keys: KeyFiles, wiped: Wiped) -> Wiped:
    """Erase everything, or go on where a wipe was killed. Nothing may have the replica open."""
    path = Path(settings.home) / MARKER
    place_file(files, path, msgspec.json.encode(wiped))
    keys.erase_all()
    files.remove_tree(settings.replica_folder)
    done = msgspec.structs.replace(wiped, is_done=True)
    place_file(files, path, msgspec.json.encode(done))
    return done


def start_over(settings: Settings, files: FileSystem) -> None:
    """Let a wiped tablet begin as a new one."""
    home = Path(settings.home)
    files.remove(home / MARKER)
    files.sync_folder(home)
