"""What a visit of each kind is made of: photos, checks, codes, and the evidence that it needs.

Tables, run by both sides. A tablet offers what is here and refuses a completion for which something
is missing, as long as it can still be had; a server that finds something missing refuses no
evidence, it only starts nothing by itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from sync_protocol.documents import JobKind
from sync_protocol.operations import (
    CaptureBody,
    LightReading,
    OntMove,
    OntMoved,
    Photo,
    SerialScan,
    Signature,
)

SWAPPED: Final = "D07"
NOT_RECOVERED: Final = "D11"


class Check(msgspec.Struct, frozen=True):
    """Something to tick off: its code, and what it says to a person."""

    code: str
    text: str
    measured: str = ""
    """What may be measured for it, with its unit; empty: it is looked at, and that is all."""


class VisitKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of visit.

    ``photos`` are subjects; the codes are those that fit how it can end, of ``done`` the usual one
    first. The serial of a visit is that of the ONT that is put up; where none is, of the one that
    is taken down.
    """

    photos: tuple[str, ...]
    checks: tuple[Check, ...]
    done: tuple[str, ...]
    not_done: tuple[str, ...]
    puts_up: bool = True
    """Whether an ONT may be left running there."""
    takes_down: bool = False
    """Whether an ONT that runs there may be taken away."""


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """A capture that a completion needs, whatever its code, or but for some, or only with some."""

    kind: JobKind
    what: str
    not_with: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()

    def applies(self, kind: JobKind, code: str | None) -> bool:
        """Say whether it is needed; without a code yet, what only some codes need is not."""
        if kind is not self.kind or code in self.not_with:
            return False
        return not self.only_with or code in self.only_with


_K = JobKind
_CLEAN = Check("connector_clean", "Connector inspected and cleaned")
_TIDY = Check("site_tidy", "Room cleaned up")
_BEND = Check("bend_radius", "No bend tighter than 25 mm", measured="Tightest bend (mm)")
_ADDRESS = Check("right_address", "Address and customer are those of the job")
_NO_ENTRY = ("N01", "N02", "N03", "N10", "N12", "N13", "N14", "N17", "N18")
_NO_LIGHT = ("N05", "N06", "N07", "N09", "N11", "N16")
_INSTALL: Final = VisitKind(
    photos=("ont_mounted", "ont_label"),
    checks=(_ADDRESS, _CLEAN, _BEND, _TIDY),
    done=("D02", "D01", "D03", "D04"),
    not_done=(*_NO_ENTRY, *_NO_LIGHT, "N04", "N08", "N15"),
)

KINDS: Final[Mapping[JobKind, VisitKind]] = {
    _K.INSTALL: _INSTALL,
    _K.REPAIR: VisitKind(
        photos=("repaired",),
        checks=(_CLEAN, _BEND, _TIDY),
        done=("D05", "D06", SWAPPED, "D08", "D09"),
        not_done=(*_NO_ENTRY, *_NO_LIGHT, "N08"),
        takes_down=True,
    ),
    _K.SWAP: VisitKind(
        photos=("ont_mounted", "ont_label"),
        checks=(_ADDRESS, _CLEAN, _TIDY),
        done=(SWAPPED,),
        not_done=(*_NO_ENTRY, *_NO_LIGHT),
        takes_down=True,
    ),
    _K.DISCONNECT: VisitKind(
        photos=("drop_secured",),
        checks=(_ADDRESS, Check("port_marked_free", "Port at the terminal marked as free"), _TIDY),
        done=("D10", NOT_RECOVERED),
        not_done=_NO_ENTRY,
        puts_up=False,
        takes_down=True,
    ),
    _K.MOVE: msgspec.structs.replace(_INSTALL, done=("D12",)),
}

# A repair may change the ONT; a disconnection need not find it, nor anybody who signs.
# fmt: off
NEEDS: Final = (
    Need(kind=_K.INSTALL,    what="serial"),
    Need(kind=_K.INSTALL,    what="light"),
    Need(kind=_K.INSTALL,    what="signature"),
    Need(kind=_K.REPAIR,     what="serial", only_with=(SWAPPED,)),
    Need(kind=_K.REPAIR,     what="light"),
    Need(kind=_K.REPAIR,     what="signature"),
    Need(kind=_K.SWAP,       what="serial"),
    Need(kind=_K.SWAP,       what="light"),
    Need(kind=_K.SWAP,       what="signature"),
    Need(kind=_K.DISCONNECT, what="serial", not_with=(NOT_RECOVERED,)),
    Need(kind=_K.MOVE,       what="serial"),
    Need(kind=_K.MOVE,       what="light"),
    Need(kind=_K.MOVE,       what="signature"),
)
# fmt: on
_IS_IT: Final[Mapping[str, Callable[[CaptureBody], bool]]] = {
    "serial": lambda body: isinstance(body, SerialScan),
    # A level at the terminal says nothing of the drop.
    "light": lambda body: isinstance(body, LightReading) and body.is_at_house,
    "signature": lambda body: isinstance(body, Signature),
}

CHECKS: Final[Mapping[str, Check]] = {
    check.code: check for visit in KINDS.values() for check in visit.checks
}
"""Every check of whatever kind, by its code."""


def changes_ont(kind: JobKind, code: str) -> bool:
    """Say whether an ONT is put up or taken down, or should have been.

    >>> changes_ont(JobKind.REPAIR, "D05"), changes_ont(JobKind.DISCONNECT, "D11")
    (False, True)
    """
    serials = (need for need in NEEDS if need.kind is kind and need.what == "serial")
    return any(not need.only_with or code in need.only_with for need in serials)


def usual_code(kind: JobKind, captured: Sequence[CaptureBody]) -> str:
    """Name the code that fits what was captured, as long as no person has chosen one.

    >>> usual_code(JobKind.INSTALL, []), usual_code(JobKind.DISCONNECT, [])
    ('D02', 'D10')
    """
    moves = [body.move for body in captured if isinstance(body, OntMoved)]
    if kind is JobKind.REPAIR and any(map(_IS_IT["serial"], captured)):
        return SWAPPED
    if kind is JobKind.DISCONNECT and moves and moves[-1] is OntMove.NOT_FOUND:
        return NOT_RECOVERED
    return KINDS[kind].done[0]


def code_of(
    kind: JobKind, captured: Sequence[CaptureBody], chosen: Iterable[str | None] = ()
) -> str:
    """Take the first chosen code that fits the kind; where none does, the usual one."""
    done = KINDS[kind].done
    return next((code for code in chosen if code in done), usual_code(kind, captured))


def missing(
    kind: JobKind,
    required_photos: Iterable[str],
    captured: Sequence[CaptureBody],
    code: str | None = None,
) -> tuple[str, ...]:
    """Name what a completion with this code still needs; empty when nothing is missing.

    >>> missing(JobKind.DISCONNECT, ["drop_secured"], [])
    ('serial', 'photo:drop_secured')
    >>> missing(JobKind.DISCONNECT, [], [], "D11")
    ()
    """
    subjects = {body.subject for body in captured if isinstance(body, Photo)}
    wanted = (need.what for need in NEEDS if need.applies(kind, code))
    return (
        *(what for what in wanted if not any(map(_IS_IT[what], captured))),
        *(f"photo:{subject}" for subject in required_photos if subject not in subjects),
    )
