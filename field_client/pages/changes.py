"""What is different in a job since its page was last looked at, in words with both values."""

import msgspec

from field_client.pages import words
from field_client.pages.languages import Language
from field_client.pages.wording import moment
from field_client.replica.cards import Shown


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the office changed. An empty value: there was, or is, nothing."""

    name: str
    before: str
    now: str


def changes_of(seen: Shown, now: Shown, zone: str, say: Language) -> tuple[Change, ...]:
    """List the changes that matter to somebody who is about to drive there."""
    pairs = (
        (say("Appointment"), *(_when(shown, zone, say) for shown in (seen, now))),
        (say("Address"), seen.address, now.address),
        (say("Customer"), seen.customer, now.customer),
        (say("Telephone"), seen.phone, now.phone),
        (say("Product"), seen.product, now.product),
        (say("Terminal"), seen.terminal, now.terminal),
        (say("Expected ONT"), seen.expected_ont, now.expected_ont),
        *(
            (say(name), seen.fields.get(field, ""), now.fields.get(field, ""))
            for field, name in words.FIELDS.items()
        ),
    )
    return tuple(
        Change(name=name, before=before, now=after)
        for name, before, after in pairs
        if before != after
    )


def _when(shown: Shown, zone: str, say: Language) -> str:
    return moment(shown.appointment.starts_at, zone, say)
