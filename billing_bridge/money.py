"""Money: integer minor units with a currency, and the one rounding that billing knows.

No amount is ever a float or a fraction: a line is rounded once, half up, and stored so.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from billing_bridge.errors import PriceImpossible
from sync_protocol.units import CurrencyCode, MinorUnits

PriceMinor = Annotated[
    int, Meta(ge=0, le=10**12, description="price of one full period, minor units")
]
PriceVersion = Annotated[
    str, Meta(min_length=1, max_length=100, description="version of the catalog that named it")
]

# ISO 4217, list one: minor-unit exponents other than 2.
_EXPONENTS: Final = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
        0,
    ),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}


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
    exponent = _EXPONENTS.get(currency, 2)
    sign = "-" if amount_minor < 0 else ""
    if exponent == 0:
        return f"{sign}{abs(amount_minor)} {currency}"
    whole, rest = divmod(abs(amount_minor), 10**exponent)
    return f"{sign}{whole}.{rest:0{exponent}d} {currency}"
