"""How values are written for people: instants in the zone of the premise, light, codes."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sync_protocol.units import format_dbm

MINUS: Final = "\N{MINUS SIGN}"
EN_DASH: Final = "\N{EN DASH}"


def local(instant: datetime, zone: str) -> datetime:
    """Bring an instant into a zone; a zone that this machine does not know leaves it in UTC."""
    try:
        return instant.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        return instant.astimezone(ZoneInfo("UTC"))


def day(instant: datetime, zone: str) -> str:
    """Write the day as a person says it.

    >>> from datetime import UTC
    >>> day(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), "Europe/Berlin")
    'Tue 3 Mar 2026'
    """
    there = local(instant, zone)
    return f"{there:%a} {there.day} {there:%b %Y}"


def clock(instant: datetime, zone: str) -> str:
    """Write the time of day to the minute, with the zone's own name beside it.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 7, 2, 12, 2, tzinfo=UTC), "Europe/Berlin")
    '14:02 CEST'
    """
    there = local(instant, zone)
    return f"{there:%H:%M} {zone_name(there)}"


def clock_seconds(instant: datetime, zone: str) -> str:
    """Write the time of day to the second, without the zone: a column of them names it once."""
    return f"{local(instant, zone):%H:%M:%S}"


def window(starts_at: datetime, ends_at: datetime, zone: str) -> str:
    """Write an appointment; the second day only where it is another.

    >>> from datetime import UTC
    >>> start = datetime(2026, 7, 2, 12, tzinfo=UTC)
    >>> window(start, start.replace(hour=14), "Europe/Berlin")
    'Thu 2 Jul 2026, 14:00–16:00 CEST'
    """  # noqa: RUF002  the dash is what people get
    start, end = local(starts_at, zone), local(ends_at, zone)
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{day(ends_at, zone)} {end:%H:%M}"
    return f"{day(starts_at, zone)}, {start:%H:%M}{EN_DASH}{last} {zone_name(end)}"


def zone_name(there: datetime) -> str:
    """Name a zone: its letters where it has some, else its offset.

    >>> from datetime import UTC
    >>> zone_name(local(datetime(2026, 7, 2, tzinfo=UTC), "America/Sao_Paulo"))
    'UTC−03'
    """  # noqa: RUF002  the minus is what people get
    name = there.tzname() or "UTC"
    return name if name[:1].isalpha() else f"UTC{name.replace('-', MINUS)}"


def moment(instant: datetime, zone: str) -> str:
    """Write day and time.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 7, 2, 12, 2, tzinfo=UTC), "Europe/Berlin")
    'Thu 2 Jul 2026, 14:02 CEST'
    """
    return f"{day(instant, zone)}, {clock(instant, zone)}"


def age(instant: datetime, now: datetime) -> str:
    """Write how long ago something was; a clock that is ahead of ours makes it now.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 7, 2, 12, tzinfo=UTC)
    >>> age(noon, noon.replace(minute=4)), age(noon, noon.replace(day=4)), age(noon, noon)
    ('4 min ago', '2 days ago', 'just now')
    """
    minutes = int((now - instant).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 120:  # noqa: PLR2004
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2880 else f"{minutes // 1440} days ago"  # noqa: PLR2004


def dbm(power_cdbm: int) -> str:
    """Write a light level with a true minus sign.

    >>> dbm(-1940)
    '−19.4 dBm'
    """  # noqa: RUF002  the minus is what people get
    return f"{format_dbm(power_cdbm).replace('-', MINUS)} dBm"


def decibel(loss_cdb: int) -> str:
    """Write a loss.

    >>> decibel(1050)
    '10.5 dB'
    """
    return f"{format_dbm(loss_cdb).replace('-', MINUS)} dB"


def metres(length_m: int) -> str:
    """Write a length: metres, or kilometres from two thousand.

    >>> metres(85), metres(4210)
    ('85 m', '4.2 km')
    """
    return f"{length_m} m" if length_m < 2000 else f"{length_m / 1000:.1f} km"  # noqa: PLR2004


def phrase(code: str) -> str:
    """Turn a code of ours into words.

    >>> phrase("ont_mounted"), phrase("en_route")
    ('Ont mounted', 'En route')
    """
    words = code.replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]
