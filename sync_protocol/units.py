"""Units and the bounds that are physically possible.

A bound sits in the type, so that a value outside it never gets past a decoder. Limits that are a
matter of policy (which light level passes) do not belong here; see ``sync_protocol.optics``.
"""

from datetime import datetime
from typing import Annotated

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


def parse_dbm(text: str) -> int:
    """Read a light level as a person types it: decimal comma or point, any minus sign.

    A level without a sign is taken as negative: no ONT receives more than 15 dBm, and technicians
    read "19.4" off the meter.

    >>> parse_dbm("-19,4"), parse_dbm("19.4"), parse_dbm("+1.5 dBm")
    (-1940, -1940, 150)

    Raises:
        NotALightLevel: the text holds no number, or one that no ONT can receive.
    """
    cleaned = text.strip().lower().removesuffix("dbm").strip()
    cleaned = cleaned.replace("−", "-").replace(",", ".")  # noqa: RUF001  the typographic minus
    positive = cleaned.startswith("+")
    digits = cleaned[1:] if cleaned.startswith(("+", "-")) else cleaned
    whole, _, fraction = digits.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 2):  # noqa: PLR2004
        raise NotALightLevel(f"{quoted(text)} is not a light level; write it like -19.4")
    if fraction and not (fraction.isascii() and fraction.isdigit() and len(fraction) <= 2):  # noqa: PLR2004
        raise NotALightLevel(f"{quoted(text)} has more than two decimals; write it like -19.45")
    power_cdbm = int(whole) * 100 + int(fraction.ljust(2, "0") or 0)
    signed = power_cdbm if positive else -power_cdbm
    try:
        return msgspec.convert(signed, RxPowerCdbm)
    except msgspec.ValidationError as error:
        raise NotALightLevel(
            f"{quoted(text)} is outside what a meter can read; -60 to +15 dBm is possible"
        ) from error
