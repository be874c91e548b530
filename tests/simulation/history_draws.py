"""Drawing histories: what several devices and the office do to one job, and how it arrives.

Clocks belong to what was recorded: a copy of a capture has the very bytes of the capture, its wrong
time included.
"""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from sync_protocol import evidence
from sync_protocol.ids import CaptureId, CompletionId, JobId
from sync_protocol.jobs import JobEvent
from sync_protocol.operations import (
    Capture,
    CompleteJob,
    GiveUpJob,
    Manifest,
    MoveJob,
    OperationBody,
    RecordCapture,
    SerialScan,
    SetField,
)
from sync_protocol.units import Sha256Hex
from tests.sync_protocol.vectors.facts import AT

T = TypeVar("T")
TECHNICIANS: Final = (1, 2, 3)
_JOB: Final = JobId(UUID(int=1))
_FIELDS: Final = ("access_notes", "contact_phone", "technician_remark", "priority", "nobody's")
_EVENTS: Final = tuple(JobEvent)
_LIKELY: Final = (JobEvent.ACCEPT, JobEvent.DEPART, JobEvent.ARRIVE, JobEvent.START)
_KINDS: Final = ("capture", "capture", "move", "move", "field", "complete", "give_up")
_DEEDS: Final = ("assign", "assign", "crew", "crew", "edit", "edit", "cancel")
_KEYS: Final = range(6)
_CLOCKS: Final = tuple(
    msgspec.structs.replace(AT, wall=AT.wall + skew)
    for skew in (timedelta(), timedelta(days=-366), timedelta(days=366), timedelta(minutes=-7))
)
RIGHT_CLOCK: Final = 0


class Said(NamedTuple):
    """An operation, for the policy and for the oracle."""

    actor: int
    body: OperationBody
    kind: str
    facts: tuple[Any, ...]


class Delivery(NamedTuple):
    """What arrives next: the office's deed, or an operation of a device."""

    device: int
    number: int
    said: Said | None
    office: tuple[Any, ...] = ()


class History(NamedTuple):
    """What each device says in its order, and what the office does."""

    devices: tuple[tuple[Said, ...], ...]
    deeds: tuple[tuple[Any, ...], ...]


def _capture(key: int, content: int, clock: int) -> RecordCapture:
    scan = SerialScan(serial="HWTC1A2B3C4D", raw_text=str(content), method="scan")
    capture = Capture(id=CaptureId(UUID(int=key)), at=_CLOCKS[clock], body=scan)
    return RecordCapture(job_id=_JOB, capture=capture)


_CAPTURES: Final = {
    (key, content, clock): _capture(key, content, clock)
    for key in _KEYS
    for content in (0, 1)
    for clock in range(len(_CLOCKS))
}
_NAMED: Final = {place: evidence.digests_of([body.capture])[0] for place, body in _CAPTURES.items()}
_DIGESTS: Final = {id(_CAPTURES[place].capture): named.digest for place, named in _NAMED.items()}
"""By the very objects above, for a digest costs more than a decision."""


def digest(capture: Capture) -> Sha256Hex:
    """Give the digest of a capture, drawn here or not."""
    return _DIGESTS.get(id(capture)) or evidence.capture_digest(capture)


class Drawing:
    """One seed's history; the same seed with right clocks says the same at other times."""

    def __init__(self, seed: int, *, clocks_are_right: bool = False) -> None:
        self._share = random.Random(seed).random  # noqa: S311  a simulation, not a secret
        drawn = [self._between(0, len(_CLOCKS) - 1) for _ in _KEYS]
        self._clocks = [RIGHT_CLOCK] * len(drawn) if clocks_are_right else drawn

    # Three times as fast as those of ``random``, which take care to be unbiased.
    def _between(self, least: int, most: int) -> int:
        return least + int(self._share() * (most - least + 1))

    def _pick(self, options: Sequence[T]) -> T:
        return options[int(self._share() * len(options))]

    def history(self) -> History:
        """Draw two to four devices, now and then two of one technician, and an office."""
        actors = [self._pick(TECHNICIANS) for _ in range(self._between(2, 4))]
        if self._share() < 0.4:
            actors[1] = actors[0]
        devices = tuple(
            tuple(self._operation(actor, 10 * device + n) for n in range(self._between(1, 6)))
            for device, actor in enumerate(actors)
        )
        deeds = [self._deed() for _ in range(self._between(0, 5))]
        if self._share() < 0.3:  # there and back
            deeds[len(deeds) // 2 :] = [("assign", 2), ("assign", 1)]
        return History(devices, (("assign", 1), *deeds))

    def interleave(self, history: History) -> list[Delivery]:
        """Draw an order that keeps each one's own: in batches, some late, some of them again."""
        waits = [
            [Delivery(device, number, each) for number, each in enumerate(said)]
            for device, said in enumerate(history.devices)
        ]
        waits.append(
            [Delivery(-1, number, None, deed) for number, deed in enumerate(history.deeds)]
        )
        sent: list[list[Delivery]] = [[] for _ in waits]
        arrived: list[Delivery] = []
        late = self._between(0, len(waits) - 1) if self._share() < 0.3 else None
        while any(waits):
            ready = [place for place, each in enumerate(waits) if each]
            ahead = [place for place in ready if place != late] or ready
            place = self._pick(ahead)
            batch = waits[place][: self._between(1, len(waits[place]))]
            del waits[place][: len(batch)]
            if batch[0].said is not None:
                # The answer before was lost: its end is sent again, in one batch with what is new.
                arrived += sent[place][-self._between(1, 3) :] if self._share() < 0.2 else []
                sent[place] += batch
            arrived += batch
            again = self._pick(sent) if self._share() < 0.15 else []
            arrived += again[: self._between(0, len(again))]  # a copy that was long under way
        return arrived

    def _operation(self, actor: int, number: int) -> Said:
        kind, base = self._pick(_KINDS), self._between(0, 4)
        match kind:
            case "capture":
                key, content = self._pick(_KEYS), int(self._share() < 0.1)
                body = _CAPTURES[key, content, self._clocks[key]]
                return Said(actor, body, kind, (key, content))
            case "move":
                event = self._pick(_LIKELY if self._share() < 0.6 else _EVENTS)
                move = MoveJob(job_id=_JOB, event=event, base_state_version=base)
                return Said(actor, move, kind, (event.value, base))
            case "field":
                name, value = self._pick(_FIELDS), self._pick("ab")
                before = self._pick("ab")
                field = SetField(
                    job_id=_JOB, field=name, value=value, base_version=base, base_value=before
                )
                return Said(actor, field, kind, (name, value, base, before))
            case "give_up":
                left = GiveUpJob(job_id=_JOB, code="N01", base_state_version=base)
                return Said(actor, left, kind, (base,))
            case _:
                return self._completion(actor, number, base)

    def _completion(self, actor: int, number: int, base: int) -> Said:
        named = tuple((key, 0) for key in _KEYS if self._share() < 0.2)
        manifest = Manifest(
            completion_id=CompletionId(UUID(int=number)),
            job_id=_JOB,
            captures=tuple(_NAMED[key, content, self._clocks[key]] for key, content in named),
            completed_at=_CLOCKS[self._clocks[0]],
        )
        body = CompleteJob(job_id=_JOB, code="D01", base_state_version=base, manifest=manifest)
        return Said(actor, body, "complete", (number, base, named))

    def _deed(self) -> tuple[Any, ...]:
        kind = self._pick(_DEEDS)
        match kind:
            case "assign":
                return kind, self._pick(TECHNICIANS)
            case "crew":
                return kind, tuple(each for each in TECHNICIANS if self._share() < 0.4)
            case "edit":
                return kind, self._pick(_FIELDS[:3]), self._pick("abc")
            case _:
                return (kind,)
