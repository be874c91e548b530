"""The digest of a scope: by it a tablet sees whether it holds what the server says it holds.

Both sides digest the documents as they travelled, byte for byte, so a tablet compares right
whatever fields its version knows.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sync_protocol.units import Sha256Hex


class HeldDocument(NamedTuple):
    """One document of a scope. ``entity`` is ``job``, ``issue`` or ``briefing``, the id a UUID."""

    entity: str
    entity_id: str
    document: bytes
    """As it was sent, byte for byte."""


class DigestedDocument(NamedTuple):
    """One document of a scope, of which only the digest is at hand."""

    entity: str
    entity_id: str
    digest: Sha256Hex


def document_digest(document: bytes) -> Sha256Hex:
    """Digest one document, as it was sent."""
    return hashlib.sha256(document).hexdigest()


def scope_digest(held: Iterable[HeldDocument]) -> Sha256Hex:
    """Digest a scope, in whatever order its documents come.

    Of each document one line: entity, id and the SHA-256 of its bytes, a blank between them.

    >>> scope_digest([])
    'a0ea4ab7a7799cecefa7df4532fcb0ac971cfec4ab06f280b39c36de9d342f28'
    """
    return digest_of_digests(
        DigestedDocument(one.entity, one.entity_id, document_digest(one.document)) for one in held
    )


def digest_of_digests(digested: Iterable[DigestedDocument]) -> Sha256Hex:
    """Digest a scope from the digests of its documents."""
    lines = sorted(f"{one.entity} {one.entity_id} {one.digest}\n" for one in digested)
    return hashlib.sha256("".join(["firstlight/scope/1\n", *lines]).encode()).hexdigest()
