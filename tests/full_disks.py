"""A disk that takes nothing more, without being root: a real limit of the kernel."""

import contextlib
import resource
from collections.abc import Generator


@contextlib.contextmanager
def files_end_at(size_bytes: int) -> Generator[None]:
    """Let no file of this process grow beyond a size (EFBIG) while the context lasts.

    Standard output may be such a file: capture the logs beside it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
