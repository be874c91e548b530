"""Rival: the server is killed at a commit boundary and started again.

It has an installation of its own, so that the commits counted are this job's alone.
"""

import random
import signal
from typing import Final

import msgspec

from activation.verification import POLL_AFTER_S
from server.demo.children import Child
from server.demo.outcome import Rival
from server.demo.rivals.aftermath import ONCE, ONCE_IN_WORDS, of_job, once_live
from server.demo.stage import Stage
from server.demo.visit import visit
from server.demo.watching import NotSeen

FIRST_COMMIT: Final = 5
"""Measured: a server makes four commits at its start, the push that waits for it is the next."""
LAST_COMMIT: Final = 14
"""Measured: of a job whose ONT is found at the first look, no fewer come before going live."""
COMMITS_PER_LOOK: Final = 3
_KILLED_WITHIN_S: Final = 40.0


class CrashPoint(msgspec.Struct, frozen=True):
    """One side of one commit."""

    side: str
    number: int

    def __str__(self) -> str:
        return f"{self.side}:{self.number}"


def draw(seed: int, *, come_up_s: float) -> CrashPoint:
    """Draw where between push and going live the server is killed; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311  a choice that must repeat, not a secret
    in_vain = sum(come_up_s >= look_s for look_s in POLL_AFTER_S)
    number = chance.randint(FIRST_COMMIT, LAST_COMMIT + COMMITS_PER_LOOK * in_vain)
    return CrashPoint(chance.choice(("before", "after")), number)


async def play(stage: Stage) -> Rival:
    """Kill the server while it works on a job, and let another take over."""
    voice = stage.voice("[2]")
    place = stage.second
    site = place.ground.sites_on(place.ground.olts[0])[0]
    serial = place.ground.serials[place.ground.technicians[0]][1]
    sold = await stage.sell(place, site)
    await place.office.assign(sold.job_id, place.technician(0).id)
    tablet = await place.tablet(0)
    await tablet.sync()
    await tablet.fly(on=True)
    await visit(voice, tablet, sold.job_id, stage.fiber(place, site, serial))
    point = draw(stage.wanted.seed, come_up_s=stage.wanted.come_up_s)
    server = await _restart(stage, crash_at=str(point))
    voice.say("server", f"will be killed {point.side} commit {point.number} (drawn by the seed)")
    try:
        await tablet.fly(on=False)
        await _await_kill(server, point)
        voice.say("server", "killed with SIGKILL; the next one starts", style="bad")
    finally:
        await _restart(stage, crash_at="")
    await tablet.sync()
    await once_live(stage, place, sold)
    seen = await of_job(stage, place, sold, serial)
    voice.say("server", f"live all the same: {seen}")
    return Rival(
        name=f"server killed {point.side} commit {point.number} and restarted",
        expected=ONCE_IN_WORDS,
        happened=str(seen),
        ok=seen == ONCE,
    )


async def _restart(stage: Stage, *, crash_at: str) -> Child:
    installation = stage.second.installation
    if installation.server is not None:
        await installation.server.stop()
    return await installation.serve(crash_at=crash_at)


async def _await_kill(server: Child, point: CrashPoint) -> None:
    try:
        status = await server.ended(within_s=_KILLED_WITHIN_S)
    except TimeoutError as error:
        raise NotSeen(f"the server's end {point.side} commit {point.number}") from error
    if status != -signal.SIGKILL:
        raise NotSeen(f"an end by SIGKILL; the server ended with {status}")
