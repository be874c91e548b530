from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing_bridge.errors import CurrencyUnknown, PriceImpossible
from billing_bridge.money import format_money, require_currency, share_minor

amounts = st.integers(min_value=-(10**12), max_value=10**12)


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, int]:
    whole = draw(st.integers(min_value=1, max_value=366))
    return draw(st.integers(min_value=0, max_value=whole)), whole


@pytest.mark.parametrize(
    ("amount_minor", "part", "whole", "expected"),
    [
        (4900, 13, 31, 2055),
        (4900, 18, 31, 2845),
        (10_000, 14, 31, 4516),
        (1, 1, 2, 1),
        (-1, 1, 2, -1),
        (1, 1, 3, 0),
        (4900, 31, 31, 4900),
        (4900, 0, 31, 0),
        (0, 1, 31, 0),
    ],
)
def test_a_share_is_rounded_half_up(
    amount_minor: int, part: int, whole: int, expected: int
) -> None:
    assert share_minor(amount_minor, part, whole) == expected


@settings(deadline=None)
@given(amounts, shares())
def test_a_share_is_the_nearest_minor_unit_and_a_tie_goes_away_from_zero(
    amount_minor: int, share: tuple[int, int]
) -> None:
    part, whole = share
    exact = abs(Fraction(amount_minor * part, whole))

    rounded = abs(share_minor(amount_minor, part, whole))

    assert -Fraction(1, 2) < rounded - exact <= Fraction(1, 2) or exact == rounded


@settings(deadline=None)
@given(amounts, shares())
def test_a_credit_is_the_mirror_of_its_charge(amount_minor: int, share: tuple[int, int]) -> None:
    part, whole = share

    assert share_minor(-amount_minor, part, whole) == -share_minor(amount_minor, part, whole)


@pytest.mark.parametrize(("part", "whole"), [(-1, 31), (32, 31), (0, 0), (1, -31)])
def test_a_share_outside_the_whole_is_refused_with_its_values(part: int, whole: int) -> None:
    with pytest.raises(PriceImpossible, match=f"{part} of {whole}"):
        share_minor(4900, part, whole)


@pytest.mark.parametrize(
    ("amount_minor", "currency", "expected"),
    [
        (2845, "EUR", "28.45 EUR"),
        (5, "USD", "0.05 USD"),
        (-5, "USD", "-0.05 USD"),
        (500, "JPY", "500 JPY"),
        (-500, "JPY", "-500 JPY"),
        (1234, "KWD", "1.234 KWD"),
        (5, "KWD", "0.005 KWD"),
        (1234, "IQD", "1.234 IQD"),
        (12_345, "CLF", "1.2345 CLF"),
        (1234, "HRK", "12.34 HRK"),
    ],
)
def test_people_read_the_decimals_of_the_currency(
    amount_minor: int, currency: str, expected: str
) -> None:
    assert format_money(amount_minor, currency) == expected


@pytest.mark.parametrize("code", ["EUR", "USD", "JPY", "KWD", "CLF", "XOF"])
def test_a_currency_that_is_listed_is_taken(code: str) -> None:
    assert require_currency(code) == code


@pytest.mark.parametrize(
    "text", ["", "eur", "EUX", "EURO", "EUR\n", " EUR", "DEM", "HRK", "XTS", "XAU", "978"]
)
def test_what_is_no_currency_to_pay_in_is_named_with_what_would_be_right(text: str) -> None:
    with pytest.raises(CurrencyUnknown, match="three capital letters that ISO 4217 lists") as said:
        require_currency(text)

    assert str(said.value).startswith(repr(text))
