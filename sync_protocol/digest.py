"""The digest of a scope: by it a tablet sees whether it holds what the server says it holds.

Both sides digest the documents as they travelled, byte for byte, so a tablet compares right
whatever fields its version knows.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sync_protocol.units import Sha256Hex


class HeldDocument(NamedTuple):
    """One document of a scope. ``entity`` is ``job`` or ``issue``, ``entity_id`` a UUID as text."""

    entity: str
    entity_id: str
    document: bytes
    """As it was sent, byte for byte."""


def scope_digest(held: Iterable[HeldDocument]) -> Sha256Hex:
    """Digest a scope, in whatever order its documents come.

    Of each document one line: entity, id and the SHA-256 of its bytes, a blank between them.

    >>> scope_digest([])
    'a0ea4ab7a7799cecefa7df4532fcb0ac971cfec4ab06f280b39c36de9d342f28'
    """
    lines = sorted(
        f"{one.entity} {one.entity_id} {hashlib.sha256(one.document).hexdigest()}\n" for one in held
    )
    return hashlib.sha256("".join(["firstlight/scope/1\n", *lines]).encode()).hexdigest()
