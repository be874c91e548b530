"""Rival: the OLT falls silent while an ONT is being registered."""

from typing import Final

from server.demo.outcome import Rival
from server.demo.rivals.aftermath import ONCE, ONCE_IN_WORDS, of_job, once_live
from server.demo.stage import Stage
from server.demo.visit import visit

SILENT_S: Final = 8.0
"""Longer than a session asks again by itself."""
_VAN: Final = 3


async def play(stage: Stage) -> Rival:
    """Lose every request to the OLT for a while; nobody helps."""
    voice = stage.voice("[4]")
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[-1])[0]
    olt = place.installation.olts[site.olt]
    serial = place.ground.serials[place.ground.technicians[0]][_VAN]
    sold = await stage.sell(place, site)
    await place.office.assign(sold.job_id, place.technician(0).id)
    tablet = await place.tablet(0)
    await tablet.sync()
    await olt.fall_silent(seconds=SILENT_S)
    voice.say("OLT", f"{site.olt} answers nothing for {SILENT_S:g} s", style="bad")
    await visit(voice, tablet, sold.job_id, stage.fiber(place, site, serial))
    live = await once_live(stage, place, sold)
    failed = [one for one in live.attempts if one.outcome == "tryagain"]
    lost = (await olt.stats()).unanswered_requests
    seen = await of_job(stage, place, sold, serial)
    reasons = ", ".join(sorted({str(one.code) for one in failed}))
    voice.say("server", f"live by itself; attempts that failed before: {len(failed)} ({reasons})")
    return Rival(
        name=f"the OLT silent for {SILENT_S:g} s during registration",
        expected=f"requests are lost, then it goes live by itself; {ONCE_IN_WORDS}",
        happened=f"requests lost: {lost}, attempts failed: {len(failed)}, then live; {seen}",
        ok=lost > 0 and seen == ONCE,
    )
