"""Rival: a webhook receiver is down when the first attempt is made."""

from server.demo.outcome import Rival
from server.demo.receivers import Seen
from server.demo.rivals.aftermath import ONCE, ONCE_IN_WORDS, of_job, once_live
from server.demo.stage import Stage
from server.demo.visit import visit
from server.demo.watching import until

_NUMBER = 3
_VAN = 2
_DELIVERED_WITHIN_S = 40.0


async def play(stage: Stage) -> Rival:
    """Start a second receiver only after its first delivery has failed."""
    voice = stage.voice("[6]")
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[0])[_NUMBER]
    serial = place.ground.serials[place.ground.technicians[0]][_VAN]
    late = stage.late_receiver
    await place.office.push_feed_to(late.url, "billing")
    sold = await stage.sell(place, site)
    await place.office.assign(sold.job_id, place.technician(0).id)
    tablet = await place.tablet(0)
    await tablet.sync()
    await visit(voice, tablet, sold.job_id, stage.fiber(place, site, serial))
    live = await once_live(stage, place, sold)
    event_id = live.event_ids[0]
    position = await place.office.position_of(event_id)
    await place.installation.log.line(
        lambda line: (
            line.get("event") == "webhook.attempted"
            and line.get("position") == position
            and line.get("outcome") == "trylater"
        ),
        what=f"a failed attempt to deliver event {position}",
        within_s=_DELIVERED_WITHIN_S,
    )
    voice.say("billing", f"nobody takes event {position}; now the receiver is started", style="bad")
    await late.start()

    async def look() -> Seen | None:
        seen = await late.seen()
        return seen if event_id in seen.events else None

    got = await until(
        look, what=f"event {event_id} at the late receiver", within_s=_DELIVERED_WITHIN_S
    )
    voice.say("billing", f"delivered by itself, the same id {event_id}")
    seen = await of_job(stage, place, sold, serial)
    count = got.events.count(event_id)
    return Rival(
        name="the webhook receiver down at the first attempt",
        expected=f"delivered later under the same event id, once; {ONCE_IN_WORDS}",
        happened=f"delivered later, under that id: {count}, rejected: {got.rejected}; {seen}",
        ok=count == 1 and got.rejected == 0 and seen == ONCE,
    )
