"""Rehearsing a crash: the process ends itself at a commit boundary, as a power cut would end it."""

import os
import signal
import sys

from server.database.writer import Boundary, Probe, Side


def crash_probe(crash_at: str) -> Probe | None:
    """Make a probe that ends this process with SIGKILL at a boundary like ``after:17``."""
    if not crash_at:
        return None
    side, _, number = crash_at.partition(":")
    wanted = Boundary(int(number), Side(side))

    def probe(boundary: Boundary) -> None:
        if boundary == wanted:
            sys.stderr.write(f"rehearsal: killed {side} commit {number}\n")
            sys.stderr.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    return probe
