"""Secrets that are handed out once and kept only as hashes."""

import hashlib
import secrets
from typing import Final

# Without letters and digits that people confuse; a typed code has 50 bits.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_secret() -> str:
    """Make a secret of 256 bits for a token or a cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Make a code that a person can type: ten characters in two groups."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def hash_secret(secret: str) -> str:
    """Hash a secret of high entropy for storage; a copy of the database opens nothing."""
    return hashlib.sha256(b"firstlight/secret/1\n" + secret.encode()).hexdigest()
