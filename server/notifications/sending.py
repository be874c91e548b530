"""Sending what the outbox holds, over SMTP."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.errors import MessageError
from email.message import EmailMessage
from typing import Final

import aiosmtplib
import structlog

from server.acts import SYSTEM, Act, Clock, act_of
from server.database import Store
from server.due_loop import TAKES_MAX, DueWork
from server.notifications import outbox
from server.notifications.outbox import Message
from server.notifications.texts import mail_of
from server.settings import MailSettings

PERMANENT: Final = 500
"""Replies from here on are final, RFC 5321 4.2.1."""
RETRY_DELAYS_S: Final = (5, 30, 120, 600, 3600, 14_400, 43_200)
SEND_S_MAX: Final = 45
"""Of a whole conversation, well within what it is taken for: nobody sends it a second time."""


def final_reason(error: Exception) -> str | None:
    """Say why a mail can never be taken as it is; None where it may be taken later.

    Only what is about this recipient or this mail is final: a refused sender is about the settings,
    and passes when somebody mends them. Neither an address nor a text of the server is said.
    """
    match error:
        case aiosmtplib.SMTPRecipientsRefused() if _refusal(error) >= PERMANENT:
            return f"the mail server refuses the recipient: {_refusal(error)}"
        case aiosmtplib.SMTPDataError(code=code) if code >= PERMANENT:
            return f"the mail server refuses the mail: {code}"
        case aiosmtplib.SMTPNotSupported():
            return "the mail server takes no such address"
        case ValueError():
            return "the mail address cannot be used"
        case _:
            return None


def passing_reason(error: Exception) -> str:
    """Say why a mail was not taken this time."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():  # greylisting and full boxes pass
            return f"the mail server asks to come back later: {_refusal(error)}"
        case aiosmtplib.SMTPResponseException(code=code):
            return f"{type(error).__name__}: {code}"
        case TimeoutError():
            return "the mail server did not answer in time"
        case _:
            return type(error).__name__


def _refusal(error: aiosmtplib.SMTPRecipientsRefused) -> int:
    return min((each.code for each in error.recipients), default=0)


class Sender:
    """Sends due messages and stores what came of it."""

    def __init__(
        self,
        store: Store,
        mail: MailSettings,
        *,
        operator_name: str,
        clock: Clock,
        random: Callable[[], float],
        limit_s: float = SEND_S_MAX,
    ) -> None:
        self._store = store
        self._mail = mail
        self._operator_name = operator_name
        self._clock = clock
        self._random = random
        self._limit_s = limit_s

    def work(self) -> DueWork[Message]:
        """Describe this sender for the loop."""
        return DueWork(
            name="notifications",
            topic="notifications",
            take=self.take,
            handle=self.handle,
            next_due_at=outbox.next_due_at,
            fail=self.fail,
        )

    async def take(self, limit: int) -> Sequence[Message]:
        """Take what is due, ``limit`` at most."""
        return await self._store.write(outbox.take_due, limit=limit, act=self._act())

    async def handle(self, message: Message) -> None:
        """Send one message."""
        if message.attempt >= TAKES_MAX:
            status = f"taken {message.attempt} times and never ended"
            await self._settle(message, "failed", status)
            return
        if message.email is None:
            await self._settle(message, "failed", "the account has no mail address")
            return
        try:
            mail = self._write(message)
        except (LookupError, ValueError, OSError, MessageError) as error:
            # A line break in an address is no header, and no zone is called Europe.
            await self._settle(message, "failed", f"no mail can be written: {type(error).__name__}")
            return
        try:
            await self._send(mail)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            final = final_reason(error)
            if final is not None:
                await self._settle(message, "failed", final)
            else:
                await self._retry(message, passing_reason(error))
        else:
            await self._settle(message, "sent", "sent")

    async def fail(self, message: Message, error: Exception) -> None:
        """Try again later, a limited number of times, what failed in an unforeseen way."""
        await self._retry(message, f"an error on our side, {type(error).__name__}: see the log")

    def _write(self, message: Message) -> EmailMessage:
        return mail_of(
            message, sender=self._mail.sender, operator_name=self._operator_name, at=self._clock()
        )

    async def _send(self, mail: EmailMessage) -> None:
        async with asyncio.timeout(self._limit_s):
            await aiosmtplib.send(
                mail,
                hostname=self._mail.host,
                port=self._mail.port,
                timeout=self._mail.timeout_s,
                start_tls=None,
            )

    async def _retry(self, message: Message, status: str) -> None:
        if message.attempt >= len(RETRY_DELAYS_S):
            await self._settle(message, "failed", status)
            return
        act = self._act()
        delay_s = RETRY_DELAYS_S[message.attempt] * (1 + self._random() / 4)
        await self._store.write(
            outbox.settle,
            message,
            state="waiting",
            status=status,
            next_at=act.now + timedelta(seconds=delay_s),
            act=act,
        )

    async def _settle(self, message: Message, state: str, status: str) -> None:
        noted = await self._store.write(
            outbox.settle, message, state=state, status=status, next_at=None, act=self._act()
        )
        if noted:
            structlog.get_logger().info(
                "notification.settled", notification_id=str(message.id), state=state, status=status
            )

    def _act(self) -> Act:
        return act_of(SYSTEM, clock=self._clock)
