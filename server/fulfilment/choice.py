"""Two completions of one job: which ONT goes live. The network decides. Pure."""

from collections.abc import Collection, Sequence

import msgspec

from server.fulfilment.evidence_check import Proven
from sync_protocol.serials import OntSerial


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence that goes live, and what stands beside it for a person to see."""

    chosen: Proven
    others: tuple[Proven, ...]
    by_network: bool


def choose(candidates: Sequence[Proven], lit: Collection[OntSerial]) -> Choice:
    """Choose among completions, first received first.

    The ONT that the OLT sees on the planned port goes live. Where it sees several or none, the
    first received does: a rule that both technicians can be told.
    """
    seen = [candidate for candidate in candidates if candidate.serial in lit]
    serials = {candidate.serial for candidate in seen}
    by_network = len(serials) == 1
    chosen = seen[0] if by_network else candidates[0]
    others = tuple(each for each in candidates if each.serial != chosen.serial)
    return Choice(chosen=chosen, others=others, by_network=by_network and bool(others))
