"""Bundles on disk and at the shell: written, verified, damaged in every way that is foreseen."""

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from server import cli
from server.database import Store
from server.sync.blob_store import FolderBlobStore
from sync_protocol import bundles, wire
from sync_protocol.operations import CaptureBody, LightReading, Photo, SerialScan, Signature
from sync_protocol.optics import Verdict
from tests.server.factories import Town, assigned_job, found_town
from tests.server.tablets import SERIAL, Tablet, enrolled, push

PHOTO, DRAWING = b"\xff\xd8 a photo" * 50, b"<svg/>"


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


BODIES: tuple[CaptureBody, ...] = (
    SerialScan(serial=SERIAL, raw_text=SERIAL, method="scan"),
    LightReading(
        rx_power_cdbm=-1940,
        wavelength_nm=1490,
        predicted_cdbm=-1903,
        verdict=Verdict.OK,
        plant_snapshot="p1",
    ),
    Photo(subject="ont_label", sha256=sha256(PHOTO), size_bytes=len(PHOTO)),
    Signature(
        signer_name="Erika",
        statement="It works.",
        sha256=sha256(DRAWING),
        size_bytes=len(DRAWING),
    ),
)


class Desk:
    """An installation with one finished job, and its shell."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder
        self.blobs = FolderBlobStore(folder / "blobs")
        self.settings = folder / "settings.toml"
        self.settings.write_text(
            f'database_url = "{url}"\nblob_folder = "{folder / "blobs"}"\n', encoding="utf-8"
        )
        store = Store(url)
        town: Town = found_town(store)
        placed = assigned_job(store, town.ada)
        self.tablet: Tablet = enrolled(store, town.ada)
        self.tablet.complete(placed.job_id, BODIES)
        push(store, self.tablet)
        store.close()
        self.job = "O-1-1"

    def upload(self, *raws: bytes) -> None:
        for raw in raws:
            self.blobs.begin(sha256(raw), len(raw))
            self.blobs.append(sha256(raw), 0, raw)

    def run(self, *argv: str) -> int:
        return cli.main(["--settings", str(self.settings), *argv])

    def export(self) -> Path:
        out = self._folder / "bundle.zip"
        assert self.run("evidence", "export", self.job, "--out", str(out)) == 0
        return out


@pytest.fixture
def desk(sqlite_url: str, tmp_path: Path) -> Desk:
    found = Desk(sqlite_url, tmp_path)
    found.upload(PHOTO, DRAWING)
    return found


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes | None]) -> None:
    """Write an archive anew with one part changed, or left out."""
    before = path.with_suffix(".before")
    shutil.move(path, before)
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            raw = change(old.read(name)) if name == part else old.read(name)
            if raw is not None:
                new.writestr(name, raw)


def test_what_was_exported_is_verified_with_the_device_key_alone(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    out = desk.export()

    status = cli.main(["verify", str(out), "--key", desk.tablet.public_key])

    assert status == 0
    told = capsys.readouterr().out
    assert "verified: job O-1-1, 1 completions, 4 captures, 2 files" in told
    assert f"signed with {desk.tablet.public_key} (trusted)" in told


def test_without_a_key_it_says_whose_word_it_took(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", str(desk.export())]) == 0
    assert "taken from the bundle" in capsys.readouterr().out


def test_a_flipped_byte_of_a_photo_is_found(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    out, name = desk.export(), f"blobs/{sha256(PHOTO)}"
    raw = out.read_bytes()
    at = raw.index(PHOTO) + 7
    out.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])

    assert cli.main(["verify", str(out)]) == 1
    assert f"FAULT  {name}: it is damaged" in capsys.readouterr().out


def flip(raw: bytes) -> bytes:
    return bytes([raw[0] ^ 1]) + raw[1:]


Edit = tuple[str, Callable[[bytes], bytes | None], str]
EDITS: tuple[Edit, ...] = (
    (f"blobs/{sha256(PHOTO)}", flip, "its bytes have the hash"),
    (f"blobs/{sha256(PHOTO)}", lambda _: None, "names it, it is missing"),
    ("bundle.json", lambda raw: raw.replace(b"-1940", b"-1840"), "differs from what was"),
    ("bundle.json", lambda raw: raw.replace(b"Erika", b"Frank"), "differs from what was"),
)


@pytest.mark.parametrize(("part", "change", "words"), EDITS)
def test_a_repacked_bundle_names_what_was_changed(
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
    part: str,
    change: Callable[[bytes], bytes | None],
    words: str,
) -> None:
    out = desk.export()
    rewritten(out, part, change)

    assert cli.main(["verify", str(out)]) == 1
    assert words in capsys.readouterr().out


def test_another_tablets_key_does_not_fit(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["verify", str(desk.export()), "--key", Tablet().public_key]) == 1
    assert "not one that you trust" in capsys.readouterr().out


def test_a_manifest_in_another_order_breaks_its_signature(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    def reorder(raw: bytes) -> bytes:
        bundle = wire.decode(raw, bundles.Bundle)
        (completion,) = bundle.completions
        manifest = completion.manifest
        turned = msgspec.structs.replace(manifest, captures=manifest.captures[::-1])
        return wire.encode(
            msgspec.structs.replace(
                bundle, completions=(msgspec.structs.replace(completion, manifest=turned),)
            )
        )

    out = desk.export()
    rewritten(out, "bundle.json", reorder)

    assert cli.main(["verify", str(out)]) == 1
    assert "the signature does not fit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("raw", "words"),
    [(b"", "no whole ZIP file"), (b"PK\x03\x04 not much more", "no whole ZIP file")],
)
def test_what_is_no_bundle_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bytes, words: str
) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(raw)

    assert cli.main(["verify", str(file)]) == 2
    assert words in capsys.readouterr().err


def test_a_zip_of_something_else_is_no_bundle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", "Dear")

    assert cli.main(["verify", str(file)]) == 2
    assert "is this an evidence bundle?" in capsys.readouterr().err


def test_a_key_that_is_none_is_refused_with_what_would_be_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.main(["verify", str(tmp_path / "x.zip"), "--key", "Zm9v"])
    assert "'Zm9v' is no public key" in capsys.readouterr().err


def test_photos_that_have_not_arrived_are_named(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, out = Desk(sqlite_url, tmp_path), tmp_path / "early.zip"
    desk.upload(DRAWING)

    assert desk.run("evidence", "export", desk.job, "--out", str(out)) == 1
    assert f"left out: blob {sha256(PHOTO)}" in capsys.readouterr().out
    assert cli.main(["verify", str(out)]) == 1


def test_an_export_writes_over_nothing_and_leaves_nothing_half_done(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = desk.export()
    assert desk.run("evidence", "export", desk.job, "--out", str(out)) == 2
    assert "exists; name a new file" in capsys.readouterr().err

    other = tmp_path / "other.zip"
    assert desk.run("evidence", "export", "J-404", "--out", str(other)) == 2
    assert "no job 'J-404'" in capsys.readouterr().err
    assert not other.exists()
