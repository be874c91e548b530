"""How a long-lived server process has Python run: its memory, and its threads."""

import gc
import sys
from typing import Final

HANDOVER_S: Final = 0.0005
"""After so long a thread hands the interpreter over to one that waits for it. The Writer waits each
time it comes back from the database; Python's own 5 ms is longer than a whole push takes."""


def settle() -> None:
    """Have the collector leave alone what lives as long as the process; call it once all is built.

    Modules and routes are some hundred thousand objects, which it would look at again and again:
    a seventh of the time that pushes take, as ``dev.py bench sync`` measures it.
    """
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(HANDOVER_S)
