"""What is said of a service's ONT: by the last poll, and by a look of just now. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from activation.requests import NotReadable, Phase, Reading
from server.alarms.records import Alarm, OntLight
from server.alarms.words import alarm_words
from server.console import wording
from server.console.wording import phrase
from server.fulfilment.reasons import reason_of
from server.jobs.views import Chip, Fact
from server.jobs.words import Tone
from server.people.records import Role
from server.services.records import ServiceState
from server.support.looking import Look, Looked
from server.support.story import ServiceStory
from server.support.views import LineView, LookView, TroubleView

MAY_LOOK: Final = (Role.NOC, Role.SUPPORT, Role.ADMIN)
PHASES: Final[Mapping[Phase, Chip]] = {
    Phase.ONLINE: Chip(label="Online", tone=Tone.GOOD),
    Phase.OFFLINE: Chip(label="Offline", tone=Tone.ATTENTION),
    Phase.UNKNOWN: Chip(label="State not known", tone=Tone.WAITING),
}


def line_view(story: ServiceStory, now: datetime) -> LineView:
    """Say how the ONT stood when it was last polled, and what explains it."""
    return LineView(
        state=_state(story),
        facts=tuple(_facts(story, now)),
        troubles=tuple(_troubles(story)),
    )


def look_view(looked: Looked, zone: str, now: datetime) -> LookView:
    """Say what a look has shown; what could not be read is said so, never given as a value."""
    if not isinstance(looked, Look):
        words = "" if looked.code is None else f"{reason_of(looked.code).words}: "
        return LookView(
            heading="Nothing can be said just now",
            at="",
            facts=(),
            problem=f"{words}{looked.detail}",
        )
    seen, at = looked.seen, looked.at
    return LookView(
        heading=PHASES[seen.phase].label,
        at=f"{wording.clock_seconds(at, zone)} {wording.zone_name(wording.local(at, zone))}, "
        f"{wording.age(at, now)}",
        facts=(
            Fact(name="Light at the ONT", **_light(seen.ont_rx)),
            Fact(name="Light at the OLT", **_light(seen.olt_rx)),
            Fact(name="Serial", value=seen.serial_seen or seen.serial_registered),
            Fact(name="Configured", value=phrase(seen.config)),
            Fact(
                name="Fiber",
                value="not known" if seen.distance_m is None else wording.metres(seen.distance_m),
            ),
            Fact(name="Went down last", value=seen.down_cause or "not known"),
        ),
        problem="",
    )


def _light(reading: Reading | NotReadable) -> dict[str, str]:
    if isinstance(reading, Reading):
        return {"value": wording.dbm(reading.power_cdbm)}
    return {"value": "cannot be read", "note": reading.reason}


def _state(story: ServiceStory) -> Chip:
    """Say how the ONT stands; who is suspended is not polled, so its last state says nothing."""
    if story.state is None or story.service.state is not ServiceState.ACTIVE:
        return PHASES[Phase.UNKNOWN]
    return PHASES[story.state.phase]


def _facts(story: ServiceStory, now: datetime) -> Iterable[Fact]:
    zone = story.subscriber.zone
    if story.state is not None:
        yield Fact(
            name="Since",
            value=wording.moment(story.state.since, zone),
            note=story.state.cause or "",
        )
    yield Fact(
        name="Last poll",
        value="never" if story.polled_at is None else wording.age(story.polled_at, now),
        note="" if story.polled_at is None else wording.moment(story.polled_at, zone),
    )
    light = _own_light(story)
    if light is None or light.rx_cdbm is None or light.measured_at is None:
        yield Fact(name="Light", value="not known")
    else:
        yield Fact(
            name="Light",
            value=wording.dbm(light.rx_cdbm),
            note=f"read {wording.age(light.measured_at, now)}",
        )
    baseline = None if light is None else light.baseline_cdbm
    yield Fact(
        name="Light when it went live",
        value="not known" if baseline is None else wording.dbm(baseline),
    )


def _own_light(story: ServiceStory) -> OntLight | None:
    """Give what is known of the light of the ONT that is there now, not of one before a swap."""
    if story.own is None or story.light is None or story.light.serial != story.own.serial:
        return None
    return story.light


def _troubles(story: ServiceStory) -> Iterable[TroubleView]:
    """What explains it best comes first: the plant, then the OLT, then the ONT itself."""
    zone = story.subscriber.zone
    if story.fault is not None:
        fault = story.fault
        yield TroubleView(
            text=f"A fault of the plant: {fault.affected:,} services went off together",
            note=f"since {wording.moment(fault.raised_at, zone)}, {fault.dark:,} still dark",
            url=f"/network/faults/{fault.id}",
        )
    alarms = (*((story.silent_olt,) if story.silent_olt else ()), *story.alarms)
    yield from (_trouble(alarm, zone) for alarm in alarms)


def _trouble(alarm: Alarm, zone: str) -> TroubleView:
    since = f"since {wording.moment(alarm.raised_at, zone)}"
    note = f"{since}; {alarm.detail}" if alarm.detail else since
    return TroubleView(text=alarm_words(alarm.kind), note=note, url=None)
