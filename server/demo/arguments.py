"""Files that are named at the shell, tried before anything long begins."""

import argparse
from pathlib import Path


def writable_file(text: str) -> Path:
    """Take a file that can be written later; what is in it stays until then.

    Raises:
        argparse.ArgumentTypeError: with the name and why not.
    """
    file = Path(text)
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            return file  # a pipe or a terminal: to open and close it would end it for its reader
        is_new = not file.exists()
        file.open("ab").close()
        if is_new:
            file.unlink()
    except (OSError, ValueError) as error:
        raise _unusable(text, "written", error, "a file in a folder that exists") from error
    return file


def readable_file(text: str) -> Path:
    """Take a file that can be read.

    Raises:
        argparse.ArgumentTypeError: with the name and why not.
    """
    file = Path(text)
    try:
        if not file.is_file():
            raise argparse.ArgumentTypeError(f"{text!r} is no file; give a CSV file of addresses")
        file.open("rb").close()
    except OSError as error:
        raise _unusable(text, "read", error, "a CSV file of addresses") from error
    return file


def _unusable(
    text: str, done: str, error: OSError | ValueError, right: str
) -> argparse.ArgumentTypeError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return argparse.ArgumentTypeError(f"{text!r} cannot be {done}: {reason}; give {right}")
