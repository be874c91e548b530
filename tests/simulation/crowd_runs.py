"""Running crowds: a PostgreSQL of one's own, a fresh database and folder for each seed."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, cast

from tests.postgres import PostgresServer, running_postgres
from tests.simulation.crowd import Crowd, Size
from tests.simulation.runs import Failed
from tests.simulation.told import Told
from tests.simulation.town import found_in

_LOG_LINES: Final = 40
LARGE: Final = Size(servers=3, tablets=6, turns=40, kills=4)
SMALL: Final = Size(servers=2, tablets=3, turns=8, kills=1)


def live_crowds(seeds: Iterable[int], say: Callable[[str], None]) -> int:
    """Let a large crowd of each seed work; 0 all kept every promise, 1 one did not."""
    failed = 0
    with running_postgres() as server:
        for seed in seeds:
            told = live_crowd(server, seed, LARGE)
            if isinstance(told, Failed):
                failed += 1
                for line in told.trace[-_LOG_LINES:]:
                    say(line)
                say(f"seed {seed} failed: {told.reason[:4000]}")
                say(f"try it again: python3 dev.py sim --postgres --seeds 1 --start {seed}")
                continue
            counts = ", ".join(f"{count} {what}" for what, count in sorted(told.seen.items()))
            say(f"seed {seed}: drained in round {told.rounds}; {counts}")
    say(f"{failed or 'none'} failed")
    return 1 if failed else 0


def live_crowd(server: PostgresServer, seed: int, size: Size) -> Told | Failed:
    """Let one crowd work; whatever goes wrong in it is told with what the servers said."""
    with (
        tempfile.TemporaryDirectory(prefix="firstlight-crowd-") as name,
        server.database() as url,
    ):
        folder = Path(name)
        crowd = Crowd(seed, found_in(url, folder), folder, url, size)
        try:
            return crowd.run()
        except Exception as error:  # noqa: BLE001  a crowd that ends in any error has failed
            lines = crowd.server_log().splitlines()
            first = _first(error)
            reason = f"{type(first).__name__}: {first}"
            return Failed(seed=seed, reason=reason, trace=tuple(lines))


def _first(error: Exception) -> Exception:
    """Find what failed first among those who worked at once."""
    while isinstance(error, ExceptionGroup):
        error = cast("ExceptionGroup[Exception]", error).exceptions[0]
    return error
