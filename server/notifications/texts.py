"""What subscribers read. Plain text; translations come with the console's."""

from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from server.notifications.outbox import Message


class TemplateUnknown(LookupError):
    """A message was recorded under a template that does not exist: our mistake."""


def mail_of(message: Message, *, sender: str, operator_name: str, at: datetime) -> EmailMessage:
    """Write the mail for a message. Its Message-ID is the message's id, also when sent again.

    Raises:
        TemplateUnknown: no such text.
        ValueError: an address or a line of the mail cannot stand in a header.
        LookupError: no such zone.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.email
    mail["Date"] = at
    # So that nobody's absence notice answers it, RFC 3834.
    mail["Auto-Submitted"] = "auto-generated"
    mail["Message-ID"] = f"<{message.id}@{sender.partition('@')[2]}>"
    subject, body = _TEXTS[message.template] if message.template in _TEXTS else _unknown(message)
    since = (
        message.live_at.astimezone(ZoneInfo(message.zone)).strftime("%d %B %Y, %H:%M")
        if message.live_at
        else ""
    )
    values = {
        "name": message.name,
        "product": message.product,
        "operator": operator_name,
        "since": since,
    }
    mail["Subject"] = subject.format_map(values)
    mail.set_content(body.format_map(values))
    return mail


def _unknown(message: Message) -> tuple[str, str]:
    raise TemplateUnknown(f"{message.template!r}; known are {', '.join(_TEXTS)}")


_SERVICE_LIVE = """\
Hello {name},

{product} works at your address since {since}. Billing begins with that day.

{operator}
"""
_TEXTS = {"service_live": ("{product} is live", _SERVICE_LIVE)}
