"""What was asked of an OLT and what it answered, kept beside each attempt for a person to read.

One session serves many activations at once, so whose exchange it is follows from the task's
context. Communities and keys never pass through here: a session has them inside. Drivers neither
read nor write passwords of ONTs.
"""

import contextlib
from collections import deque
from collections.abc import Generator, Sequence
from contextvars import ContextVar
from typing import Final

import msgspec

from activation.snmp import (
    Answer,
    Binding,
    Oid,
    SnmpError,
    SnmpSession,
    SnmpValue,
    Walk,
    Written,
)

CHARACTERS_MAX: Final = 4_000
"""Of one recording; the oldest entries go first, for the newest say why it ended as it did."""
_SHOWN_MAX: Final = 12
_VALUE_MAX: Final = 64


class Exchanged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request and its outcome, as texts."""

    verb: str
    """``get``, ``walk`` or ``set``."""
    asked: tuple[str, ...]
    answered: tuple[str, ...] = ()
    error: str | None = None
    """Why there is no answer, or why a walk ended early."""

    def characters(self) -> int:
        """Count what it takes."""
        return sum(map(len, (self.verb, *self.asked, *self.answered, self.error or "")))


class Recording:
    """The newest exchanges of one attempt, within ``CHARACTERS_MAX``."""

    def __init__(self) -> None:
        self._entries: deque[Exchanged] = deque()
        self._characters = 0
        self.left_out = 0
        """How many older exchanges are no longer here."""

    @property
    def entries(self) -> tuple[Exchanged, ...]:
        """The exchanges, oldest first."""
        return tuple(self._entries)

    def add(self, entry: Exchanged) -> None:
        """Keep an exchange, and let go of the oldest ones where that makes too many."""
        self._entries.append(entry)
        self._characters += entry.characters()
        while self._characters > CHARACTERS_MAX:
            self._characters -= self._entries.popleft().characters()
            self.left_out += 1

    def detail(self) -> dict[str, object]:
        """Give it as part of the detail of an attempt; nothing where nothing was asked."""
        if not self._entries and not self.left_out:
            return {}
        left_out = {"exchanges_left_out": self.left_out} if self.left_out else {}
        return {"exchanges": msgspec.to_builtins(self.entries), **left_out}


_recording: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextlib.contextmanager
def recorded() -> Generator[Recording]:
    """Record what this task, and the tasks that it starts, exchange with OLTs."""
    recording = Recording()
    reset = _recording.set(recording)
    try:
        yield recording
    finally:
        _recording.reset(reset)


class RecordingSession:
    """A session that tells the recording of the running task, if there is one."""

    def __init__(self, session: SnmpSession) -> None:
        self._session = session

    @property
    def peer(self) -> str:
        """Where it talks to."""
        return self._session.peer

    async def get_many(self, oids: Sequence[Oid]) -> Answer | SnmpError:
        """Read, and keep what was read."""
        answer = await self._session.get_many(oids)
        if isinstance(answer, Answer):
            values = [f"{oid} = {shown(value)}" for oid, value in answer.values.items()]
            _keep("get", oids, answered=values)
        else:
            _keep("get", oids, error=answer)
        return answer

    async def bulk_walk(self, column: Oid, *, bulk_size: int) -> Walk:
        """Walk, and keep the first rows."""
        walk = await self._session.bulk_walk(column, bulk_size=bulk_size)
        first = [
            f".{'.'.join(map(str, row.index))} = {shown(row.value)}"
            for row in walk.rows[:_SHOWN_MAX]
        ]
        _keep("walk", [column], answered=first, count=len(walk.rows), error=walk.stopped_by)
        return walk

    async def set_many(self, bindings: Sequence[Binding]) -> Written | SnmpError:
        """Write, and keep what was written and how it ended."""
        outcome = await self._session.set_many(bindings)
        asked = [f"{each.oid} = {shown(each.value)}" for each in bindings]
        error = None if isinstance(outcome, Written) else outcome
        _keep("set", asked, answered=() if error else ("written",), error=error)
        return outcome


def shown(value: SnmpValue | None) -> str:
    r"""Write a value for people: text in quotes, other octets in hexadecimal.

    >>> shown(b"FTTH"), shown(b"HWTC\x1a"), shown(5), shown(None)
    ("'FTTH'", '0x485754431a', '5', 'nothing')
    """
    match value:
        case None:
            return "nothing"
        case bytes():
            text = value.decode("latin-1")
            full = repr(text) if text.isascii() and text.isprintable() else f"0x{value.hex()}"
        case _:
            full = str(value)
    return full if len(full) <= _VALUE_MAX else f"{full[:_VALUE_MAX]}…"


def _keep(
    verb: str,
    asked: Sequence[str],
    *,
    answered: Sequence[str] = (),
    count: int | None = None,
    error: SnmpError | None = None,
) -> None:
    recording = _recording.get()
    if recording is None:
        return
    entry = Exchanged(
        verb=verb,
        asked=_shortened(asked, len(asked)),
        answered=_shortened(answered, len(answered) if count is None else count),
        error=None if error is None else str(error),
    )
    recording.add(entry)


def _shortened(lines: Sequence[str], count: int) -> tuple[str, ...]:
    left = count - _SHOWN_MAX
    return tuple(lines) if left <= 0 else (*lines[:_SHOWN_MAX], f"and {left} more")
