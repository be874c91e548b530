"""What a PIN must be, how many wrong ones are borne, and how long the next one has to wait."""

from itertools import pairwise
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from sync_protocol.units import Millis

PIN_LENGTHS: Final = (6, 64)
_FREE_TRIES: Final = 3
_WAIT_MS_FIRST: Final = 5_000
_WAIT_MS_MAX: Final = 300_000


class PinTooWeak(ValueError):
    """Not long enough, or one that everybody tries first; nothing was changed."""


class Tries(msgspec.Struct, frozen=True, kw_only=True):
    """How many PINs were begun to be checked since the last right one.

    It is written before a PIN is looked at, so switching the tablet off in between gains nothing.
    """

    begun: Annotated[int, Meta(ge=0)] = 0


class WrongPin(msgspec.Struct, frozen=True, kw_only=True, tag="wrong_pin"):
    """The PIN is wrong; after ``tries_left`` more of them the keys are erased."""

    tries_left: int
    wait_ms: Millis
    """How long the next one has to wait."""


class TooSoon(msgspec.Struct, frozen=True, kw_only=True, tag="too_soon"):
    """The PIN was not looked at and not counted: after wrong ones there is a wait."""

    tries_left: int
    wait_ms: Millis


def wait_ms(wrong: int) -> Millis:
    """Work out the wait after so many wrong PINs: none at first, then doubled up to 5 minutes.

    >>> [wait_ms(wrong) // 1000 for wrong in range(11)]
    [0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300]
    """
    if wrong < _FREE_TRIES:
        return 0
    return min(_WAIT_MS_MAX, _WAIT_MS_FIRST << (wrong - _FREE_TRIES))


def check_new_pin(pin: str) -> None:
    """Refuse what is guessed first.

    Raises:
        PinTooWeak: says what would do. The PIN itself is not repeated.
    """
    shortest, longest = PIN_LENGTHS
    if not shortest <= len(pin) <= longest:
        raise PinTooWeak(f"a PIN has {shortest} to {longest} characters, this one {len(pin)}")
    steps = {ord(after) - ord(before) for before, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        raise PinTooWeak("a PIN of equal or counted characters, like 111111 or 123456, is no PIN")


def describe(ended: WrongPin | TooSoon) -> str:
    """Tell the person how it stands, every time: the end of it cannot be taken back."""
    wait = f"; wait {-(-ended.wait_ms // 1000)} s" if ended.wait_ms else ""
    left = (
        f"{ended.tries_left} tries left, then the keys of this tablet are erased and what it has "
        "not sent is lost"
    )
    if isinstance(ended, TooSoon):
        return f"the PIN was not looked at{wait}; {left}"
    return f"the PIN is wrong{wait}; {left}"
