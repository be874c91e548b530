"""What the tests of the safety share: cheap costs, a keystore in memory, a disk that dies."""

from pathlib import Path

from field_client.safety.key_files import KeyFiles
from field_client.safety.keystore import KeystoreSilent
from field_client.safety.sealing import ScryptCost
from field_client.storage import Disk, FileSystem

CHEAP = ScryptCost(n=2**15, r=8, p=1)
"""The least that a box may cost."""
PIN = "271828"
OTHER_PIN = "314159"


class FakeKeystore:
    """A keystore that can be taken away, or refuse to speak."""

    def __init__(self, *, is_usable: bool = True) -> None:
        self.secrets: dict[str, bytes] = {}
        self.usable = is_usable
        self.is_silent = False

    def is_usable(self) -> bool:
        return self.usable

    def read(self, entry: str) -> bytes:
        if self.is_silent or entry not in self.secrets:
            raise KeystoreSilent(entry)
        return self.secrets[entry]

    def write(self, entry: str, secret: bytes) -> None:
        if self.is_silent:
            raise KeystoreSilent(entry)
        self.secrets[entry] = secret

    def remove(self, entry: str) -> None:
        if self.is_silent:
            raise KeystoreSilent(entry)
        self.secrets.pop(entry, None)


class Died(BaseException):
    """The tablet was switched off."""


class DyingDisk(Disk):
    """A disk of a tablet that is switched off before a given step, counted from 0."""

    def __init__(self, dies_at: int = 2**31) -> None:
        super().__init__()
        self.steps = 0
        self._dies_at = dies_at

    def _step(self) -> None:
        if self.steps == self._dies_at:
            raise Died
        self.steps += 1

    def write(self, path: Path, data: bytes) -> None:
        self._step()
        super().write(path, data[: len(data) // 2])
        self._step()
        super().write(path, data)

    def rename(self, source: Path, target: Path) -> None:
        self._step()
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._step()
        super().link(source, target)

    def sync_folder(self, folder: Path) -> None:
        self._step()
        super().sync_folder(folder)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)

    def erase(self, path: Path) -> None:
        self._step()
        if path.exists():
            path.write_bytes(bytes(path.stat().st_size))
        self._step()
        super().erase(path)

    def remove_tree(self, folder: Path) -> None:
        self._step()
        for file in [path for path in folder.rglob("*") if path.is_file()][:1]:
            file.unlink()
        self._step()
        super().remove_tree(folder)


def key_files(
    folder: Path, keystore: FakeKeystore | None = None, files: FileSystem | None = None
) -> KeyFiles:
    return KeyFiles(
        folder,
        files or Disk(),
        keystore or FakeKeystore(is_usable=False),
        cost=CHEAP,
    )
