"""Telling what happens, a line each: when, who, what. Colours on a terminal only."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, TextIO
from zoneinfo import ZoneInfo

import msgspec

_RESET: Final = "\x1b[0m"
_STYLES: Final = {"bold": "\x1b[1m", "quiet": "\x1b[2m", "good": "\x1b[32m", "bad": "\x1b[31m"}
_WHO_WIDTH: Final = 10


class Narrator:
    """Writes the story to one stream, with instants in the zone where it plays."""

    def __init__(
        self, stream: TextIO, *, zone: ZoneInfo, now: Callable[[], datetime], colours: bool
    ) -> None:
        self._stream = stream
        self.zone = zone
        self.now = now
        self._colours = colours

    def heading(self, text: str) -> None:
        """Begin a part of the story."""
        self.plain(f"\n{self.styled(text, 'bold')}")

    def plain(self, text: str) -> None:
        """Write a line as it is."""
        self._stream.write(text + "\n")
        self._stream.flush()

    def styled(self, text: str, style: str) -> str:
        """Give text a colour, where there are colours."""
        return f"{_STYLES[style]}{text}{_RESET}" if self._colours else text

    def clock(self, at: datetime) -> str:
        """Write an instant as people there read it, to the millisecond.

        >>> import sys
        >>> from datetime import UTC
        >>> teller = Narrator(sys.stdout, zone=ZoneInfo("Europe/Berlin"), now=None, colours=False)
        >>> teller.clock(datetime(2026, 7, 1, 12, 2, 0, 19_400, tzinfo=UTC))
        '14:02:00.019'
        """
        return at.astimezone(self.zone).strftime("%H:%M:%S.%f")[:-3]


class Voice(msgspec.Struct, frozen=True):
    """One thread of the story; several are told at once, each under its tag."""

    narrator: Narrator
    tag: str = ""

    def say(self, who: str, what: str, *, at: datetime | None = None, style: str = "") -> None:
        """Tell one line."""
        teller = self.narrator
        instant = teller.styled(teller.clock(at or teller.now()), "quiet")
        told = teller.styled(what, style) if style else what
        tag = f"{self.tag} " if self.tag else ""
        teller.plain(f"  {instant}  {tag}{who:<{_WHO_WIDTH}}  {told}")

    def detail(self, who: str, what: str) -> None:
        """Tell one line of what happens in every thread alike; only the story itself tells it."""
        if not self.tag:
            self.say(who, what)
