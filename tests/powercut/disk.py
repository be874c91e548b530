"""A disk that knows what is durable and what a power cut may take: contents and names alike.

Strict where file systems differ: flushing a file makes its contents durable, not its name; a name
is durable when its folder was flushed; a new folder when the folder above it was.
"""

import enum
import random
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from tests.powercut.journal import (
    Acked,
    Linked,
    MadeFolder,
    Opened,
    Record,
    Removed,
    Renamed,
    Resized,
    Started,
    Synced,
    Wrote,
)

SECTOR_BYTES: Final = 512


class Fate(enum.Enum):
    """What becomes of changes that were not flushed."""

    KEPT = "kept"
    LOST = "lost"
    TORN = "torn"


class Cut(enum.Enum):
    """A kind of power cut: the fate of contents, and the fate of names."""

    KEPT = (Fate.KEPT, Fate.KEPT)
    LOST = (Fate.LOST, Fate.LOST)
    TORN = (Fate.TORN, Fate.TORN)
    NAMES_ONLY = (Fate.LOST, Fate.KEPT)
    CONTENTS_ONLY = (Fate.KEPT, Fate.LOST)


class File:
    """Contents, by what is durable and what came since."""

    def __init__(self, durable: bytes = b"") -> None:
        self.durable = bytearray(durable)
        self.pending: list[tuple[int, Wrote | Resized]] = []

    def flush(self, begun: int) -> None:
        while self.pending and self.pending[0][0] < begun:
            _apply(self.durable, self.pending.pop(0)[1])

    def after(self, fate: Fate, chance: random.Random) -> bytes:
        found = bytearray(self.durable)
        for _, change in self.pending if fate is not Fate.LOST else ():
            if fate is Fate.KEPT:
                _apply(found, change)
            else:
                _apply_torn(found, change, chance)
        return bytes(found)


class Folder:
    """Names, by what is durable and what came since; ``now`` is what a running program sees."""

    def __init__(self) -> None:
        self.now: dict[str, Node] = {}
        self.durable: dict[str, Node] = {}
        self.pending: list[tuple[int, dict[str, Node | None]]] = []

    def change(self, serial: int, names: "dict[str, Node | None]") -> None:
        _rename(self.now, names)
        self.pending.append((serial, names))

    def flush(self, begun: int) -> None:
        while self.pending and self.pending[0][0] < begun:
            _rename(self.durable, self.pending.pop(0)[1])

    def after(self, fate: Fate, chance: random.Random) -> "dict[str, Node]":
        """Give the names that are there; changes of one folder become durable in their order."""
        reached = {Fate.KEPT: len(self.pending), Fate.LOST: 0}.get(fate)
        if reached is None:
            reached = chance.randint(0, len(self.pending))
        found = dict(self.durable)
        for _, names in self.pending[:reached]:
            _rename(found, names)
        return found


Node = File | Folder


class Disk:
    """Lives through a journal, record by record; at any time it can be cut off."""

    def __init__(self, base: Path) -> None:
        """Begin with a folder that is durable as it is."""
        self._root = _durable(base)
        self._serial = 0
        self.acked: list[msgspec.Raw] = []

    def live(self, record: Record) -> None:
        """Take the next record of the journal."""
        match record:
            case Started():
                # Whatever the recorder of another life had seen lies before all that is to come.
                self._all_began_before()
            case Acked(what=what):
                self.acked.append(what)
            case Synced(path=path, begun=begun):
                self._node(path).flush(begun)
                self._serial += 1
            case _:
                self._change(record)
                self._serial += 1

    def cut(self, how: Cut, seed: int) -> Iterator[tuple[PurePosixPath, bytes | None]]:
        """Give every path that is there afterwards, folders (None) before what they hold."""
        contents, names = how.value
        chance = random.Random(seed)  # noqa: S311  a replay must come out the same
        yield from _walk(self._root, PurePosixPath(), (contents, names), chance)

    def _change(self, record: Record) -> None:
        match record:
            case Opened(path=path, creates=creates, empties=empties):
                folder, name = self._place(path)
                if creates and name not in folder.now:
                    folder.change(self._serial, {name: File()})
                elif empties:
                    self._file(path).pending.append((self._serial, Resized(path, 0)))
            case Wrote(path=path) | Resized(path=path):
                self._file(path).pending.append((self._serial, record))
            case _:
                self._change_names(record)

    def _change_names(self, record: Record) -> None:
        match record:
            case Renamed(source=source, target=target):
                folder, name = self._place(source)
                other, new_name = self._place(target)
                if folder is not other:
                    raise ValueError(f"{source} went to another folder, {target}")
                folder.change(self._serial, {name: None, new_name: folder.now[name]})
            case Linked(source=source, target=target):
                folder, name = self._place(target)
                folder.change(self._serial, {name: self._node(source)})
            case Removed(path=path):
                folder, name = self._place(path)
                folder.change(self._serial, {name: None})
            case MadeFolder(path=path):
                folder, name = self._place(path)
                folder.change(self._serial, {name: Folder()})
            case _:
                raise ValueError(f"{record} is no change of a disk")

    def _all_began_before(self) -> None:
        self._serial = 0
        for node in _nodes(self._root, set()):
            node.pending = [(-1, change) for _, change in node.pending]  # pyright: ignore[reportAttributeAccessIssue]  each node keeps its own kind

    def _node(self, path: str) -> Node:
        node: Node = self._root
        for name in PurePosixPath(path).parts:
            if not isinstance(node, Folder):
                raise TypeError(f"{path} goes through a file")
            node = node.now[name]
        return node

    def _file(self, path: str) -> File:
        node = self._node(path)
        if not isinstance(node, File):
            raise TypeError(f"{path} is a folder")
        return node

    def _place(self, path: str) -> tuple[Folder, str]:
        pure = PurePosixPath(path)
        folder = self._node(str(pure.parent))
        if not isinstance(folder, Folder):
            raise TypeError(f"{pure.parent} is a file")
        return folder, pure.name


def write_out(paths: Iterator[tuple[PurePosixPath, bytes | None]], folder: Path) -> None:
    """Make a disk as it is after a cut into a real folder."""
    folder.mkdir()
    for path, data in paths:
        if data is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(data)


def _durable(base: Path) -> Folder:
    folder = Folder()
    for path in sorted(base.iterdir()):
        folder.durable[path.name] = _durable(path) if path.is_dir() else File(path.read_bytes())
    folder.now = dict(folder.durable)
    return folder


def _nodes(folder: Folder, seen: set[int]) -> Iterator[Node]:
    """Give every node that any state of the disk can reach."""
    yield folder
    added = [node for _, names in folder.pending for node in names.values() if node is not None]
    for node in (*folder.now.values(), *folder.durable.values(), *added):
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Folder):
            yield from _nodes(node, seen)
        else:
            yield node


def _walk(
    folder: Folder, path: PurePosixPath, fates: tuple[Fate, Fate], chance: random.Random
) -> Iterator[tuple[PurePosixPath, bytes | None]]:
    for name, node in sorted(folder.after(fates[1], chance).items()):
        if isinstance(node, File):
            yield path / name, node.after(fates[0], chance)
        else:
            yield path / name, None
            yield from _walk(node, path / name, fates, chance)


def _rename(known: dict[str, Node], names: dict[str, Node | None]) -> None:
    for name, node in names.items():
        if node is None:
            known.pop(name, None)
        else:
            known[name] = node


def _apply(contents: bytearray, change: Wrote | Resized) -> None:
    if isinstance(change, Resized):
        _resize(contents, change.size)
        return
    if len(contents) < change.offset:
        _resize(contents, change.offset)
    contents[change.offset : change.offset + len(change.data)] = change.data


def _apply_torn(contents: bytearray, change: Wrote | Resized, chance: random.Random) -> None:
    """Let each sector of a write arrive or not; where none arrives a file stays as short."""
    if isinstance(change, Resized):
        if chance.random() < 0.5:
            _resize(contents, change.size)
        return
    at, end = change.offset, change.offset + len(change.data)
    while at < end:
        until = min(end, (at // SECTOR_BYTES + 1) * SECTOR_BYTES)
        if chance.random() < 0.5:
            _apply(contents, Wrote("", at, change.data[at - change.offset : until - change.offset]))
        at = until


def _resize(contents: bytearray, size: int) -> None:
    if size <= len(contents):
        del contents[size:]
    else:
        contents.extend(bytes(size - len(contents)))
