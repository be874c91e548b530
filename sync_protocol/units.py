"""Units and the bounds that are physically possible.

A bound sits in the type, so that a value outside it never gets past a decoder. Limits that are a
matter of policy (which light level passes) do not belong here; see ``sync_protocol.optics``.
"""

from datetime import datetime
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from sync_protocol.quoting import quoted

RxPowerCdbm = Annotated[
    int, Meta(ge=-6000, le=1500, description="received optical power, hundredths of dBm")
]
LossCdb = Annotated[int, Meta(ge=0, le=10_000, description="optical loss, hundredths of a dB")]
Metres = Annotated[int, Meta(ge=0, le=200_000, description="length along the cable, metres")]
Millis = Annotated[int, Meta(ge=0, le=2**53, description="milliseconds")]
MinorUnits = Annotated[
    int, Meta(ge=-(10**12), le=10**12, description="money in the minor unit of its currency")
]
CurrencyCode = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code")]
Instant = Annotated[datetime, Meta(tz=True, description="an aware instant; UTC inside")]
Counter = Annotated[int, Meta(ge=0, le=2**53, description="a number that only grows")]
Sha256Hex = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, lower-case hex")]


class NotALightLevel(ValueError):
    """The text is not a light level in dBm; nothing was stored, correct it and try again."""


def format_dbm(power_cdbm: int) -> str:
    """Write hundredths of dBm for people, with a true minus sign left to the page.

    >>> format_dbm(-1940), format_dbm(-1905), format_dbm(150)
    ('-19.4', '-19.05', '1.5')
    """
    sign = "-" if power_cdbm < 0 else ""
    whole, hundredths = divmod(abs(power_cdbm), 100)
    digits = f"{hundredths:02d}"
    return f"{sign}{whole}.{digits[0]}{digits[1].rstrip('0')}"


class TypedLevel(NamedTuple):
    """A light level as it was understood; the page says so where a sign was added."""

    power_cdbm: int
    sign_added: bool


def read_dbm(text: str) -> TypedLevel:
    """Read a light level as a person types it: decimal comma or point, any minus sign.

    A missing minus is forgiven where nothing else makes sense: technicians read "19.4" off the
    meter, and no ONT receives +8 dBm or more. Below that it could be either and must be said.

    >>> read_dbm("19,4"), read_dbm("-3.2 dBm").power_cdbm
    (TypedLevel(power_cdbm=-1940, sign_added=True), -320)

    Raises:
        NotALightLevel: the text holds no number, one that could be either, or one that no ONT can
            receive.
    """
    sign, digits = _split_sign(text)
    whole, _, fraction = digits.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 2):  # noqa: PLR2004
        raise NotALightLevel(f"{quoted(text)} is not a light level; write it like -19.4")
    if fraction and not (fraction.isascii() and fraction.isdigit() and len(fraction) <= 2):  # noqa: PLR2004
        raise NotALightLevel(f"{quoted(text)} has more than two decimals; write it like -19.45")
    size_cdbm = int(whole) * 100 + int(fraction.ljust(2, "0") or 0)
    if not sign and 0 < size_cdbm < _NEVER_POSITIVE_CDBM:
        raise NotALightLevel(
            f"{quoted(text)} could be either side of zero; write -{digits} or +{digits}"
        )
    try:
        power_cdbm = msgspec.convert(size_cdbm if sign == "+" else -size_cdbm, RxPowerCdbm)
    except msgspec.ValidationError as error:
        raise NotALightLevel(
            f"{quoted(text)} is outside what a meter can read; -60 to +15 dBm is possible"
        ) from error
    return TypedLevel(power_cdbm, sign_added=not sign and power_cdbm != 0)


def parse_dbm(text: str) -> int:
    """Read a light level as ``read_dbm`` does; hundredths of dBm.

    >>> parse_dbm("-19,4"), parse_dbm("19.4"), parse_dbm("+1.5 dBm")
    (-1940, -1940, 150)

    Raises:
        NotALightLevel: as ``read_dbm``.
    """
    return read_dbm(text).power_cdbm


_NEVER_POSITIVE_CDBM: Final = 800
"""The strongest launch of any optic class is +7 dBm, and there is a splitter behind it."""
_MINUS_SIGNS: Final = "-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
"""What keyboards and meters write for a minus, the typographic one among them."""


def _split_sign(text: str) -> tuple[str, str]:
    """Separate the sign, "+", "-" or nothing, from digits with a decimal point."""
    cleaned = text.strip().lower().removesuffix("dbm").strip().replace(",", ".")
    if cleaned[:1] and cleaned[0] in _MINUS_SIGNS:
        return "-", cleaned[1:].lstrip()
    if cleaned.startswith("+"):
        return "+", cleaned[1:].lstrip()
    return "", cleaned
