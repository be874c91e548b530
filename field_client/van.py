"""What is in the van: the office's list, and on top what was said on this tablet since. Pure.

The office hears of it at the next sync and sends a new list; until then, and of what no list tells,
this tablet knows better.
"""

import enum
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from sync_protocol.briefing import StockedOnt
from sync_protocol.ids import JobId


class Mark(enum.StrEnum):
    """What was said of an ONT."""

    SCANNED = "scanned"
    """For a job, at whose house it then stays."""
    INSTALLED = "installed"
    RECOVERED = "recovered"
    DEFECTIVE = "defective"


class OntSaid(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said of an ONT; ``at`` by the clock of the server."""

    serial: str
    mark: Mark
    job_id: JobId
    at: datetime
    model: str | None = None
    is_settled: bool = False
    """True: the office's list was sent by somebody who knew of it."""


class VanOnt(msgspec.Struct, frozen=True, kw_only=True):
    """An ONT of the van; ``said`` is what stands of what was said since it came in."""

    serial: str
    model: str
    since: datetime | None
    said: OntSaid | None


_INTO_THE_VAN: Final = frozenset({Mark.RECOVERED, Mark.DEFECTIVE})


def van_now(
    listed: Sequence[StockedOnt], said: Iterable[OntSaid], staying: Collection[JobId]
) -> tuple[VanOnt, ...]:
    """Put what was said, in its order, on top of the list.

    ``staying`` are the jobs whose scanned ONT stays at the house: none that was given up, and no
    disconnection.
    """
    last = _last_of_each(tuple(said), staying)
    known = tuple(
        VanOnt(serial=ont.serial, model=ont.model, since=ont.since, said=_since(ont, last))
        for ont in listed
    )
    serials = {ont.serial for ont in listed}
    came = (
        VanOnt(serial=each.serial, model=each.model or "", since=each.at, said=each)
        for each in last.values()
        if each.mark in _INTO_THE_VAN and not each.is_settled and each.serial not in serials
    )
    return tuple(sorted((*known, *came), key=lambda ont: ont.serial))


def _last_of_each(said: Sequence[OntSaid], staying: Collection[JobId]) -> dict[str, OntSaid]:
    """Find what stands of each ONT; of the scans of a job the last one does."""
    scans = {each.job_id: each for each in said if each.mark is Mark.SCANNED}
    standing = (
        each
        for each in said
        if each.mark is not Mark.SCANNED or (each.job_id in staying and scans[each.job_id] is each)
    )
    return {each.serial: each for each in standing}


def _since(ont: StockedOnt, last: dict[str, OntSaid]) -> OntSaid | None:
    """Give what was said of an ONT after it came into the van; before that it was elsewhere."""
    said = last.get(ont.serial)
    if said is None or (ont.since is not None and said.at < ont.since):
        return None
    return said
