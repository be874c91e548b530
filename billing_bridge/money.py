"""Money: integer minor units with a currency, and the one rounding that billing knows.

No amount is ever a float or a fraction: a line is rounded once, half up, and stored so.
"""

from typing import Annotated, Final

import msgspec
from iso4217 import Currency
from msgspec import Meta

from billing_bridge.errors import CurrencyUnknown, PriceImpossible
from sync_protocol.units import CurrencyCode, MinorUnits

PriceMinor = Annotated[
    int, Meta(ge=0, le=10**12, description="price of one full period, minor units")
]
PriceVersion = Annotated[
    str, Meta(min_length=1, max_length=100, description="version of the catalog that named it")
]

_WITHDRAWN_DIGITS: Final = 2
"""Of a currency that an old line still names and ISO no longer lists; most had two."""


class PriceSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The price that was agreed, copied when the service was sold.

    A later change of the catalog never changes what a running service costs.
    """

    price_minor: PriceMinor
    currency: CurrencyCode
    price_version: PriceVersion


def share_minor(amount_minor: MinorUnits, part: int, whole: int) -> int:
    """Give ``part / whole`` of an amount, rounded half up (away from zero for a credit).

    A credit is the mirror of its charge: the same days give the same figure with a minus sign.

    >>> share_minor(4900, 13, 31), share_minor(4900, 18, 31), share_minor(10_000, 14, 31)
    (2055, 2845, 4516)
    >>> share_minor(1, 1, 2), share_minor(-1, 1, 2)
    (1, -1)

    Raises:
        PriceImpossible: the part is not within the whole.
    """
    if whole < 1 or not 0 <= part <= whole:
        raise PriceImpossible(f"{part} of {whole} is no share; it lies between 0 and the whole")
    magnitude = (2 * abs(amount_minor) * part + whole) // (2 * whole)
    return -magnitude if amount_minor < 0 else magnitude


def format_money(amount_minor: MinorUnits, currency: CurrencyCode) -> str:
    """Write an amount for people, with the decimals that its currency has.

    >>> format_money(2845, "EUR"), format_money(-5, "USD"), format_money(500, "JPY")
    ('28.45 EUR', '-0.05 USD', '500 JPY')
    """
    digits = _minor_digits(currency)
    sign = "-" if amount_minor < 0 else ""
    if not digits:
        return f"{sign}{abs(amount_minor)} {currency}"
    whole, rest = divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}d} {currency}"


def require_currency(text: str) -> CurrencyCode:
    """Check that a text is the code of money that ISO 4217 lists at present; answer it.

    >>> require_currency("KWD")
    'KWD'

    Raises:
        CurrencyUnknown: no such currency, or none that has a unit to pay in, like gold or a test.
    """
    # The table of ISO itself, not Babel's: CLDR counts the coins in use, so an Iraqi dinar, whose
    # minor unit is a thousandth, has no decimals there.
    try:
        is_money = Currency(text).exponent is not None
    except ValueError:
        is_money = False
    if not is_money:
        raise CurrencyUnknown(
            f"{text!r} is no currency; write three capital letters that ISO 4217 lists, like EUR"
        )
    return text


def _minor_digits(currency: CurrencyCode) -> int:
    try:
        digits = Currency(currency).exponent
    except ValueError:
        digits = None
    return _WITHDRAWN_DIGITS if digits is None else digits
