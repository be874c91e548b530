"""The times that we take from others: aware, and within two centuries.

Beyond, a time is a mistake, and at the ends of the calendar it cannot even be brought to UTC.
"""

from datetime import date, datetime
from typing import Final

from server.input_words import shown

YEAR_MIN: Final = 2000
YEAR_MAX: Final = 2199


def require_bounded(name: str, value: date) -> None:
    """Refuse a day or an instant outside the years that can be meant.

    Raises:
        ValueError: names the field, the value and the bounds.
    """
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        raise ValueError(
            f"{name} is {shown(value.isoformat())}; its year must be {YEAR_MIN} to {YEAR_MAX}"
        )


def read_instant(name: str, text: str) -> datetime:
    """Read a time as a person writes it: the seconds may be left out, the offset may not.

    Raises:
        ValueError: names the field, the value and what would be right.

    >>> read_instant("starts", "2026-11-23T13:00+01:00").isoformat()
    '2026-11-23T13:00:00+01:00'
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(
            f"{name} is {shown(text)}; it must be a time with its offset, like "
            "2026-11-23T13:00+01:00 or 2026-11-23T12:00Z"
        )
    require_bounded(name, found)
    return found
