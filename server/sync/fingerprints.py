"""Digests of documents that were rendered before, so that one that changed is rendered alone.

A document stands until the feed gives its row another number: what changes a document puts it into
the feed. In the memory of one process. What is asked for by ``check_scope`` is rendered anew, for
it is to find what should have been put into the feed and was not.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from sync_protocol.ids import Epoch
from sync_protocol.units import Sha256Hex

DOCUMENTS_MAX: Final = 100_000
"""Some 40 MB; beyond it all is forgotten, and rendered again when it is needed."""


class Reference(NamedTuple):
    """An entity of a feed."""

    entity: str
    entity_id: UUID


class Standing(NamedTuple):
    """A row of a scope's feed: by its number the document is known to be the same."""

    scope: UUID
    entity: str
    entity_id: UUID
    seq: int

    @property
    def reference(self) -> Reference:
        """The entity that this row is about."""
        return Reference(self.entity, self.entity_id)


class Fingerprints:
    """What documents were digested to, and at which row of which feed."""

    def __init__(self) -> None:
        self._known: dict[tuple[UUID, str, UUID], tuple[Epoch, int, Sha256Hex]] = {}

    def find(self, epoch: Epoch, row: Standing) -> Sha256Hex | None:
        """Find the digest of a document as it is at this row; None where it must be rendered."""
        known = self._known.get(row[:3])
        return known[2] if known is not None and known[:2] == (epoch, row.seq) else None

    def keep(self, epoch: Epoch, rendered: Iterable[tuple[Standing, Sha256Hex]]) -> None:
        """Remember what was rendered in the snapshot in which these rows were read."""
        if len(self._known) > DOCUMENTS_MAX:
            self._known.clear()
        for row, digest in rendered:
            self._known[row[:3]] = (epoch, row.seq, digest)
