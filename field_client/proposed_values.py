"""What is proposed for a field that has a form: a position, a number. Pure.

The office takes a position and a port over by itself where they are written in its form, so that is
the form in which they are kept. Every other field is free text.
"""

import re
from typing import Final

from sync_protocol.quoting import quoted

_DEGREES: Final = r"([+-]?\d{1,3}[.,]\d{3,9})\s*°?"
_POSITION: Final = re.compile(rf"{_DEGREES}(?:\s*[,;/]\s*|\s+){_DEGREES}")
_WHOLE: Final = re.compile(r"0*(\d{1,4})")
_NEAR_DEGREES: Final = 1.0
_MINUS: Final = "\N{MINUS SIGN}"


class NotAPosition(ValueError):
    """No latitude and longitude; nothing was recorded."""


class PositionTurned(NotAPosition):
    """Longitude stands before latitude; nothing was recorded."""


class NotANumber(ValueError):
    """No whole number from 1 to 9999; nothing was recorded."""


def canonical(field: str, text: str, known: tuple[float, float]) -> str:
    """Bring a proposed value into the form of its field.

    ``known`` is the latitude and longitude that the office has.

    Raises:
        NotAPosition, NotANumber: names the text and what would be right.
    """
    if field == "position":
        return _position(text, known)
    return _whole_number(field, text) if field in {"terminal_port", "drop_length_m"} else text


def position_text(place: tuple[float, float]) -> str:
    """Write a position as maps and the office write it.

    >>> position_text((52.520008, 13.4))
    '52.520008, 13.400000'
    """
    return f"{place[0]:.6f}, {place[1]:.6f}"


def read_position(text: str) -> tuple[float, float]:
    """Read latitude and longitude in degrees, with a decimal point or comma.

    A number with fewer than three decimals is none: it is hundreds of metres off, and "52,52"
    could be two of them.

    >>> read_position("52,520008 13,404954")
    (52.520008, 13.404954)

    Raises:
        NotAPosition: names the text and what would be right.
    """
    found = _POSITION.fullmatch(text.strip().replace(_MINUS, "-"))
    if found is None:
        raise NotAPosition(
            f"{quoted(text)} is no position; write latitude, then longitude, in degrees with three "
            "decimals or more, like 52.52001, 13.40495"
        )
    latitude, longitude = (float(each.replace(",", ".")) for each in found.groups())
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004  where degrees end
        raise NotAPosition(
            f"{quoted(text)} is nowhere on Earth: a latitude is between -90 and 90 degrees, a "
            "longitude between -180 and 180; latitude comes first"
        )
    return latitude, longitude


def _position(text: str, known: tuple[float, float]) -> str:
    place = read_position(text)
    if _is_near((place[1], place[0]), known) and not _is_near(place, known):
        raise PositionTurned(
            f"{quoted(text)} is far from {position_text(known)}, and near it when turned round; "
            "write the latitude first"
        )
    return position_text(place)


def _is_near(place: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(
        abs(mine - theirs) < _NEAR_DEGREES for mine, theirs in zip(place, other, strict=True)
    )


def _whole_number(field: str, text: str) -> str:
    found = _WHOLE.fullmatch(text.strip())
    if found is None or not int(found[1]):
        raise NotANumber(f"{field} is {quoted(text)}; it must be a whole number, like 3")
    return found[1]
