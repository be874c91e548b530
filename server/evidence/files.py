"""A bundle as a file: a ZIP with ``bundle.json`` and the blobs beside it. Blocking."""

import hashlib
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

import msgspec

from server.sync.blob_store import BlobStore
from sync_protocol import wire
from sync_protocol.bundles import BlobFacts, Bundle
from sync_protocol.operations import Photo, Signature

MANIFEST: Final = "bundle.json"
_FOLDER: Final = "blobs/"
_PIECE_BYTES: Final = 1_000_000
BUNDLE_JSON_BYTES_MAX: Final = 20_000_000
FILE_BYTES_MAX: Final = 60_000_000
"""Of one blob once unpacked; none that a tablet may send is larger."""


class BundleUnreadable(ValueError):
    """The file is no bundle; nothing was checked. The text says what it is instead."""


def write(bundle: Bundle, blobs: BlobStore, file: IO[bytes]) -> tuple[str, ...]:
    """Write a bundle; answer the hashes of the blobs that have not arrived yet, left out."""
    absent: list[str] = []
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, msgspec.json.format(wire.encode(bundle)))
        for sha256 in sorted(_named(bundle)):
            if not blobs.is_present(sha256):
                absent.append(sha256)
                continue
            # Photos are packed already.
            archive.write(blobs.path(sha256), _FOLDER + sha256, compress_type=zipfile.ZIP_STORED)
    return tuple(absent)


def read(path: Path) -> tuple[Bundle, dict[str, BlobFacts]]:
    """Read a bundle, each blob piece by piece and never beyond what a blob may hold.

    Raises:
        BundleUnreadable: no such file, no ZIP, or without a readable ``bundle.json``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            bundle = wire.decode(_bundle_json(archive), Bundle)
            names = [name for name in archive.namelist() if name.startswith(_FOLDER)]
            return bundle, {name.removeprefix(_FOLDER): _facts(archive, name) for name in names}
    except OSError as error:
        raise BundleUnreadable(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BundleUnreadable(f"{str(path)!r} is no whole ZIP file: {error}") from error
    # A part that is encrypted, or packed in a way unknown here, is a RuntimeError of zipfile's.
    except (wire.Unreadable, RuntimeError) as error:
        raise BundleUnreadable(f"{str(path)!r}: {MANIFEST}: {error}") from error


def _bundle_json(archive: zipfile.ZipFile) -> bytes:
    try:
        with archive.open(MANIFEST) as part:
            raw = part.read(BUNDLE_JSON_BYTES_MAX + 1)
    except KeyError as error:
        raise wire.Unreadable("the file is not there; is this an evidence bundle?") from error
    if len(raw) > BUNDLE_JSON_BYTES_MAX:
        raise wire.TooLarge(f"more than {BUNDLE_JSON_BYTES_MAX} bytes once unpacked")
    return raw


def _facts(archive: zipfile.ZipFile, name: str) -> BlobFacts:
    """Hash a blob; one whose checksum in the archive fails cannot be read to its end."""
    digest, size_bytes = hashlib.sha256(), 0
    with archive.open(name) as part:
        try:
            while size_bytes <= FILE_BYTES_MAX and (piece := part.read(_PIECE_BYTES)):
                digest.update(piece)
                size_bytes += len(piece)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            return BlobFacts(sha256=None, size_bytes=size_bytes)
    return BlobFacts(sha256=digest.hexdigest(), size_bytes=size_bytes)


def _named(bundle: Bundle) -> Iterable[str]:
    return {
        capture.body.sha256
        for completion in bundle.completions
        for capture in completion.captures
        if isinstance(capture.body, Photo | Signature)
    }
