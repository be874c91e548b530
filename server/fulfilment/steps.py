"""The steps of a process as data, and what may come of a step.

A step either decides, in one transaction, or acts on a device and then tells in a transaction what
came of it. The table says which step holds a lane; the outcome says where the process goes.
"""

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

import msgspec

from server.fulfilment.records import Intent, Process, ProcessState, Progress


class StepName(enum.StrEnum):
    """The steps that processes go through; ``PATHS`` says in which order."""

    VERIFY_EVIDENCE = "verify_evidence"
    RELEASE = "release"
    REGISTER = "register"
    VERIFY_ONLINE = "verify_online"
    GO_LIVE = "go_live"
    SUSPEND = "suspend"
    RESUME = "resume"
    CHANGE = "change"
    SWAP = "swap"
    REPROVISION = "reprovision"
    DISCONNECT = "disconnect"
    SAVE = "save"
    SETTLE = "settle"
    """The service becomes what was ordered, in one transaction."""
    UNDO = "undo"
    """A person called the process off: what it made on the OLT is taken back."""
    CALL_OFF = "call_off"
    """Nothing of it is left on the OLT: its order item is cancelled."""


class LaneOf(enum.StrEnum):
    """Which OLT a step writes to."""

    PLANNED = "planned"
    """The one that the plant leads to."""
    REGISTERED = "registered"
    """The one on which ids are kept: another one, after the plant was corrected."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step: does it talk to a device, and whose lane does it hold while it does?"""

    name: StepName
    talks: bool
    lane: LaneOf | None


# Verification only reads and waits, so it holds no lane: others register in the meantime. An OLT is
# written to in its own lane only, so taking back from another one is a step of its own.
STEPS: Final[Mapping[StepName, Step]] = {
    step.name: step
    for step in (
        Step(name=StepName.VERIFY_EVIDENCE, talks=False, lane=None),
        Step(name=StepName.RELEASE, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.REGISTER, talks=True, lane=LaneOf.PLANNED),
        Step(name=StepName.VERIFY_ONLINE, talks=True, lane=None),
        Step(name=StepName.GO_LIVE, talks=False, lane=None),
        Step(name=StepName.SUSPEND, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.RESUME, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.CHANGE, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.SWAP, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.REPROVISION, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.DISCONNECT, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.SAVE, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.SETTLE, talks=False, lane=None),
        Step(name=StepName.UNDO, talks=True, lane=LaneOf.REGISTERED),
        Step(name=StepName.CALL_OFF, talks=False, lane=None),
    )
}

_N = StepName
# A step may also lead off its path and back: RELEASE before REGISTER, UNDO and CALL_OFF from
# anywhere, and VERIFY_ONLINE to the step that wrote, where the OLT has forgotten it.
PATHS: Final[Mapping[Intent, tuple[StepName, ...]]] = {
    Intent.ACTIVATE: (_N.VERIFY_EVIDENCE, _N.REGISTER, _N.VERIFY_ONLINE, _N.SAVE, _N.GO_LIVE),
    Intent.SUSPEND: (_N.SUSPEND, _N.SAVE, _N.SETTLE),
    Intent.RESUME: (_N.RESUME, _N.SAVE, _N.SETTLE),
    Intent.CHANGE: (_N.CHANGE, _N.SAVE, _N.SETTLE),
    Intent.SWAP: (_N.VERIFY_EVIDENCE, _N.SWAP, _N.VERIFY_ONLINE, _N.SAVE, _N.SETTLE),
    Intent.REPROVISION: (_N.REPROVISION, _N.SAVE, _N.SETTLE),
    Intent.DISCONNECT: (_N.VERIFY_EVIDENCE, _N.DISCONNECT, _N.SAVE, _N.SETTLE),
}


def first(intent: Intent, *, is_visit: bool) -> StepName:
    """Name the first step; where nobody was there, no evidence is to be verified."""
    path = PATHS[intent]
    return path[0] if is_visit or path[0] is not StepName.VERIFY_EVIDENCE else path[1]


def following(intent: Intent, step: StepName) -> StepName:
    """Name the step that comes after one on the path of an intent.

    >>> str(following(Intent.SUSPEND, StepName.SAVE))
    'settle'
    """
    path = PATHS[intent]
    return path[path.index(step) + 1]


RETRY_DELAYS_S: Final = (1, 2, 4, 8, 15, 30, 60, 120, 300)
"""After each attempt that may be repeated; the last one goes on for as long as it takes."""
HELD_RETRY_S: Final = 30
"""An ONT that is not seen or not up is looked for again at this pace."""


class Advance(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The step is done; the next one follows at once, or after ``after_s``."""

    step: StepName
    progress: Progress
    after_s: float = 0


class Wait(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Nothing is wrong; look again after so many seconds."""

    after_s: float
    code: str


class TryAgain(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It failed in a way that may pass."""

    code: str
    detail: str


class Hold(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Registered or about to be, and the network does not show it; nothing is billed."""

    code: str
    detail: str


class Stick(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A person must do something first; a retry by hand goes on from this step."""

    code: str
    detail: str


class Finish(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All of it is done."""

    progress: Progress


class CallOff(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A person called it off, and nothing of it is left."""


Outcome = Advance | Wait | TryAgain | Hold | Stick | Finish | CallOff


def conclude(process: Process, outcome: Outcome, *, now: datetime, jitter: float) -> Process:
    """Say how a process stands after an outcome; its lease ends with it.

    ``jitter`` in [0, 1) lengthens a retry by up to a quarter, so that what failed together does not
    come back together.
    """
    changes: dict[str, Any] = {
        "lane": None,
        "lease_owner": None,
        "lease_until": None,
        "updated_at": now,
    }
    match outcome:
        case Advance(step=step, progress=progress, after_s=after_s):
            state = ProcessState.READY if after_s == 0 else ProcessState.WAITING
            changes |= {
                "state": state,
                "step": step,
                "progress": progress,
                "attempt": 0,
                "code": None,
                "next_at": now + timedelta(seconds=after_s),
            }
        case Wait(after_s=after_s, code=code):
            changes |= _later(ProcessState.WAITING, code, now, after_s)
        case TryAgain(code=code):
            delay_s = RETRY_DELAYS_S[min(process.attempt, len(RETRY_DELAYS_S)) - 1]
            changes |= _later(ProcessState.WAITING, code, now, delay_s * (1 + jitter / 4))
        case Hold(code=code):
            changes |= _later(ProcessState.HELD, code, now, HELD_RETRY_S * (1 + jitter / 4))
        case Stick(code=code):
            changes |= {"state": ProcessState.STUCK, "code": code}
        case Finish(progress=progress):
            changes |= {"state": ProcessState.DONE, "code": None, "progress": progress}
        case CallOff():
            changes |= {"state": ProcessState.CANCELLED, "code": None}
        case _:
            assert_never(outcome)
    return msgspec.structs.replace(process, **changes)


def _later(state: ProcessState, code: str, now: datetime, after_s: float) -> dict[str, Any]:
    return {"state": state, "code": code, "next_at": now + timedelta(seconds=after_s)}
