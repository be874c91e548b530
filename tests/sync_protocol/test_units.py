import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_protocol.units import NotALightLevel, RxPowerCdbm, format_dbm, parse_dbm, read_dbm

TYPED = {
    "-19.4": -1940, "-19,4": -1940, "19.4": -1940, "\u221219.4 dBm": -1940, " -19.40 DBM ": -1940,
    "+1.5": 150, "0": 0, "-0.05": -5, "-60": -6000, "+15": 1500, "-19.": -1900,
}  # fmt: skip


@pytest.mark.parametrize(("text", "power_cdbm"), TYPED.items())
def test_a_typed_level_is_read_as_people_mean_it(text: str, power_cdbm: int) -> None:
    assert parse_dbm(text) == power_cdbm


SIGNS = {
    "19,4": (-1940, True), "8": (-800, True), "45": (-4500, True), "19.4 dBm": (-1940, True),
    "-19,4": (-1940, False), "\u221219,4dBm": (-1940, False), "\u201319.4": (-1940, False),
    "\uff0d19.4": (-1940, False), "- 19.4": (-1940, False), "+ 3,2 dBm": (320, False),
    "+15": (1500, False), "-3.2": (-320, False), "0": (0, False), "0,00": (0, False),
    "\u00a0-19,4\u00a0dBm": (-1940, False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "read"), SIGNS.items())
def test_a_forgotten_minus_is_added_where_nothing_else_makes_sense_and_told(
    text: str, read: tuple[int, bool]
) -> None:
    assert read_dbm(text) == read


@pytest.mark.parametrize("text", ["3.2", "0,05", "7.99", "1 dBm"])
def test_a_level_that_could_be_either_side_of_zero_must_say_which(text: str) -> None:
    with pytest.raises(NotALightLevel, match=r"could be either side of zero; write -.* or \+"):
        read_dbm(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "x",
        "1e3",
        "-19.405",
        "194",
        "-61",
        "+15.01",
        "19.4.1",
        "\u0661\u0669",
        "--1",
        "+-1",
        "-19.4 dB",
        "-19.4 mW",
        "1.234,5",
        "+194",
        "NaN",
    ],
)
def test_what_is_no_level_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(NotALightLevel) as refused:
        parse_dbm(text)
    assert repr(text) in str(refused.value)


@given(st.integers(-6000, 1500))
def test_a_level_written_for_people_is_read_back(power_cdbm: int) -> None:
    sign = "+" if power_cdbm > 0 else ""

    assert parse_dbm(sign + format_dbm(power_cdbm)) == power_cdbm


@given(st.text())
def test_text_of_any_kind_is_a_level_or_refused(text: str) -> None:
    try:
        found = parse_dbm(text)
    except NotALightLevel:
        return
    assert -6000 <= found <= 1500


@pytest.mark.parametrize("power_cdbm", [-6001, 1501, 2**70])
def test_a_level_outside_physics_gets_past_no_decoder(power_cdbm: int) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(str(power_cdbm), type=RxPowerCdbm)
