"""Settings that have the right type but cannot work: found at the start, not at the first use.

What a type can say stands in ``server.settings``; here is what only the packages that use a setting
can judge.
"""

import re
from collections.abc import Iterator
from typing import Final

from billing_bridge.errors import OperatorSlugUnusable, SecretUnusable
from billing_bridge.feed import require_slug
from billing_bridge.webhooks import WebhookSecret
from server.session_sources import sources
from server.settings import Settings, SettingsUnusable

_SENDER: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def require_usable(wanted: Settings) -> None:
    """Refuse settings that a server could not work with.

    Raises:
        SettingsUnusable: names every such setting and what would be right, and shows no secret.
    """
    unusable = tuple(find_unusable(wanted))
    if unusable:
        raise SettingsUnusable("settings: " + "; and ".join(unusable))


def find_unusable(wanted: Settings) -> Iterator[str]:
    """Name each setting that cannot be used, with what would be right."""
    for name, secret in sorted(wanted.webhook_secrets.items()):
        try:
            WebhookSecret(secret.reveal())
        except SecretUnusable as error:
            yield f"webhook_secrets.{name}: {error}"
    yield from sources.find_unusable(wanted)
    try:
        require_slug(wanted.operator_slug)
    except OperatorSlugUnusable as error:
        yield f"operator_slug: {error}"
    if not _SENDER.fullmatch(wanted.mail.sender):
        yield (
            f"mail.sender: {wanted.mail.sender!r} is no mail address; "
            "write it like service@operator.example, without a name"
        )
