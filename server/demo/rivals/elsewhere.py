"""Rival: the serial on the label is already registered on another port."""

from server.demo.outcome import Rival
from server.demo.rivals.aftermath import of_job, once_waiting
from server.demo.stage import Stage
from server.demo.visit import visit
from server.fulfilment.records import ProcessState

_NUMBER = 2
EXPECTED_CODE = "ONT_SERIAL_DUP"


async def play(stage: Stage) -> Rival:
    """Scan an ONT that the OLT expects elsewhere; it must wait for a person, unbilled."""
    voice = stage.voice("[5]")
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[0])[_NUMBER]
    olt = place.installation.olts[site.olt]
    serial = place.ground.serials[""][0]
    sold = await stage.sell(place, site)
    await place.office.assign(sold.job_id, place.technician(0).id)
    tablet = await place.tablet(0)
    await tablet.sync()
    await visit(voice, tablet, sold.job_id, stage.fiber(place, site, serial))
    stuck = await once_waiting(place, sold, ProcessState.STUCK)
    reason = next(iter(stuck.waiting_for))
    voice.say("server", f"stuck: {reason.code}; {reason.owner} owns it", style="bad")
    seen = await of_job(stage, place, sold, serial)
    where = [spot.port for spot in await olt.places(serial)]
    return Rival(
        name="the serial is registered on another port",
        expected=f"stuck with {EXPECTED_CODE}, an owner, the other port untouched, nothing billed",
        happened=f"{reason.state} with {reason.code}, owner {reason.owner}, still on "
        f"{', '.join(where)}, {seen.invoice_lines} invoice lines, {seen.feed_events} events",
        ok=reason.code == EXPECTED_CODE
        and site.port not in where
        and len(where) == 1
        and seen.invoice_lines + seen.feed_events + seen.mails == 0,
    )
