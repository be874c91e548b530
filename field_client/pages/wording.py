"""How values are written for the technician: times in the zone of the premise, light, sizes.

Patterns of dates are texts that are translated: each language has its own points and commas.
"""

from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from field_client.pages.languages import Language
from sync_protocol.documents import Appointment

_MINUS = "\N{MINUS SIGN}"
_DASH = "\N{EN DASH}"


def zone_of(name: str) -> tzinfo:
    """Find a zone; one that this machine does not know is answered with UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_date(instant: datetime, zone: str) -> date:
    """Say which day it is there."""
    return instant.astimezone(zone_of(zone)).date()


def clock(instant: datetime, zone: str, say: Language) -> str:
    """Write the time of day to the minute."""
    return format_time(instant, "HH:mm", tzinfo=zone_of(zone), locale=say.locale)


def window(appointment: Appointment, zone: str, say: Language) -> str:
    """Write from when until when somebody is expected."""
    starts = clock(appointment.starts_at, zone, say)
    return f"{starts}{_DASH}{clock(appointment.ends_at, zone, say)}"


def day(on: date, today: date, say: Language) -> str:
    """Write a day as a person says it: today, tomorrow, or its weekday and date."""
    names = {0: say("Today"), 1: say("Tomorrow"), -1: say("Yesterday")}
    written = format_date(on, say("EEEE d MMMM"), locale=say.locale)
    name = names.get((on - today).days)
    return written if name is None else f"{name}, {written}"


def moment(instant: datetime, zone: str, say: Language) -> str:
    """Write a day and time."""
    return format_datetime(
        instant, say("EEE d MMM, HH:mm"), tzinfo=zone_of(zone), locale=say.locale
    )


def decibels(value_cdb: int, unit: str, say: Language) -> str:
    """Write hundredths of a dB or dBm, with a true minus sign and the decimal mark of the language.

    >>> from field_client.pages.languages import get_language
    >>> decibels(-1940, "dBm", get_language("de"))
    '−19,4 dBm'
    """  # noqa: RUF002  the minus is what people get
    number = format_decimal(abs(value_cdb) / 100, "0.0#", locale=say.locale)
    return f"{_MINUS if value_cdb < 0 else ''}{number} {unit}"


def dbm(power_cdbm: int, say: Language) -> str:
    """Write a light level."""
    return decibels(power_cdbm, "dBm", say)


def signed_db(value_cdb: int, say: Language) -> str:
    """Write a difference, its sign always shown."""
    return f"{'+' if value_cdb > 0 else ''}{decibels(value_cdb, 'dB', say)}"


def length(metres: int, say: Language) -> str:
    """Write a length: metres, from two thousand on kilometres."""
    if metres < 2000:  # noqa: PLR2004  where metres get hard to read
        return f"{metres} m"
    return f"{format_decimal(metres / 1000, '0.0', locale=say.locale)} km"


def size(size_bytes: int, say: Language) -> str:
    """Write the size of something that is sent."""
    if size_bytes < 1_000_000:  # noqa: PLR2004  below a megabyte
        return f"{max(1, round(size_bytes / 1000))} kB"
    unit, name = (1e6, "MB") if size_bytes < 1_000_000_000 else (1e9, "GB")  # noqa: PLR2004  a gigabyte
    return f"{format_decimal(size_bytes / unit, '0.0', locale=say.locale)} {name}"
