"""The story that must always work: a job done without a network becomes a billed service."""

from datetime import datetime

import msgspec

from billing_bridge.money import format_money
from server.demo.following import Follower, tell_power
from server.demo.narration import Narrator, Voice
from server.demo.office import Sold
from server.demo.outcome import Instants, LatencyMs, Snmp, Story, human_touches, latency
from server.demo.snmp_reader import read_ont
from server.demo.stage import Stage
from server.demo.tablet import Tablet
from server.demo.visit import Fiber, visit
from server.demo.watching import Line, NotSeen, instant_of
from server.fulfilment.queries import Fulfilment

LIVE_WITHIN_S = 60.0


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """The story as it went."""

    sold: Sold
    story: Story
    latency_ms: LatencyMs
    snmp: Snmp


async def play(stage: Stage) -> Played:
    """Play the story.

    Raises:
        NotSeen: something that must happen did not.
    """
    voice = stage.voice()
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[0])[0]
    tablet = await place.tablet(0)
    sold = await order_and_assign(voice, stage, tablet, site_number=0, technician=0)
    olt = place.installation.olts[site.olt]
    serial = place.ground.serials[place.ground.technicians[0]][0]
    await go_offline(voice, tablet)
    await visit(voice, tablet, sold.job_id, stage.fiber(place, site, serial))
    waiting = await tablet.status()
    voice.say(
        "tablet",
        f"{waiting.pending_operations} operations and {waiting.pending_blobs} files wait; "
        "nothing has left the tablet",
    )
    sets_before = (await olt.stats()).set_requests
    follower = Follower(voice, place.installation.log, olt.log)
    voice.say("tablet", "signal again")
    await tablet.fly(on=False)
    await follower.until(is_told, what="live, billed and told", within_s=LIVE_WITHIN_S)
    await tablet.all_sent()
    fulfilment = await place.office.fulfilment(sold.job_id)
    snmp = await _read_back(stage, stage.fiber(place, site, serial), sets_before)
    voice.say(
        "SNMP",
        f"read back with another client: {snmp.serial_on_olt} is {snmp.ont_state}, "
        f"{tell_power(snmp.rx_power_dbm)}, {snmp.sets} SETs",
    )
    instants = instants_of(fulfilment, follower.lines, await olt.events(serial))
    story = await _story(stage, sold, fulfilment, instants)
    return Played(sold=sold, story=story, latency_ms=latency(instants), snmp=snmp)


async def order_and_assign(
    voice: Voice, stage: Stage, tablet: Tablet, *, site_number: int, technician: int
) -> Sold:
    """Sell at a site of the first OLT, have the dispatcher assign it, and pull it."""
    place = stage.main
    site = place.ground.sites_on(place.ground.olts[0])[site_number]
    sold = await stage.sell(place, site)
    voice.say("shop", f"order {sold.placed.number} for {site.address}: its job is created")
    person = place.technician(technician)
    await place.office.assign(sold.job_id, person.id)
    voice.say("dispatch", f"signed in to the console, assigns the job to {person.name}")
    await tablet.sync()
    job = await tablet.job(sold.job_id)
    plant = job.document.plant
    voice.say(
        "tablet",
        f"pulls the job: PON port {plant.pon_port}, terminal {plant.terminal} "
        f"port {plant.terminal_port}",
    )
    return sold


async def go_offline(voice: Voice, tablet: Tablet) -> None:
    """Lose the network."""
    await tablet.fly(on=True)
    voice.say("tablet", "no signal (flight mode); everything from here on happens offline")


def is_told(lines: list[Line]) -> bool:
    """Say whether billing and the subscriber have been told."""
    told = {(line.get("event"), line.get("outcome") or line.get("state")) for line in lines}
    return ("webhook.attempted", "delivered") in told and ("notification.settled", "sent") in told


def instants_of(fulfilment: Fulfilment, lines: list[Line], events: list[Line]) -> Instants:
    """Read the instants of a job off the logs of server and OLT, and off its attempts.

    Raises:
        NotSeen: one of them is missing.
    """
    process_id = str(fulfilment.processes[0].id)
    looks = [
        each.started_at
        for each in fulfilment.attempts
        if each.step == "verify_online" and each.outcome == "advance"
    ]
    if not looks or fulfilment.service.live_at is None:
        raise NotSeen("a look that found the ONT online")
    return Instants(
        received_at=_at(lines, "committed_at", event="sync_session.finished", operations=None),
        registered_at=_at(events, "at", event="set.accepted", table="ont"),
        acceptable_at=_at(events, "at", event="ont.acceptable"),
        polled_at=looks[-1],
        live_at=fulfilment.service.live_at,
        billed_at=_at(
            lines, "timestamp", event="process.step_ended", step="go_live", process_id=process_id
        ),
    )


def _at(lines: list[Line], field: str, **wanted: object) -> datetime:
    """Find the instant of the first line with these values; None asks for one that is not zero."""
    for line in lines:
        if all(
            line.get(key) == value if value is not None else line.get(key)
            for key, value in wanted.items()
        ):
            return instant_of(line[field])
    raise NotSeen(f"a log line with {wanted}")


async def _read_back(stage: Stage, fiber: Fiber, sets_before: int) -> Snmp:
    secrets = stage.main.installation.outside.secrets
    rows = await read_ont(fiber.olt.snmp_port, secrets.read_community, fiber.serial)
    if len(rows) != 1:
        raise NotSeen(f"one row for {fiber.serial} on the OLT; it has {len(rows)}")
    return Snmp(
        sets=(await fiber.olt.stats()).set_requests - sets_before,
        serial_on_olt=rows[0].serial,
        ont_state=rows[0].run_state,
        rx_power_dbm=rows[0].rx_power_dbm,
    )


async def _story(stage: Stage, sold: Sold, fulfilment: Fulfilment, instants: Instants) -> Story:
    service, line = fulfilment.service, fulfilment.charges[0]
    mails = stage.post.mails(fulfilment.notifications[0].id)
    if service.completed_at is None or service.billing_start is None or not mails:
        raise NotSeen("a completed, billed and announced service")
    timeline = await stage.main.office.timeline(sold.job_id)
    return Story(
        job_id=sold.job_id,
        completed_at=service.completed_at,
        received_at=instants.received_at,
        live_at=instants.live_at,
        billing_start=service.billing_start,
        invoice_line_minor=line.amount_minor,
        currency=line.currency,
        notified_at=mails[0].at,
        human_touches=human_touches(timeline, since=service.completed_at, until=mails[0].at),
    )


def sum_up(narrator: Narrator, story: Story, took: LatencyMs) -> None:
    """Tell the three instants and where the time went."""
    narrator.plain("")
    for name, at, what in (
        ("completed", story.completed_at, "on the tablet, without a network"),
        ("received", story.received_at, "the push was committed"),
        ("live", story.live_at, "seen online on the OLT with its light"),
    ):
        narrator.plain(f"  {narrator.styled(f'{name:<10}', 'bold')} {narrator.clock(at)}  {what}")
    narrator.plain(
        f"\n  received to billed {took.received_to_billed} ms = ONT came up {took.ont_come_up} "
        f"+ next poll {took.poll_wait} + our own {took.overhead} (50 ms for each SNMP round trip)"
    )
    amount = format_money(story.invoice_line_minor, story.currency)
    narrator.plain(
        f"  billing starts {story.billing_start}, first line {amount}; "
        f"people who had to touch it: {story.human_touches}"
    )
