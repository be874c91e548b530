import pytest

from field_client.proposed_values import NotANumber, NotAPosition, PositionTurned, canonical

BERLIN = (52.52, 13.405)
MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    "typed",
    [
        "52.52001, 13.40495",
        "52.52001,13.40495",
        "52,52001 13,40495",
        "52,52001, 13,40495",
        " 52,52001; 13,40495 ",
        "52.52001° 13.40495°",
    ],
)
def test_a_position_is_kept_in_one_form_however_it_is_typed(typed: str) -> None:
    assert canonical("position", typed, BERLIN) == "52.520010, 13.404950"


@pytest.mark.parametrize(
    "typed", ["", "here", "52,52", "52.5, 13.4", "52.52001", "91.00000, 13.40495", "52.5200, 181.0"]
)
def test_what_is_no_position_is_named(typed: str) -> None:
    with pytest.raises(NotAPosition, match="latitude"):
        canonical("position", typed, BERLIN)


def test_a_position_that_is_turned_round_is_found_by_what_is_known() -> None:
    with pytest.raises(PositionTurned, match="latitude first"):
        canonical("position", "13.40495, 52.52001", BERLIN)

    assert canonical("position", "13.40495, 52.52001", (0.0, 0.0)) == "13.404950, 52.520010"
    far = canonical("position", f"{MINUS}33.8688, 151.2093", BERLIN)
    assert far == "-33.868800, 151.209300"


@pytest.mark.parametrize("typed", ["", "0", "-1", "3.5", "three", "12345"])
def test_a_port_is_a_whole_number(typed: str) -> None:
    with pytest.raises(NotANumber, match="whole number"):
        canonical("terminal_port", typed, BERLIN)


def test_a_number_loses_its_zeros_and_a_text_nothing() -> None:
    assert canonical("terminal_port", " 03 ", BERLIN) == "3"
    assert canonical("drop_length_m", "60", BERLIN) == "60"
    assert canonical("hazards", "03, a dog", BERLIN) == "03, a dog"
