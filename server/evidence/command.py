"""``firstlight evidence`` writes bundles; ``firstlight verify`` checks one, with nothing else."""

import argparse
import base64
import contextlib
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any, Final

from server import settings
from server.acts import utc_now
from server.evidence import files, queries
from server.evidence.files import BundleUnreadable
from server.jobs import queries as jobs
from server.opened import opened_store
from server.problems import WrongInput
from server.sync import devices
from server.sync.blob_store import FolderBlobStore
from sync_protocol.bundles import Fault, verify

_OK, _FAULT = 0, 1
_KEY_BYTES: Final = 32

_VERIFY: Final = """\
Check an evidence bundle: every signature, every captured fact, every photo, in the order in which
they were vouched for. The first fault is named. Neither a server nor a database is needed.

Without --key the bundle is shown to fit the keys that it brings, which says nothing of who made it;
with --key, of which there may be several, only these are trusted. A device's key is what the office
saw when the device was enrolled: firstlight device list.
"""


def add_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``evidence`` to the command line."""
    actions = subparsers.add_parser(
        "evidence", help="export the signed evidence of a job"
    ).add_subparsers(metavar="ACTION", required=True)
    exported = actions.add_parser("export", help="write a bundle that anybody can verify")
    exported.add_argument("job", metavar="NUMBER", help="number of the job, as the list shows it")
    exported.add_argument("--out", type=Path, required=True, metavar="FILE", help="like J-1.zip")
    exported.set_defaults(run=run_export)


def add_verify_to(subparsers: Any) -> None:  # noqa: ANN401  argparse keeps the type to itself
    """Add ``verify`` to the command line."""
    parser = subparsers.add_parser(
        "verify",
        help="check an evidence bundle",
        description=_VERIFY,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="a file of evidence export")
    parser.add_argument(
        "--key",
        dest="keys",
        type=_public_key,
        action="append",
        default=[],
        metavar="KEY",
        help="a public key to trust: Ed25519, the raw 32 bytes in base64",
    )
    parser.set_defaults(run=run_verify)


def run_export(args: argparse.Namespace) -> int:
    """Write a bundle; an existing file is not written over.

    Raises:
        WrongInput: no such job, nothing signed, or the file cannot be written.
    """
    known = settings.load_installation(args.settings, os.environ)
    with opened_store(args.settings) as store, _created(args.out) as file:
        job_id = store.read_now(jobs.find_id_by_number, args.job)
        if job_id is None:
            raise WrongInput(f"no job {args.job!r}; 'firstlight job list' shows the numbers")
        bundle = store.read_now(queries.bundle_of, job_id, exported_at=utc_now())
        absent = files.write(bundle, FolderBlobStore(Path(known.blob_folder)), file)
    _say(f"{args.out}: {len(bundle.completions)} completions of job {bundle.job_number}")
    for sha256 in absent:
        _say(f"not here yet, and so left out: blob {sha256}; its tablet has still to send it")
    return _FAULT if absent else _OK


def run_verify(args: argparse.Namespace) -> int:
    """Check a bundle and say the first fault, or what was verified."""
    try:
        bundle, blobs = files.read(args.bundle)
    except BundleUnreadable as error:
        raise WrongInput(str(error)) from error
    found = verify(bundle, blobs, devices.verifies, trusted_keys=args.keys)
    if isinstance(found, Fault):
        _say(f"FAULT  {found}")
        return _FAULT
    _say(
        f"verified: job {bundle.job_number}, {found.completions} completions, "
        f"{found.captures} captures, {found.blobs} files"
    )
    for capture_id in found.redacted:
        _say(f"redacted: capture {capture_id}; that it was there is vouched for, and no more")
    for key in found.keys:
        trust = "trusted" if args.keys else "taken from the bundle: compare it with the office's"
        _say(f"signed with {key} ({trust})")
    return _OK


@contextlib.contextmanager
def _created(path: Path) -> Generator[IO[bytes]]:
    """Make a new file; it is gone again if what fills it fails.

    Raises:
        WrongInput: the file exists, or cannot be made.
    """
    try:
        file = path.open("xb")
    except FileExistsError as error:
        raise WrongInput(f"--out {str(path)!r} exists; name a new file") from error
    except OSError as error:
        raise WrongInput(f"--out {str(path)!r} cannot be made: {error.strerror}") from error
    try:
        with file:
            yield file
    except BaseException:
        path.unlink()
        raise


def _public_key(text: str) -> str:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _KEY_BYTES:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no public key; write the raw {_KEY_BYTES} bytes in base64, 44 characters"
        )
    return text


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
