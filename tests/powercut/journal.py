"""The journal of a recorded run: what was done to the disk, and what was acknowledged, in order.

Recorder and client append to one file, each record with one write, so that its order is the order
in which things happened: an acknowledgement stands after everything that it may rest on.
"""

import os
from pathlib import Path

import msgspec


class Started(msgspec.Struct, frozen=True, tag="started"):
    """A recorder began; the ``begun`` of its records count from here."""


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """A file was opened so that it is made if it is not there, or emptied."""

    path: str
    creates: bool
    empties: bool


class Wrote(msgspec.Struct, frozen=True, tag="wrote"):
    """Bytes were written into a file."""

    path: str
    offset: int
    data: bytes


class Resized(msgspec.Struct, frozen=True, tag="resized"):
    """A file was cut or extended."""

    path: str
    size: int


class Synced(msgspec.Struct, frozen=True, tag="synced"):
    """A file or folder was flushed: what its recorder had recorded before ``begun`` is durable."""

    path: str
    begun: int


class Renamed(msgspec.Struct, frozen=True, tag="renamed"):
    """A name was moved, over whatever had the new one."""

    source: str
    target: str


class Linked(msgspec.Struct, frozen=True, tag="linked"):
    """A file got a second name."""

    source: str
    target: str


class Removed(msgspec.Struct, frozen=True, tag="removed"):
    """A name of a file or an empty folder is gone."""

    path: str


class MadeFolder(msgspec.Struct, frozen=True, tag="made_folder"):
    """A folder was made."""

    path: str


class Acked(msgspec.Struct, frozen=True, tag="acked"):
    """The client was told that something is safe; ``what`` is read by the side that wrote it."""

    what: msgspec.Raw


Deed = Opened | Wrote | Resized | Synced | Renamed | Linked | Removed | MadeFolder
Record = Started | Acked | Deed


class Journal:
    """Appends records to a file that others append to as well."""

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append(self, record: Record) -> None:
        """Append one record with one write."""
        body = msgspec.msgpack.encode(record)
        os.write(self._descriptor, len(body).to_bytes(4, "big") + body)

    def ack(self, what: msgspec.Struct) -> None:
        """Note that the client was told so."""
        self.append(Acked(msgspec.Raw(msgspec.msgpack.encode(what))))

    def close(self) -> None:
        os.close(self._descriptor)


def read(file: Path) -> list[Record]:
    """Read a whole journal."""
    decoder = msgspec.msgpack.Decoder(Record)
    data, records, at = file.read_bytes(), list[Record](), 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        records.append(decoder.decode(data[at + 4 : at + 4 + size]))
        at += 4 + size
    return records
