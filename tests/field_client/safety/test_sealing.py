import os

import msgspec
import pytest

from field_client.safety.sealing import (
    Box,
    DoesNotOpen,
    Openers,
    ScryptCost,
    Secrets,
    seal,
    unseal,
)
from tests.field_client.safety.keeping import CHEAP, PIN

SECRETS = Secrets(replica_key=b"r" * 32, device_seed=b"d" * 32)
PIN_ALONE = Openers(pin=PIN)
KEYSTORE_ALONE = Openers(keystore_entry="mine", keystore_secret=b"k" * 32)
BOTH = Openers(pin=PIN, keystore_entry="mine", keystore_secret=b"k" * 32)


def sealed(openers: Openers) -> Box:
    return seal(SECRETS, openers, CHEAP, os.urandom)


@pytest.mark.parametrize("openers", [PIN_ALONE, KEYSTORE_ALONE, BOTH])
def test_what_was_sealed_opens_with_the_same_and_shows_nothing(openers: Openers) -> None:
    box = sealed(openers)

    assert unseal(box, openers) == SECRETS
    text = msgspec.json.encode(box)
    assert SECRETS.replica_key not in text
    assert SECRETS.device_seed not in text
    assert PIN.encode() not in text
    assert msgspec.json.decode(text, type=Box) == box


@pytest.mark.parametrize(
    ("openers", "wrong"),
    [
        (PIN_ALONE, {"pin": "271829"}),
        (BOTH, {"pin": "271829"}),
        (BOTH, {"keystore_secret": b"x" * 32}),
        (KEYSTORE_ALONE, {"keystore_secret": b"x" * 32}),
    ],
)
def test_neither_of_two_parts_opens_a_box_without_the_other(
    openers: Openers, wrong: dict[str, object]
) -> None:
    with pytest.raises(DoesNotOpen):
        unseal(sealed(openers), msgspec.structs.replace(openers, **wrong))


@pytest.mark.parametrize(
    "change",
    [
        {"pin_cost": ScryptCost(n=2**16, r=8, p=1)},
        {"pin_cost": None},
        {"keystore_entry": None},
        {"keystore_entry": "another"},
        {"salt": bytes(32)},
        {"sealed": bytes(80)},
    ],
)
def test_an_altered_box_opens_for_nobody(change: dict[str, object]) -> None:
    with pytest.raises(DoesNotOpen):
        unseal(msgspec.structs.replace(sealed(BOTH), **change), BOTH)


def test_two_boxes_of_the_same_have_nothing_in_common() -> None:
    first, second = sealed(PIN_ALONE), sealed(PIN_ALONE)

    assert first.sealed != second.sealed
    assert first.salt != second.salt


def test_a_pin_in_the_digits_of_another_keyboard_is_the_same_pin() -> None:
    full_width = "".join(chr(ord(digit) + 0xFEE0) for digit in PIN)

    assert unseal(sealed(PIN_ALONE), Openers(pin=full_width)) == SECRETS


def test_a_guess_costs_at_least_the_memory_that_was_promised() -> None:
    cost = ScryptCost()

    assert 128 * cost.n * cost.r >= 32 * 1024 * 1024
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"n": 2, "r": 8, "p": 1}', type=ScryptCost)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"n": 1073741824, "r": 8, "p": 1}', type=ScryptCost)


def test_keys_are_shown_by_no_log_line() -> None:
    shown = f"{SECRETS!r} {SECRETS} {BOTH!r}"

    assert "rrrr" not in shown
    assert PIN not in shown
