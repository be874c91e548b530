import pytest

from field_client.safety.pins import PinTooWeak, TooSoon, WrongPin, check_new_pin, describe


@pytest.mark.parametrize("pin", ["271828", "a long sentence of mine", "110000"])
def test_a_pin_that_is_not_guessed_first_is_taken(pin: str) -> None:
    check_new_pin(pin)


@pytest.mark.parametrize(
    ("pin", "complaint"),
    [
        ("12345", "6 to 64 characters, this one 5"),
        ("x" * 65, "this one 65"),
        ("123456", "counted"),
        ("987654", "counted"),
        ("000000", "equal"),
        ("abcdef", "counted"),
    ],
)
def test_a_pin_that_everybody_tries_is_refused_without_being_repeated(
    pin: str, complaint: str
) -> None:
    with pytest.raises(PinTooWeak, match=complaint):
        check_new_pin(pin)


def test_every_wrong_pin_tells_how_many_are_left_and_what_follows() -> None:
    wrong = describe(WrongPin(tries_left=4, wait_ms=4_001))
    soon = describe(TooSoon(tries_left=4, wait_ms=900))

    assert wrong.startswith("the PIN is wrong; wait 5 s; 4 tries left")
    assert "what it has not sent is lost" in wrong
    assert soon.startswith("the PIN was not looked at; wait 1 s; 4 tries left")
